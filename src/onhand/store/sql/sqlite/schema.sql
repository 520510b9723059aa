-- The first version of the tables, for SQLite. Times are microseconds since 1970 in UTC.
-- Every key begins with the shop: nothing is read or written across shops.

CREATE TABLE shops (
    shop     INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    added_at INTEGER -- NULL while only deliveries came for it
) STRICT;

-- How far a worker has read a log; moves in the transaction that books what was read.
CREATE TABLE positions (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often a part of the work was taken over by another process. Who took it remembers the number, and books only
-- while it still stands here.
CREATE TABLE fences (
    part  TEXT PRIMARY KEY,
    fence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    shop  INTEGER NOT NULL REFERENCES shops,
    name  TEXT NOT NULL,
    units INTEGER NOT NULL,
    PRIMARY KEY (shop, name)
) STRICT, WITHOUT ROWID;

-- The ledger -------------------------------------------------------------------------------------------------

CREATE TABLE movements (
    shop            INTEGER NOT NULL REFERENCES shops,
    sequence        INTEGER NOT NULL,
    id              TEXT NOT NULL,
    item            TEXT NOT NULL,
    source_location TEXT NOT NULL,
    source_state    TEXT NOT NULL,
    target_location TEXT NOT NULL,
    target_state    TEXT NOT NULL,
    units           INTEGER NOT NULL CHECK (units > 0),
    cause           TEXT NOT NULL,
    origin          TEXT NOT NULL,
    reason          TEXT NOT NULL,
    occurred_at     INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    hash            BLOB NOT NULL,
    PRIMARY KEY (shop, sequence)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX movements_by_id ON movements (shop, id);
CREATE INDEX movements_by_cause ON movements (shop, cause);
CREATE INDEX movements_by_item ON movements (shop, item);
CREATE INDEX movements_unexplained ON movements (shop)
    WHERE source_state = 'unexplained' OR target_state = 'unexplained';

-- Kept by the triggers on movements. A row that came to 0 stays: it says that the level was touched.
CREATE TABLE levels (
    shop     INTEGER NOT NULL,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    state    TEXT NOT NULL,
    units    INTEGER NOT NULL,
    PRIMARY KEY (shop, item, location, state)
) STRICT, WITHOUT ROWID;
CREATE INDEX levels_below_zero ON levels (shop) WHERE state = 'available' AND units < 0;

-- Units in state reserved by the channel whose orders hold them; kept by the triggers on movements.
CREATE TABLE held (
    shop   INTEGER NOT NULL,
    origin TEXT NOT NULL,
    item   TEXT NOT NULL,
    units  INTEGER NOT NULL,
    PRIMARY KEY (shop, origin, item)
) STRICT, WITHOUT ROWID;

-- What Shopify has not been told yet; rows that come to 0 are removed.
CREATE TABLE owed (
    shop       INTEGER NOT NULL,
    item       TEXT NOT NULL,
    location   TEXT NOT NULL,
    state      TEXT NOT NULL,
    units      INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    left_units INTEGER NOT NULL, -- what the books have for sale of the level, whatever the state of this row
    PRIMARY KEY (shop, item, location, state)
) STRICT, WITHOUT ROWID;
-- The order in which levels are told: what lowers, then what raises, each with the fewest units first.
CREATE INDEX owed_by_risk ON owed (
    shop,
    (CASE WHEN state <> 'available' THEN 2 WHEN units > 0 THEN 1 ELSE 0 END),
    left_units, item, location
);

-- When the opening balance of a level was read. An item that is counted again begins a new era: the shop's next number.
CREATE TABLE openings (
    shop     INTEGER NOT NULL REFERENCES shops,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    cut_at   INTEGER NOT NULL,
    era      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (shop, item, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE pictures (
    shop        INTEGER NOT NULL REFERENCES shops,
    cause       TEXT NOT NULL,
    channel     TEXT NOT NULL,
    version_at  INTEGER NOT NULL,
    reading     INTEGER NOT NULL,
    digest      TEXT NOT NULL,
    told_digest TEXT,
    closed      INTEGER NOT NULL,
    made_by     TEXT, -- the app that made the order; NULL where the platform itself did
    name        TEXT, -- what people call it, such as #1001; NULL where nobody said
    recorded_at INTEGER NOT NULL,
    known_at    INTEGER, -- when what the openings hold of it was made out; NULL while it was never shown whole
    era         INTEGER NOT NULL, -- the newest one by then
    holds       INTEGER NOT NULL, -- whether any opening holds something of it
    PRIMARY KEY (shop, cause)
) STRICT, WITHOUT ROWID;

-- What people call an open order finds it: a third party's shipping advice says no more than that.
CREATE INDEX pictures_by_name ON pictures (shop, name) WHERE NOT closed;

-- What opening balances hold of a fact: it is not booked under its name.
CREATE TABLE contained (
    shop     INTEGER NOT NULL REFERENCES shops,
    cause    TEXT NOT NULL,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    state    TEXT NOT NULL,
    units    INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, item, location, state)
) STRICT, WITHOUT ROWID;
-- Those of which no level has shown yet where they are.
CREATE INDEX contained_somewhere ON contained (shop, item) WHERE location = '';

-- Open units of an order whose location is not known yet; rows that come to 0 are removed.
CREATE TABLE unplaced (
    shop       INTEGER NOT NULL REFERENCES shops,
    cause      TEXT NOT NULL,
    item       TEXT NOT NULL,
    units      INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX unplaced_by_item ON unplaced (shop, item);

-- How orders of bundles count for listings, beyond what they move: for the bundle, and (below zero) not for its
-- components.
CREATE TABLE bundled (
    shop        INTEGER NOT NULL REFERENCES shops,
    cause       TEXT NOT NULL,
    item        TEXT NOT NULL,
    origin      TEXT NOT NULL,
    open_units  INTEGER NOT NULL,
    taken_units INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX bundled_by_item ON bundled (shop, item, origin) WHERE open_units <> 0;

-- Items of an order that has claimed no stock of theirs at the platform: its movements of them are not booked.
CREATE TABLE unclaimed (
    shop  INTEGER NOT NULL REFERENCES shops,
    cause TEXT NOT NULL,
    item  TEXT NOT NULL,
    PRIMARY KEY (shop, cause, item)
) STRICT, WITHOUT ROWID;

-- Items of orders from elsewhere that nobody counted when the order was last booked: the platform was told nothing.
CREATE TABLE passed_over (
    shop    INTEGER NOT NULL REFERENCES shops,
    cause   TEXT NOT NULL,
    item    TEXT NOT NULL,
    channel TEXT NOT NULL,
    PRIMARY KEY (shop, cause, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX passed_over_by_item ON passed_over (shop, item);

-- Orders from elsewhere that another app brings, or may bring, to the platform: their newest picture. `waits` says
-- whether more of them is to come.
CREATE TABLE imported_orders (
    shop      INTEGER NOT NULL REFERENCES shops,
    cause     TEXT NOT NULL,
    picture   BLOB NOT NULL,
    placed_at INTEGER NOT NULL,
    waits     INTEGER NOT NULL,
    PRIMARY KEY (shop, cause)
) STRICT, WITHOUT ROWID;
CREATE INDEX imported_orders_waiting ON imported_orders (shop, placed_at) WHERE waits;

-- What an order at the platform has claimed for one of them: so much of it is not held again.
CREATE TABLE twins (
    shop  INTEGER NOT NULL REFERENCES shops,
    cause TEXT NOT NULL,
    twin  TEXT NOT NULL,
    item  TEXT NOT NULL,
    units INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, twin, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX twins_by_twin ON twins (shop, twin);

-- What became of goods on their way back: a row a line of a return, or of an order whose refund put nothing back.
CREATE TABLE returned (
    shop             INTEGER NOT NULL REFERENCES shops,
    cause            TEXT NOT NULL,
    line             TEXT NOT NULL,
    order_cause      TEXT NOT NULL,
    name             TEXT NOT NULL,
    status           TEXT NOT NULL,
    item             TEXT NOT NULL,
    units            INTEGER NOT NULL,
    restocked_units  INTEGER NOT NULL,
    discarded_units  INTEGER NOT NULL,
    missing_units    INTEGER NOT NULL,
    processing_units INTEGER NOT NULL,
    opened_at        INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX returned_by_item ON returned (shop, item);

-- Observations -----------------------------------------------------------------------------------------------

-- The newest of each source: a column a state, NULL where the source has not shown it.
CREATE TABLE observed (
    shop            INTEGER NOT NULL REFERENCES shops,
    item            TEXT NOT NULL,
    location        TEXT NOT NULL,
    source          TEXT NOT NULL,
    available       INTEGER,
    committed       INTEGER,
    reserved        INTEGER,
    damaged         INTEGER,
    quality_control INTEGER,
    safety_stock    INTEGER,
    incoming        INTEGER,
    observed_at     INTEGER NOT NULL,
    reading         INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    agreed_at       INTEGER,
    gap_since       INTEGER,
    PRIMARY KEY (shop, item, location, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX observed_gaps ON observed (shop, source, gap_since) WHERE gap_since IS NOT NULL;

-- Their history: a row where a number changed.
CREATE TABLE observations (
    shop            INTEGER NOT NULL REFERENCES shops,
    item            TEXT NOT NULL,
    sequence        INTEGER NOT NULL,
    location        TEXT NOT NULL,
    source          TEXT NOT NULL,
    available       INTEGER,
    committed       INTEGER,
    reserved        INTEGER,
    damaged         INTEGER,
    quality_control INTEGER,
    safety_stock    INTEGER,
    incoming        INTEGER,
    observed_at     INTEGER NOT NULL,
    reading         INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    PRIMARY KEY (shop, item, sequence)
) STRICT, WITHOUT ROWID;

-- Levels that something touched since they were last compared.
CREATE TABLE comparisons (
    shop     INTEGER NOT NULL,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    PRIMARY KEY (shop, item, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE drifts (
    shop         INTEGER NOT NULL REFERENCES shops,
    id           INTEGER NOT NULL,
    item         TEXT NOT NULL,
    location     TEXT NOT NULL,
    source       TEXT NOT NULL,
    books        TEXT NOT NULL,
    observed     TEXT NOT NULL,
    observed_at  INTEGER NOT NULL,
    cause        TEXT NOT NULL,
    confidence   REAL NOT NULL,
    evidence     TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('open', 'adopted', 'closed')),
    opened_at    INTEGER NOT NULL,
    closed_at    INTEGER,
    note         TEXT NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX drifts_open ON drifts (shop, item, location, source) WHERE status = 'open';

-- What a person, or the authority of a location, has decided about a drift. `before` and `after` are units by state: of the
-- platform where `way` is write, of the books where they adopt. `undoes` is the row that this one takes back.
CREATE TABLE fixes (
    shop     INTEGER NOT NULL REFERENCES shops,
    id       INTEGER NOT NULL,
    drift    INTEGER NOT NULL,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    way      TEXT NOT NULL CHECK (way IN ('write', 'adopt', 'keep')),
    before   TEXT NOT NULL,
    after    TEXT NOT NULL,
    actor    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    run      TEXT NOT NULL, -- the name of its writes; of an adoption, its cause
    made_at  INTEGER NOT NULL,
    undoes   INTEGER,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fixes_by_drift ON fixes (shop, drift);

-- What is left of an adoption that no later picture has explained; rows that come to 0 are removed.
CREATE TABLE adoptions (
    shop        INTEGER NOT NULL REFERENCES shops,
    cause       TEXT NOT NULL,
    state       TEXT NOT NULL,
    item        TEXT NOT NULL,
    location    TEXT NOT NULL,
    source      TEXT NOT NULL,
    units       INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, state)
) STRICT, WITHOUT ROWID;
CREATE INDEX adoptions_by_level ON adoptions (shop, item, location);

-- Selling ----------------------------------------------------------------------------------------------------

CREATE TABLE offers (
    shop          INTEGER NOT NULL REFERENCES shops,
    channel       TEXT NOT NULL,
    listing       TEXT NOT NULL,
    item          TEXT NOT NULL,
    units         INTEGER,
    told_units    INTEGER,
    told_at       INTEGER,
    computed_at   INTEGER,
    touched_at    INTEGER NOT NULL,
    unseen_units  INTEGER NOT NULL DEFAULT 0,
    shown_units   INTEGER,
    shown_at      INTEGER,
    overruled     INTEGER NOT NULL DEFAULT 0, -- times in a row that a look showed other than what was told
    parked_reason TEXT,
    parked_units  INTEGER, -- the number that was refused, where another one may be taken; NULL: any is refused
    locked_units  INTEGER NOT NULL DEFAULT 0, -- what a promotion has locked: it cannot be told less
    locked_for    TEXT NOT NULL DEFAULT '',
    spread        TEXT, -- the units by location, JSON pairs, where the channel is told so; NULL: one number
    told_spread   TEXT,
    PRIMARY KEY (shop, channel, listing)
) STRICT, WITHOUT ROWID;
CREATE INDEX offers_by_item ON offers (shop, item);
CREATE INDEX offers_untold ON offers (shop, channel)
    WHERE units IS DISTINCT FROM told_units OR spread IS DISTINCT FROM told_spread;

-- Items that something touched since their offers were last computed: their offers are stale.
CREATE TABLE touched (
    shop       INTEGER NOT NULL,
    item       TEXT NOT NULL,
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (shop, item)
) STRICT, WITHOUT ROWID;

-- Which offers draw on an item's units: its own where it is offered, and those of the bundles it is part of.
-- Kept by the triggers on offers and components.
CREATE TABLE draws (
    shop    INTEGER NOT NULL,
    item    TEXT NOT NULL,
    offered TEXT NOT NULL,
    PRIMARY KEY (shop, item, offered)
) STRICT, WITHOUT ROWID;

CREATE TABLE selling_rules (
    shop         INTEGER NOT NULL REFERENCES shops,
    channel      TEXT NOT NULL,
    locations    TEXT NOT NULL,
    buffer_units INTEGER NOT NULL,
    enforced_in  TEXT, -- locations where the buffer is put aside; NULL where the channel is told its number
    touched_at   INTEGER NOT NULL,
    PRIMARY KEY (shop, channel)
) STRICT, WITHOUT ROWID;

-- Buffers that people have set for one item on one channel, in place of the channel's own.
CREATE TABLE item_buffers (
    shop         INTEGER NOT NULL REFERENCES shops,
    channel      TEXT NOT NULL,
    item         TEXT NOT NULL,
    buffer_units INTEGER NOT NULL CHECK (buffer_units >= 0),
    said_by      TEXT NOT NULL, -- where, in words that an explanation ends with
    touched_at   INTEGER NOT NULL,
    PRIMARY KEY (shop, channel, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_buffers_by_item ON item_buffers (shop, item);

-- Units that a further till or site keeps aside for one of its shoppers. `kept` says in JSON what of which item at which
-- location; the ledger has them in state reserved while the status is held.
CREATE TABLE holds (
    shop       INTEGER NOT NULL REFERENCES shops,
    id         INTEGER NOT NULL,
    key        TEXT NOT NULL, -- the asker's name of the request
    asked      TEXT NOT NULL, -- its words
    item       TEXT NOT NULL,
    units      INTEGER NOT NULL CHECK (units > 0),
    for_s      INTEGER NOT NULL,
    channel    TEXT, -- by whose rule; NULL where a location was named
    location   TEXT,
    reference  TEXT,
    kept       TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('held', 'confirmed', 'released', 'expired')),
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER, -- NULL while it is held
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX holds_by_key ON holds (shop, key);
CREATE INDEX holds_due ON holds (shop, expires_at) WHERE status = 'held';
CREATE INDEX holds_by_item ON holds (shop, item) WHERE status = 'held';

-- Who may ask from another machine: tills, sites, programs. Of a key only the digest of its secret is kept.
CREATE TABLE api_keys (
    shop         INTEGER NOT NULL REFERENCES shops,
    id           TEXT NOT NULL, -- the public half, drawn
    name         TEXT NOT NULL,
    may          TEXT NOT NULL, -- in JSON
    digest       TEXT NOT NULL, -- SHA-256 of the secret half
    made_at      INTEGER NOT NULL,
    last_used_at INTEGER, -- to the minute; NULL before the first time
    revoked_at   INTEGER, -- NULL while it counts
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_by_name ON api_keys (shop, name) WHERE revoked_at IS NULL;

-- Who is told by webhooks of ours: the newest number of each item and channel, and whether it was taken. `due_at` is NULL
-- for what was taken, and for what was given up. `offered` is 0 where the channel has no number for the item any more.
CREATE TABLE announcements (
    shop        INTEGER NOT NULL REFERENCES shops,
    webhook     TEXT NOT NULL,
    channel     TEXT NOT NULL,
    item        TEXT NOT NULL,
    units       INTEGER NOT NULL,
    offered     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    computed_at INTEGER NOT NULL,
    delivered   INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      INTEGER,
    trouble     TEXT,
    PRIMARY KEY (shop, webhook, channel, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX announcements_due ON announcements (shop, webhook, due_at) WHERE due_at IS NOT NULL;

-- Listeners that have said that nobody listens there any more.
CREATE TABLE stopped_webhooks (
    shop    INTEGER NOT NULL REFERENCES shops,
    webhook TEXT NOT NULL,
    because TEXT NOT NULL,
    PRIMARY KEY (shop, webhook)
) STRICT, WITHOUT ROWID;

-- What each listener that is told of problems has last heard of each; a problem it never heard of has no row.
CREATE TABLE alerts (
    shop    INTEGER NOT NULL REFERENCES shops,
    webhook TEXT NOT NULL,
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,
    open    INTEGER NOT NULL,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (shop, webhook, kind, key)
) STRICT, WITHOUT ROWID;

-- The digest of problems that is on its way to a listener, until it is taken: a repeat has the same words.
CREATE TABLE digests (
    shop      INTEGER NOT NULL REFERENCES shops,
    webhook   TEXT NOT NULL,
    sequence  INTEGER NOT NULL,
    body      TEXT, -- NULL where nothing is on its way
    tells     TEXT NOT NULL,
    attempts  INTEGER NOT NULL,
    due_at    INTEGER NOT NULL,
    trouble   TEXT,
    PRIMARY KEY (shop, webhook)
) STRICT, WITHOUT ROWID;

-- The workbook in Google Sheets: how far it was read from the books, and how often it was written.
CREATE TABLE workbooks (
    shop        INTEGER NOT NULL REFERENCES shops,
    spreadsheet TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    offers_at   INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    PRIMARY KEY (shop)
) STRICT, WITHOUT ROWID;

-- Its rows, each a JSON list: `wanted` is what should stand there (NULL: nothing), `told` what was written last (NULL: it
-- is not there). `remarked_at` is when a person's edit was last put right.
CREATE TABLE workbook_rows (
    shop        INTEGER NOT NULL REFERENCES shops,
    tab         TEXT NOT NULL,
    key         TEXT NOT NULL,
    wanted      TEXT,
    told        TEXT,
    remark      TEXT NOT NULL DEFAULT '',
    remarked_at INTEGER,
    changed_at  INTEGER NOT NULL,
    PRIMARY KEY (shop, tab, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX workbook_rows_untold ON workbook_rows (shop, changed_at) WHERE wanted IS DISTINCT FROM told;

-- Units of ours among the safety stock of a level: a buffer that the platform enforces. Rows that come to 0 are removed.
CREATE TABLE aside (
    shop     INTEGER NOT NULL REFERENCES shops,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    units    INTEGER NOT NULL CHECK (units > 0),
    PRIMARY KEY (shop, item, location)
) STRICT, WITHOUT ROWID;

-- The mark that these books have left at a shop: `held` stands there, `wanted` was sent and may. Another one there
-- means that another copy of them is at work; `takes_any` that a person has said this one is the right one.
CREATE TABLE marks (
    shop      INTEGER PRIMARY KEY REFERENCES shops,
    held      TEXT,
    wanted    TEXT,
    takes_any INTEGER NOT NULL
) STRICT;

-- The newest count of a level by a third party that keeps goods there, until the next one. `since_sequence` is a movement
-- before which nothing happened after the count. `gap_units` is what was counted less what the books held then;
-- `filed_units` is the gap that a person was shown, `adopted_units` what was taken over and nothing has explained since.
CREATE TABLE counted (
    shop           INTEGER NOT NULL REFERENCES shops,
    source         TEXT NOT NULL,
    item           TEXT NOT NULL,
    location       TEXT NOT NULL,
    units          INTEGER NOT NULL,
    measure        TEXT NOT NULL CHECK (measure IN ('on_hand', 'available')),
    as_of          INTEGER NOT NULL,
    sequence       INTEGER, -- NULL where the third party numbers nothing
    cause          TEXT NOT NULL,
    since_sequence INTEGER NOT NULL,
    gap_units      INTEGER NOT NULL DEFAULT 0,
    gap_since      INTEGER, -- NULL where it agrees
    filed_units    INTEGER NOT NULL DEFAULT 0,
    adopted_units  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (shop, item, location, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_gaps ON counted (shop, gap_since) WHERE gap_since IS NOT NULL;

-- Levels that did not add up when they were last read, until a reading does. `tries` counts readings that were due.
CREATE TABLE doubts (
    shop         INTEGER NOT NULL REFERENCES shops,
    item         TEXT NOT NULL,
    location     TEXT NOT NULL,
    told_units   INTEGER NOT NULL,
    summed_units INTEGER NOT NULL,
    since_at     INTEGER NOT NULL,
    due_at       INTEGER, -- NULL once it was tried often enough: it stands as a problem
    tries        INTEGER NOT NULL,
    reading      INTEGER NOT NULL,
    PRIMARY KEY (shop, item, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE channels (
    shop          INTEGER NOT NULL REFERENCES shops,
    channel       TEXT NOT NULL,
    armed         INTEGER NOT NULL DEFAULT 0,
    paused        INTEGER NOT NULL DEFAULT 0,
    held_reason   TEXT,
    removed_at    INTEGER, -- when the shop was last heard to have removed the app
    imported      TEXT NOT NULL DEFAULT 'unknown' CHECK (imported IN ('yes', 'no', 'unknown')),
    cursor_at     INTEGER,
    zeros_allowed INTEGER NOT NULL DEFAULT 0,
    least_units   INTEGER NOT NULL DEFAULT 0, -- what a listing there can be told
    most_units    INTEGER,
    kept_in       TEXT NOT NULL DEFAULT '[]', -- locations where it keeps a number each, JSON; none: one number
    PRIMARY KEY (shop, channel)
) STRICT, WITHOUT ROWID;

-- Writes to the outside, durable before they are sent.
CREATE TABLE intents (
    shop         INTEGER NOT NULL REFERENCES shops,
    key          TEXT NOT NULL,
    channel      TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('offer', 'telling', 'setting', 'stocking')),
    body         BLOB NOT NULL,
    carries      TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('planned', 'sent', 'applied', 'rejected', 'stale', 'unknown', 'parked')),
    attempts     INTEGER NOT NULL,
    planned_at   INTEGER NOT NULL,
    sent_at      INTEGER,
    concluded_at INTEGER,
    note         TEXT NOT NULL,
    compares     INTEGER NOT NULL,
    reading      INTEGER NOT NULL, -- of our readings, which number: what its answer shows is as new as that
    PRIMARY KEY (shop, key)
) STRICT;
CREATE INDEX intents_open ON intents (shop, channel, planned_at) WHERE status IN ('planned', 'sent', 'unknown');
CREATE INDEX intents_recent ON intents (shop, planned_at);

-- What open intents are about: a listing of a channel, or a level (item and location). Nothing else may be sent there.
CREATE TABLE covered (
    shop    INTEGER NOT NULL,
    channel TEXT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    place   TEXT NOT NULL,
    intent  TEXT NOT NULL,
    PRIMARY KEY (shop, kind, subject, place, channel, intent)
) STRICT, WITHOUT ROWID;
CREATE INDEX covered_by_intent ON covered (shop, intent);

-- Comparisons that a level has lost in a row.
CREATE TABLE lost_compares (
    shop     INTEGER NOT NULL REFERENCES shops,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    lost     INTEGER NOT NULL,
    PRIMARY KEY (shop, item, location)
) STRICT, WITHOUT ROWID;

-- Deliveries and readings ------------------------------------------------------------------------------------

CREATE TABLE deliveries (
    shop        INTEGER NOT NULL REFERENCES shops,
    position    INTEGER NOT NULL,
    channel     TEXT NOT NULL,
    topic       TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('done', 'parked')),
    note        TEXT NOT NULL,
    finished_at INTEGER NOT NULL,
    PRIMARY KEY (shop, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_parked ON deliveries (shop) WHERE status = 'parked';

-- Kept by the triggers on deliveries: counting millions of rows for a page would take too long.
CREATE TABLE delivery_counts (
    shop       INTEGER NOT NULL,
    status     TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    PRIMARY KEY (shop, status)
) STRICT, WITHOUT ROWID;

CREATE TABLE asks (
    shop          INTEGER NOT NULL REFERENCES shops,
    channel       TEXT NOT NULL,
    wanted        TEXT NOT NULL,
    key           TEXT NOT NULL,
    because       TEXT NOT NULL,
    asked_at      INTEGER NOT NULL,
    asked_reading INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    PRIMARY KEY (shop, channel, wanted, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX asks_due ON asks (shop, channel, wanted, due_at);

-- How each topic of a channel was subscribed to when it was last looked at; `right_at` is NULL while it never was right.
CREATE TABLE subscriptions (
    shop     INTEGER NOT NULL REFERENCES shops,
    channel  TEXT NOT NULL,
    topic    TEXT NOT NULL,
    state    TEXT NOT NULL,
    seen_at  INTEGER NOT NULL,
    right_at INTEGER,
    PRIMARY KEY (shop, channel, topic)
) STRICT, WITHOUT ROWID;

-- Times in which a topic did not come to us: over once it is mended, made good once what was missed is read.
CREATE TABLE lapses (
    shop      INTEGER NOT NULL REFERENCES shops,
    channel   TEXT NOT NULL,
    topic     TEXT NOT NULL,
    since_at  INTEGER NOT NULL,
    found_at  INTEGER NOT NULL,
    state     TEXT NOT NULL,
    whole     INTEGER NOT NULL,
    mended_at INTEGER,
    filled_at INTEGER,
    PRIMARY KEY (shop, channel, topic, since_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX lapses_open ON lapses (shop, channel) WHERE filled_at IS NULL;

-- When deliveries of a topic came, a row a day, and the longest time without one that ended on that day.
CREATE TABLE arrivals (
    shop       INTEGER NOT NULL REFERENCES shops,
    channel    TEXT NOT NULL,
    topic      TEXT NOT NULL,
    day        INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    silence_us INTEGER NOT NULL,
    PRIMARY KEY (shop, channel, topic, day)
) STRICT, WITHOUT ROWID;

-- What the law demands -----------------------------------------------------------------------------------------

-- Numbers of customers and orders: raw bodies in the log that name one of them must go.
CREATE TABLE redactions (
    shop      INTEGER NOT NULL REFERENCES shops,
    ids       TEXT NOT NULL,
    asked_at  INTEGER NOT NULL,
    done_at   INTEGER,
    forgotten INTEGER,
    PRIMARY KEY (shop, ids, asked_at)
) STRICT, WITHOUT ROWID;

-- A shop whose rows may be removed, its movements too: the one exception to the ledger's rule.
CREATE TABLE erasures (
    shop     INTEGER PRIMARY KEY REFERENCES shops,
    because  TEXT NOT NULL,
    asked_at INTEGER NOT NULL
) STRICT;

-- Catalog ----------------------------------------------------------------------------------------------------

CREATE TABLE items (
    shop             INTEGER NOT NULL REFERENCES shops,
    item             TEXT NOT NULL,
    sku              TEXT,
    sku_key          TEXT,
    title            TEXT NOT NULL,
    tracked          INTEGER NOT NULL,
    sells_below_zero INTEGER NOT NULL,
    bundle           INTEGER NOT NULL,
    price            TEXT, -- exact decimals, in the shop's currency
    unit_cost        TEXT,
    currency         TEXT,
    updated_at       INTEGER NOT NULL,
    removed_at       INTEGER,
    PRIMARY KEY (shop, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX items_by_sku ON items (shop, sku_key);

-- Every SKU an item has had since a time, the present one included.
CREATE TABLE sku_history (
    shop     INTEGER NOT NULL REFERENCES shops,
    item     TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    sku      TEXT,
    sku_key  TEXT,
    PRIMARY KEY (shop, item, since_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX sku_history_by_sku ON sku_history (shop, sku_key) WHERE sku_key IS NOT NULL;

-- What a bundle is made of now, since the last change of it.
CREATE TABLE components (
    shop     INTEGER NOT NULL REFERENCES shops,
    bundle   TEXT NOT NULL,
    item     TEXT NOT NULL,
    units    INTEGER NOT NULL CHECK (units > 0),
    since_at INTEGER NOT NULL,
    PRIMARY KEY (shop, bundle, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX components_by_item ON components (shop, item);

-- What a bundle has been made of since a time, the present components included: orders keep those of their time.
CREATE TABLE compositions (
    shop     INTEGER NOT NULL REFERENCES shops,
    bundle   TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    item     TEXT NOT NULL,
    units    INTEGER NOT NULL,
    PRIMARY KEY (shop, bundle, since_at, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE locations (
    shop           INTEGER NOT NULL REFERENCES shops,
    location       TEXT NOT NULL,
    name           TEXT NOT NULL,
    active         INTEGER NOT NULL,
    fulfils_online INTEGER NOT NULL,
    ships          INTEGER, -- NULL where it could not be read
    picks_up       INTEGER,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (shop, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE listings (
    shop       INTEGER NOT NULL REFERENCES shops,
    channel    TEXT NOT NULL,
    listing    TEXT NOT NULL,
    item       TEXT,
    sku        TEXT,
    sku_key    TEXT,
    grouped    TEXT,
    place      TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (shop, channel, listing)
) STRICT, WITHOUT ROWID;
CREATE INDEX listings_by_sku ON listings (shop, sku_key) WHERE sku_key IS NOT NULL;
CREATE INDEX listings_by_item ON listings (shop, item) WHERE item IS NOT NULL;

-- The platform's own ids of levels. An inactive level is not stocked any more and may still hold units.
CREATE TABLE level_ids (
    shop     INTEGER NOT NULL REFERENCES shops,
    item     TEXT NOT NULL,
    location TEXT NOT NULL,
    level_id TEXT NOT NULL,
    active   INTEGER NOT NULL,
    since_at INTEGER NOT NULL,
    PRIMARY KEY (shop, item, location)
) STRICT, WITHOUT ROWID;
CREATE INDEX level_ids_inactive ON level_ids (shop, item) WHERE NOT active;

-- Foot traffic -----------------------------------------------------------------------------------------------

-- The doors whose sensors have counted. Times are those of the first and the last bin; `heard_at` is our own time.
CREATE TABLE traffic_doors (
    shop     INTEGER NOT NULL REFERENCES shops,
    location TEXT NOT NULL,
    source   TEXT NOT NULL,
    door     TEXT NOT NULL,
    staff    INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    PRIMARY KEY (shop, location, source, door)
) STRICT, WITHOUT ROWID;

-- What sensors said, as they said it: bins are made from these again when one comes late.
CREATE TABLE traffic_readings (
    shop        INTEGER NOT NULL REFERENCES shops,
    location    TEXT NOT NULL,
    source      TEXT NOT NULL,
    door        TEXT NOT NULL,
    mode        TEXT NOT NULL CHECK (mode IN ('interval', 'cumulative', 'passing')),
    begin_at    INTEGER NOT NULL,
    end_at      INTEGER NOT NULL,
    mark        TEXT NOT NULL,
    in_people   INTEGER, -- NULL where nobody counted
    out_people  INTEGER,
    covered_ppm INTEGER NOT NULL,
    daily       INTEGER NOT NULL,
    most        INTEGER,
    revision    INTEGER NOT NULL,
    PRIMARY KEY (shop, location, source, door, mode, begin_at, end_at, mark)
) STRICT, WITHOUT ROWID;

-- People a quarter of an hour and door. A quarter of which nothing is known has no row.
CREATE TABLE traffic_bins (
    shop        INTEGER NOT NULL REFERENCES shops,
    location    TEXT NOT NULL,
    start_at    INTEGER NOT NULL,
    source      TEXT NOT NULL,
    door        TEXT NOT NULL,
    in_people   INTEGER, -- NULL where nobody counted
    out_people  INTEGER,
    covered_ppm INTEGER NOT NULL,
    spread      INTEGER NOT NULL,
    at_least    INTEGER NOT NULL,
    PRIMARY KEY (shop, location, start_at, source, door)
) STRICT, WITHOUT ROWID;

-- For people -------------------------------------------------------------------------------------------------

CREATE TABLE problems (
    shop      INTEGER NOT NULL REFERENCES shops,
    kind      TEXT NOT NULL,
    key       TEXT NOT NULL,
    message   TEXT NOT NULL,
    next_step TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    PRIMARY KEY (shop, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE audits (
    shop       INTEGER NOT NULL REFERENCES shops,
    id         INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    seconds    REAL NOT NULL,
    result     TEXT NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
