-- What is derived cannot be forgotten: levels, held units, what is owed, what to compare, which offers are stale.
-- An item in `touched` has stale offers, since its first touch; an item that nobody sells is not kept there.
-- What touches an item touches every offer that draws on its units: those of the bundles it is part of, too.
-- No trigger computes what may be sold.
-- Movements come many a statement: their trigger looks at all of them at once.

CREATE FUNCTION is_kept(state TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN state NOT IN ('supplier', 'customer', 'unexplained');

CREATE FUNCTION touch_item(shop BIGINT, item TEXT, touched_at BIGINT) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO touched (shop, item, touched_at)
    SELECT $1, offered, $3 FROM draws WHERE draws.shop = $1 AND draws.item = $2
    ON CONFLICT (shop, item) DO NOTHING
$$;

CREATE FUNCTION touch_level(shop BIGINT, item TEXT, location TEXT) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO comparisons (shop, item, location) VALUES ($1, $2, $3) ON CONFLICT (shop, item, location) DO NOTHING
$$;

-- Movements --------------------------------------------------------------------------------------------------

CREATE FUNCTION book_movements() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    behind RECORD;
BEGIN
    INSERT INTO levels (shop, item, location, state, units)
    SELECT shop, item, location, state, sum(units) FROM (
        SELECT shop, item, source_location AS location, source_state AS state, -units AS units FROM booked
        UNION ALL
        SELECT shop, item, target_location, target_state, units FROM booked
    ) AS flows
    GROUP BY shop, item, location, state
    ON CONFLICT (shop, item, location, state) DO UPDATE SET units = levels.units + excluded.units;

    INSERT INTO touched (shop, item, touched_at)
    SELECT moved.shop, drawing.offered, moved.touched_at
    FROM (SELECT shop, item, min(recorded_at) AS touched_at FROM booked GROUP BY shop, item) AS moved
    -- LIMIT makes it look every item up: it cannot be turned into a join that reads the whole table.
    CROSS JOIN LATERAL (
        SELECT offered FROM draws WHERE draws.shop = moved.shop AND draws.item = moved.item LIMIT 1000000
    ) AS drawing
    ON CONFLICT (shop, item) DO NOTHING;

    INSERT INTO comparisons (shop, item, location)
    SELECT shop, item, source_location FROM booked WHERE is_kept(source_state)
    UNION
    SELECT shop, item, target_location FROM booked WHERE is_kept(target_state)
    ON CONFLICT (shop, item, location) DO NOTHING;

    INSERT INTO owed (shop, item, location, state, units, touched_at, left_units)
    SELECT
        shop, item, location, state, sum(units), min(recorded_at),
        -- What is left for sale is known by now: written at once, the row is written once.
        COALESCE((
            SELECT levels.units FROM levels
            WHERE levels.shop = flows.shop AND levels.item = flows.item AND levels.location = flows.location
                AND levels.state = 'available'
        ), 0)
    FROM (
        SELECT shop, item, source_location AS location, source_state AS state, -units AS units, recorded_at
        FROM booked WHERE origin <> 'shopify' AND is_kept(source_state)
        UNION ALL
        SELECT shop, item, target_location, target_state, units, recorded_at
        FROM booked WHERE origin <> 'shopify' AND is_kept(target_state)
    ) AS flows
    GROUP BY shop, item, location, state HAVING sum(units) <> 0
    ON CONFLICT (shop, item, location, state) DO UPDATE SET
        units = owed.units + excluded.units, touched_at = excluded.touched_at, left_units = excluded.left_units;

    -- Other states of the same levels, and levels that Shopify itself has moved: few. Each is looked up: as one UPDATE
    -- it would be a join that reads all that is owed.
    FOR behind IN
        SELECT places.shop, places.item, places.location, late.state, standing.units
        FROM (
            SELECT shop, item, source_location AS location FROM booked
            UNION
            SELECT shop, item, target_location FROM booked
        ) AS places
        CROSS JOIN LATERAL (
            SELECT levels.units FROM levels
            WHERE levels.shop = places.shop AND levels.item = places.item AND levels.location = places.location
                AND levels.state = 'available'
            LIMIT 1
        ) AS standing
        CROSS JOIN LATERAL (
            SELECT owed.state FROM owed
            WHERE owed.shop = places.shop AND owed.item = places.item AND owed.location = places.location
                AND owed.left_units <> standing.units
            LIMIT 100
        ) AS late
    LOOP
        UPDATE owed SET left_units = behind.units
        WHERE shop = behind.shop AND item = behind.item AND location = behind.location AND state = behind.state;
    END LOOP;

    INSERT INTO held (shop, origin, item, units)
    SELECT
        shop, origin, item,
        sum(CASE target_state WHEN 'reserved' THEN units ELSE 0 END)
            - sum(CASE source_state WHEN 'reserved' THEN units ELSE 0 END)
    FROM booked WHERE source_state = 'reserved' OR target_state = 'reserved'
    GROUP BY shop, origin, item
    ON CONFLICT (shop, origin, item) DO UPDATE SET units = held.units + excluded.units;
    RETURN NULL;
END $$;

CREATE TRIGGER movements_are_booked AFTER INSERT ON movements
REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION book_movements();

CREATE FUNCTION refuse_to_edit() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a movement is never edited or removed: book another one that takes it back';
END $$;

CREATE TRIGGER movement_is_never_edited BEFORE UPDATE OR TRUNCATE ON movements
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_edit();

CREATE FUNCTION refuse_to_remove() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM erasures WHERE shop = old.shop) THEN
        RAISE EXCEPTION 'a movement is never edited or removed: book another one that takes it back';
    END IF;
    RETURN old;
