-- Levels of a census, a batch at a time: staged in `census_levels`, weighed, kept, compared. The triggers do the rest.

-- name: clear_census_levels
DELETE FROM census_levels

-- name: stage_census_level
INSERT INTO census_levels (
    item, location, level_id, active, counted,
    available, committed, reserved, damaged, quality_control, safety_stock, incoming, observed_at
) VALUES (
    :item, :location, :level_id, :active, :counted,
    :available, :committed, :reserved, :damaged, :quality_control, :safety_stock, :incoming, :observed_at
)

-- name: weigh_census_levels
-- Values that are missing, not NOT EXISTS: for that PostgreSQL would rather read whole tables than look levels up.
UPDATE census_levels SET
    fresh = CAST(:opens AS BOOLEAN) AND (
        SELECT 1 FROM openings
        WHERE openings.shop = :shop AND openings.item = census_levels.item AND openings.location = census_levels.location
    ) IS NULL AND (
        SELECT 1 FROM levels
        WHERE levels.shop = :shop AND levels.item = census_levels.item AND levels.location = census_levels.location
            AND levels.state NOT IN ('supplier', 'customer', 'unexplained')
        LIMIT 1
    ) IS NULL,
    unseen = (
        SELECT 1 FROM observed
        WHERE observed.shop = :shop AND observed.item = census_levels.item AND observed.location = census_levels.location
            AND observed.source = :source
    ) IS NULL
WHERE counted

-- name: begun_census_levels
SELECT item, location FROM census_levels WHERE counted AND NOT fresh

-- name: open_census_levels
INSERT INTO openings (shop, item, location, cut_at)
SELECT CAST(:shop AS BIGINT), item, location, observed_at FROM census_levels WHERE fresh ORDER BY item, location

-- name: name_census_levels
INSERT INTO level_ids (shop, item, location, level_id, active, since_at)
SELECT CAST(:shop AS BIGINT), item, location, level_id, active, CAST(:at AS BIGINT)
FROM census_levels WHERE TRUE ORDER BY item, location
ON CONFLICT (shop, item, location) DO UPDATE SET
    level_id = excluded.level_id, active = excluded.active, since_at = excluded.since_at
WHERE (level_ids.level_id, level_ids.active) IS DISTINCT FROM (excluded.level_id, excluded.active)

-- name: append_census_levels
-- Before they are kept: what is kept still shows which of them change a number.
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
LEFT JOIN observed AS kept
    ON kept.shop = :shop AND kept.item = census_levels.item AND kept.location = census_levels.location AND kept.source = :source
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

-- name: observe_census_levels
INSERT INTO observed (
    shop, item, location, source,
    available, committed, reserved, damaged, quality_control, safety_stock, incoming,
    observed_at, reading, recorded_at, agreed_at
)
SELECT
    CAST(:shop AS BIGINT), item, location, CAST(:source AS TEXT),
    available, committed, reserved, damaged, quality_control, safety_stock, incoming,
    observed_at, CAST(:reading AS BIGINT), CAST(:at AS BIGINT),
    -- What is opened with an observation equals it: no need to compare.
    CASE WHEN fresh THEN CASE WHEN observed_at < :at THEN observed_at ELSE CAST(:at AS BIGINT) END END
FROM census_levels WHERE counted ORDER BY item, location
ON CONFLICT (shop, item, location, source) DO UPDATE SET
    available = COALESCE(excluded.available, observed.available),
    committed = COALESCE(excluded.committed, observed.committed),
    reserved = COALESCE(excluded.reserved, observed.reserved),
    damaged = COALESCE(excluded.damaged, observed.damaged),
    quality_control = COALESCE(excluded.quality_control, observed.quality_control),
    safety_stock = COALESCE(excluded.safety_stock, observed.safety_stock),
    incoming = COALESCE(excluded.incoming, observed.incoming),
    observed_at = excluded.observed_at,
    reading = excluded.reading,
    recorded_at = excluded.recorded_at
WHERE (excluded.observed_at, excluded.reading) > (observed.observed_at, observed.reading)

-- name: settle_census_levels
UPDATE census_levels SET settled = (fresh AND unseen) OR (
    NOT EXISTS (
        SELECT 1 FROM owed
        WHERE owed.shop = :shop AND owed.item = census_levels.item AND owed.location = census_levels.location
    )
    AND NOT EXISTS (
        SELECT 1 FROM covered
        WHERE covered.shop = :shop AND covered.kind = 'level'
            AND covered.subject = census_levels.item AND covered.place = census_levels.location
    )
    AND NOT EXISTS (
        SELECT 1 FROM observed
        WHERE observed.shop = :shop AND observed.item = census_levels.item AND observed.location = census_levels.location
            AND observed.source = :source
            AND (
                observed.available <> COALESCE((
                    SELECT units FROM levels
                    WHERE shop = :shop AND item = census_levels.item AND location = census_levels.location AND state = 'available'
                ), 0)
                OR observed.committed <> COALESCE((
                    SELECT units FROM levels
                    WHERE shop = :shop AND item = census_levels.item AND location = census_levels.location AND state = 'committed'
                ), 0)
                OR observed.reserved <> COALESCE((
                    SELECT units FROM levels
                    WHERE shop = :shop AND item = census_levels.item AND location = census_levels.location AND state = 'reserved'
                ), 0)
                OR observed.damaged <> COALESCE((
                    SELECT units FROM levels
                    WHERE shop = :shop AND item = census_levels.item AND location = census_levels.location AND state = 'damaged'
                ), 0)
                OR observed.quality_control <> COALESCE((
                    SELECT units FROM levels
                    WHERE shop = :shop AND item = census_levels.item AND location = census_levels.location AND state = 'quality_control'
                ), 0)
                OR observed.safety_stock <> COALESCE((
                    SELECT units FROM levels
                    WHERE shop = :shop AND item = census_levels.item AND location = census_levels.location AND state = 'safety_stock'
                ), 0)
                OR observed.incoming <> COALESCE((
                    SELECT units FROM levels
                    WHERE shop = :shop AND item = census_levels.item AND location = census_levels.location AND state = 'incoming'
                ), 0)
            )
    )
)
WHERE counted

-- name: unsettled_census_levels
SELECT item, location FROM census_levels WHERE counted AND NOT settled ORDER BY item, location

-- name: count_census_levels
SELECT count(*) FROM census_levels WHERE counted

-- name: agree_census_levels
UPDATE observed SET agreed_at = CASE WHEN observed_at < :at THEN observed_at ELSE :at END, gap_since = NULL
WHERE shop = :shop AND source = :source
    AND (item, location) IN (SELECT item, location FROM census_levels WHERE settled AND NOT (fresh AND unseen))

-- name: settled_drifts
SELECT DISTINCT drifts.item, drifts.location FROM drifts
JOIN census_levels ON census_levels.item = drifts.item AND census_levels.location = drifts.location
WHERE drifts.shop = :shop AND drifts.status = 'open' AND census_levels.settled

-- name: census_levels_are_compared
DELETE FROM comparisons
WHERE shop = :shop AND (item, location) IN (SELECT item, location FROM census_levels WHERE counted)
