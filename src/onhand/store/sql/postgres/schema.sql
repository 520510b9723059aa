-- The first version of the tables, for PostgreSQL. Times are microseconds since 1970 in UTC.
-- Text compares byte by byte, as in SQLite, so that both engines give the same order. Every key begins with the shop:
-- nothing is read or written across shops.

CREATE TABLE shops (
    shop     BIGINT PRIMARY KEY,
    name     TEXT COLLATE "C" NOT NULL UNIQUE,
    added_at BIGINT -- NULL while only deliveries came for it
);

-- How far a worker has read a log; moves in the transaction that books what was read.
CREATE TABLE positions (
    name     TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL
);

-- How often a part of the work was taken over by another process. Who took it remembers the number, and books only
-- while it still stands here.
CREATE TABLE fences (
    part  TEXT COLLATE "C" PRIMARY KEY,
    fence BIGINT NOT NULL
);

CREATE TABLE counters (
    shop  BIGINT NOT NULL REFERENCES shops,
    name  TEXT COLLATE "C" NOT NULL,
    units BIGINT NOT NULL,
    PRIMARY KEY (shop, name)
);

-- The ledger -------------------------------------------------------------------------------------------------

CREATE TABLE movements (
    shop            BIGINT NOT NULL REFERENCES shops,
    sequence        BIGINT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    item            TEXT COLLATE "C" NOT NULL,
    source_location TEXT COLLATE "C" NOT NULL,
    source_state    TEXT COLLATE "C" NOT NULL,
    target_location TEXT COLLATE "C" NOT NULL,
    target_state    TEXT COLLATE "C" NOT NULL,
    units           BIGINT NOT NULL CHECK (units > 0),
    cause           TEXT COLLATE "C" NOT NULL,
    origin          TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    occurred_at     BIGINT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    hash            BYTEA NOT NULL,
    PRIMARY KEY (shop, sequence)
);
CREATE UNIQUE INDEX movements_by_id ON movements (shop, id);
CREATE INDEX movements_by_cause ON movements (shop, cause);
CREATE INDEX movements_by_item ON movements (shop, item);
CREATE INDEX movements_unexplained ON movements (shop)
    WHERE source_state = 'unexplained' OR target_state = 'unexplained';

-- Kept by the triggers on movements. A row that came to 0 stays: it says that the level was touched.
CREATE TABLE levels (
    shop     BIGINT NOT NULL,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    state    TEXT COLLATE "C" NOT NULL,
    units    BIGINT NOT NULL,
    PRIMARY KEY (shop, item, location, state)
);
CREATE INDEX levels_below_zero ON levels (shop) WHERE state = 'available' AND units < 0;

-- Units in state reserved by the channel whose orders hold them; kept by the triggers on movements.
CREATE TABLE held (
    shop   BIGINT NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    item   TEXT COLLATE "C" NOT NULL,
    units  BIGINT NOT NULL,
    PRIMARY KEY (shop, origin, item)
);

-- What Shopify has not been told yet; rows that come to 0 are removed.
CREATE TABLE owed (
    shop       BIGINT NOT NULL,
    item       TEXT COLLATE "C" NOT NULL,
    location   TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    units      BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    left_units BIGINT NOT NULL, -- what the books have for sale of the level, whatever the state of this row
    PRIMARY KEY (shop, item, location, state)
);
-- The order in which levels are told: what lowers, then what raises, each with the fewest units first.
CREATE INDEX owed_by_risk ON owed (
    shop,
    (CASE WHEN state <> 'available' THEN 2 WHEN units > 0 THEN 1 ELSE 0 END),
    left_units, item, location
);

-- When the opening balance of a level was read. An item that is counted again begins a new era: the shop's next number.
CREATE TABLE openings (
    shop     BIGINT NOT NULL REFERENCES shops,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    cut_at   BIGINT NOT NULL,
    era      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (shop, item, location)
);

CREATE TABLE pictures (
    shop        BIGINT NOT NULL REFERENCES shops,
    cause       TEXT COLLATE "C" NOT NULL,
    channel     TEXT COLLATE "C" NOT NULL,
    version_at  BIGINT NOT NULL,
    reading     BIGINT NOT NULL,
    digest      TEXT COLLATE "C" NOT NULL,
    told_digest TEXT COLLATE "C",
    closed      BOOLEAN NOT NULL,
    made_by     TEXT COLLATE "C", -- the app that made the order; NULL where the platform itself did
    name        TEXT COLLATE "C", -- what people call it, such as #1001; NULL where nobody said
    recorded_at BIGINT NOT NULL,
    known_at    BIGINT, -- when what the openings hold of it was made out; NULL while it was never shown whole
    era         BIGINT NOT NULL, -- the newest one by then
    holds       BOOLEAN NOT NULL, -- whether any opening holds something of it
    PRIMARY KEY (shop, cause)
);

