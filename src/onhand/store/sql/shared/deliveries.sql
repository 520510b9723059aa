-- name: finish_delivery
INSERT INTO deliveries (shop, position, channel, topic, delivery_id, received_at, status, note, finished_at)
VALUES (:shop, :position, :channel, :topic, :delivery_id, :received_at, :status, :note, :finished_at)
ON CONFLICT (shop, position) DO UPDATE SET
    status = excluded.status, note = excluded.note, finished_at = excluded.finished_at

-- name: delivery
SELECT position, channel, topic, delivery_id, received_at, status, note, finished_at
FROM deliveries WHERE shop = :shop AND position = :position

-- name: deliveries
SELECT position, channel, topic, delivery_id, received_at, status, note, finished_at
FROM deliveries WHERE shop = :shop AND position < :before ORDER BY position DESC LIMIT :limit

-- name: deliveries_of_status
SELECT position, channel, topic, delivery_id, received_at, status, note, finished_at
FROM deliveries WHERE shop = :shop AND status = :status AND position < :before ORDER BY position DESC LIMIT :limit

-- name: parked_deliveries
SELECT position, channel, topic, delivery_id, received_at, status, note, finished_at
FROM deliveries WHERE shop = :shop AND status = 'parked' AND position < :before ORDER BY position DESC LIMIT :limit

-- name: parked_positions
SELECT position FROM deliveries WHERE shop = :shop AND status = 'parked' ORDER BY position

-- name: delivery_counts
SELECT status, deliveries FROM delivery_counts WHERE shop = :shop
