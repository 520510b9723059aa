-- name: tables_of_shops
SELECT tables.table_name FROM information_schema.tables
JOIN information_schema.columns USING (table_schema, table_name)
WHERE tables.table_schema = current_schema() AND tables.table_type = 'BASE TABLE' AND columns.column_name = 'shop'
ORDER BY tables.table_name