-- What people call an open order finds it: a third party's shipping advice says no more than that.
CREATE INDEX pictures_by_name ON pictures (shop, name) WHERE NOT closed;

-- What opening balances hold of a fact: it is not booked under its name.
CREATE TABLE contained (
    shop     BIGINT NOT NULL REFERENCES shops,
    cause    TEXT COLLATE "C" NOT NULL,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    state    TEXT COLLATE "C" NOT NULL,
    units    BIGINT NOT NULL,
    PRIMARY KEY (shop, cause, item, location, state)
);
-- Those of which no level has shown yet where they are.
CREATE INDEX contained_somewhere ON contained (shop, item) WHERE location = '';

-- Open units of an order whose location is not known yet; rows that come to 0 are removed.
CREATE TABLE unplaced (
    shop       BIGINT NOT NULL REFERENCES shops,
    cause      TEXT COLLATE "C" NOT NULL,
    item       TEXT COLLATE "C" NOT NULL,
    units      BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    PRIMARY KEY (shop, cause, item)
);
CREATE INDEX unplaced_by_item ON unplaced (shop, item);

-- How orders of bundles count for listings, beyond what they move: for the bundle, and (below zero) not for its
-- components.
CREATE TABLE bundled (
    shop        BIGINT NOT NULL REFERENCES shops,
    cause       TEXT COLLATE "C" NOT NULL,
    item        TEXT COLLATE "C" NOT NULL,
    origin      TEXT COLLATE "C" NOT NULL,
    open_units  BIGINT NOT NULL,
    taken_units BIGINT NOT NULL,
    PRIMARY KEY (shop, cause, item)
);
CREATE INDEX bundled_by_item ON bundled (shop, item, origin) WHERE open_units <> 0;

-- Items of an order that has claimed no stock of theirs at the platform: its movements of them are not booked.
CREATE TABLE unclaimed (
    shop  BIGINT NOT NULL REFERENCES shops,
    cause TEXT COLLATE "C" NOT NULL,
    item  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, cause, item)
);

-- Items of orders from elsewhere that nobody counted when the order was last booked: the platform was told nothing.
CREATE TABLE passed_over (
    shop    BIGINT NOT NULL REFERENCES shops,
    cause   TEXT COLLATE "C" NOT NULL,
    item    TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, cause, item)
);
CREATE INDEX passed_over_by_item ON passed_over (shop, item);

-- Orders from elsewhere that another app brings, or may bring, to the platform: their newest picture. `waits` says
-- whether more of them is to come.
CREATE TABLE imported_orders (
    shop      BIGINT NOT NULL REFERENCES shops,
    cause     TEXT COLLATE "C" NOT NULL,
    picture   BYTEA NOT NULL,
    placed_at BIGINT NOT NULL,
    waits     BOOLEAN NOT NULL,
    PRIMARY KEY (shop, cause)
);
CREATE INDEX imported_orders_waiting ON imported_orders (shop, placed_at) WHERE waits;

-- What an order at the platform has claimed for one of them: so much of it is not held again.
CREATE TABLE twins (
    shop  BIGINT NOT NULL REFERENCES shops,
    cause TEXT COLLATE "C" NOT NULL,
    twin  TEXT COLLATE "C" NOT NULL,
    item  TEXT COLLATE "C" NOT NULL,
    units BIGINT NOT NULL,
    PRIMARY KEY (shop, cause, twin, item)
);
CREATE INDEX twins_by_twin ON twins (shop, twin);

-- What became of goods on their way back: a row a line of a return, or of an order whose refund put nothing back.
CREATE TABLE returned (
    shop             BIGINT NOT NULL REFERENCES shops,
    cause            TEXT COLLATE "C" NOT NULL,
    line             TEXT COLLATE "C" NOT NULL,
    order_cause      TEXT COLLATE "C" NOT NULL,
    name             TEXT COLLATE "C" NOT NULL,
    status           TEXT COLLATE "C" NOT NULL,
    item             TEXT COLLATE "C" NOT NULL,
    units            BIGINT NOT NULL,
    restocked_units  BIGINT NOT NULL,
    discarded_units  BIGINT NOT NULL,
    missing_units    BIGINT NOT NULL,
    processing_units BIGINT NOT NULL,
    opened_at        BIGINT NOT NULL,
    PRIMARY KEY (shop, cause, line)
);
CREATE INDEX returned_by_item ON returned (shop, item);

-- Observations -----------------------------------------------------------------------------------------------

