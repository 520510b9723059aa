-- What the planner must know to choose an index: one shop may be the whole table, so its column narrows nothing.
-- Without it, it takes the primary key for the shop alone and reads every movement ever booked.
-- Rows of a table, then rows that share the first column of the index, the first two, ...

ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('movements', 'movements', '1000000 1000000 1'),
    ('movements', 'movements_by_id', '1000000 1000000 1 1'),
    ('movements', 'movements_by_cause', '1000000 1000000 3 1'),
    ('movements', 'movements_by_item', '1000000 1000000 100 1'),
    ('movements', 'movements_unexplained', '1000 1000 1'),
    ('levels', 'levels', '100000 100000 10 4 1'),
    ('held', 'held', '10000 10000 5000 1'),
    ('owed', 'owed', '1000 1000 4 2 1'),
    ('openings', 'openings', '100000 100000 4 1'),
    ('pictures', 'pictures', '300000 300000 1'),
    ('unplaced', 'unplaced', '1000 1000 3 1'),
    ('unplaced', 'unplaced_by_item', '1000 1000 3 1'),
    ('observed', 'observed', '100000 100000 4 1 1'),
    ('observed', 'observed_gaps', '1000 1000 500 1 1'),
    ('observations', 'observations', '1000000 1000000 30 1'),
    ('comparisons', 'comparisons', '1000 1000 4 1'),
    ('drifts', 'drifts', '10000 10000 1'),
    ('drifts', 'drifts_open', '100 100 2 1 1'),
    ('adoptions', 'adoptions', '10000 10000 1 1'),
    ('adoptions', 'adoptions_by_level', '10000 10000 100 2 1 1'),
    ('offers', 'offers', '100000 100000 30000 1'),
    ('offers', 'offers_by_item', '100000 100000 3 1 1'),
    ('touched', 'touched', '1000 1000 1'),
    ('offers', 'offers_untold', '1000 1000 300 1'),
    ('intents', 'sqlite_autoindex_intents_1', '1000000 1000000 1'),
    ('intents', 'intents_open', '100 100 50 1'),
    ('intents', 'intents_recent', '1000000 1000000 1'),
    ('covered', 'covered', '1000 1000 500 1 1 1 1'),
    ('covered', 'covered_by_intent', '1000 1000 20 20 1 1 1'),
    ('deliveries', 'deliveries', '1000000 1000000 1'),
    ('deliveries', 'deliveries_parked', '100 100 1'),
    ('asks', 'asks', '1000 1000 500 200 1'),
    ('asks', 'asks_due', '1000 1000 500 200 1 1'),
    ('items', 'items', '100000 100000 1'),
    ('items', 'items_by_sku', '100000 100000 1 1'),
    ('listings', 'listings', '100000 100000 30000 1'),
    ('level_ids', 'level_ids', '100000 100000 4 1');
-- Again, so that the connection that ran this reads them too.
ANALYZE sqlite_schema;
