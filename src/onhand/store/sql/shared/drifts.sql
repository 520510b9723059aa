-- name: open_drift
INSERT INTO drifts (
    shop, id, item, location, source, books, observed, observed_at, cause, confidence, evidence, status, opened_at, note
) VALUES (
    :shop, (SELECT COALESCE(max(id), 0) + 1 FROM drifts WHERE shop = :shop),
    :item, :location, :source, :books, :observed, :observed_at, :cause, :confidence, :evidence, 'open', :at, ''
)
ON CONFLICT (shop, item, location, source) WHERE status = 'open' DO UPDATE SET
    books = excluded.books, observed = excluded.observed, observed_at = excluded.observed_at,
    cause = excluded.cause, confidence = excluded.confidence, evidence = excluded.evidence
RETURNING id

-- name: close_drift
UPDATE drifts SET status = :status, closed_at = :at, note = :note WHERE shop = :shop AND id = :id AND status = 'open'

-- name: close_drifts_of_level
UPDATE drifts SET status = :status, closed_at = :at, note = :note
WHERE shop = :shop AND item = :item AND location = :location AND source = :source AND status = 'open'

-- name: levels_with_open_drifts
SELECT DISTINCT item, location FROM drifts
WHERE shop = :shop AND status = 'open' AND (item, location) IN (EACH PAIR :keys)

-- name: drifts
SELECT
    id, item, location, source, books, observed, cause, confidence, evidence, status, opened_at, closed_at, note
FROM drifts WHERE shop = :shop AND (CAST(:status AS TEXT) IS NULL OR status = :status) ORDER BY id

-- name: drift
SELECT
    id, item, location, source, books, observed, cause, confidence, evidence, status, opened_at, closed_at, note
FROM drifts WHERE shop = :shop AND id = :id

-- name: record_adoption
INSERT INTO adoptions (shop, cause, state, item, location, source, units, observed_at)
VALUES (:shop, :cause, :state, :item, :location, :source, :units, :observed_at)

-- name: any_adoption
SELECT 1 FROM adoptions WHERE shop = :shop LIMIT 1

-- name: open_adoptions
SELECT cause, item, location, source, state, units, observed_at FROM adoptions
WHERE shop = :shop AND (item, location) IN (EACH PAIR :keys) ORDER BY observed_at, cause, state

-- name: reduce_adoption
UPDATE adoptions SET units = units - :units WHERE shop = :shop AND cause = :cause AND state = :state

-- name: forget_empty_adoption
DELETE FROM adoptions WHERE shop = :shop AND cause = :cause AND units = 0

-- name: close_drifts_of_item
UPDATE drifts SET status = 'closed', closed_at = :at, note = :note
WHERE shop = :shop AND item = :item AND status = 'open'

-- name: forget_adoptions_of_item
DELETE FROM adoptions WHERE shop = :shop AND item = :item