-- The newest of each source: a column a state, NULL where the source has not shown it.
CREATE TABLE observed (
    shop            BIGINT NOT NULL REFERENCES shops,
    item            TEXT COLLATE "C" NOT NULL,
    location        TEXT COLLATE "C" NOT NULL,
    source          TEXT COLLATE "C" NOT NULL,
    available       BIGINT,
    committed       BIGINT,
    reserved        BIGINT,
    damaged         BIGINT,
    quality_control BIGINT,
    safety_stock    BIGINT,
    incoming        BIGINT,
    observed_at     BIGINT NOT NULL,
    reading         BIGINT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    agreed_at       BIGINT,
    gap_since       BIGINT,
    PRIMARY KEY (shop, item, location, source)
);
CREATE INDEX observed_gaps ON observed (shop, source, gap_since) WHERE gap_since IS NOT NULL;

-- Their history: a row where a number changed.
CREATE TABLE observations (
    shop            BIGINT NOT NULL REFERENCES shops,
    item            TEXT COLLATE "C" NOT NULL,
    sequence        BIGINT NOT NULL,
    location        TEXT COLLATE "C" NOT NULL,
    source          TEXT COLLATE "C" NOT NULL,
    available       BIGINT,
    committed       BIGINT,
    reserved        BIGINT,
    damaged         BIGINT,
    quality_control BIGINT,
    safety_stock    BIGINT,
    incoming        BIGINT,
    observed_at     BIGINT NOT NULL,
    reading         BIGINT NOT NULL,
    recorded_at     BIGINT NOT NULL,
    PRIMARY KEY (shop, item, sequence)
);

-- Levels that something touched since they were last compared.
CREATE TABLE comparisons (
    shop     BIGINT NOT NULL,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, item, location)
);

CREATE TABLE drifts (
    shop         BIGINT NOT NULL REFERENCES shops,
    id           BIGINT NOT NULL,
    item         TEXT COLLATE "C" NOT NULL,
    location     TEXT COLLATE "C" NOT NULL,
    source       TEXT COLLATE "C" NOT NULL,
    books        TEXT COLLATE "C" NOT NULL,
    observed     TEXT COLLATE "C" NOT NULL,
    observed_at  BIGINT NOT NULL,
    cause        TEXT COLLATE "C" NOT NULL,
    confidence   DOUBLE PRECISION NOT NULL,
    evidence     TEXT COLLATE "C" NOT NULL,
    status       TEXT COLLATE "C" NOT NULL CHECK (status IN ('open', 'adopted', 'closed')),
    opened_at    BIGINT NOT NULL,
    closed_at    BIGINT,
    note         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, id)
);
CREATE UNIQUE INDEX drifts_open ON drifts (shop, item, location, source) WHERE status = 'open';

-- What a person, or the authority of a location, has decided about a drift. `before` and `after` are units by state: of the
-- platform where `way` is write, of the books where they adopt. `undoes` is the row that this one takes back.
CREATE TABLE fixes (
    shop     BIGINT NOT NULL REFERENCES shops,
    id       BIGINT NOT NULL,
    drift    BIGINT NOT NULL,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    way      TEXT COLLATE "C" NOT NULL CHECK (way IN ('write', 'adopt', 'keep')),
    before   TEXT COLLATE "C" NOT NULL,
    after    TEXT COLLATE "C" NOT NULL,
    actor    TEXT COLLATE "C" NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL,
    run      TEXT COLLATE "C" NOT NULL, -- the name of its writes; of an adoption, its cause
    made_at  BIGINT NOT NULL,
    undoes   BIGINT,
    PRIMARY KEY (shop, id)
);
CREATE INDEX fixes_by_drift ON fixes (shop, drift);

-- What is left of an adoption that no later picture has explained; rows that come to 0 are removed.
CREATE TABLE adoptions (
    shop        BIGINT NOT NULL REFERENCES shops,
    cause       TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    item        TEXT COLLATE "C" NOT NULL,
    location    TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    units       BIGINT NOT NULL,
    observed_at BIGINT NOT NULL,
    PRIMARY KEY (shop, cause, state)
);
CREATE INDEX adoptions_by_level ON adoptions (shop, item, location);

-- Selling ----------------------------------------------------------------------------------------------------

