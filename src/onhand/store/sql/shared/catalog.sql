-- name: put_item
INSERT INTO items (shop, item, sku, sku_key, title, tracked, updated_at)
VALUES (:shop, :item, :sku, :sku_key, :title, :tracked, :now)
ON CONFLICT (shop, item) DO UPDATE SET
    sku = excluded.sku, sku_key = excluded.sku_key, title = excluded.title, tracked = excluded.tracked,
    updated_at = excluded.updated_at, removed_at = NULL
WHERE (items.sku, items.title, items.tracked, items.removed_at)
    IS DISTINCT FROM (excluded.sku, excluded.title, excluded.tracked, NULL)

-- name: skus
SELECT item, sku FROM items WHERE shop = :shop AND item IN (EACH :items)

-- name: put_sku
INSERT INTO sku_history (shop, item, since_at, sku) VALUES (:shop, :item, :since_at, :sku)
ON CONFLICT (shop, item, since_at) DO UPDATE SET sku = excluded.sku

-- name: sku_history
SELECT sku, since_at FROM sku_history WHERE shop = :shop AND item = :item ORDER BY since_at

-- name: drop_items
UPDATE items SET removed_at = :at WHERE shop = :shop AND item IN (EACH :items) AND removed_at IS NULL

-- name: items
SELECT item, sku, title, tracked FROM items WHERE shop = :shop AND removed_at IS NULL ORDER BY item

-- name: items_by_sku
SELECT item, sku, title, tracked FROM items
WHERE shop = :shop AND sku_key = :sku_key AND removed_at IS NULL ORDER BY item

-- name: item
SELECT item, sku, title, tracked FROM items WHERE shop = :shop AND item = :item

-- name: put_location
INSERT INTO locations (shop, location, name, active, fulfils_online, updated_at)
VALUES (:shop, :location, :name, :active, :fulfils_online, :now)
ON CONFLICT (shop, location) DO UPDATE SET
    name = excluded.name, active = excluded.active, fulfils_online = excluded.fulfils_online,
    updated_at = excluded.updated_at

-- name: locations
SELECT location, name, active, fulfils_online FROM locations WHERE shop = :shop ORDER BY name, location

-- name: location_by_name
SELECT location, name, active, fulfils_online FROM locations WHERE shop = :shop AND name = :name ORDER BY location

-- name: put_listing
INSERT INTO listings (shop, channel, listing, item, sku, grouped, place, updated_at)
VALUES (:shop, :channel, :listing, :item, :sku, :grouped, :place, :now)
ON CONFLICT (shop, channel, listing) DO UPDATE SET
    item = excluded.item, sku = excluded.sku, grouped = excluded.grouped, place = excluded.place,
    updated_at = excluded.updated_at

-- name: listings
SELECT channel, listing, item, sku, grouped, place FROM listings
WHERE shop = :shop AND (CAST(:channel AS TEXT) IS NULL OR channel = :channel)
ORDER BY channel, listing

-- name: some_listings
SELECT channel, listing, item, sku, grouped, place FROM listings
WHERE shop = :shop AND channel = :channel AND listing IN (EACH :listings)

-- name: put_level_id
INSERT INTO level_ids (shop, item, location, level_id) VALUES (:shop, :item, :location, :level_id)
ON CONFLICT (shop, item, location) DO UPDATE SET level_id = excluded.level_id

-- name: level_id
SELECT level_id FROM level_ids WHERE shop = :shop AND item = :item AND location = :location

-- name: level_ids
SELECT item, location, level_id FROM level_ids WHERE shop = :shop
