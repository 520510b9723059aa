-- name: tables_of_shops
SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
WHERE tables.type = 'table' AND columns.name = 'shop'
ORDER BY tables.name
