"""PostgreSQL through psycopg: one writer at a time for all processes, snapshots for readers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any, Literal

import psycopg
from psycopg.types.numeric import Int8Dumper

from onhand.ports.errors import ConfigError
from onhand.store.json_text import dump
from onhand.store.migrations import CREATE_VERSION_TABLE, NEWEST, READ_VERSION, refuse_newer, scripts_of
from onhand.store.statements import ALL_ROWS, COPY, Parameters, Row, Statement, load_script, load_statements

# The name of our lock among the advisory locks of the database: "onhand" in ASCII.
WRITER_LOCK = int.from_bytes(b"onhand", "big")
# As long as SQLite's busy time-out: a writer that waits longer has lost its turn to something that hangs.
LOCK_TIMEOUT_MS = 5_000
CONNECT_S = 10

Connection = psycopg.Connection[Row]


class PostgresSql:
    """One connection and its named statements."""

    def __init__(self, connection: Connection, statements: Mapping[str, Statement]) -> None:
        self.connection = connection
        self._cursor = psycopg.RawCursor(connection)
        self._statements = {name: (statement.text.encode(), statement.names) for name, statement in statements.items()}

    def rows(self, name: str, parameters: Parameters = ()) -> list[Row]:
        text, names = self._statements[name]
        return self._cursor.execute(text, _in_order(parameters, names)).fetchall()

    def row(self, name: str, parameters: Parameters = ()) -> Row | None:
        text, names = self._statements[name]
        return self._cursor.execute(text, _in_order(parameters, names)).fetchone()

    def run(self, name: str, parameters: Parameters = ()) -> None:
        text, names = self._statements[name]
        self._cursor.execute(text, _in_order(parameters, names))

    def run_many(self, name: str, parameters: Iterable[Parameters]) -> None:
        text, names = self._statements[name]
        if names == ALL_ROWS:
            self._cursor.execute(text, (dump(list(parameters)),))
        elif text.startswith(COPY.encode()):
            with self._cursor.copy(text) as copy:
                for row in parameters:
                    copy.write_row(_in_order(row, names))
        else:
            self._cursor.executemany(text, [_in_order(row, names) for row in parameters])

    def command(self, text: str) -> None:
        self._cursor.execute(text.encode())


class PostgresEngine:
    """For many machines."""

    name: Literal["sqlite", "postgresql"] = "postgresql"
    passing: tuple[type[Exception], ...] = (psycopg.OperationalError, psycopg.InterfaceError)
    damage: tuple[type[Exception], ...] = (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted)

    def __init__(self, database: str) -> None:
        """Connect and bring the tables up to date. Raises ConfigError where that cannot be."""
        self._database = database
        self._statements = load_statements("postgres")
        self._writer_lock = Lock()
        self._readers: list[PostgresSql] = []
        self._readers_lock = Lock()
        self._closed = False
        try:
            self._writer = self._connect_writer()
        except psycopg.OperationalError as error:
            raise ConfigError(f"database {without_password(database)} cannot be opened: {error}") from error
        with ExitStack() as trouble:
            trouble.callback(self._writer.connection.close)
            self._migrate()
            trouble.pop_all()

    @contextmanager
    def writing(self) -> Iterator[PostgresSql]:
        with self._writer_lock:
            if self._writer.connection.closed:  # the server restarted, or ended our connection
                self._writer = self._connect_writer()
            writer = self._writer
            with writer.connection.transaction():
                writer.command(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                yield writer

    @contextmanager
    def reading(self) -> Iterator[PostgresSql]:
        reader = self._idle_reader() or self._connect()
        try:
            with reader.connection.transaction():
                reader.command("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                # The snapshot begins with the first reading: begin it now.
                reader.command("SELECT 1 FROM shops LIMIT 1")
                yield reader
        finally:
            with self._readers_lock:
                if self._closed:
                    reader.connection.close()
                else:
                    self._readers.append(reader)

    def schema_version(self) -> int:
        with self.reading() as reader:
            return _read_version(reader)

    def settings(self) -> dict[str, str]:
        names = ("server_version", "synchronous_commit", "fsync", "full_page_writes")
        with self.reading() as reader:
            read = reader.connection.execute
            return {name: str(read("SELECT current_setting(%s)", (name,)).fetchall()[0][0]) for name in names}

    def touch(self) -> None:
        with self.writing() as writer:
            writer.command("SELECT pg_current_xact_id()")

    def checkpoint(self) -> None:
        """Do nothing: the server checkpoints by itself."""

    def close(self) -> None:
        with self._readers_lock:
            self._closed = True  # who still reads closes its connection when done
            for reader in self._readers:
                reader.connection.close()
            self._readers.clear()
        with self._writer_lock:
            self._writer.connection.close()

    def _idle_reader(self) -> PostgresSql | None:
        with self._readers_lock:
            while self._readers:
                reader = self._readers.pop()
                if not reader.connection.closed:
                    return reader
        return None

    def _connect(self) -> PostgresSql:
        connection: Connection = psycopg.connect(
            self._database,
            autocommit=True,
            connect_timeout=CONNECT_S,
            options=f"-c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC",
            application_name="onhand",
        )
        # One size for every number, so that a statement is prepared once and not once a size.
        connection.adapters.register_dumper(int, Int8Dumper)
        return PostgresSql(connection, self._statements)

    def _connect_writer(self) -> PostgresSql:
        writer = self._connect()
        writer.command(load_script("postgres", "scratch.sql"))
        return writer

    def _migrate(self) -> None:
        with self.writing() as writer:
            writer.command(CREATE_VERSION_TABLE)
            refuse_newer(_read_version(writer), without_password(self._database))
        for version in range(1, NEWEST + 1):
            with self.writing() as writer:
                if _read_version(writer) < version:
                    writer.command(scripts_of("postgres", version))


def _read_version(sql: PostgresSql) -> int:
    row = sql.connection.execute(READ_VERSION).fetchone()
    assert row is not None
    return int(row[0])


def is_postgres(database: str) -> bool:
    """Return whether a database is an address of PostgreSQL, and not a path."""
    return database.startswith(("postgresql://", "postgres://"))


def without_password(database: str) -> str:
    """Return an address as it may be shown."""
    parts = psycopg.conninfo.conninfo_to_dict(database)
    return f"postgresql://{parts.get('host', '')}/{parts.get('dbname', '')}"


def _in_order(parameters: Parameters, names: tuple[str, ...]) -> list[Any] | tuple[Any, ...]:
    if isinstance(parameters, Mapping):
        return [parameters[name] for name in names]
    return tuple(parameters)
