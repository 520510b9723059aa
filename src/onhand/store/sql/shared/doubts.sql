-- name: put_doubt
INSERT INTO doubts (shop, item, location, told_units, summed_units, since_at, due_at, tries, reading)
VALUES (:shop, :item, :location, :told_units, :summed_units, :since_at, :due_at, :tries, :reading)
ON CONFLICT (shop, item, location) DO UPDATE SET
    told_units = excluded.told_units, summed_units = excluded.summed_units,
    due_at = excluded.due_at, tries = excluded.tries, reading = excluded.reading

-- name: forget_doubt
DELETE FROM doubts WHERE shop = :shop AND item = :item AND location = :location

-- name: all_doubts
SELECT item, location, told_units, summed_units, since_at, due_at, tries, reading FROM doubts
WHERE shop = :shop ORDER BY item, location

-- name: doubt_at_once
UPDATE doubts SET due_at = :now WHERE shop = :shop AND due_at > :now
