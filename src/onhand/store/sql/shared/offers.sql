-- name: ensure_offer
INSERT INTO offers (shop, channel, listing, item, touched_at)
VALUES (:shop, :channel, :listing, :item, :touched_at)
ON CONFLICT (shop, channel, listing) DO UPDATE SET item = excluded.item, touched_at = excluded.touched_at
WHERE offers.item <> excluded.item

-- name: remove_offers
DELETE FROM offers WHERE shop = :shop AND channel = :channel AND listing IN (EACH :listings)

-- name: stale_offers
-- Whole items: their offers are computed together, and one mark stands for all of them.
SELECT
    offers.channel, offers.listing, offers.item, offers.units, offers.told_units, offers.unseen_units, first.touched_at
FROM (SELECT item, touched_at FROM touched WHERE shop = :shop ORDER BY touched_at, item LIMIT :limit) AS first
JOIN offers ON offers.shop = :shop AND offers.item = first.item
ORDER BY first.touched_at, first.item
LIMIT :limit + 1

-- name: compute_offer
UPDATE offers SET
    units = :units,
    computed_at = :at,
    touched_at = COALESCE(
        (SELECT touched.touched_at FROM touched WHERE touched.shop = offers.shop AND touched.item = offers.item),
        touched_at
    )
WHERE shop = :shop AND channel = :channel AND listing = :listing

-- name: spread_offer
UPDATE offers SET spread = CAST(:spread AS TEXT)
WHERE shop = :shop AND channel = :channel AND listing = :listing AND spread IS DISTINCT FROM CAST(:spread AS TEXT)

-- name: forget_spreads
UPDATE offers SET spread = NULL, told_spread = NULL
WHERE shop = :shop AND channel = :channel AND (spread IS NOT NULL OR told_spread IS NOT NULL)

-- name: offers_are_computed
DELETE FROM touched WHERE shop = :shop AND item IN (
    SELECT item FROM offers WHERE shop = :shop AND (channel, listing) IN (EACH PAIR :offers)
)

-- name: untold_offers
-- What is told is the nearest number that the channel takes.
SELECT channel, listing, item, wanted, told_units, shown_at, touched_at, units, locked_units, spread FROM (
    SELECT
        offers.channel, offers.listing, offers.item, offers.units, offers.told_units, offers.shown_units,
        offers.shown_at, offers.touched_at, offers.overruled, offers.parked_reason, offers.parked_units,
        offers.locked_units, offers.spread, offers.told_spread,
        CASE
            WHEN offers.units > channels.most_units THEN channels.most_units
            WHEN offers.units < offers.locked_units AND offers.locked_units >= COALESCE(channels.least_units, 0)
                THEN offers.locked_units
            WHEN offers.units < channels.least_units THEN channels.least_units
            ELSE offers.units
        END AS wanted
    FROM offers LEFT JOIN channels ON channels.shop = offers.shop AND channels.channel = offers.channel
    WHERE offers.shop = :shop AND offers.channel = :channel AND offers.units IS NOT NULL
        AND (offers.units IS DISTINCT FROM offers.told_units OR offers.spread IS DISTINCT FROM offers.told_spread)
        AND NOT EXISTS (
            SELECT 1 FROM covered
            WHERE covered.shop = :shop AND covered.channel = :channel AND covered.kind = 'offer'
                AND covered.subject = offers.listing
        )
) AS bounded
WHERE (
        wanted IS DISTINCT FROM told_units
        OR wanted = units AND spread IS NOT NULL AND spread IS DISTINCT FROM told_spread
    )
    AND (parked_reason IS NULL OR parked_units IS NOT NULL AND parked_units <> wanted)
    -- A number that is about to be computed anew, or that another program sets anew each time, may lower, never raise.
    AND (
        wanted < COALESCE(told_units, shown_units, wanted + 1)
        OR overruled < :patience
            AND NOT EXISTS (SELECT 1 FROM touched WHERE touched.shop = :shop AND touched.item = bounded.item)
    )
