-- name: openings
SELECT item, location, cut_at, era FROM openings WHERE shop = :shop AND item IN (EACH :items)

-- name: contained
SELECT item, location, state, units FROM contained WHERE shop = :shop AND cause = :cause

-- name: forget_contained
DELETE FROM contained WHERE shop = :shop AND cause = :cause

-- name: put_contained
INSERT INTO contained (shop, cause, item, location, state, units)
VALUES (:shop, :cause, :item, :location, :state, :units)

-- name: contained_somewhere
SELECT item, cause, units FROM contained
WHERE shop = :shop AND item IN (EACH :items) AND location = '' AND state = :state ORDER BY item, cause

-- name: add_contained
INSERT INTO contained (shop, cause, item, location, state, units)
VALUES (:shop, :cause, :item, :location, :state, :units)
ON CONFLICT (shop, cause, item, location, state) DO UPDATE SET units = contained.units + excluded.units

-- name: mark_contained
UPDATE pictures SET holds = CAST(:holds AS BOOLEAN) WHERE shop = :shop AND cause = :cause
