-- name: put_aside
INSERT INTO aside (shop, item, location, units) VALUES (:shop, :item, :location, :units)
ON CONFLICT (shop, item, location) DO UPDATE SET units = excluded.units

-- name: forget_aside
DELETE FROM aside WHERE shop = :shop AND item = :item AND location = :location

-- name: aside_of_items
SELECT item, location, units FROM aside WHERE shop = :shop AND item IN (EACH :items)

-- name: all_aside
SELECT item, location, units FROM aside WHERE shop = :shop ORDER BY item, location
