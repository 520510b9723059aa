-- name: mark
SELECT held, wanted, takes_any FROM marks WHERE shop = :shop

-- name: put_mark
INSERT INTO marks (shop, held, wanted, takes_any) VALUES (:shop, :held, :wanted, :takes_any)
ON CONFLICT (shop) DO UPDATE SET held = excluded.held, wanted = excluded.wanted, takes_any = excluded.takes_any
