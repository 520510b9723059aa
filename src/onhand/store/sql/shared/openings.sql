-- name: openings
SELECT item, location, cut_at, era FROM openings WHERE shop = :shop AND item IN (EACH :items)

-- name: contained
SELECT item, location, state, units FROM contained WHERE shop = :shop AND cause = :cause

-- name: forget_contained
DELETE FROM contained WHERE shop = :shop AND cause = :cause

-- name: put_contained
INSERT INTO contained (shop, cause, item, location, state, units)
VALUES (:shop, :cause, :item, :location, :state, :units)
