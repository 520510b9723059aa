-- name: picture
SELECT version_at, reading, digest, told_digest, known_at, era, holds FROM pictures WHERE shop = :shop AND cause = :cause

-- name: remember_picture
INSERT INTO pictures (
    shop, cause, channel, version_at, reading, digest, told_digest, closed, made_by, name, recorded_at, known_at, era,
    holds
)
VALUES (
    :shop, :cause, :channel, :version_at, :reading, :digest, :told_digest, :closed, :made_by, :name, :recorded_at,
    :known_at, COALESCE((SELECT units FROM counters WHERE shop = :shop AND name = 'trackings'), 0), :holds
)
ON CONFLICT (shop, cause) DO UPDATE SET
    channel = excluded.channel,
    version_at = excluded.version_at,
    reading = excluded.reading,
    digest = excluded.digest,
    -- A reading of the same version does not know what the channel sent by itself, and leaves it.
    told_digest = CASE
        WHEN excluded.told_digest IS NOT NULL OR excluded.version_at <> pictures.version_at THEN excluded.told_digest
        ELSE pictures.told_digest
    END,
    closed = excluded.closed,
    -- A reading names the app, a webhook only its number.
    made_by = CASE
        WHEN excluded.made_by IS NULL OR (excluded.reading = 0 AND pictures.made_by IS NOT NULL) THEN pictures.made_by
        ELSE excluded.made_by
    END,
    name = COALESCE(excluded.name, pictures.name),
    recorded_at = excluded.recorded_at,
    known_at = excluded.known_at,
    era = excluded.era,
    holds = excluded.holds

-- name: picture_versions
SELECT cause, version_at, reading FROM pictures WHERE shop = :shop AND cause IN (EACH :causes)

-- name: open_pictures
SELECT cause FROM pictures
WHERE shop = :shop AND closed = :closed AND cause >= :prefix AND cause < :beyond ORDER BY cause

-- name: picture_told_before
SELECT 1 FROM pictures WHERE shop = :shop AND cause = :cause AND reading = 0 AND recorded_at < :moment

-- name: confirm_picture
UPDATE pictures SET reading = :reading, recorded_at = :recorded_at WHERE shop = :shop AND cause = :cause

-- name: doubtful_pictures
SELECT cause FROM pictures
WHERE shop = :shop AND cause IN (EACH :causes) AND CASE
    WHEN reading > 0 THEN recorded_at < version_at + :sure_after
    ELSE EXISTS (
        SELECT 1 FROM movements
        WHERE movements.shop = :shop AND movements.cause = pictures.cause AND movements.item IN (EACH :items)
    )
END

-- name: unplaced_of_cause
SELECT item, units FROM unplaced WHERE shop = :shop AND cause = :cause

-- name: set_unplaced
INSERT INTO unplaced (shop, cause, item, units, touched_at) VALUES (:shop, :cause, :item, :units, :touched_at)
ON CONFLICT (shop, cause, item) DO UPDATE SET units = excluded.units, touched_at = excluded.touched_at

-- name: unplaced_of_items
SELECT item, CAST(sum(units) AS BIGINT) FROM unplaced WHERE shop = :shop AND item IN (EACH :items) GROUP BY item

-- name: unplaced
SELECT cause, item, units FROM unplaced WHERE shop = :shop ORDER BY cause, item

-- name: forget_unplaced
DELETE FROM unplaced WHERE shop = :shop AND item = :item

-- name: unplaced_by_cause
SELECT cause, units FROM unplaced WHERE shop = :shop AND item = :item ORDER BY cause

-- name: makers
SELECT cause, made_by FROM pictures WHERE shop = :shop AND cause IN (EACH :causes) AND made_by IS NOT NULL

-- name: names
SELECT cause, name FROM pictures WHERE shop = :shop AND cause IN (EACH :causes) AND name IS NOT NULL

-- name: unclaimed_items
SELECT item FROM unclaimed WHERE shop = :shop AND cause = :cause

-- name: set_unclaimed
INSERT INTO unclaimed (shop, cause, item) VALUES (:shop, :cause, :item) ON CONFLICT DO NOTHING

-- name: causes_at_level
SELECT cause, max(recorded_at) FROM movements
WHERE shop = :shop AND item = :item AND (source_location = :location OR target_location = :location)
GROUP BY cause HAVING max(recorded_at) > :after ORDER BY max(sequence) DESC LIMIT :limit

-- name: reservations_of_items
SELECT DISTINCT cause FROM movements
WHERE shop = :shop AND item IN (EACH :items) AND (target_state = 'reserved' OR source_state = 'reserved') AND cause LIKE '%/draft/%' ORDER BY cause

-- name: pass_over
INSERT INTO passed_over (shop, cause, item, channel) VALUES (:shop, :cause, :item, :channel)
ON CONFLICT (shop, cause, item) DO NOTHING

-- name: forget_passed_over
DELETE FROM passed_over WHERE shop = :shop AND cause = :cause

-- name: passed_over_of_cause
SELECT item FROM passed_over WHERE shop = :shop AND cause = :cause ORDER BY item

-- name: passed_over_of_item
SELECT channel, cause FROM passed_over WHERE shop = :shop AND item = :item ORDER BY cause