CREATE TABLE offers (
    shop          BIGINT NOT NULL REFERENCES shops,
    channel       TEXT COLLATE "C" NOT NULL,
    listing       TEXT COLLATE "C" NOT NULL,
    item          TEXT COLLATE "C" NOT NULL,
    units         BIGINT,
    told_units    BIGINT,
    told_at       BIGINT,
    computed_at   BIGINT,
    touched_at    BIGINT NOT NULL,
    unseen_units  BIGINT NOT NULL DEFAULT 0,
    shown_units   BIGINT,
    shown_at      BIGINT,
    overruled     BIGINT NOT NULL DEFAULT 0, -- times in a row that a look showed other than what was told
    parked_reason TEXT COLLATE "C",
    parked_units  BIGINT, -- the number that was refused, where another one may be taken; NULL: any is refused
    locked_units  BIGINT NOT NULL DEFAULT 0, -- what a promotion has locked: it cannot be told less
    locked_for    TEXT COLLATE "C" NOT NULL DEFAULT '',
    spread        TEXT COLLATE "C", -- the units by location, JSON pairs, where the channel is told so; NULL: one number
    told_spread   TEXT COLLATE "C",
    PRIMARY KEY (shop, channel, listing)
);
CREATE INDEX offers_by_item ON offers (shop, item);
CREATE INDEX offers_untold ON offers (shop, channel)
    WHERE units IS DISTINCT FROM told_units OR spread IS DISTINCT FROM told_spread;

-- Items that something touched since their offers were last computed: their offers are stale.
CREATE TABLE touched (
    shop       BIGINT NOT NULL,
    item       TEXT COLLATE "C" NOT NULL,
    touched_at BIGINT NOT NULL,
    PRIMARY KEY (shop, item)
);

-- Which offers draw on an item's units: its own where it is offered, and those of the bundles it is part of.
-- Kept by the triggers on offers and components.
CREATE TABLE draws (
    shop    BIGINT NOT NULL,
    item    TEXT COLLATE "C" NOT NULL,
    offered TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, item, offered)
);

CREATE TABLE selling_rules (
    shop         BIGINT NOT NULL REFERENCES shops,
    channel      TEXT COLLATE "C" NOT NULL,
    locations    TEXT COLLATE "C" NOT NULL,
    buffer_units BIGINT NOT NULL,
    enforced_in  TEXT COLLATE "C", -- locations where the buffer is put aside; NULL where the channel is told its number
    touched_at   BIGINT NOT NULL,
    PRIMARY KEY (shop, channel)
);

-- Buffers that people have set for one item on one channel, in place of the channel's own.
CREATE TABLE item_buffers (
    shop         BIGINT NOT NULL REFERENCES shops,
    channel      TEXT COLLATE "C" NOT NULL,
    item         TEXT COLLATE "C" NOT NULL,
    buffer_units BIGINT NOT NULL CHECK (buffer_units >= 0),
    said_by      TEXT COLLATE "C" NOT NULL, -- where, in words that an explanation ends with
    touched_at   BIGINT NOT NULL,
    PRIMARY KEY (shop, channel, item)
);
CREATE INDEX item_buffers_by_item ON item_buffers (shop, item);

-- Units that a further till or site keeps aside for one of its shoppers. `kept` says in JSON what of which item at which
-- location; the ledger has them in state reserved while the status is held.
CREATE TABLE holds (
    shop       BIGINT NOT NULL REFERENCES shops,
    id         BIGINT NOT NULL,
    key        TEXT COLLATE "C" NOT NULL, -- the asker's name of the request
    asked      TEXT COLLATE "C" NOT NULL, -- its words
    item       TEXT COLLATE "C" NOT NULL,
    units      BIGINT NOT NULL CHECK (units > 0),
    for_s      BIGINT NOT NULL,
    channel    TEXT COLLATE "C", -- by whose rule; NULL where a location was named
    location   TEXT COLLATE "C",
    reference  TEXT COLLATE "C",
    kept       TEXT COLLATE "C" NOT NULL,
    status     TEXT COLLATE "C" NOT NULL CHECK (status IN ('held', 'confirmed', 'released', 'expired')),
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT, -- NULL while it is held
    PRIMARY KEY (shop, id)
);
CREATE UNIQUE INDEX holds_by_key ON holds (shop, key);
CREATE INDEX holds_due ON holds (shop, expires_at) WHERE status = 'held';
CREATE INDEX holds_by_item ON holds (shop, item) WHERE status = 'held';

-- Who may ask from another machine: tills, sites, programs. Of a key only the digest of its secret is kept.
CREATE TABLE api_keys (
    shop         BIGINT NOT NULL REFERENCES shops,
    id           TEXT COLLATE "C" NOT NULL, -- the public half, drawn
    name         TEXT COLLATE "C" NOT NULL,
    may          TEXT COLLATE "C" NOT NULL, -- in JSON
    digest       TEXT COLLATE "C" NOT NULL, -- SHA-256 of the secret half
    made_at      BIGINT NOT NULL,
    last_used_at BIGINT, -- to the minute; NULL before the first time
    revoked_at   BIGINT, -- NULL while it counts
    PRIMARY KEY (shop, id)
);
CREATE UNIQUE INDEX api_keys_by_name ON api_keys (shop, name) WHERE revoked_at IS NULL;

