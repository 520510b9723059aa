-- name: plan_intent
INSERT INTO intents (
    shop, key, channel, kind, body, carries, status, attempts, planned_at, sent_at, concluded_at, note, compares,
    reading
) VALUES (
    :shop, :key, :channel, :kind, :body, :carries, :status, :attempts, :planned_at, :sent_at, :concluded_at, :note,
    :compares, :reading
)

-- name: cover
INSERT INTO covered (shop, channel, kind, subject, place, intent)
VALUES (:shop, :channel, :kind, :subject, :place, :intent)

-- name: uncover
DELETE FROM covered WHERE shop = :shop AND intent = :intent

-- name: covered
SELECT DISTINCT channel, subject, place FROM covered WHERE shop = :shop AND kind = :kind

-- name: intent_sent
UPDATE intents SET status = 'sent', attempts = attempts + 1, sent_at = :at WHERE shop = :shop AND key = :key

-- name: conclude_intent
UPDATE intents SET status = :status, note = :note, concluded_at = :at WHERE shop = :shop AND key = :key

-- name: intent
SELECT
    key, channel, kind, body, carries, status, attempts, planned_at, sent_at, concluded_at, note, compares, reading
FROM intents WHERE shop = :shop AND key = :key

-- name: open_intents
SELECT
    key, channel, kind, body, carries, status, attempts, planned_at, sent_at, concluded_at, note, compares, reading
FROM intents WHERE shop = :shop AND status IN ('planned', 'sent', 'unknown') ORDER BY planned_at, key

-- name: open_intents_of_channel
SELECT
    key, channel, kind, body, carries, status, attempts, planned_at, sent_at, concluded_at, note, compares, reading
FROM intents WHERE shop = :shop AND channel = :channel AND status IN ('planned', 'sent', 'unknown')
ORDER BY planned_at, key

-- name: recent_intents
SELECT
    key, channel, kind, body, carries, status, attempts, planned_at, sent_at, concluded_at, note, compares, reading
FROM intents WHERE shop = :shop ORDER BY planned_at DESC, key DESC LIMIT :limit

-- name: offers_since
SELECT carries FROM intents
WHERE shop = :shop AND planned_at >= :since AND channel = :channel AND kind = 'offer'
    AND status IN ('sent', 'unknown', 'applied')

-- name: tellings_in_flight
SELECT DISTINCT intents.key, intents.carries
FROM covered JOIN intents ON intents.shop = covered.shop AND intents.key = covered.intent
WHERE covered.shop = :shop AND covered.kind = 'level' AND (covered.subject, covered.place) IN (EACH PAIR :keys)
    AND intents.kind = 'telling' AND intents.status IN ('sent', 'unknown')

-- name: lost_compares
SELECT item, location, lost FROM lost_compares WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys)

-- name: lose_compare
INSERT INTO lost_compares (shop, item, location, lost) VALUES (:shop, :item, :location, 1)
ON CONFLICT (shop, item, location) DO UPDATE SET lost = lost_compares.lost + 1

-- name: win_compare
DELETE FROM lost_compares WHERE shop = :shop AND item = :item AND location = :location
