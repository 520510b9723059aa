-- name: subscription_states
SELECT topic, state, seen_at, right_at FROM subscriptions WHERE shop = :shop AND channel = :channel ORDER BY topic

-- name: keep_subscription_state
INSERT INTO subscriptions (shop, channel, topic, state, seen_at, right_at)
VALUES (:shop, :channel, :topic, :state, :seen_at, :right_at)
ON CONFLICT (shop, channel, topic) DO UPDATE SET
    state = excluded.state,
    seen_at = excluded.seen_at,
    right_at = COALESCE(excluded.right_at, subscriptions.right_at)

-- name: open_lapse
INSERT INTO lapses (shop, channel, topic, since_at, found_at, state, whole)
SELECT
    CAST(:shop AS BIGINT), CAST(:channel AS TEXT), CAST(:topic AS TEXT), CAST(:since_at AS BIGINT),
    CAST(:found_at AS BIGINT), CAST(:state AS TEXT), CAST(:whole AS BOOLEAN)
WHERE NOT EXISTS (
    SELECT 1 FROM lapses AS other
    WHERE other.shop = :shop AND other.channel = :channel AND other.topic = :topic AND other.filled_at IS NULL
)
ON CONFLICT (shop, channel, topic, since_at) DO UPDATE SET
    found_at = excluded.found_at, state = excluded.state, mended_at = NULL, filled_at = NULL

-- name: reopen_lapse
UPDATE lapses SET mended_at = NULL
WHERE shop = :shop AND channel = :channel AND topic = :topic AND filled_at IS NULL

-- name: open_lapses
SELECT topic, state, since_at, found_at, whole, mended_at FROM lapses
WHERE shop = :shop AND channel = :channel AND filled_at IS NULL
ORDER BY since_at, topic

-- name: lapses_since
SELECT count(*) FROM lapses WHERE shop = :shop AND channel = :channel AND found_at >= :since_at

-- name: mend_lapses
UPDATE lapses SET mended_at = :at WHERE shop = :shop AND channel = :channel AND mended_at IS NULL

-- name: fill_lapse
UPDATE lapses SET filled_at = :at
WHERE shop = :shop AND channel = :channel AND topic = :topic AND since_at = :since_at
    AND filled_at IS NULL AND mended_at = :mended_at

-- name: last_arrival
SELECT max(last_at) FROM arrivals WHERE shop = :shop AND channel = :channel AND topic = :topic

-- name: note_arrivals
INSERT INTO arrivals (shop, channel, topic, day, deliveries, last_at, silence_us)
VALUES (:shop, :channel, :topic, :day, :deliveries, :last_at, :silence_us)
ON CONFLICT (shop, channel, topic, day) DO UPDATE SET
    deliveries = arrivals.deliveries + excluded.deliveries,
    last_at = CASE WHEN excluded.last_at > arrivals.last_at THEN excluded.last_at ELSE arrivals.last_at END,
    silence_us = CASE WHEN excluded.silence_us > arrivals.silence_us THEN excluded.silence_us ELSE arrivals.silence_us END

-- name: rhythms
SELECT topic, sum(deliveries), count(*), max(last_at), max(silence_us) FROM arrivals
WHERE shop = :shop AND channel = :channel AND day >= :day
GROUP BY topic
ORDER BY topic

-- name: newest_arrivals
SELECT topic, max(last_at) FROM arrivals WHERE shop = :shop AND channel = :channel GROUP BY topic ORDER BY topic

-- name: forget_arrivals
DELETE FROM arrivals
WHERE shop = :shop AND day < :day AND EXISTS (
    SELECT 1 FROM arrivals AS later
    WHERE later.shop = arrivals.shop AND later.channel = arrivals.channel
        AND later.topic = arrivals.topic AND later.day > arrivals.day
)
