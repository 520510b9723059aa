-- name: ask
INSERT INTO asks (shop, channel, wanted, key, because, asked_at, asked_reading, due_at, attempts)
VALUES (
    :shop, :channel, :wanted, :key, :because, :asked_at,
    COALESCE((SELECT units FROM counters WHERE shop = :shop AND name = 'reading'), 0),
    :due_at, 0
)
ON CONFLICT (shop, channel, wanted, key) DO UPDATE SET
    because = excluded.because,
    asked_reading = excluded.asked_reading,
    due_at = CASE WHEN excluded.due_at < asks.due_at THEN excluded.due_at ELSE asks.due_at END

-- name: due_asks
SELECT key, because FROM asks
WHERE shop = :shop AND channel = :channel AND wanted = :wanted AND due_at <= :now
ORDER BY due_at, key LIMIT :limit

-- name: due_kinds
SELECT DISTINCT wanted FROM asks
WHERE shop = :shop AND channel = :channel AND wanted IN (EACH :kinds) AND due_at <= :now

-- name: all_asks
SELECT key, because FROM asks
WHERE shop = :shop AND channel = :channel AND wanted = :wanted
ORDER BY due_at, key LIMIT :limit

-- name: most_attempts
SELECT COALESCE(max(attempts), 0) FROM asks
WHERE shop = :shop AND channel = :channel AND wanted = :wanted AND key IN (EACH :keys)

-- name: answered
DELETE FROM asks
WHERE shop = :shop AND channel = :channel AND wanted = :wanted AND key IN (EACH :keys) AND asked_reading < :reading

-- name: asks_of
SELECT key FROM asks
WHERE shop = :shop AND channel = :channel AND wanted = :wanted AND key IN (EACH :keys)

-- name: asked_before
SELECT asked_at FROM asks
WHERE shop = :shop AND channel = :channel AND wanted = :wanted AND key = :key AND asked_reading < :reading

-- name: postpone
UPDATE asks SET due_at = :due_at, attempts = attempts + 1
WHERE shop = :shop AND channel = :channel AND wanted = :wanted AND key IN (EACH :keys)

-- name: waiting_asks
SELECT channel, wanted, key, because, asked_at, due_at, attempts FROM asks
WHERE shop = :shop ORDER BY due_at, channel, wanted, key

-- name: count_asks
SELECT count(*) FROM asks WHERE shop = :shop

-- name: next_due_at
SELECT min(due_at) FROM asks WHERE shop = :shop

-- name: ask_at_once
UPDATE asks SET due_at = :now WHERE shop = :shop AND due_at > :now
