-- name: append_movement
INSERT INTO movements (
    shop, sequence, id, item, source_location, source_state, target_location, target_state, units,
    cause, origin, reason, occurred_at, recorded_at, hash
) VALUES (
    :shop, :sequence, :id, :item, :source_location, :source_state, :target_location, :target_state, :units,
    :cause, :origin, :reason, :occurred_at, :recorded_at, :hash
)

-- name: movements_by_id
SELECT id, item, source_location, source_state, target_location, target_state, units, cause, origin, reason, occurred_at
FROM movements WHERE shop = :shop AND id IN (EACH :ids)

-- name: movements_by_cause
SELECT id, item, source_location, source_state, target_location, target_state, units, cause, origin, reason, occurred_at
FROM movements WHERE shop = :shop AND cause = :cause ORDER BY sequence

-- name: count_movements_by_cause
SELECT count(*) FROM movements WHERE shop = :shop AND cause = :cause

-- name: movements_of_item
SELECT
    id, item, source_location, source_state, target_location, target_state, units, cause, origin, reason, occurred_at,
    sequence, recorded_at
FROM movements WHERE shop = :shop AND item = :item AND sequence < :before_sequence
ORDER BY sequence DESC LIMIT :limit

-- name: moved_after
SELECT sequence, item FROM movements WHERE shop = :shop AND sequence > :after_sequence ORDER BY sequence LIMIT :limit

-- name: chain
SELECT
    sequence, id, item, source_location, source_state, target_location, target_state, units, cause, origin, reason,
    occurred_at, recorded_at, hash
FROM movements WHERE shop = :shop AND sequence > :after_sequence ORDER BY sequence LIMIT :limit

-- name: head
SELECT sequence, hash FROM movements WHERE shop = :shop ORDER BY sequence DESC LIMIT 1

-- name: levels_of_items
SELECT item, location, state, units FROM levels
WHERE shop = :shop AND item IN (EACH :items) AND units <> 0

-- name: all_levels
SELECT item, location, state, units FROM levels
WHERE shop = :shop AND units <> 0 AND (CAST(:location AS TEXT) IS NULL OR location = :location)
ORDER BY item, location, state

-- name: levels_of_item
SELECT item, location, state, units FROM levels
WHERE shop = :shop AND item = :item AND units <> 0
    AND (CAST(:location AS TEXT) IS NULL OR location = :location)
ORDER BY item, location, state

-- name: levels_of_keys
SELECT item, location, state, units FROM levels
WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys) AND units <> 0
    AND state NOT IN ('supplier', 'customer', 'unexplained')

-- name: standing_at
SELECT location, item, SUM(CASE WHEN state = 'available' THEN units ELSE 0 END), SUM(units) FROM levels
WHERE shop = :shop AND location IN (EACH :locations)
    AND state IN ('available', 'committed', 'reserved', 'damaged', 'quality_control', 'safety_stock')
GROUP BY location, item
HAVING SUM(units) <> 0
ORDER BY location, item

-- name: standing_behind
-- Up to an item and not so many rows: PostgreSQL would add up everything behind, to show the first of it.
SELECT
    location, item,
    SUM(CASE WHEN state = 'available' THEN units ELSE 0 END),
    SUM(CASE WHEN state IN ('available', 'committed', 'reserved', 'damaged', 'quality_control', 'safety_stock') THEN units ELSE 0 END)
FROM levels
WHERE shop = :shop AND item > :after AND item <= COALESCE(
    (SELECT item FROM levels WHERE shop = :shop AND item > :after ORDER BY item LIMIT 1 OFFSET :bins),
    (SELECT max(item) FROM levels WHERE shop = :shop)
)
GROUP BY item, location
ORDER BY item, location

-- name: below_zero
SELECT item, location, units FROM levels
WHERE shop = :shop AND state = 'available' AND units < 0
ORDER BY item, location

