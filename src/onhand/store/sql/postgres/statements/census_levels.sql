-- What is known of a batch is looked up, level by level: what LIMIT bounds cannot be turned into a join, and an array of
-- items is looked up in an index. Left to itself, PostgreSQL takes tables that have just been filled for empty ones, and
-- reads them whole for each batch.

-- name: clear_census_levels
TRUNCATE census_levels

-- name: stage_census_level
COPY census_levels (
    item, location, level_id, active, counted,
    available, committed, reserved, damaged, quality_control, safety_stock, incoming, observed_at
) FROM STDIN

-- name: append_census_levels
INSERT INTO observations (
    shop, item, sequence, location, source,
    available, committed, reserved, damaged, quality_control, safety_stock, incoming, observed_at, reading, recorded_at
)
SELECT
    CAST(:shop AS BIGINT), census_levels.item,
    COALESCE((SELECT max(sequence) FROM observations WHERE shop = :shop AND observations.item = census_levels.item), 0)
        + row_number() OVER (PARTITION BY census_levels.item ORDER BY census_levels.location),
    census_levels.location, CAST(:source AS TEXT),
    COALESCE(census_levels.available, kept.available), COALESCE(census_levels.committed, kept.committed),
    COALESCE(census_levels.reserved, kept.reserved), COALESCE(census_levels.damaged, kept.damaged),
    COALESCE(census_levels.quality_control, kept.quality_control), COALESCE(census_levels.safety_stock, kept.safety_stock),
    COALESCE(census_levels.incoming, kept.incoming),
    census_levels.observed_at, CAST(:reading AS BIGINT), CAST(:at AS BIGINT)
FROM census_levels
LEFT JOIN LATERAL (
    SELECT * FROM observed
    WHERE observed.shop = :shop AND observed.item = census_levels.item AND observed.location = census_levels.location
        AND observed.source = :source
    LIMIT 1
) AS kept ON TRUE
WHERE census_levels.counted
    AND (kept.observed_at IS NULL OR (census_levels.observed_at, :reading) > (kept.observed_at, kept.reading))
    AND (
        COALESCE(census_levels.available, kept.available), COALESCE(census_levels.committed, kept.committed),
        COALESCE(census_levels.reserved, kept.reserved), COALESCE(census_levels.damaged, kept.damaged),
        COALESCE(census_levels.quality_control, kept.quality_control), COALESCE(census_levels.safety_stock, kept.safety_stock),
        COALESCE(census_levels.incoming, kept.incoming)
    ) IS DISTINCT FROM (
        kept.available, kept.committed, kept.reserved, kept.damaged, kept.quality_control, kept.safety_stock,
        kept.incoming
    )

-- name: agree_census_levels
UPDATE observed SET agreed_at = CASE WHEN observed_at < :at THEN observed_at ELSE :at END, gap_since = NULL
WHERE shop = :shop AND source = :source
    AND item = ANY (ARRAY(SELECT DISTINCT item FROM census_levels WHERE settled AND NOT (fresh AND unseen)))
    AND (item, location) IN (SELECT item, location FROM census_levels WHERE settled AND NOT (fresh AND unseen))

-- name: census_levels_are_compared
DELETE FROM comparisons
WHERE shop = :shop AND item = ANY (ARRAY(SELECT DISTINCT item FROM census_levels WHERE counted))
    AND (item, location) IN (SELECT item, location FROM census_levels WHERE counted)
