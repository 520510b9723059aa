-- name: add_api_key
INSERT INTO api_keys (shop, id, name, may, digest, made_at) VALUES (:shop, :id, :name, :may, :digest, :made_at)

-- name: one_api_key
SELECT id, name, may, digest, made_at, last_used_at, revoked_at FROM api_keys WHERE shop = :shop AND id = :id

-- name: api_keys
SELECT id, name, may, digest, made_at, last_used_at, revoked_at FROM api_keys
WHERE shop = :shop ORDER BY made_at, id

-- name: revoke_api_key
UPDATE api_keys SET revoked_at = :at WHERE shop = :shop AND id = :id AND revoked_at IS NULL

-- name: note_api_key_use
UPDATE api_keys SET last_used_at = :at
WHERE shop = :shop AND id = :id AND (last_used_at IS NULL OR last_used_at < :at)
