"""What must turn up nowhere is looked for in PostgreSQL's rows as in SQLite's files: see tests/support/canaries.py."""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from tests.support.canaries import leaks_in_bytes

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"


def tables_with_rows(connection: psycopg.Connection) -> list[str]:
    """Return the tables of a database that have any row; asked at once, as most have none."""
    names = [name for (name,) in connection.execute(_TABLES)]
    if not names:
        return []
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for name in names
    )
    return [name for (name,) in connection.execute(asked)]


def leaks_in_rows(connection: psycopg.Connection) -> Iterator[str]:
    """Yield every table that holds a secret or a shopper, with the words; bytes are looked at as they are."""
    for table in tables_with_rows(connection):
        with connection.cursor().copy(
            sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(sql.Identifier(table))
        ) as rows:
            body = b"".join(bytes(part) for part in rows)
        yield from (f"{connection.info.dbname}.{table}: {around!r}" for around in leaks_in_bytes(body))
