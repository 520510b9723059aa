-- name: any_counted
SELECT 1 FROM counted WHERE shop = :shop LIMIT 1

-- name: put_counted
INSERT INTO counted (shop, source, item, location, units, measure, as_of, sequence, cause, since_sequence)
VALUES (:shop, :source, :item, :location, :units, :measure, :as_of, :sequence, :cause, :since_sequence)
ON CONFLICT (shop, item, location, source) DO UPDATE SET
    units = excluded.units, measure = excluded.measure, as_of = excluded.as_of, sequence = excluded.sequence,
    cause = excluded.cause, since_sequence = excluded.since_sequence

-- name: counted_at
SELECT item, as_of, sequence FROM counted WHERE shop = :shop AND source = :source AND location = :location

-- name: counted_standing
SELECT item, location FROM counted WHERE shop = :shop AND source = :source AND sequence IS NOT NULL

-- name: sequence_before
SELECT sequence FROM movements WHERE shop = :shop AND recorded_at < :before ORDER BY sequence DESC LIMIT 1

-- name: counted_gaps
SELECT item, location FROM counted WHERE shop = :shop AND gap_since <= :since_before AND gap_units <> filed_units
ORDER BY gap_since, item, location LIMIT :limit

-- name: counted_of
SELECT item, location, source, units, measure, as_of, cause, since_sequence, gap_units, gap_since, filed_units,
    adopted_units
FROM counted WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys)
ORDER BY item, location, source

-- name: moved_since
-- What has gone into a state of a level after a time, by when it happened: `since` leaves out what was booked long before.
SELECT
    COALESCE(SUM(CASE WHEN target_location = :location AND target_state IN (EACH :states) THEN units ELSE 0 END), 0)
    - COALESCE(SUM(CASE WHEN source_location = :location AND source_state IN (EACH :states) THEN units ELSE 0 END), 0)
FROM movements WHERE shop = :shop AND item = :item AND sequence > :since AND occurred_at > :at

-- name: steps_between
SELECT
    SUM(CASE WHEN target_location = :location AND target_state IN (EACH :states) THEN units ELSE 0 END)
    - SUM(CASE WHEN source_location = :location AND source_state IN (EACH :states) THEN units ELSE 0 END)
FROM movements WHERE shop = :shop AND item = :item AND sequence > :since AND occurred_at > :begin AND occurred_at <= :end
GROUP BY occurred_at ORDER BY occurred_at

-- name: settle_counted
UPDATE counted SET
    gap_units = :gap_units, gap_since = :gap_since, filed_units = :filed_units, adopted_units = :adopted_units
WHERE shop = :shop AND source = :source AND item = :item AND location = :location

-- name: open_order_of_name
SELECT cause FROM pictures WHERE shop = :shop AND name = :name AND NOT closed ORDER BY cause LIMIT 1

-- name: delivery_of_id
SELECT position FROM deliveries WHERE shop = :shop AND channel = :channel AND delivery_id = :delivery_id
ORDER BY position DESC LIMIT 1
