-- Tables of the connection that writes; nothing in them outlives it.

-- Levels of a census on their way into the books, a batch at a time.
CREATE TEMP TABLE census_levels (
    item            TEXT NOT NULL,
    location        TEXT NOT NULL,
    level_id        TEXT NOT NULL,
    active          INTEGER NOT NULL,
    counted         INTEGER NOT NULL, -- its item has units of its own; of the others only the level's id is kept
    available       INTEGER,
    committed       INTEGER,
    reserved        INTEGER,
    damaged         INTEGER,
    quality_control INTEGER,
    safety_stock    INTEGER,
    incoming        INTEGER,
    observed_at     INTEGER NOT NULL,
    fresh           INTEGER NOT NULL DEFAULT 0, -- nothing has moved there, and it was not opened yet
    unseen          INTEGER NOT NULL DEFAULT 0, -- the source has not shown it yet
    settled         INTEGER NOT NULL DEFAULT 0, -- it equals the books, and nothing is owed or in flight there
    PRIMARY KEY (item, location)
) STRICT, WITHOUT ROWID;

-- Offers on their way to where their triggers follow.
CREATE TEMP TABLE new_offers (
    shop       INTEGER NOT NULL,
    channel    TEXT NOT NULL,
    listing    TEXT NOT NULL,
    item       TEXT NOT NULL,
    touched_at INTEGER NOT NULL
) STRICT;

-- Movements on their way into the ledger.
CREATE TEMP TABLE new_movements (
    shop            INTEGER NOT NULL,
    sequence        INTEGER NOT NULL,
    id              TEXT NOT NULL,
    item            TEXT NOT NULL,
    source_location TEXT NOT NULL,
    source_state    TEXT NOT NULL,
    target_location TEXT NOT NULL,
    target_state    TEXT NOT NULL,
    units           INTEGER NOT NULL,
    cause           TEXT NOT NULL,
    origin          TEXT NOT NULL,
    reason          TEXT NOT NULL,
    occurred_at     INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    hash            BLOB NOT NULL
) STRICT;