END $$;

CREATE TRIGGER movement_is_never_removed BEFORE DELETE ON movements
FOR EACH ROW EXECUTE FUNCTION refuse_to_remove();

-- What Shopify is owed ---------------------------------------------------------------------------------------

CREATE FUNCTION touch_owed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_item(new.shop, new.item, new.touched_at), touch_level(new.shop, new.item, new.location);
    IF new.units = 0 THEN
        DELETE FROM owed
        WHERE shop = new.shop AND item = new.item AND location = new.location AND state = new.state AND units = 0;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER owed_is_new AFTER INSERT ON owed FOR EACH ROW EXECUTE FUNCTION touch_owed();
CREATE TRIGGER owed_has_changed AFTER UPDATE ON owed
FOR EACH ROW WHEN (new.units <> old.units) EXECUTE FUNCTION touch_owed();

-- Observations -----------------------------------------------------------------------------------------------

-- The first observations of levels come many a statement, as movements do.
CREATE FUNCTION touch_all_observed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO comparisons (shop, item, location)
    SELECT DISTINCT shop, item, location FROM seen
    ON CONFLICT (shop, item, location) DO NOTHING;

    INSERT INTO touched (shop, item, touched_at)
    SELECT shown.shop, drawing.offered, shown.touched_at
    FROM (
        SELECT shop, item, min(recorded_at) AS touched_at FROM seen WHERE available IS NOT NULL GROUP BY shop, item
    ) AS shown
    -- LIMIT makes it look every item up: it cannot be turned into a join that reads the whole table.
    CROSS JOIN LATERAL (
        SELECT offered FROM draws WHERE draws.shop = shown.shop AND draws.item = shown.item LIMIT 1000000
    ) AS drawing
    ON CONFLICT (shop, item) DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER levels_are_observed AFTER INSERT ON observed
REFERENCING NEW TABLE AS seen FOR EACH STATEMENT EXECUTE FUNCTION touch_all_observed();

CREATE FUNCTION touch_observed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_level(new.shop, new.item, new.location);
    IF new.available IS DISTINCT FROM old.available THEN
        PERFORM touch_item(new.shop, new.item, new.recorded_at);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER level_is_observed_again AFTER UPDATE OF observed_at, available ON observed
