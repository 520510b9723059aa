-- Rows that triggers follow go through a table of the connection, and from there in one statement: SQLite keeps what a
-- statement with triggers changes, so that it can take it back, and a statement a row would keep the same pages again
-- and again. It makes booking a movement a third quicker, and a thousand of them three times.

-- name: stage_append_movement
INSERT INTO new_movements (
    shop, sequence, id, item, source_location, source_state, target_location, target_state, units,
    cause, origin, reason, occurred_at, recorded_at, hash
) VALUES (
    :shop, :sequence, :id, :item, :source_location, :source_state, :target_location, :target_state, :units,
    :cause, :origin, :reason, :occurred_at, :recorded_at, :hash
)

-- name: append_movement
INSERT INTO movements (
    shop, sequence, id, item, source_location, source_state, target_location, target_state, units,
    cause, origin, reason, occurred_at, recorded_at, hash
)
SELECT
    shop, sequence, id, item, source_location, source_state, target_location, target_state, units,
    cause, origin, reason, occurred_at, recorded_at, hash
FROM new_movements ORDER BY rowid

-- name: clear_append_movement
DELETE FROM new_movements

-- name: stage_ensure_offer
INSERT INTO new_offers (shop, channel, listing, item, touched_at)
VALUES (:shop, :channel, :listing, :item, :touched_at)

-- name: ensure_offer
INSERT INTO offers (shop, channel, listing, item, touched_at)
SELECT shop, channel, listing, item, touched_at FROM new_offers WHERE TRUE ORDER BY rowid
ON CONFLICT (shop, channel, listing) DO UPDATE SET item = excluded.item, touched_at = excluded.touched_at
WHERE offers.item <> excluded.item

-- name: clear_ensure_offer
DELETE FROM new_offers
