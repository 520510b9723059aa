-- name: announce
INSERT INTO announcements (
    shop, webhook, channel, item, units, offered, sequence, computed_at, delivered, attempts, due_at, trouble
)
SELECT
    CAST(:shop AS BIGINT), CAST(:webhook AS TEXT), offers.channel, offers.item, max(offers.units), 1, 1,
    max(offers.computed_at), 0, 0, CAST(:now AS BIGINT), NULL
FROM offers
WHERE offers.shop = :shop AND offers.computed_at >= :since AND offers.units IS NOT NULL
    AND offers.channel IN (EACH :channels)
    AND (
        CAST(:every_sku AS BIGINT) = 1
        OR EXISTS (
            SELECT 1 FROM items
            WHERE items.shop = offers.shop AND items.item = offers.item AND items.sku_key IN (EACH :skus)
        )
    )
GROUP BY offers.channel, offers.item
ON CONFLICT (shop, webhook, channel, item) DO UPDATE SET
    units = excluded.units,
    offered = 1,
    sequence = announcements.sequence + 1,
    computed_at = excluded.computed_at,
    attempts = CASE WHEN announcements.due_at IS NULL THEN 0 ELSE announcements.attempts END,
    due_at = COALESCE(announcements.due_at, excluded.due_at),
    delivered = 0
WHERE announcements.units <> excluded.units OR announcements.offered = 0

-- name: withdraw_announcements
UPDATE announcements SET
    units = 0,
    offered = 0,
    sequence = sequence + 1,
    computed_at = :now,
    attempts = CASE WHEN due_at IS NULL THEN 0 ELSE attempts END,
    due_at = COALESCE(due_at, CAST(:now AS BIGINT)),
    delivered = 0
WHERE shop = :shop AND webhook = :webhook AND channel IN (EACH :channels) AND offered = 1
    AND NOT EXISTS (
        SELECT 1 FROM offers
        WHERE offers.shop = announcements.shop AND offers.channel = announcements.channel
            AND offers.item = announcements.item AND offers.units IS NOT NULL
    )

-- name: due_announcements
SELECT
    announcements.webhook, announcements.channel, announcements.item, items.sku, announcements.units,
    announcements.offered, announcements.sequence, announcements.computed_at, announcements.delivered,
    announcements.attempts, announcements.due_at, announcements.trouble
FROM announcements LEFT JOIN items ON items.shop = announcements.shop AND items.item = announcements.item
WHERE announcements.shop = :shop AND announcements.webhook = :webhook AND announcements.due_at <= :now
ORDER BY announcements.due_at, announcements.item, announcements.channel
LIMIT :limit

-- name: announcements
SELECT
    announcements.webhook, announcements.channel, announcements.item, items.sku, announcements.units,
    announcements.offered, announcements.sequence, announcements.computed_at, announcements.delivered,
    announcements.attempts, announcements.due_at, announcements.trouble
FROM announcements LEFT JOIN items ON items.shop = announcements.shop AND items.item = announcements.item
WHERE announcements.shop = :shop
ORDER BY announcements.delivered, announcements.computed_at DESC, announcements.webhook, announcements.item,
    announcements.channel
LIMIT :limit

-- name: conclude_announcement
UPDATE announcements SET
    delivered = :delivered, attempts = attempts + 1, due_at = CAST(:due_at AS BIGINT), trouble = CAST(:trouble AS TEXT)
WHERE shop = :shop AND webhook = :webhook AND channel = :channel AND item = :item AND sequence = :sequence

-- name: stop_webhook
INSERT INTO stopped_webhooks (shop, webhook, because) VALUES (:shop, :webhook, :because)
ON CONFLICT (shop, webhook) DO UPDATE SET because = excluded.because

-- name: give_announcements_up
UPDATE announcements SET due_at = NULL, trouble = :because
WHERE shop = :shop AND webhook = :webhook AND due_at IS NOT NULL

-- name: stopped_webhooks
SELECT webhook, because FROM stopped_webhooks WHERE shop = :shop

-- name: go_on_with_webhook
DELETE FROM stopped_webhooks WHERE shop = :shop AND webhook = :webhook

-- name: replay_announcements
UPDATE announcements SET delivered = 0, attempts = 0, due_at = :now, trouble = NULL
WHERE shop = :shop AND webhook = :webhook AND (delivered = 0 OR CAST(:everything AS BIGINT) = 1)
RETURNING item