FOR EACH ROW EXECUTE FUNCTION touch_observed();

CREATE FUNCTION compare_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO comparisons VALUES (new.shop, new.item, new.location) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER level_is_counted_elsewhere AFTER INSERT OR UPDATE OF as_of ON counted
FOR EACH ROW EXECUTE FUNCTION compare_counted();

-- Orders without a location ----------------------------------------------------------------------------------

CREATE FUNCTION touch_unplaced() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_item(new.shop, new.item, new.touched_at);
    IF new.units = 0 THEN
        DELETE FROM unplaced WHERE shop = new.shop AND cause = new.cause AND item = new.item AND units = 0;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER units_are_unplaced AFTER INSERT ON unplaced FOR EACH ROW EXECUTE FUNCTION touch_unplaced();
CREATE TRIGGER unplaced_units_change AFTER UPDATE ON unplaced
FOR EACH ROW WHEN (new.units <> old.units) EXECUTE FUNCTION touch_unplaced();

-- Offers, rules, locations -----------------------------------------------------------------------------------

CREATE FUNCTION touch_offer() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO draws (shop, item, offered)
    SELECT new.shop, new.item, new.item
    UNION ALL
    SELECT shop, item, bundle FROM components WHERE shop = new.shop AND bundle = new.item
    ON CONFLICT (shop, item, offered) DO NOTHING;
    INSERT INTO touched (shop, item, touched_at) VALUES (new.shop, new.item, new.touched_at)
    ON CONFLICT (shop, item) DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER offer_is_new AFTER INSERT ON offers FOR EACH ROW EXECUTE FUNCTION touch_offer();
CREATE TRIGGER listing_names_another_item AFTER UPDATE ON offers
FOR EACH ROW WHEN (new.item <> old.item) EXECUTE FUNCTION touch_offer();

-- Units that a channel holds and we do not know of concern a bundle and its components alike.
CREATE FUNCTION touch_unseen() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_item(new.shop, new.item, new.shown_at);
    PERFORM touch_item(new.shop, item, new.shown_at) FROM components WHERE shop = new.shop AND bundle = new.item;
    RETURN NULL;
END $$;

CREATE TRIGGER unseen_or_locked_units_change AFTER UPDATE ON offers
FOR EACH ROW WHEN (
    new.unseen_units <> old.unseen_units OR new.locked_units <> old.locked_units OR new.locked_for <> old.locked_for
) EXECUTE FUNCTION touch_unseen();

-- The last offer of an item takes the marks with it: nothing is left to be computed.
CREATE FUNCTION forget_touch() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM offers WHERE shop = old.shop AND item = old.item) THEN
        DELETE FROM touched WHERE shop = old.shop AND item = old.item;
        DELETE FROM draws WHERE shop = old.shop AND offered = old.item AND item IN (
            SELECT old.item
            UNION ALL
            SELECT item FROM components WHERE shop = old.shop AND bundle = old.item
        );
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER offer_is_removed AFTER DELETE ON offers FOR EACH ROW EXECUTE FUNCTION forget_touch();
CREATE TRIGGER listing_leaves_its_item AFTER UPDATE ON offers
FOR EACH ROW WHEN (new.item <> old.item) EXECUTE FUNCTION forget_touch();

CREATE FUNCTION touch_rule() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO touched (shop, item, touched_at)
    SELECT DISTINCT shop, item, new.touched_at FROM offers WHERE shop = new.shop AND channel = new.channel
    ON CONFLICT (shop, item) DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER rule_has_changed AFTER INSERT OR UPDATE ON selling_rules
FOR EACH ROW EXECUTE FUNCTION touch_rule();

CREATE FUNCTION touch_item_buffer() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_item(new.shop, new.item, new.touched_at);
    RETURN NULL;
END $$;

CREATE FUNCTION forget_item_buffer() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_item(old.shop, old.item, old.touched_at);
    RETURN NULL;
END $$;