-- Who is told by webhooks of ours: the newest number of each item and channel, and whether it was taken. `due_at` is NULL
-- for what was taken, and for what was given up. `offered` is 0 where the channel has no number for the item any more.
CREATE TABLE announcements (
    shop        BIGINT NOT NULL REFERENCES shops,
    webhook     TEXT COLLATE "C" NOT NULL,
    channel     TEXT COLLATE "C" NOT NULL,
    item        TEXT COLLATE "C" NOT NULL,
    units       BIGINT NOT NULL,
    offered     BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    computed_at BIGINT NOT NULL,
    delivered   BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    due_at      BIGINT,
    trouble     TEXT COLLATE "C",
    PRIMARY KEY (shop, webhook, channel, item)
);
CREATE INDEX announcements_due ON announcements (shop, webhook, due_at) WHERE due_at IS NOT NULL;

-- Listeners that have said that nobody listens there any more.
CREATE TABLE stopped_webhooks (
    shop    BIGINT NOT NULL REFERENCES shops,
    webhook TEXT COLLATE "C" NOT NULL,
    because TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, webhook)
);

-- What each listener that is told of problems has last heard of each; a problem it never heard of has no row.
CREATE TABLE alerts (
    shop    BIGINT NOT NULL REFERENCES shops,
    webhook TEXT COLLATE "C" NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL,
    key     TEXT COLLATE "C" NOT NULL,
    open    BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (shop, webhook, kind, key)
);

-- The digest of problems that is on its way to a listener, until it is taken: a repeat has the same words.
CREATE TABLE digests (
    shop      BIGINT NOT NULL REFERENCES shops,
    webhook   TEXT COLLATE "C" NOT NULL,
    sequence  BIGINT NOT NULL,
    body      TEXT COLLATE "C", -- NULL where nothing is on its way
    tells     TEXT COLLATE "C" NOT NULL,
    attempts  BIGINT NOT NULL,
    due_at    BIGINT NOT NULL,
    trouble   TEXT COLLATE "C",
    PRIMARY KEY (shop, webhook)
);

-- The workbook in Google Sheets: how far it was read from the books, and how often it was written.
CREATE TABLE workbooks (
    shop        BIGINT NOT NULL REFERENCES shops,
    spreadsheet TEXT COLLATE "C" NOT NULL,
    sequence    BIGINT NOT NULL,
    offers_at   BIGINT NOT NULL,
    revision    BIGINT NOT NULL,
    PRIMARY KEY (shop)
);

-- Its rows, each a JSON list: `wanted` is what should stand there (NULL: nothing), `told` what was written last (NULL: it
-- is not there). `remarked_at` is when a person's edit was last put right.
CREATE TABLE workbook_rows (
    shop        BIGINT NOT NULL REFERENCES shops,
    tab         TEXT COLLATE "C" NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    wanted      TEXT COLLATE "C",
    told        TEXT COLLATE "C",
    remark      TEXT COLLATE "C" NOT NULL DEFAULT '',
    remarked_at BIGINT,
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (shop, tab, key)
);
CREATE INDEX workbook_rows_untold ON workbook_rows (shop, changed_at) WHERE wanted IS DISTINCT FROM told;

-- Units of ours among the safety stock of a level: a buffer that the platform enforces. Rows that come to 0 are removed.
CREATE TABLE aside (
    shop     BIGINT NOT NULL REFERENCES shops,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    units    BIGINT NOT NULL CHECK (units > 0),
    PRIMARY KEY (shop, item, location)
);

-- The mark that these books have left at a shop: `held` stands there, `wanted` was sent and may. Another one there
-- means that another copy of them is at work; `takes_any` that a person has said this one is the right one.
CREATE TABLE marks (
    shop      BIGINT PRIMARY KEY REFERENCES shops,
    held      TEXT COLLATE "C",
    wanted    TEXT COLLATE "C",
    takes_any BIGINT NOT NULL
);

-- The newest count of a level by a third party that keeps goods there, until the next one. `since_sequence` is a movement
-- before which nothing happened after the count. `gap_units` is what was counted less what the books held then;
-- `filed_units` is the gap that a person was shown, `adopted_units` what was taken over and nothing has explained since.
CREATE TABLE counted (
    shop           BIGINT NOT NULL REFERENCES shops,
    source         TEXT COLLATE "C" NOT NULL,
    item           TEXT COLLATE "C" NOT NULL,
    location       TEXT COLLATE "C" NOT NULL,
    units          BIGINT NOT NULL,
    measure        TEXT COLLATE "C" NOT NULL CHECK (measure IN ('on_hand', 'available')),
    as_of          BIGINT NOT NULL,
    sequence       BIGINT, -- NULL where the third party numbers nothing
    cause          TEXT COLLATE "C" NOT NULL,
    since_sequence BIGINT NOT NULL,
    gap_units      BIGINT NOT NULL DEFAULT 0,
    gap_since      BIGINT, -- NULL where it agrees
    filed_units    BIGINT NOT NULL DEFAULT 0,
    adopted_units  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (shop, item, location, source)
);
CREATE INDEX counted_gaps ON counted (shop, gap_since) WHERE gap_since IS NOT NULL;

