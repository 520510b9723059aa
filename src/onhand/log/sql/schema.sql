-- Version 1 of the log. Bodies are sealed; what stands in clear is what finding and removing duplicates needs.

CREATE TABLE sources (
    source  INTEGER PRIMARY KEY,
    shop    TEXT NOT NULL,
    channel TEXT NOT NULL,
    UNIQUE (shop, channel)
) STRICT;

-- Positions grow by one and rows are never deleted: the newest position is the count of what was accepted.
-- Times are microseconds since 1970 in UTC. A NULL body was dropped after the retention time.
CREATE TABLE deliveries (
    position     INTEGER PRIMARY KEY,
    source       INTEGER NOT NULL REFERENCES sources (source),
    delivery_id  TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    event_id     TEXT,
    triggered_at INTEGER,
    received_at  INTEGER NOT NULL,
    body         BLOB,
    UNIQUE (source, delivery_id)
) STRICT;

CREATE TABLE counters (
    name       TEXT PRIMARY KEY,
    deliveries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE anchors (
    shop            TEXT    NOT NULL,
    ledger_sequence INTEGER NOT NULL,
    head            BLOB    NOT NULL,
    anchored_at     INTEGER NOT NULL,
    PRIMARY KEY (shop, ledger_sequence)
) STRICT, WITHOUT ROWID;
