-- What is derived cannot be forgotten: levels, held units, what is owed, what to compare, which offers are stale.
-- An item in `touched` has stale offers, since its first touch; an item that nobody sells is not kept there.
-- What touches an item touches every offer that draws on its units: those of the bundles it is part of, too.
-- No trigger computes what may be sold.
-- What fires for a movement compares states one by one: for IN with three of them, and for a SELECT into a table that has
-- triggers itself, SQLite would build a table anew for each movement, which takes several times as long as booking it.

-- Movements --------------------------------------------------------------------------------------------------

CREATE TRIGGER movement_is_booked AFTER INSERT ON movements BEGIN
    INSERT INTO levels VALUES (new.shop, new.item, new.source_location, new.source_state, -new.units)
    ON CONFLICT DO UPDATE SET units = units + excluded.units;
    INSERT INTO levels VALUES (new.shop, new.item, new.target_location, new.target_state, new.units)
    ON CONFLICT DO UPDATE SET units = units + excluded.units;
    INSERT INTO touched
    SELECT new.shop, offered, new.recorded_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER movement_leaves_a_level AFTER INSERT ON movements
WHEN new.source_state <> 'supplier' AND new.source_state <> 'customer' AND new.source_state <> 'unexplained'
BEGIN
    INSERT INTO comparisons VALUES (new.shop, new.item, new.source_location) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER movement_enters_a_level AFTER INSERT ON movements
WHEN new.target_state <> 'supplier' AND new.target_state <> 'customer' AND new.target_state <> 'unexplained'
    AND (
        new.target_location <> new.source_location
        OR new.source_state = 'supplier' OR new.source_state = 'customer' OR new.source_state = 'unexplained'
    )
BEGIN
    INSERT INTO comparisons VALUES (new.shop, new.item, new.target_location) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER movement_is_owed_where_it_leaves AFTER INSERT ON movements
WHEN new.origin <> 'shopify' AND new.source_state <> 'supplier' AND new.source_state <> 'customer' AND new.source_state <> 'unexplained'
BEGIN
    INSERT INTO owed VALUES (
        new.shop, new.item, new.source_location, new.source_state, -new.units, new.recorded_at,
        COALESCE((
            SELECT units FROM levels
            WHERE shop = new.shop AND item = new.item AND location = new.source_location AND state = 'available'
        ), 0)
    )
    ON CONFLICT DO UPDATE SET units = units + excluded.units, touched_at = excluded.touched_at;
END;

CREATE TRIGGER movement_is_owed_where_it_enters AFTER INSERT ON movements
WHEN new.origin <> 'shopify' AND new.target_state <> 'supplier' AND new.target_state <> 'customer' AND new.target_state <> 'unexplained'
BEGIN
    INSERT INTO owed VALUES (
        new.shop, new.item, new.target_location, new.target_state, new.units, new.recorded_at,
        COALESCE((
            SELECT units FROM levels
            WHERE shop = new.shop AND item = new.item AND location = new.target_location AND state = 'available'
        ), 0)
    )
    ON CONFLICT DO UPDATE SET units = units + excluded.units, touched_at = excluded.touched_at;
END;

CREATE TRIGGER level_is_counted_on AFTER INSERT ON levels WHEN new.state = 'available' BEGIN
    UPDATE owed SET left_units = new.units WHERE shop = new.shop AND item = new.item AND location = new.location;
END;

CREATE TRIGGER level_is_counted_on_anew AFTER UPDATE OF units ON levels WHEN new.state = 'available' BEGIN
    UPDATE owed SET left_units = new.units WHERE shop = new.shop AND item = new.item AND location = new.location;
END;

CREATE TRIGGER movement_holds AFTER INSERT ON movements
WHEN (new.source_state = 'reserved') <> (new.target_state = 'reserved')
BEGIN
    INSERT INTO held VALUES (
        new.shop, new.origin, new.item, CASE new.target_state WHEN 'reserved' THEN new.units ELSE -new.units END
    )
    ON CONFLICT DO UPDATE SET units = units + excluded.units;
END;

CREATE TRIGGER movement_is_never_edited BEFORE UPDATE ON movements BEGIN
    SELECT RAISE(ABORT, 'a movement is never edited or removed: book another one that takes it back');
END;

CREATE TRIGGER movement_is_never_removed BEFORE DELETE ON movements
WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE shop = old.shop)
BEGIN
    SELECT RAISE(ABORT, 'a movement is never edited or removed: book another one that takes it back');
