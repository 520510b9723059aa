-- name: add_hold
INSERT INTO holds (
    shop, id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
)
VALUES (
    :shop, :id, :key, :asked, :item, :units, :for_s, :channel, :location, :reference, :kept, :status, :made_at,
    :expires_at, :ended_at
)

-- name: end_hold
UPDATE holds SET kept = :kept, status = :status, ended_at = :ended_at WHERE shop = :shop AND id = :id

-- name: one_hold
SELECT
    id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
FROM holds WHERE shop = :shop AND id = :id

-- name: holds_of_keys
SELECT
    id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
FROM holds WHERE shop = :shop AND key IN (EACH :keys)

-- name: due_holds
SELECT
    id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
FROM holds WHERE shop = :shop AND status = 'held' AND expires_at <= :now ORDER BY expires_at, id LIMIT :limit

-- name: holds_of_item
-- Those of bundles that it is part of, too.
SELECT
    id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
FROM holds WHERE shop = :shop AND status = 'held' AND (
    item = :item OR item IN (SELECT bundle FROM components WHERE components.shop = :shop AND components.item = :item)
)
ORDER BY id

-- name: holds_behind
SELECT
    id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
FROM holds
WHERE shop = :shop AND id > :after AND (CAST(:item AS TEXT) IS NULL OR item = :item)
    -- By the clock, whether or not anybody has looked at it.
    AND (
        CAST(:status AS TEXT) IS NULL
        OR CASE WHEN status = 'held' AND expires_at <= :now THEN 'expired' ELSE status END = :status
    )
ORDER BY id LIMIT :limit

-- name: holds_held
SELECT
    id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
FROM holds
WHERE shop = :shop AND status = 'held' AND expires_at > :now AND id > :after
    AND (CAST(:item AS TEXT) IS NULL OR item = :item)
ORDER BY id LIMIT :limit

-- name: tally_of_holds
SELECT count(*), COALESCE(sum(units), 0) FROM holds WHERE shop = :shop AND status = 'held' AND expires_at > :now
