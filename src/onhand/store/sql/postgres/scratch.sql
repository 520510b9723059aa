-- Tables of the connection that writes; nothing in them outlives it.

-- Levels of a census on their way into the books, a batch at a time.
CREATE TEMP TABLE census_levels (
    item            TEXT COLLATE "C" NOT NULL,
    location        TEXT COLLATE "C" NOT NULL,
    level_id        TEXT COLLATE "C" NOT NULL,
    active          BOOLEAN NOT NULL,
    counted         BOOLEAN NOT NULL, -- its item has units of its own; of the others only the level's id is kept
    available       BIGINT,
    committed       BIGINT,
    reserved        BIGINT,
    damaged         BIGINT,
    quality_control BIGINT,
    safety_stock    BIGINT,
    incoming        BIGINT,
    observed_at     BIGINT NOT NULL,
    fresh           BOOLEAN NOT NULL DEFAULT FALSE, -- nothing has moved there, and it was not opened yet
    unseen          BOOLEAN NOT NULL DEFAULT FALSE, -- the source has not shown it yet
    settled         BOOLEAN NOT NULL DEFAULT FALSE, -- it equals the books, and nothing is owed or in flight there
    PRIMARY KEY (item, location)
);