-- Risk first: what the channel shows too much of, and of that what has run out or is nearly gone.
ORDER BY
    CASE WHEN wanted < COALESCE(told_units, shown_units, wanted + 1) THEN 0 ELSE 1 END,
    CASE WHEN wanted < COALESCE(told_units, shown_units, wanted + 1) THEN wanted ELSE 0 END,
    touched_at, listing
LIMIT :limit

-- name: offer_told
UPDATE offers SET told_units = :units, told_at = :at, told_spread = CAST(:spread AS TEXT)
WHERE shop = :shop AND channel = :channel AND listing = :listing

-- name: offer_sold
-- No channel shows less than nothing. What was told or seen after the sale stands: the number was set or seen as it is.
UPDATE offers SET told_units = CASE WHEN told_units > :units THEN told_units - :units ELSE 0 END
WHERE shop = :shop AND item = :item AND channel = :channel AND told_units IS NOT NULL
    AND COALESCE(told_at, :until) <= :until AND COALESCE(shown_at, :until) <= :until

-- name: offer_shown
-- The first look after a telling says whether that was taken. With orders that we do not know yet it says nothing.
UPDATE offers SET
    shown_units = :shown_units, told_units = :shown_units, unseen_units = CAST(:unseen_units AS BIGINT), shown_at = :at,
    locked_units = :locked_units, locked_for = :locked_for,
    told_spread = COALESCE(CAST(:spread AS TEXT), told_spread),
    overruled = CASE
        WHEN told_at IS NULL OR shown_at >= told_at OR CAST(:unseen_units AS BIGINT) > 0 THEN overruled
        WHEN told_units = :shown_units AND told_spread IS NOT DISTINCT FROM COALESCE(CAST(:spread AS TEXT), told_spread)
            THEN 0
        ELSE overruled + 1
    END
WHERE shop = :shop AND channel = :channel AND listing = :listing
RETURNING overruled

-- name: park_offer
UPDATE offers SET parked_reason = :reason, parked_units = :units WHERE shop = :shop AND channel = :channel AND listing = :listing

-- name: unpark_told
UPDATE offers SET parked_reason = NULL, parked_units = NULL
WHERE shop = :shop AND channel = :channel AND parked_reason IS NOT NULL AND listing IN (EACH :listings)
RETURNING listing

-- name: locked_units
SELECT channel, listing, item, locked_units, locked_for FROM offers
WHERE shop = :shop AND item IN (EACH :items) AND locked_units > 0
ORDER BY channel, listing

-- name: locked_units_in_bundles
SELECT offers.channel, '', components.item, offers.locked_units * components.units, offers.locked_for
FROM components JOIN offers ON offers.shop = components.shop AND offers.item = components.bundle
WHERE components.shop = :shop AND components.item IN (EACH :items) AND offers.locked_units > 0
ORDER BY offers.channel, offers.listing

-- name: forget_overruled
UPDATE offers SET overruled = 0 WHERE shop = :shop AND channel = :channel AND overruled > 0
RETURNING listing

-- name: offers
SELECT
    offers.channel, offers.listing, offers.item, items.sku, items.title, offers.units, offers.told_units, offers.told_at,
    touched.item IS NOT NULL, offers.computed_at, COALESCE(touched.touched_at, offers.touched_at), offers.unseen_units, offers.shown_units, offers.shown_at,
    offers.parked_reason, offers.locked_units, offers.locked_for
FROM offers
LEFT JOIN items ON items.shop = offers.shop AND items.item = offers.item
LEFT JOIN touched ON touched.shop = offers.shop AND touched.item = offers.item
WHERE offers.shop = :shop AND (CAST(:channel AS TEXT) IS NULL OR offers.channel = :channel)
ORDER BY items.sku, offers.item, offers.channel, offers.listing

-- name: offers_of_sku
SELECT
    offers.channel, offers.listing, offers.item, items.sku, items.title, offers.units, offers.told_units, offers.told_at,
    touched.item IS NOT NULL, offers.computed_at, COALESCE(touched.touched_at, offers.touched_at), offers.unseen_units, offers.shown_units, offers.shown_at,
    offers.parked_reason, offers.locked_units, offers.locked_for
