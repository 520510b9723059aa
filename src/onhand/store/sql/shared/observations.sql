-- name: observed
SELECT
    available, committed, reserved, damaged, quality_control, safety_stock, incoming,
    observed_at, reading
FROM observed WHERE shop = :shop AND item = :item AND location = :location AND source = :source

-- name: put_observed
INSERT INTO observed (
    shop, item, location, source, available, committed, reserved, damaged, quality_control, safety_stock, incoming,
    observed_at, reading, recorded_at
) VALUES (
    :shop, :item, :location, :source, :available, :committed, :reserved, :damaged, :quality_control, :safety_stock,
    :incoming, :observed_at, :reading, :recorded_at
) ON CONFLICT (shop, item, location, source) DO UPDATE SET
    available = excluded.available,
    committed = excluded.committed,
    reserved = excluded.reserved,
    damaged = excluded.damaged,
    quality_control = excluded.quality_control,
    safety_stock = excluded.safety_stock,
    incoming = excluded.incoming,
    observed_at = excluded.observed_at,
    reading = excluded.reading,
    recorded_at = excluded.recorded_at

-- name: append_observation
INSERT INTO observations (
    shop, item, sequence, location, source,
    available, committed, reserved, damaged, quality_control, safety_stock, incoming, observed_at, reading, recorded_at
)
SELECT
    shop, item,
    (SELECT COALESCE(max(sequence), 0) + 1 FROM observations WHERE shop = :shop AND item = :item),
    location, source,
    available, committed, reserved, damaged, quality_control, safety_stock, incoming, observed_at, reading, recorded_at
FROM observed WHERE shop = :shop AND item = :item AND location = :location AND source = :source

-- name: newest_observations
SELECT
    item, location, available, committed, reserved, damaged, quality_control, safety_stock, incoming,
    observed_at, reading, recorded_at, agreed_at, gap_since
FROM observed WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys) AND source = :source

-- name: observation_history
SELECT
    source, location, available, committed, reserved, damaged, quality_control, safety_stock, incoming,
    observed_at, reading, recorded_at
FROM observations WHERE shop = :shop AND item = :item ORDER BY sequence DESC LIMIT :limit

-- name: agree
-- Books that agree with an observation agreed when it was made; one dated later than now is from a faster clock.
UPDATE observed SET agreed_at = CASE WHEN observed_at < :at THEN observed_at ELSE :at END, gap_since = NULL
WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys) AND source = :source

-- name: gap
UPDATE observed SET gap_since = :at
WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys) AND source = :source AND gap_since IS NULL

-- name: gaps
SELECT item, location FROM observed
WHERE shop = :shop AND source = :source AND gap_since IS NOT NULL AND gap_since < :since_before
ORDER BY gap_since, item, location LIMIT :limit

-- name: tally_observed
SELECT
    count(*),
    count(*) FILTER (WHERE agreed_at IS NOT NULL AND gap_since IS NULL),
    count(*) FILTER (WHERE gap_since IS NOT NULL)
FROM observed WHERE shop = :shop AND source = :source

-- name: to_compare
SELECT item, location FROM comparisons WHERE shop = :shop ORDER BY item, location LIMIT :limit

-- name: compared
DELETE FROM comparisons WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys)

-- name: forget_observed
DELETE FROM observed WHERE shop = :shop AND item = :item

-- name: met_items
SELECT item FROM observed WHERE shop = :shop AND item IN (EACH :items)
UNION SELECT item FROM levels WHERE shop = :shop AND item IN (EACH :items)

-- name: forget_comparisons
DELETE FROM comparisons WHERE shop = :shop AND item = :item

-- name: unseen_levels
-- Values that are missing, not NOT EXISTS: see weigh_census_levels.
SELECT DISTINCT levels.item, levels.location FROM levels
JOIN items ON items.shop = levels.shop AND items.item = levels.item
WHERE levels.shop = :shop AND levels.units <> 0 AND levels.state NOT IN ('supplier', 'customer', 'unexplained')
    AND items.tracked AND NOT items.bundle AND items.removed_at IS NULL
    AND (
        SELECT 1 FROM observed
        WHERE observed.shop = levels.shop AND observed.item = levels.item AND observed.location = levels.location
            AND observed.source = :source
    ) IS NULL
ORDER BY levels.item, levels.location

-- name: unseen_of_levels
SELECT DISTINCT levels.item, levels.location FROM levels
JOIN items ON items.shop = levels.shop AND items.item = levels.item
WHERE levels.shop = :shop AND (levels.item, levels.location) IN (EACH PAIR :keys) AND levels.units <> 0 AND levels.state NOT IN ('supplier', 'customer', 'unexplained')
    AND items.tracked AND NOT items.bundle AND items.removed_at IS NULL
    AND (
        SELECT 1 FROM observed
        WHERE observed.shop = levels.shop AND observed.item = levels.item AND observed.location = levels.location
            AND observed.source = :source
    ) IS NULL
ORDER BY levels.item, levels.location

-- name: gap_now
UPDATE observed SET gap_since = :now WHERE shop = :shop AND gap_since > :now