END;

-- What Shopify is owed ---------------------------------------------------------------------------------------

CREATE TRIGGER owed_is_new AFTER INSERT ON owed BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.touched_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
    INSERT INTO comparisons VALUES (new.shop, new.item, new.location) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER owed_has_changed AFTER UPDATE OF units ON owed WHEN new.units <> old.units BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.touched_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
    INSERT INTO comparisons VALUES (new.shop, new.item, new.location) ON CONFLICT DO NOTHING;
    DELETE FROM owed
    WHERE shop = new.shop AND item = new.item AND location = new.location AND state = new.state AND units = 0;
END;

-- Observations -----------------------------------------------------------------------------------------------

CREATE TRIGGER level_is_observed AFTER INSERT ON observed BEGIN
    INSERT INTO comparisons VALUES (new.shop, new.item, new.location) ON CONFLICT DO NOTHING;
    INSERT INTO touched
    SELECT new.shop, offered, new.recorded_at FROM draws
    WHERE shop = new.shop AND item = new.item AND new.available IS NOT NULL
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER level_is_observed_again AFTER UPDATE OF observed_at ON observed BEGIN
    INSERT INTO comparisons VALUES (new.shop, new.item, new.location) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER level_is_counted_elsewhere AFTER INSERT ON counted BEGIN
    INSERT INTO comparisons VALUES (new.shop, new.item, new.location) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER level_is_counted_elsewhere_again AFTER UPDATE OF as_of ON counted BEGIN
    INSERT INTO comparisons VALUES (new.shop, new.item, new.location) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER available_is_observed_otherwise AFTER UPDATE OF available ON observed
WHEN new.available IS DISTINCT FROM old.available
BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.recorded_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

-- Orders without a location ----------------------------------------------------------------------------------

CREATE TRIGGER units_are_unplaced AFTER INSERT ON unplaced BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.touched_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER unplaced_units_change AFTER UPDATE OF units ON unplaced WHEN new.units <> old.units BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.touched_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
    DELETE FROM unplaced WHERE shop = new.shop AND cause = new.cause AND item = new.item AND units = 0;
END;

-- Offers, rules, locations -----------------------------------------------------------------------------------

CREATE TRIGGER offer_is_new AFTER INSERT ON offers BEGIN
    INSERT INTO draws
    SELECT new.shop, new.item, new.item
    UNION ALL
    SELECT shop, item, bundle FROM components WHERE shop = new.shop AND bundle = new.item
    ON CONFLICT DO NOTHING;
    INSERT INTO touched VALUES (new.shop, new.item, new.touched_at) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER listing_names_another_item AFTER UPDATE OF item ON offers WHEN new.item <> old.item BEGIN
    INSERT INTO draws
    SELECT new.shop, new.item, new.item
    UNION ALL
    SELECT shop, item, bundle FROM components WHERE shop = new.shop AND bundle = new.item
    ON CONFLICT DO NOTHING;
    INSERT INTO touched VALUES (new.shop, new.item, new.touched_at) ON CONFLICT DO NOTHING;
END;

-- The last offer of an item takes the marks with it: nothing is left to be computed.
CREATE TRIGGER listing_leaves_its_item AFTER UPDATE OF item ON offers
WHEN new.item <> old.item AND NOT EXISTS (SELECT 1 FROM offers WHERE shop = old.shop AND item = old.item)
BEGIN
    DELETE FROM touched WHERE shop = old.shop AND item = old.item;
    DELETE FROM draws WHERE shop = old.shop AND offered = old.item AND item IN (
        SELECT old.item
        UNION ALL
        SELECT item FROM components WHERE shop = old.shop AND bundle = old.item
    );
END;

CREATE TRIGGER offer_is_removed AFTER DELETE ON offers
WHEN NOT EXISTS (SELECT 1 FROM offers WHERE shop = old.shop AND item = old.item)
BEGIN
    DELETE FROM touched WHERE shop = old.shop AND item = old.item;
    DELETE FROM draws WHERE shop = old.shop AND offered = old.item AND item IN (
        SELECT old.item
        UNION ALL
        SELECT item FROM components WHERE shop = old.shop AND bundle = old.item
    );
END;

