-- name: components
SELECT bundle, item, units FROM components WHERE shop = :shop AND bundle IN (EACH :bundles) ORDER BY bundle, item

-- name: bundles_of_items
SELECT DISTINCT bundle FROM components WHERE shop = :shop AND item IN (EACH :items)

-- name: put_component
INSERT INTO components (shop, bundle, item, units, since_at) VALUES (:shop, :bundle, :item, :units, :since_at)
ON CONFLICT (shop, bundle, item) DO UPDATE SET units = excluded.units, since_at = excluded.since_at

-- name: drop_component
DELETE FROM components WHERE shop = :shop AND bundle = :bundle AND item = :item

-- name: drop_components_of_others
DELETE FROM components WHERE shop = :shop AND bundle IN (
    SELECT item FROM items WHERE shop = :shop AND item IN (EACH :items) AND NOT bundle
)

-- name: put_composition
INSERT INTO compositions (shop, bundle, since_at, item, units) VALUES (:shop, :bundle, :since_at, :item, :units)
ON CONFLICT (shop, bundle, since_at, item) DO UPDATE SET units = excluded.units

-- name: forget_composition
DELETE FROM compositions WHERE shop = :shop AND bundle = :bundle AND since_at = :since_at

-- name: compositions
SELECT bundle, since_at, item, units FROM compositions
WHERE shop = :shop AND bundle IN (EACH :bundles) ORDER BY bundle, since_at, item

-- name: bundled_of_cause
SELECT item, open_units, taken_units FROM bundled WHERE shop = :shop AND cause = :cause

-- name: put_bundled
INSERT INTO bundled (shop, cause, item, origin, open_units, taken_units)
VALUES (:shop, :cause, :item, :origin, :open_units, :taken_units)
ON CONFLICT (shop, cause, item) DO UPDATE SET open_units = excluded.open_units, taken_units = excluded.taken_units

-- name: open_in_bundles
SELECT item, CAST(sum(open_units) AS BIGINT) FROM bundled
WHERE shop = :shop AND item IN (EACH :items) AND origin = :origin AND open_units <> 0
GROUP BY item