-- Levels that did not add up when they were last read, until a reading does. `tries` counts readings that were due.
CREATE TABLE doubts (
    shop         BIGINT NOT NULL REFERENCES shops,
    item         TEXT COLLATE "C" NOT NULL,
    location     TEXT COLLATE "C" NOT NULL,
    told_units   BIGINT NOT NULL,
    summed_units BIGINT NOT NULL,
    since_at     BIGINT NOT NULL,
    due_at       BIGINT, -- NULL once it was tried often enough: it stands as a problem
    tries        BIGINT NOT NULL,
    reading      BIGINT NOT NULL,
    PRIMARY KEY (shop, item, location)
);

CREATE TABLE channels (
    shop          BIGINT NOT NULL REFERENCES shops,
    channel       TEXT COLLATE "C" NOT NULL,
    armed         BOOLEAN NOT NULL DEFAULT FALSE,
    paused        BOOLEAN NOT NULL DEFAULT FALSE,
    held_reason   TEXT COLLATE "C",
    removed_at    BIGINT, -- when the shop was last heard to have removed the app
    imported      TEXT COLLATE "C" NOT NULL DEFAULT 'unknown' CHECK (imported IN ('yes', 'no', 'unknown')),
    cursor_at     BIGINT,
    zeros_allowed BIGINT NOT NULL DEFAULT 0,
    least_units   BIGINT NOT NULL DEFAULT 0, -- what a listing there can be told
    most_units    BIGINT,
    kept_in       TEXT COLLATE "C" NOT NULL DEFAULT '[]', -- locations where it keeps a number each, JSON; none: one number
    PRIMARY KEY (shop, channel)
);

-- Writes to the outside, durable before they are sent.
CREATE TABLE intents (
    shop         BIGINT NOT NULL REFERENCES shops,
    key          TEXT COLLATE "C" NOT NULL,
    channel      TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL CHECK (kind IN ('offer', 'telling', 'setting', 'stocking')),
    body         BYTEA NOT NULL,
    carries      TEXT COLLATE "C" NOT NULL,
    status       TEXT COLLATE "C" NOT NULL CHECK (status IN ('planned', 'sent', 'applied', 'rejected', 'stale', 'unknown', 'parked')),
    attempts     BIGINT NOT NULL,
    planned_at   BIGINT NOT NULL,
    sent_at      BIGINT,
    concluded_at BIGINT,
    note         TEXT COLLATE "C" NOT NULL,
    compares     BOOLEAN NOT NULL,
    reading      BIGINT NOT NULL, -- of our readings, which number: what its answer shows is as new as that
    PRIMARY KEY (shop, key)
);
CREATE INDEX intents_open ON intents (shop, channel, planned_at) WHERE status IN ('planned', 'sent', 'unknown');
CREATE INDEX intents_recent ON intents (shop, planned_at);

-- What open intents are about: a listing of a channel, or a level (item and location). Nothing else may be sent there.
CREATE TABLE covered (
    shop    BIGINT NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    place   TEXT COLLATE "C" NOT NULL,
    intent  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, kind, subject, place, channel, intent)
);
CREATE INDEX covered_by_intent ON covered (shop, intent);

-- Comparisons that a level has lost in a row.
CREATE TABLE lost_compares (
    shop     BIGINT NOT NULL REFERENCES shops,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    lost     BIGINT NOT NULL,
    PRIMARY KEY (shop, item, location)
);

-- Deliveries and readings ------------------------------------------------------------------------------------

CREATE TABLE deliveries (
    shop        BIGINT NOT NULL REFERENCES shops,
    position    BIGINT NOT NULL,
    channel     TEXT COLLATE "C" NOT NULL,
    topic       TEXT COLLATE "C" NOT NULL,
    delivery_id TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    status      TEXT COLLATE "C" NOT NULL CHECK (status IN ('done', 'parked')),
    note        TEXT COLLATE "C" NOT NULL,
    finished_at BIGINT NOT NULL,
    PRIMARY KEY (shop, position)
);
CREATE INDEX deliveries_parked ON deliveries (shop) WHERE status = 'parked';

-- Kept by the triggers on deliveries: counting millions of rows for a page would take too long.
CREATE TABLE delivery_counts (
    shop       BIGINT NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    deliveries BIGINT NOT NULL,
    PRIMARY KEY (shop, status)
);

