-- name: owed_units
SELECT item, location, state, units FROM owed WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys)

-- name: confirm_owed
INSERT INTO owed (shop, item, location, state, units, touched_at)
VALUES (:shop, :item, :location, :state, :units, :touched_at)
ON CONFLICT (shop, item, location, state) DO UPDATE SET
    units = owed.units + excluded.units, touched_at = excluded.touched_at

-- name: count_owed
SELECT count(*) FROM (SELECT DISTINCT item, location FROM owed WHERE shop = :shop) AS levels

-- name: open_owed
SELECT item, location FROM owed WHERE shop = :shop
GROUP BY item, location
ORDER BY min(CASE state WHEN 'available' THEN units ELSE 0 END), item, location
LIMIT :limit
