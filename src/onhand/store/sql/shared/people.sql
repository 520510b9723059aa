-- name: raise_problem
INSERT INTO problems (shop, kind, key, message, next_step, opened_at)
VALUES (:shop, :kind, :key, :message, :next_step, :at)
ON CONFLICT (shop, kind, key) DO UPDATE SET
    message = excluded.message,
    next_step = excluded.next_step,
    opened_at = CASE WHEN problems.closed_at IS NULL THEN problems.opened_at ELSE excluded.opened_at END,
    closed_at = NULL

-- name: settle_problem
UPDATE problems SET closed_at = :at WHERE shop = :shop AND kind = :kind AND key = :key AND closed_at IS NULL

-- name: open_problems
SELECT kind, key, message, next_step, opened_at FROM problems WHERE shop = :shop AND closed_at IS NULL
ORDER BY opened_at, kind, key

-- name: record_audit
INSERT INTO audits (shop, id, started_at, seconds, result)
VALUES (:shop, (SELECT COALESCE(max(id), 0) + 1 FROM audits WHERE shop = :shop), :started_at, :seconds, :result)
RETURNING id

-- name: latest_audit
SELECT id, started_at, seconds, result FROM audits WHERE shop = :shop ORDER BY id DESC LIMIT 1

-- name: open_problem_keys
SELECT key FROM problems WHERE shop = :shop AND kind = :kind AND closed_at IS NULL ORDER BY key
