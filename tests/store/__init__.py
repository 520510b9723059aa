"""The store keeps what it was told: one suite over SQLite and PostgreSQL."""