CREATE TABLE asks (
    shop          BIGINT NOT NULL REFERENCES shops,
    channel       TEXT COLLATE "C" NOT NULL,
    wanted        TEXT COLLATE "C" NOT NULL,
    key           TEXT COLLATE "C" NOT NULL,
    because       TEXT COLLATE "C" NOT NULL,
    asked_at      BIGINT NOT NULL,
    asked_reading BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    PRIMARY KEY (shop, channel, wanted, key)
);
CREATE INDEX asks_due ON asks (shop, channel, wanted, due_at);

-- How each topic of a channel was subscribed to when it was last looked at; `right_at` is NULL while it never was right.
CREATE TABLE subscriptions (
    shop     BIGINT NOT NULL REFERENCES shops,
    channel  TEXT COLLATE "C" NOT NULL,
    topic    TEXT COLLATE "C" NOT NULL,
    state    TEXT COLLATE "C" NOT NULL,
    seen_at  BIGINT NOT NULL,
    right_at BIGINT,
    PRIMARY KEY (shop, channel, topic)
);

-- Times in which a topic did not come to us: over once it is mended, made good once what was missed is read.
CREATE TABLE lapses (
    shop      BIGINT NOT NULL REFERENCES shops,
    channel   TEXT COLLATE "C" NOT NULL,
    topic     TEXT COLLATE "C" NOT NULL,
    since_at  BIGINT NOT NULL,
    found_at  BIGINT NOT NULL,
    state     TEXT COLLATE "C" NOT NULL,
    whole     BOOLEAN NOT NULL,
    mended_at BIGINT,
    filled_at BIGINT,
    PRIMARY KEY (shop, channel, topic, since_at)
);
CREATE INDEX lapses_open ON lapses (shop, channel) WHERE filled_at IS NULL;

-- When deliveries of a topic came, a row a day, and the longest time without one that ended on that day.
CREATE TABLE arrivals (
    shop       BIGINT NOT NULL REFERENCES shops,
    channel    TEXT COLLATE "C" NOT NULL,
    topic      TEXT COLLATE "C" NOT NULL,
    day        BIGINT NOT NULL,
    deliveries BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    silence_us BIGINT NOT NULL,
    PRIMARY KEY (shop, channel, topic, day)
);

-- What the law demands -----------------------------------------------------------------------------------------

-- Numbers of customers and orders: raw bodies in the log that name one of them must go.
CREATE TABLE redactions (
    shop      BIGINT NOT NULL REFERENCES shops,
    ids       TEXT COLLATE "C" NOT NULL,
    asked_at  BIGINT NOT NULL,
    done_at   BIGINT,
    forgotten BIGINT,
    PRIMARY KEY (shop, ids, asked_at)
);

-- A shop whose rows may be removed, its movements too: the one exception to the ledger's rule.
CREATE TABLE erasures (
    shop     BIGINT PRIMARY KEY REFERENCES shops,
    because  TEXT COLLATE "C" NOT NULL,
    asked_at BIGINT NOT NULL
);

-- Catalog ----------------------------------------------------------------------------------------------------

CREATE TABLE items (
    shop             BIGINT NOT NULL REFERENCES shops,
    item             TEXT COLLATE "C" NOT NULL,
    sku              TEXT COLLATE "C",
    sku_key          TEXT COLLATE "C",
    title            TEXT COLLATE "C" NOT NULL,
    tracked          BOOLEAN NOT NULL,
    sells_below_zero BOOLEAN NOT NULL,
    bundle           BOOLEAN NOT NULL,
    price            TEXT COLLATE "C", -- exact decimals, in the shop's currency
    unit_cost        TEXT COLLATE "C",
    currency         TEXT COLLATE "C",
    updated_at       BIGINT NOT NULL,
    removed_at       BIGINT,
    PRIMARY KEY (shop, item)
);
CREATE INDEX items_by_sku ON items (shop, sku_key);

-- Every SKU an item has had since a time, the present one included.
CREATE TABLE sku_history (
    shop     BIGINT NOT NULL REFERENCES shops,
    item     TEXT COLLATE "C" NOT NULL,
    since_at BIGINT NOT NULL,
    sku      TEXT COLLATE "C",
    sku_key  TEXT COLLATE "C",
    PRIMARY KEY (shop, item, since_at)
);
CREATE INDEX sku_history_by_sku ON sku_history (shop, sku_key) WHERE sku_key IS NOT NULL;

-- What a bundle is made of now, since the last change of it.
CREATE TABLE components (
    shop     BIGINT NOT NULL REFERENCES shops,
    bundle   TEXT COLLATE "C" NOT NULL,
    item     TEXT COLLATE "C" NOT NULL,
    units    BIGINT NOT NULL CHECK (units > 0),
    since_at BIGINT NOT NULL,
    PRIMARY KEY (shop, bundle, item)
);
CREATE INDEX components_by_item ON components (shop, item);

