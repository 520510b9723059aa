-- name: add_hold
COPY holds (
    shop, id, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, ended_at
) FROM STDIN
