-- name: put_item
INSERT INTO items (
    shop, item, sku, sku_key, title, tracked, sells_below_zero, bundle, price, unit_cost, currency, updated_at
)
VALUES (
    :shop, :item, :sku, :sku_key, :title, :tracked, :sells_below_zero, :bundle, :price, :unit_cost, :currency, :now
)
ON CONFLICT (shop, item) DO UPDATE SET
    sku = excluded.sku, sku_key = excluded.sku_key, title = excluded.title, tracked = excluded.tracked,
    sells_below_zero = excluded.sells_below_zero, bundle = excluded.bundle, price = excluded.price,
    unit_cost = excluded.unit_cost, currency = excluded.currency, updated_at = excluded.updated_at, removed_at = NULL
WHERE (
    items.sku, items.title, items.tracked, items.sells_below_zero, items.bundle, items.price, items.unit_cost,
    items.currency, items.removed_at
) IS DISTINCT FROM (
    excluded.sku, excluded.title, excluded.tracked, excluded.sells_below_zero, excluded.bundle, excluded.price,
    excluded.unit_cost, excluded.currency, NULL
)

-- name: skus
SELECT item, sku FROM items WHERE shop = :shop AND item IN (EACH :items)

-- name: put_sku
INSERT INTO sku_history (shop, item, since_at, sku, sku_key) VALUES (:shop, :item, :since_at, :sku, :sku_key)
ON CONFLICT (shop, item, since_at) DO UPDATE SET sku = excluded.sku, sku_key = excluded.sku_key

-- name: sku_history
SELECT sku, since_at FROM sku_history WHERE shop = :shop AND item = :item ORDER BY since_at

-- name: drop_items
UPDATE items SET removed_at = :at, updated_at = :at
WHERE shop = :shop AND item IN (EACH :items) AND removed_at IS NULL

-- name: items
SELECT item, sku, title, tracked, sells_below_zero, bundle, price, unit_cost, currency FROM items
WHERE shop = :shop AND removed_at IS NULL ORDER BY item

-- name: some_items
SELECT item, sku, title, tracked, sells_below_zero, bundle, price, unit_cost, currency FROM items
WHERE shop = :shop AND item IN (EACH :items) AND removed_at IS NULL

-- name: uncounted_items
SELECT item FROM items WHERE shop = :shop AND item IN (EACH :items) AND (bundle OR NOT tracked OR removed_at IS NOT NULL)

-- name: items_by_sku
SELECT item, sku, title, tracked, sells_below_zero, bundle, price, unit_cost, currency FROM items
WHERE shop = :shop AND sku_key = :sku_key AND removed_at IS NULL ORDER BY item

-- name: items_by_skus
SELECT item, sku, title, tracked, sells_below_zero, bundle, price, unit_cost, currency FROM items
WHERE shop = :shop AND sku_key IN (EACH :sku_keys) AND removed_at IS NULL ORDER BY item

-- name: doubled_skus
SELECT sku_key FROM items WHERE shop = :shop AND removed_at IS NULL AND sku_key IS NOT NULL
GROUP BY sku_key HAVING count(*) > 1

-- name: items_without_sku
SELECT item, title FROM items WHERE shop = :shop AND sku_key IS NULL AND removed_at IS NULL ORDER BY item

-- name: removed_items
SELECT item FROM items WHERE shop = :shop AND item IN (EACH :items) AND removed_at IS NOT NULL

-- name: items_by_old_sku
SELECT item, sku, title, tracked, sells_below_zero, bundle, price, unit_cost, currency FROM items
WHERE shop = :shop AND item IN (SELECT item FROM sku_history WHERE shop = :shop AND sku_key = :sku_key) ORDER BY item

-- name: item
SELECT item, sku, title, tracked, sells_below_zero, bundle, price, unit_cost, currency FROM items
WHERE shop = :shop AND item = :item

-- name: put_location
INSERT INTO locations (shop, location, name, active, fulfils_online, ships, picks_up, updated_at)
VALUES (:shop, :location, :name, :active, :fulfils_online, :ships, :picks_up, :now)
ON CONFLICT (shop, location) DO UPDATE SET
    name = excluded.name, active = excluded.active, fulfils_online = excluded.fulfils_online, ships = excluded.ships,
    picks_up = excluded.picks_up, updated_at = excluded.updated_at

-- name: locations
SELECT location, name, active, fulfils_online, ships, picks_up FROM locations WHERE shop = :shop
ORDER BY name, location

-- name: location_by_name
SELECT location, name, active, fulfils_online, ships, picks_up FROM locations
WHERE shop = :shop AND name = :name ORDER BY location

-- name: put_listing
INSERT INTO listings (shop, channel, listing, item, sku, sku_key, grouped, place, updated_at)
VALUES (:shop, :channel, :listing, :item, :sku, :sku_key, :grouped, :place, :now)
ON CONFLICT (shop, channel, listing) DO UPDATE SET
    item = excluded.item, sku = excluded.sku, sku_key = excluded.sku_key, grouped = excluded.grouped, place = excluded.place,
    updated_at = excluded.updated_at

-- name: listings
SELECT channel, listing, item, sku, grouped, place FROM listings
WHERE shop = :shop AND (CAST(:channel AS TEXT) IS NULL OR channel = :channel)
ORDER BY channel, listing

-- name: listings_by_sku
SELECT channel, listing, item, sku, grouped, place FROM listings
WHERE shop = :shop AND sku_key IN (EACH :sku_keys) ORDER BY channel, listing

-- name: listings_of_items
SELECT channel, listing, item, sku, grouped, place FROM listings
WHERE shop = :shop AND item IN (EACH :items) ORDER BY channel, listing

-- name: some_listings
SELECT channel, listing, item, sku, grouped, place FROM listings
WHERE shop = :shop AND channel = :channel AND listing IN (EACH :listings)

-- name: put_level_id
INSERT INTO level_ids (shop, item, location, level_id, active, since_at)
VALUES (:shop, :item, :location, :level_id, :active, :at)
ON CONFLICT (shop, item, location) DO UPDATE SET
    level_id = excluded.level_id, active = excluded.active, since_at = excluded.since_at
WHERE (level_ids.level_id, level_ids.active) IS DISTINCT FROM (excluded.level_id, excluded.active)

-- name: level_id
SELECT level_id FROM level_ids WHERE shop = :shop AND item = :item AND location = :location

-- name: levels_known_of_item
SELECT location FROM level_ids WHERE shop = :shop AND item = :item ORDER BY location

-- name: count_levels_at
SELECT count(*) FROM level_ids WHERE shop = :shop AND location = :location

-- name: level_ids
SELECT item, location, level_id FROM level_ids WHERE shop = :shop

-- name: inactive_levels
SELECT item, location FROM level_ids WHERE shop = :shop AND NOT active ORDER BY item, location

-- name: inactive_levels_of_items
SELECT item, location FROM level_ids WHERE shop = :shop AND item IN (EACH :items) AND NOT active