-- What a bundle has been made of since a time, the present components included: orders keep those of their time.
CREATE TABLE compositions (
    shop     BIGINT NOT NULL REFERENCES shops,
    bundle   TEXT COLLATE "C" NOT NULL,
    since_at BIGINT NOT NULL,
    item     TEXT COLLATE "C" NOT NULL,
    units    BIGINT NOT NULL,
    PRIMARY KEY (shop, bundle, since_at, item)
);

CREATE TABLE locations (
    shop           BIGINT NOT NULL REFERENCES shops,
    location       TEXT COLLATE "C" NOT NULL,
    name           TEXT COLLATE "C" NOT NULL,
    active         BOOLEAN NOT NULL,
    fulfils_online BOOLEAN NOT NULL,
    ships          BOOLEAN, -- NULL where it could not be read
    picks_up       BOOLEAN,
    updated_at     BIGINT NOT NULL,
    PRIMARY KEY (shop, location)
);

CREATE TABLE listings (
    shop       BIGINT NOT NULL REFERENCES shops,
    channel    TEXT COLLATE "C" NOT NULL,
    listing    TEXT COLLATE "C" NOT NULL,
    item       TEXT COLLATE "C",
    sku        TEXT COLLATE "C",
    sku_key    TEXT COLLATE "C",
    grouped    TEXT COLLATE "C",
    place      TEXT COLLATE "C",
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (shop, channel, listing)
);
CREATE INDEX listings_by_sku ON listings (shop, sku_key) WHERE sku_key IS NOT NULL;
CREATE INDEX listings_by_item ON listings (shop, item) WHERE item IS NOT NULL;

-- The platform's own ids of levels. An inactive level is not stocked any more and may still hold units.
CREATE TABLE level_ids (
    shop     BIGINT NOT NULL REFERENCES shops,
    item     TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C" NOT NULL,
    level_id TEXT COLLATE "C" NOT NULL,
    active   BOOLEAN NOT NULL,
    since_at BIGINT NOT NULL,
    PRIMARY KEY (shop, item, location)
);
CREATE INDEX level_ids_inactive ON level_ids (shop, item) WHERE NOT active;

-- Foot traffic -----------------------------------------------------------------------------------------------

-- The doors whose sensors have counted. Times are those of the first and the last bin; `heard_at` is our own time.
CREATE TABLE traffic_doors (
    shop     BIGINT NOT NULL REFERENCES shops,
    location TEXT COLLATE "C" NOT NULL,
    source   TEXT COLLATE "C" NOT NULL,
    door     TEXT COLLATE "C" NOT NULL,
    staff    BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (shop, location, source, door)
);

-- What sensors said, as they said it: bins are made from these again when one comes late.
CREATE TABLE traffic_readings (
    shop        BIGINT NOT NULL REFERENCES shops,
    location    TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    door        TEXT COLLATE "C" NOT NULL,
    mode        TEXT COLLATE "C" NOT NULL CHECK (mode IN ('interval', 'cumulative', 'passing')),
    begin_at    BIGINT NOT NULL,
    end_at      BIGINT NOT NULL,
    mark        TEXT COLLATE "C" NOT NULL,
    in_people   BIGINT, -- NULL where nobody counted
    out_people  BIGINT,
    covered_ppm BIGINT NOT NULL,
    daily       BIGINT NOT NULL,
    most        BIGINT,
    revision    BIGINT NOT NULL,
    PRIMARY KEY (shop, location, source, door, mode, begin_at, end_at, mark)
);

-- People a quarter of an hour and door. A quarter of which nothing is known has no row.
CREATE TABLE traffic_bins (
    shop        BIGINT NOT NULL REFERENCES shops,
    location    TEXT COLLATE "C" NOT NULL,
    start_at    BIGINT NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    door        TEXT COLLATE "C" NOT NULL,
    in_people   BIGINT, -- NULL where nobody counted
    out_people  BIGINT,
    covered_ppm BIGINT NOT NULL,
    spread      BIGINT NOT NULL,
    at_least    BIGINT NOT NULL,
    PRIMARY KEY (shop, location, start_at, source, door)
);

-- For people -------------------------------------------------------------------------------------------------

CREATE TABLE problems (
    shop      BIGINT NOT NULL REFERENCES shops,
    kind      TEXT COLLATE "C" NOT NULL,
    key       TEXT COLLATE "C" NOT NULL,
    message   TEXT COLLATE "C" NOT NULL,
    next_step TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (shop, kind, key)
);

CREATE TABLE audits (
    shop       BIGINT NOT NULL REFERENCES shops,
    id         BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    seconds    DOUBLE PRECISION NOT NULL,
    result     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, id)
);
