-- name: ensure_offer
INSERT INTO offers (shop, channel, listing, item, stale, touched_at)
VALUES (:shop, :channel, :listing, :item, TRUE, :touched_at)
ON CONFLICT (shop, channel, listing) DO UPDATE SET
    item = excluded.item,
    touched_at = CASE WHEN offers.stale THEN offers.touched_at ELSE excluded.touched_at END,
    stale = TRUE
WHERE offers.item <> excluded.item

-- name: remove_offers
DELETE FROM offers WHERE shop = :shop AND channel = :channel AND listing IN (EACH :listings)

-- name: stale_offers
SELECT channel, listing, item, units, told_units, unseen_units, touched_at
FROM offers WHERE shop = :shop AND stale ORDER BY touched_at LIMIT :limit

-- name: compute_offer
UPDATE offers SET units = :units, computed_at = :at, stale = FALSE
WHERE shop = :shop AND channel = :channel AND listing = :listing

-- name: untold_offers
SELECT channel, listing, item, units, told_units, shown_at, touched_at FROM offers
WHERE shop = :shop AND channel = :channel AND units IS DISTINCT FROM told_units
    AND units IS NOT NULL AND parked_reason IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM covered
        WHERE covered.shop = :shop AND covered.channel = :channel AND covered.kind = 'offer'
            AND covered.subject = offers.listing
    )
-- Risk first: what the channel shows too much of, and of that what has run out or is nearly gone.
ORDER BY
    CASE WHEN units < COALESCE(told_units, shown_units, units + 1) THEN 0 ELSE 1 END,
    CASE WHEN units < COALESCE(told_units, shown_units, units + 1) THEN units ELSE 0 END,
    touched_at, listing
LIMIT :limit

-- name: offer_told
UPDATE offers SET told_units = :units, told_at = :at
WHERE shop = :shop AND channel = :channel AND listing = :listing

-- name: offer_sold
-- No channel shows less than nothing.
UPDATE offers SET told_units = CASE WHEN told_units > :units THEN told_units - :units ELSE 0 END
WHERE shop = :shop AND item = :item AND channel = :channel AND told_units IS NOT NULL

-- name: offer_shown
UPDATE offers SET shown_units = :shown_units, told_units = :shown_units, unseen_units = :unseen_units, shown_at = :at
WHERE shop = :shop AND channel = :channel AND listing = :listing

-- name: park_offer
UPDATE offers SET parked_reason = :reason WHERE shop = :shop AND channel = :channel AND listing = :listing

-- name: offers
SELECT
    offers.channel, offers.listing, offers.item, items.sku, items.title, offers.units, offers.told_units, offers.told_at,
    offers.stale, offers.computed_at, offers.touched_at, offers.unseen_units, offers.shown_units, offers.shown_at,
    offers.parked_reason
FROM offers LEFT JOIN items ON items.shop = offers.shop AND items.item = offers.item
WHERE offers.shop = :shop AND (CAST(:channel AS TEXT) IS NULL OR offers.channel = :channel)
ORDER BY items.sku, offers.item, offers.channel, offers.listing

-- name: offers_of_sku
SELECT
    offers.channel, offers.listing, offers.item, items.sku, items.title, offers.units, offers.told_units, offers.told_at,
    offers.stale, offers.computed_at, offers.touched_at, offers.unseen_units, offers.shown_units, offers.shown_at,
    offers.parked_reason
FROM items JOIN offers ON items.shop = offers.shop AND items.item = offers.item
WHERE items.shop = :shop AND items.sku_key = :sku_key
    AND (CAST(:channel AS TEXT) IS NULL OR offers.channel = :channel)
ORDER BY items.sku, offers.item, offers.channel, offers.listing

-- name: offers_of_items
SELECT
    offers.channel, offers.listing, offers.item, items.sku, items.title, offers.units, offers.told_units, offers.told_at,
    offers.stale, offers.computed_at, offers.touched_at, offers.unseen_units, offers.shown_units, offers.shown_at,
    offers.parked_reason
FROM offers LEFT JOIN items ON items.shop = offers.shop AND items.item = offers.item
WHERE offers.shop = :shop AND offers.item IN (EACH :items)
    AND (CAST(:channel AS TEXT) IS NULL OR offers.channel = :channel)
ORDER BY items.sku, offers.item, offers.channel, offers.listing

-- name: items_of_changed_offers
SELECT DISTINCT item FROM offers
WHERE shop = :shop AND (computed_at >= :at OR told_at >= :at OR touched_at >= :at OR shown_at >= :at)
LIMIT :limit

-- name: tally_offers
SELECT
    count(*),
    count(*) FILTER (WHERE units IS NOT NULL AND units IS DISTINCT FROM told_units),
    count(*) FILTER (WHERE stale),
    count(*) FILTER (WHERE parked_reason IS NOT NULL)
FROM offers WHERE shop = :shop AND channel = :channel

-- name: count_offers
SELECT
    count(*),
    count(*) FILTER (WHERE told_units > 0 AND units = 0)
FROM offers WHERE shop = :shop AND channel = :channel

-- name: mark_all_offers
UPDATE offers SET stale = TRUE, touched_at = :at WHERE shop = :shop AND NOT stale
