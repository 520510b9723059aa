-- name: available_units
SELECT item, location, units FROM levels
WHERE shop = :shop AND item IN (EACH :items) AND state = 'available' AND units <> 0

-- name: observed_available_units
SELECT item, location, available FROM observed
WHERE shop = :shop AND item IN (EACH :items) AND source = :source AND available IS NOT NULL

-- name: untold_available_units
SELECT item, location, units FROM owed WHERE shop = :shop AND item IN (EACH :items) AND state = 'available'
