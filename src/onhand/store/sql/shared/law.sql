-- name: ask_redaction
INSERT INTO redactions (shop, ids, asked_at) VALUES (:shop, :ids, :asked_at) ON CONFLICT (shop, ids, asked_at) DO NOTHING

-- name: open_redactions
SELECT ids, asked_at FROM redactions WHERE shop = :shop AND done_at IS NULL ORDER BY asked_at, ids

-- name: end_redaction
UPDATE redactions SET done_at = :done_at, forgotten = :forgotten WHERE shop = :shop AND ids = :ids AND asked_at = :asked_at

-- name: ask_erasure
INSERT INTO erasures (shop, because, asked_at) VALUES (:shop, :because, :asked_at) ON CONFLICT (shop) DO NOTHING

-- name: erasure
SELECT because, asked_at FROM erasures WHERE shop = :shop

-- name: erased_deliveries
SELECT CAST(COALESCE(sum(position), 0) AS BIGINT) FROM positions WHERE name LIKE 'erased %'
