-- name: add_hold
COPY holds (
    shop, id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
) FROM STDIN

-- name: holds_of_keys
SELECT
    found.id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
FROM jsonb_array_elements_text(CAST(:keys AS JSONB)) AS each(wanted)
-- LIMIT makes it look every key up: planned while there were no holds, it would read all of the shop's for ever.
CROSS JOIN LATERAL (SELECT * FROM holds WHERE shop = :shop AND key = wanted LIMIT 1) AS found
