-- name: item_buffers
SELECT channel, item, buffer_units, said_by FROM item_buffers WHERE shop = :shop AND item IN (EACH :items)

-- name: all_item_buffers
SELECT channel, item, buffer_units, said_by FROM item_buffers WHERE shop = :shop ORDER BY item, channel

-- name: set_item_buffer
INSERT INTO item_buffers (shop, channel, item, buffer_units, said_by, touched_at)
VALUES (:shop, :channel, :item, :units, :said_by, :at)
ON CONFLICT (shop, channel, item) DO UPDATE
SET buffer_units = excluded.buffer_units, said_by = excluded.said_by, touched_at = excluded.touched_at
WHERE item_buffers.buffer_units <> excluded.buffer_units

-- name: forget_item_buffer
DELETE FROM item_buffers WHERE shop = :shop AND channel = :channel AND item = :item

-- name: workbook
SELECT spreadsheet, sequence, offers_at, revision FROM workbooks WHERE shop = :shop

-- name: move_workbook
INSERT INTO workbooks (shop, spreadsheet, sequence, offers_at, revision)
VALUES (:shop, :spreadsheet, :sequence, :offers_at, :revision)
ON CONFLICT (shop) DO UPDATE SET spreadsheet = excluded.spreadsheet, sequence = excluded.sequence,
    offers_at = excluded.offers_at, revision = excluded.revision

-- name: want_workbook_row
INSERT INTO workbook_rows (shop, tab, key, wanted, told, changed_at)
VALUES (:shop, :tab, :key, :wanted, NULL, :at)
ON CONFLICT (shop, tab, key) DO UPDATE SET
    changed_at = CASE
        WHEN workbook_rows.wanted IS DISTINCT FROM workbook_rows.told THEN workbook_rows.changed_at
        ELSE excluded.changed_at
    END,
    wanted = excluded.wanted
WHERE workbook_rows.wanted IS DISTINCT FROM excluded.wanted

-- name: remark_workbook_row
UPDATE workbook_rows SET
    changed_at = CASE WHEN wanted IS DISTINCT FROM told THEN changed_at ELSE CAST(:at AS BIGINT) END,
    wanted = :wanted, told = :told, remark = :remark, remarked_at = :at
WHERE shop = :shop AND tab = :tab AND key = :key

-- name: workbook_remarks
SELECT tab, key, remark, remarked_at FROM workbook_rows WHERE shop = :shop AND remark <> ''

-- name: end_workbook_remark
UPDATE workbook_rows SET remark = '', remarked_at = NULL WHERE shop = :shop AND tab = :tab AND key = :key

-- name: workbook_rows_told
UPDATE workbook_rows SET told = :told WHERE shop = :shop AND tab = :tab AND key = :key

-- name: workbook_rows_gone
DELETE FROM workbook_rows WHERE shop = :shop AND wanted IS NULL AND told IS NULL

-- name: forget_workbook_tab
UPDATE workbook_rows SET told = NULL, changed_at = :at WHERE shop = :shop AND tab = :tab AND told IS NOT NULL

-- name: forget_workbook
DELETE FROM workbook_rows WHERE shop = :shop

-- name: workbook_rows_of_tab
SELECT key, wanted, told, changed_at FROM workbook_rows WHERE shop = :shop AND tab = :tab ORDER BY key

-- name: workbook_rows_of_keys
SELECT key, wanted, told, changed_at FROM workbook_rows
WHERE shop = :shop AND tab = :tab AND key IN (EACH :keys)

-- name: workbook_rows_of_item
SELECT key, wanted, told, changed_at FROM workbook_rows
WHERE shop = :shop AND tab = :tab AND key >= :first AND key < :last

-- name: workbook_rows_untold
SELECT tab, key, wanted, told, changed_at FROM workbook_rows
WHERE shop = :shop AND wanted IS DISTINCT FROM told ORDER BY changed_at, tab, key LIMIT :limit

-- name: count_workbook_rows_untold
SELECT count(*), min(changed_at) FROM workbook_rows WHERE shop = :shop AND wanted IS DISTINCT FROM told

-- name: sum_levels
SELECT location, state, CAST(sum(units) AS BIGINT), count(*) FROM levels
WHERE shop = :shop AND units <> 0 GROUP BY location, state

-- name: sum_offers
SELECT channel, CAST(sum(units) AS BIGINT), count(*), CAST(sum(CASE WHEN units = 0 THEN 1 ELSE 0 END) AS BIGINT)
FROM offers WHERE shop = :shop GROUP BY channel ORDER BY channel