FROM items
JOIN offers ON items.shop = offers.shop AND items.item = offers.item
LEFT JOIN touched ON touched.shop = offers.shop AND touched.item = offers.item
WHERE items.shop = :shop AND items.sku_key = :sku_key
    AND (CAST(:channel AS TEXT) IS NULL OR offers.channel = :channel)
ORDER BY items.sku, offers.item, offers.channel, offers.listing

-- name: offers_of_items
SELECT
    offers.channel, offers.listing, offers.item, items.sku, items.title, offers.units, offers.told_units, offers.told_at,
    touched.item IS NOT NULL, offers.computed_at, COALESCE(touched.touched_at, offers.touched_at), offers.unseen_units, offers.shown_units, offers.shown_at,
    offers.parked_reason, offers.locked_units, offers.locked_for
FROM offers
LEFT JOIN items ON items.shop = offers.shop AND items.item = offers.item
LEFT JOIN touched ON touched.shop = offers.shop AND touched.item = offers.item
WHERE offers.shop = :shop AND offers.item IN (EACH :items)
    AND (CAST(:channel AS TEXT) IS NULL OR offers.channel = :channel)
ORDER BY items.sku, offers.item, offers.channel, offers.listing

-- name: items_of_changed_offers
SELECT item FROM offers
WHERE shop = :shop AND (computed_at >= :at OR told_at >= :at OR shown_at >= :at)
UNION
SELECT item FROM touched WHERE shop = :shop AND touched_at >= :at
LIMIT :limit

-- name: tally_offers
SELECT
    count(*),
    count(*) FILTER (
        WHERE offers.units IS NOT NULL AND offers.told_units IS DISTINCT FROM
        CASE
            WHEN offers.units > channels.most_units THEN channels.most_units
            WHEN offers.units < offers.locked_units AND offers.locked_units >= COALESCE(channels.least_units, 0)
                THEN offers.locked_units
            WHEN offers.units < channels.least_units THEN channels.least_units
            ELSE offers.units
        END
    ),
    count(touched.item),
    count(*) FILTER (WHERE parked_reason IS NOT NULL)
FROM offers
LEFT JOIN channels ON channels.shop = offers.shop AND channels.channel = offers.channel
LEFT JOIN touched ON touched.shop = offers.shop AND touched.item = offers.item
WHERE offers.shop = :shop AND offers.channel = :channel

-- name: count_offers
SELECT
    count(*),
    count(*) FILTER (
        WHERE offers.units = 0 AND offers.told_units > COALESCE(channels.least_units, 0)
            AND offers.told_units > offers.locked_units
    )
FROM offers LEFT JOIN channels ON channels.shop = offers.shop AND channels.channel = offers.channel
WHERE offers.shop = :shop AND offers.channel = :channel

-- name: touch_every_item
INSERT INTO touched (shop, item, touched_at)
SELECT DISTINCT shop, item, CAST(:at AS BIGINT) FROM offers WHERE shop = :shop
ON CONFLICT (shop, item) DO NOTHING

-- name: unseen_units
SELECT channel, item, sum(unseen_units) FROM offers
WHERE shop = :shop AND item IN (EACH :items) AND unseen_units > 0
GROUP BY channel, item

-- name: unseen_units_in_bundles
SELECT offers.channel, components.item, sum(offers.unseen_units * components.units)
FROM components JOIN offers ON offers.shop = components.shop AND offers.item = components.bundle
WHERE components.shop = :shop AND components.item IN (EACH :items) AND offers.unseen_units > 0
GROUP BY offers.channel, components.item

-- name: date_offers_back
-- A look that was dated ahead is none: what moved since would seem to have been seen by it.
UPDATE offers SET
    told_at = CASE WHEN told_at > :now THEN :now ELSE told_at END,
    shown_at = CASE WHEN shown_at > :now THEN NULL ELSE shown_at END,
    touched_at = CASE WHEN touched_at > :now THEN :now ELSE touched_at END
WHERE shop = :shop AND (told_at > :now OR shown_at > :now OR touched_at > :now)

-- name: date_touched_back
UPDATE touched SET touched_at = :now WHERE shop = :shop AND touched_at > :now
