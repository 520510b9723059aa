-- name: keep_imported
INSERT INTO imported_orders (shop, cause, picture, placed_at, waits)
VALUES (:shop, :cause, :picture, :placed_at, :waits)
ON CONFLICT (shop, cause) DO UPDATE SET picture = excluded.picture, waits = excluded.waits

-- name: imported
SELECT picture FROM imported_orders WHERE shop = :shop AND cause = :cause

-- name: twin_covers
SELECT item, units FROM twins WHERE shop = :shop AND cause = :cause AND twin = :twin

-- name: put_cover
INSERT INTO twins (shop, cause, twin, item, units) VALUES (:shop, :cause, :twin, :item, :units)
ON CONFLICT (shop, cause, twin, item) DO UPDATE SET units = excluded.units

-- name: covers
SELECT item, CAST(sum(units) AS BIGINT) FROM twins WHERE shop = :shop AND cause = :cause
GROUP BY item HAVING sum(units) > 0

-- name: stood_for
SELECT DISTINCT cause FROM twins WHERE shop = :shop AND twin = :twin ORDER BY cause

-- name: awaited_twins
SELECT cause, placed_at FROM imported_orders
WHERE shop = :shop AND waits AND placed_at < :before
    AND NOT EXISTS (SELECT 1 FROM twins WHERE twins.shop = imported_orders.shop AND twins.cause = imported_orders.cause)
ORDER BY placed_at, cause

-- name: forget_covers
DELETE FROM twins WHERE shop = :shop AND cause IN (
    SELECT cause FROM imported_orders WHERE shop = :shop AND NOT waits AND placed_at < :before
)

-- name: forget_imported
DELETE FROM imported_orders WHERE shop = :shop AND NOT waits AND placed_at < :before