CREATE TRIGGER item_buffer_changes AFTER INSERT OR UPDATE ON item_buffers
FOR EACH ROW EXECUTE FUNCTION touch_item_buffer();
CREATE TRIGGER item_buffer_goes AFTER DELETE ON item_buffers FOR EACH ROW EXECUTE FUNCTION forget_item_buffer();

CREATE FUNCTION touch_location() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO touched (shop, item, touched_at)
    SELECT DISTINCT shop, item, new.updated_at FROM offers WHERE shop = new.shop
    ON CONFLICT (shop, item) DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER location_is_new AFTER INSERT ON locations FOR EACH ROW EXECUTE FUNCTION touch_location();
CREATE TRIGGER location_has_changed AFTER UPDATE ON locations
FOR EACH ROW WHEN (
    new.active <> old.active OR new.fulfils_online <> old.fulfils_online OR new.name <> old.name
) EXECUTE FUNCTION touch_location();

-- Items, bundles, levels that are stocked no more -------------------------------------------------------------

CREATE FUNCTION touch_changed_item() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_item(new.shop, new.item, new.updated_at);
    RETURN NULL;
END $$;

CREATE TRIGGER item_is_another AFTER UPDATE ON items
FOR EACH ROW WHEN (
    (new.tracked, new.sells_below_zero, new.bundle, new.removed_at)
        IS DISTINCT FROM (old.tracked, old.sells_below_zero, old.bundle, old.removed_at)
) EXECUTE FUNCTION touch_changed_item();

CREATE FUNCTION touch_bundle() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM offers WHERE shop = new.shop AND item = new.bundle) THEN
        INSERT INTO draws (shop, item, offered) VALUES (new.shop, new.item, new.bundle)
        ON CONFLICT (shop, item, offered) DO NOTHING;
        INSERT INTO touched (shop, item, touched_at) VALUES (new.shop, new.bundle, new.since_at)
        ON CONFLICT (shop, item) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER component_is_new AFTER INSERT ON components FOR EACH ROW EXECUTE FUNCTION touch_bundle();
CREATE TRIGGER component_has_changed AFTER UPDATE ON components FOR EACH ROW EXECUTE FUNCTION touch_bundle();

CREATE FUNCTION forget_component() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO touched (shop, item, touched_at)
    SELECT shop, offered, old.since_at FROM draws WHERE shop = old.shop AND item = old.item AND offered = old.bundle
    ON CONFLICT (shop, item) DO NOTHING;
    DELETE FROM draws WHERE shop = old.shop AND item = old.item AND offered = old.bundle;
    RETURN NULL;
END $$;

CREATE TRIGGER component_is_removed AFTER DELETE ON components FOR EACH ROW EXECUTE FUNCTION forget_component();

CREATE FUNCTION touch_activity() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM touch_item(new.shop, new.item, new.since_at);
    RETURN NULL;
END $$;

CREATE TRIGGER level_is_known_inactive AFTER INSERT ON level_ids
FOR EACH ROW WHEN (NOT new.active) EXECUTE FUNCTION touch_activity();
CREATE TRIGGER level_activity_changes AFTER UPDATE ON level_ids
FOR EACH ROW WHEN (new.active <> old.active) EXECUTE FUNCTION touch_activity();

-- Deliveries -------------------------------------------------------------------------------------------------

CREATE FUNCTION count_delivery() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE delivery_counts SET deliveries = deliveries - 1 WHERE shop = old.shop AND status = old.status;
    END IF;
    INSERT INTO delivery_counts (shop, status, deliveries) VALUES (new.shop, new.status, 1)
    ON CONFLICT (shop, status) DO UPDATE SET deliveries = delivery_counts.deliveries + 1;
    RETURN NULL;
END $$;

CREATE TRIGGER delivery_is_finished AFTER INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION count_delivery();
CREATE TRIGGER delivery_is_finished_again AFTER UPDATE ON deliveries
FOR EACH ROW WHEN (new.status <> old.status) EXECUTE FUNCTION count_delivery();
