-- name: channel
SELECT armed, paused, held_reason, imported, cursor_at, zeros_allowed, removed_at FROM channels WHERE shop = :shop AND channel = :channel

-- name: ensure_channel
INSERT INTO channels (shop, channel) VALUES (:shop, :channel) ON CONFLICT (shop, channel) DO NOTHING

-- name: meet_channel
INSERT INTO channels (shop, channel, armed) VALUES (:shop, :channel, :armed) ON CONFLICT (shop, channel) DO NOTHING

-- name: allow_zeros
UPDATE channels SET zeros_allowed = :units WHERE shop = :shop AND channel = :channel

-- name: bound_channel
UPDATE channels SET least_units = :least_units, most_units = CAST(:most_units AS BIGINT)
WHERE shop = :shop AND channel = :channel
    AND (least_units <> :least_units OR most_units IS DISTINCT FROM CAST(:most_units AS BIGINT))

-- name: keep_at
UPDATE channels SET kept_in = :kept_in WHERE shop = :shop AND channel = :channel AND kept_in <> :kept_in
RETURNING channel

-- name: kept_in
SELECT channel, kept_in FROM channels WHERE shop = :shop AND kept_in <> '[]'

-- name: arm
UPDATE channels SET armed = :armed WHERE shop = :shop AND channel = :channel

-- name: pause
UPDATE channels SET paused = :paused WHERE shop = :shop AND channel = :channel

-- name: hold
UPDATE channels SET held_reason = :reason WHERE shop = :shop AND channel = :channel

-- name: remove_channel
UPDATE channels SET removed_at = CAST(:at AS BIGINT) WHERE shop = :shop AND channel = :channel

-- name: set_imported
UPDATE channels SET imported = :imported WHERE shop = :shop AND channel = :channel

-- name: importing_channels
SELECT channels.channel FROM channels
JOIN selling_rules ON selling_rules.shop = channels.shop AND selling_rules.channel = channels.channel
WHERE channels.shop = :shop AND channels.imported <> 'no' ORDER BY channels.channel

-- name: move_cursor
UPDATE channels SET cursor_at = :at WHERE shop = :shop AND channel = :channel

-- name: rules
SELECT channel, locations, buffer_units, enforced_in FROM selling_rules WHERE shop = :shop ORDER BY channel

-- name: set_rule
INSERT INTO selling_rules (shop, channel, locations, buffer_units, enforced_in, touched_at)
VALUES (:shop, :channel, :locations, :buffer_units, :enforced_in, :at)
ON CONFLICT (shop, channel) DO UPDATE SET
    locations = excluded.locations, buffer_units = excluded.buffer_units, enforced_in = excluded.enforced_in,
    touched_at = excluded.touched_at

-- name: touch_rule
UPDATE selling_rules SET touched_at = :at WHERE shop = :shop AND channel = :channel

-- name: drop_rule
DELETE FROM selling_rules WHERE shop = :shop AND channel = :channel