-- name: holders
SELECT cause, origin, CAST(sum(units) AS BIGINT), min(occurred_at) FROM (
    SELECT cause, origin, -units AS units, occurred_at, sequence FROM movements
    WHERE shop = :shop AND item = :item AND source_location = :location AND source_state IN ('committed', 'reserved')
    UNION ALL
    SELECT cause, origin, units, occurred_at, sequence FROM movements
    WHERE shop = :shop AND item = :item AND target_location = :location AND target_state IN ('committed', 'reserved')
) AS flows
GROUP BY cause, origin HAVING sum(units) > 0
-- The newest claim, not whoever has last shipped a part of an old one.
ORDER BY max(CASE WHEN units > 0 THEN sequence END) DESC

-- name: levels_at
SELECT item, location, state, CAST(sum(units) AS BIGINT) FROM (
    SELECT item, source_location AS location, source_state AS state, -units AS units
    FROM movements WHERE shop = :shop AND recorded_at <= :at
    UNION ALL
    SELECT item, target_location, target_state, units
    FROM movements WHERE shop = :shop AND recorded_at <= :at
) AS flows
GROUP BY item, location, state HAVING sum(units) <> 0

-- name: levels_of_item_at
SELECT item, location, state, CAST(sum(units) AS BIGINT) FROM (
    SELECT item, source_location AS location, source_state AS state, -units AS units
    FROM movements WHERE shop = :shop AND item = :item AND recorded_at <= :at
    UNION ALL
    SELECT item, target_location, target_state, units
    FROM movements WHERE shop = :shop AND item = :item AND recorded_at <= :at
) AS flows
GROUP BY item, location, state HAVING sum(units) <> 0

-- name: forget_levels
DELETE FROM levels WHERE shop = :shop

-- name: fold_levels
INSERT INTO levels (shop, item, location, state, units)
SELECT CAST(:shop AS BIGINT), item, location, state, CAST(sum(units) AS BIGINT) FROM (
    SELECT item, source_location AS location, source_state AS state, -units AS units
    FROM movements WHERE shop = :shop
    UNION ALL
    SELECT item, target_location, target_state, units FROM movements WHERE shop = :shop
) AS flows
GROUP BY item, location, state

-- name: count_levels
SELECT count(*) FROM levels WHERE shop = :shop

-- name: forget_held
DELETE FROM held WHERE shop = :shop

-- name: fold_held
INSERT INTO held (shop, origin, item, units)
SELECT CAST(:shop AS BIGINT), origin, item, CAST(sum(units) AS BIGINT) FROM (
    SELECT origin, item, -units AS units FROM movements WHERE shop = :shop AND source_state = 'reserved'
    UNION ALL
    SELECT origin, item, units FROM movements WHERE shop = :shop AND target_state = 'reserved'
) AS flows
GROUP BY origin, item

-- name: held_units
SELECT item, units FROM held
WHERE shop = :shop AND origin = :origin AND item IN (EACH :items) AND units <> 0

-- name: unexplained_units
SELECT
    CAST(COALESCE(sum(units), 0) AS BIGINT),
    CAST(COALESCE(sum(CASE target_state WHEN 'unexplained' THEN units ELSE 0 END), 0)
        - COALESCE(sum(CASE source_state WHEN 'unexplained' THEN units ELSE 0 END), 0) AS BIGINT)
FROM movements
WHERE shop = :shop AND (source_state = 'unexplained' OR target_state = 'unexplained')

-- name: cuts
SELECT item, location, cut_at FROM openings WHERE shop = :shop AND item IN (EACH :items)

-- name: set_cut
INSERT INTO openings (shop, item, location, cut_at, era) VALUES (:shop, :item, :location, :cut_at, :era)
ON CONFLICT (shop, item, location) DO UPDATE SET cut_at = excluded.cut_at, era = excluded.era

-- name: touched_levels
SELECT DISTINCT item, location FROM levels
WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys)
    AND state NOT IN ('supplier', 'customer', 'unexplained')

-- name: reserved_by_origin
SELECT origin, location, CAST(sum(units) AS BIGINT) FROM (
    SELECT origin, source_location AS location, -units AS units
    FROM movements WHERE shop = :shop AND item = :item AND source_state = 'reserved'
    UNION ALL
    SELECT origin, target_location, units
    FROM movements WHERE shop = :shop AND item = :item AND target_state = 'reserved'
) AS flows
GROUP BY origin, location HAVING sum(units) <> 0
ORDER BY origin, location
