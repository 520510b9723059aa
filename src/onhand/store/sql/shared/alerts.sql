-- name: told_problems
SELECT kind, key, open, told_at FROM alerts WHERE shop = :shop AND webhook = :webhook ORDER BY kind, key

-- name: note_told_problem
INSERT INTO alerts (shop, webhook, kind, key, open, told_at) VALUES (:shop, :webhook, :kind, :key, :open, :told_at)
ON CONFLICT (shop, webhook, kind, key) DO UPDATE SET open = excluded.open, told_at = excluded.told_at

-- name: forget_told_problems
DELETE FROM alerts WHERE shop = :shop AND webhook = :webhook AND open = 0 AND told_at < :before

-- name: digest
SELECT sequence, body, tells, attempts, due_at, trouble FROM digests WHERE shop = :shop AND webhook = :webhook

-- name: digests
SELECT webhook, sequence, body, tells, attempts, due_at, trouble FROM digests
WHERE shop = :shop AND body IS NOT NULL ORDER BY webhook

-- name: put_digest
INSERT INTO digests (shop, webhook, sequence, body, tells, attempts, due_at, trouble)
VALUES (:shop, :webhook, :sequence, CAST(:body AS TEXT), :tells, :attempts, :due_at, CAST(:trouble AS TEXT))
ON CONFLICT (shop, webhook) DO UPDATE SET
    sequence = excluded.sequence, body = excluded.body, tells = excluded.tells, attempts = excluded.attempts,
    due_at = excluded.due_at, trouble = excluded.trouble

-- name: hurry_digest
UPDATE digests SET attempts = 0, due_at = :now WHERE shop = :shop AND webhook = :webhook AND body IS NOT NULL
RETURNING sequence
