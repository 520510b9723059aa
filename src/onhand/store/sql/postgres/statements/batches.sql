-- name: append_movement
COPY movements (
    shop, sequence, id, item, source_location, source_state, target_location, target_state, units,
    cause, origin, reason, occurred_at, recorded_at, hash
) FROM STDIN

-- name: compute_offer
UPDATE offers SET
    units = CAST(value ->> 0 AS BIGINT),
    computed_at = CAST(value ->> 1 AS BIGINT),
    touched_at = COALESCE(
        (SELECT touched.touched_at FROM touched WHERE touched.shop = offers.shop AND touched.item = offers.item),
        offers.touched_at
    )
FROM jsonb_array_elements(CAST(:rows AS JSONB)) AS each(value)
WHERE offers.shop = CAST(value ->> 2 AS BIGINT) AND offers.channel = value ->> 3 AND offers.listing = value ->> 4

-- name: offers_are_computed
DELETE FROM touched
USING jsonb_array_elements(CAST(:offers AS JSONB)) AS each(value)
-- LIMIT makes it look every offer up: it cannot be turned into a join that reads them all.
CROSS JOIN LATERAL (
    SELECT item FROM offers WHERE shop = :shop AND channel = value ->> 0 AND listing = value ->> 1 LIMIT 1
) AS computed
WHERE touched.shop = :shop AND touched.item = computed.item
