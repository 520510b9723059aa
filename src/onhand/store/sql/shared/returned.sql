-- name: put_returned
INSERT INTO returned (
    shop, cause, line, order_cause, name, status, item, units, restocked_units, discarded_units, missing_units,
    processing_units, opened_at
) VALUES (
    :shop, :cause, :line, :order_cause, :name, :status, :item, :units, :restocked_units, :discarded_units,
    :missing_units, :processing_units, :opened_at
)
ON CONFLICT (shop, cause, line) DO UPDATE SET
    name = excluded.name, status = excluded.status, item = excluded.item, units = excluded.units,
    restocked_units = excluded.restocked_units, discarded_units = excluded.discarded_units,
    missing_units = excluded.missing_units, processing_units = excluded.processing_units

-- name: forget_returned
DELETE FROM returned WHERE shop = :shop AND cause = :cause AND NOT line IN (EACH :lines)

-- name: open_returns_of_items
SELECT DISTINCT cause FROM returned
WHERE shop = :shop AND item IN (EACH :items) AND status IN ('open', 'requested') ORDER BY cause

-- name: unrestocked
SELECT
    cause, line, order_cause, name, status, item, units, restocked_units, discarded_units, missing_units,
    processing_units, opened_at
FROM returned
WHERE shop = :shop AND units > restocked_units AND status NOT IN ('declined', 'cancelled') ORDER BY opened_at, cause, line

-- name: returned_of_item
SELECT
    returned.cause, line, order_cause, returned.name, status, item, units, restocked_units, discarded_units,
    missing_units, processing_units, opened_at, pictures.recorded_at
FROM returned JOIN pictures ON pictures.shop = returned.shop AND pictures.cause = returned.cause
WHERE returned.shop = :shop AND item = :item ORDER BY opened_at DESC, returned.cause, line LIMIT :limit
