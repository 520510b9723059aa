-- name: owed_units
SELECT item, location, state, units FROM owed WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys)

-- name: confirm_owed
INSERT INTO owed (shop, item, location, state, units, touched_at, left_units)
VALUES (:shop, :item, :location, :state, :units, :touched_at, 0)
ON CONFLICT (shop, item, location, state) DO UPDATE SET
    units = owed.units + excluded.units, touched_at = excluded.touched_at

-- name: count_owed
SELECT count(*) FROM (SELECT DISTINCT item, location FROM owed WHERE shop = :shop) AS levels

-- name: open_owed
SELECT item, location FROM owed WHERE shop = :shop
ORDER BY
    (CASE WHEN state <> 'available' THEN 2 WHEN units > 0 THEN 1 ELSE 0 END),
    left_units, item, location
LIMIT :limit

-- name: forget_owed
DELETE FROM owed WHERE shop = :shop AND item = :item