-- Units that a channel holds and we do not know of, or that are locked there, concern a bundle and its components alike.
CREATE TRIGGER unseen_or_locked_units_change AFTER UPDATE OF unseen_units, locked_units, locked_for ON offers
WHEN new.unseen_units <> old.unseen_units OR new.locked_units <> old.locked_units OR new.locked_for <> old.locked_for
BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.shown_at FROM draws WHERE shop = new.shop AND item = new.item
    UNION
    SELECT new.shop, draws.offered, new.shown_at
    FROM components JOIN draws ON draws.shop = components.shop AND draws.item = components.item
    WHERE components.shop = new.shop AND components.bundle = new.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER rule_is_new AFTER INSERT ON selling_rules BEGIN
    INSERT INTO touched
    SELECT DISTINCT shop, item, new.touched_at FROM offers WHERE shop = new.shop AND channel = new.channel
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER rule_has_changed AFTER UPDATE ON selling_rules BEGIN
    INSERT INTO touched
    SELECT DISTINCT shop, item, new.touched_at FROM offers WHERE shop = new.shop AND channel = new.channel
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER item_buffer_is_new AFTER INSERT ON item_buffers BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.touched_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER item_buffer_changes AFTER UPDATE ON item_buffers BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.touched_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER item_buffer_goes AFTER DELETE ON item_buffers BEGIN
    INSERT INTO touched
    SELECT old.shop, offered, old.touched_at FROM draws WHERE shop = old.shop AND item = old.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER location_is_new AFTER INSERT ON locations BEGIN
    INSERT INTO touched
    SELECT DISTINCT shop, item, new.updated_at FROM offers WHERE shop = new.shop
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER location_has_changed AFTER UPDATE ON locations
WHEN new.active <> old.active OR new.fulfils_online <> old.fulfils_online OR new.name <> old.name
BEGIN
    INSERT INTO touched
    SELECT DISTINCT shop, item, new.updated_at FROM offers WHERE shop = new.shop
    ON CONFLICT DO NOTHING;
END;

-- Items, bundles, levels that are stocked no more -------------------------------------------------------------

CREATE TRIGGER item_is_another AFTER UPDATE OF tracked, sells_below_zero, bundle, removed_at ON items
WHEN (new.tracked, new.sells_below_zero, new.bundle, new.removed_at)
    IS NOT (old.tracked, old.sells_below_zero, old.bundle, old.removed_at)
BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.updated_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER component_is_new AFTER INSERT ON components
WHEN EXISTS (SELECT 1 FROM offers WHERE shop = new.shop AND item = new.bundle)
BEGIN
    INSERT INTO draws VALUES (new.shop, new.item, new.bundle) ON CONFLICT DO NOTHING;
    INSERT INTO touched VALUES (new.shop, new.bundle, new.since_at) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER component_has_changed AFTER UPDATE ON components
WHEN EXISTS (SELECT 1 FROM offers WHERE shop = new.shop AND item = new.bundle)
BEGIN
    INSERT INTO touched VALUES (new.shop, new.bundle, new.since_at) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER component_is_removed AFTER DELETE ON components BEGIN
    INSERT INTO touched
    SELECT shop, offered, old.since_at FROM draws WHERE shop = old.shop AND item = old.item AND offered = old.bundle
    ON CONFLICT DO NOTHING;
    DELETE FROM draws WHERE shop = old.shop AND item = old.item AND offered = old.bundle;
END;

CREATE TRIGGER level_is_known_inactive AFTER INSERT ON level_ids WHEN NOT new.active BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.since_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER level_activity_changes AFTER UPDATE OF active ON level_ids WHEN new.active <> old.active BEGIN
    INSERT INTO touched
    SELECT new.shop, offered, new.since_at FROM draws WHERE shop = new.shop AND item = new.item
    ON CONFLICT DO NOTHING;
END;

-- Deliveries -------------------------------------------------------------------------------------------------

CREATE TRIGGER delivery_is_finished AFTER INSERT ON deliveries BEGIN
    INSERT INTO delivery_counts VALUES (new.shop, new.status, 1)
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1;
END;

CREATE TRIGGER delivery_is_finished_again AFTER UPDATE OF status ON deliveries WHEN new.status <> old.status BEGIN
    UPDATE delivery_counts SET deliveries = deliveries - 1 WHERE shop = old.shop AND status = old.status;
    INSERT INTO delivery_counts VALUES (new.shop, new.status, 1)
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1;
END;
