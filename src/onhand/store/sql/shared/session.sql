-- name: shop_id
SELECT shop FROM shops WHERE name = :name

-- name: shop_names
SELECT name FROM shops ORDER BY shop

-- name: add_shop
INSERT INTO shops (shop, name, added_at)
SELECT COALESCE(max(shop), 0) + 1, CAST(:name AS TEXT), CAST(:added_at AS BIGINT) FROM shops WHERE TRUE
ON CONFLICT (name) DO UPDATE SET added_at = COALESCE(shops.added_at, excluded.added_at)

-- name: raise_fence
INSERT INTO fences (part, fence) VALUES (:part, 1)
ON CONFLICT (part) DO UPDATE SET fence = fences.fence + 1

-- name: fence
SELECT fence FROM fences WHERE part = :part

-- name: position
SELECT position FROM positions WHERE name = :name

-- name: move_position
INSERT INTO positions (name, position) VALUES (:name, :position)
ON CONFLICT (name) DO UPDATE SET position = excluded.position

-- name: count
INSERT INTO counters (shop, name, units) VALUES (:shop, :name, :units)
ON CONFLICT (shop, name) DO UPDATE SET units = counters.units + excluded.units
RETURNING units

-- name: counter
SELECT units FROM counters WHERE shop = :shop AND name = :name
