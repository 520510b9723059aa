-- name: add_source
INSERT INTO sources (shop, channel) VALUES (?, ?) ON CONFLICT (shop, channel) DO NOTHING

-- name: sources
SELECT source, shop, channel FROM sources

-- name: append
INSERT INTO deliveries (source, delivery_id, topic, event_id, triggered_at, received_at, body)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, delivery_id) DO NOTHING

-- name: appended_after
SELECT source, delivery_id FROM deliveries WHERE position > ?

-- name: begin_behind
INSERT INTO deliveries (position, source, delivery_id, topic, received_at)
SELECT ?, source, 'booked from another log', 'beginning', 0 FROM sources WHERE shop = '' AND channel = 'beginning'

-- name: last_position
SELECT coalesce(max(position), 0) FROM deliveries

-- name: read
SELECT position, source, delivery_id, topic, event_id, triggered_at, received_at, body
FROM deliveries WHERE position > ? AND body IS NOT NULL ORDER BY position LIMIT ?

-- name: find
SELECT position, source, delivery_id, topic, event_id, triggered_at, received_at, body
FROM deliveries WHERE position = ? AND body IS NOT NULL

-- name: count
INSERT INTO counters (name, deliveries) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET deliveries = deliveries + excluded.deliveries

-- name: counters
SELECT name, deliveries FROM counters

-- name: set_counter
INSERT INTO counters (name, deliveries) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET deliveries = excluded.deliveries

-- name: page_of_bodies
SELECT position, received_at, body IS NOT NULL FROM deliveries WHERE position > ? ORDER BY position LIMIT ?

-- name: bodies_after
SELECT count(*) FROM deliveries WHERE position > ? AND body IS NOT NULL

-- name: forget_body
UPDATE deliveries SET body = NULL WHERE position = ?

-- name: sealed_otherwise
SELECT position, source, delivery_id, body FROM deliveries
WHERE position > ? AND body IS NOT NULL AND substr(body, 2, 4) <> ? ORDER BY position LIMIT ?

-- name: sealed_with
SELECT substr(body, 2, 4), count(*) FROM deliveries WHERE body IS NOT NULL GROUP BY 1

-- name: replace_body
UPDATE deliveries SET body = ? WHERE position = ? AND body IS NOT NULL

-- name: anchor
INSERT INTO anchors (shop, ledger_sequence, head, anchored_at) VALUES (?, ?, ?, ?)
ON CONFLICT (shop, ledger_sequence) DO NOTHING

-- name: anchors
SELECT ledger_sequence, head FROM anchors WHERE shop = ? ORDER BY ledger_sequence

-- name: page_of_sealed
SELECT position, source, delivery_id, body FROM deliveries
WHERE position > ? AND position <= ? AND body IS NOT NULL ORDER BY position LIMIT ?

-- name: count_of_source
SELECT count(*) FROM deliveries WHERE source = ?

-- name: erase_some
UPDATE deliveries SET body = NULL, event_id = NULL, triggered_at = NULL
WHERE position IN (
    SELECT position FROM deliveries
    WHERE source = ? AND (body IS NOT NULL OR event_id IS NOT NULL OR triggered_at IS NOT NULL) LIMIT ?
)

-- name: erase_anchors
DELETE FROM anchors WHERE shop = ?
