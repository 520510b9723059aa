-- name: record_fix
INSERT INTO fixes (shop, id, drift, item, location, way, before, after, actor, reason, run, made_at, undoes)
VALUES (
    :shop, (SELECT COALESCE(max(id), 0) + 1 FROM fixes WHERE shop = :shop),
    :drift, :item, :location, :way, :before, :after, :actor, :reason, :run, :at, :undoes
)
RETURNING id

-- name: fixes
SELECT id, drift, item, location, way, before, after, actor, reason, run, made_at, undoes FROM fixes
WHERE shop = :shop AND (CAST(:drift AS BIGINT) IS NULL OR drift = :drift) ORDER BY id

-- name: left_alone
-- Levels whose last decision was to take one back, and that have not agreed since.
SELECT fixes.item, fixes.location FROM fixes
WHERE fixes.shop = :shop AND (fixes.item, fixes.location) IN (EACH PAIR :keys)
    AND fixes.undoes IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM fixes AS later
        WHERE later.shop = :shop AND later.item = fixes.item AND later.location = fixes.location AND later.id > fixes.id
    )
    AND NOT EXISTS (
        SELECT 1 FROM observed
        WHERE observed.shop = :shop AND observed.item = fixes.item AND observed.location = fixes.location
            AND observed.agreed_at > fixes.made_at
    )

-- name: intents_of_run
SELECT
    key, channel, kind, body, carries, status, attempts, planned_at, sent_at, concluded_at, note, compares, reading
FROM intents WHERE shop = :shop AND key >= :first AND key < :behind ORDER BY key
