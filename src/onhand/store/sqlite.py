"""SQLite through APSW: one file in WAL, one writer, snapshots for readers."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Literal

import apsw

from onhand.ports.errors import ConfigError, DataDamaged, StoreUnavailable, way_out
from onhand.store.migrations import CREATE_VERSION_TABLE, NEWEST, READ_VERSION, refuse_newer, scripts_of
from onhand.store.statements import CLEAR, STAGE, Parameters, Row, Statement, load_script, load_statements

# Older ones can damage the file when the WAL is reset under another connection (sqlite.org/wal.html, WAL-reset bug).
OLDEST_SQLITE = (3, 51, 3)
BUSY_MS = 5_000
# 64 MiB. checkpoint() does the work from its own connection; this only bounds the file when nobody calls it.
WAL_LIMIT_PAGES = 16_384
# Prepared statements are kept in a ring, and each use takes the next place in it: one is forgotten after so many uses
# of others, however few they are, and preparing it again costs more than carrying it out.
STATEMENT_CACHE = 1024
SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")


class SqliteSql:
    """One connection and its named statements."""

    def __init__(self, connection: apsw.Connection, statements: Mapping[str, Statement]) -> None:
        self.connection = connection
        self._texts = {name: statement.text for name, statement in statements.items()}
        self._staged = {name for name in self._texts if STAGE + name in self._texts}

    def rows(self, name: str, parameters: Parameters = ()) -> list[Row]:
        return self.connection.execute(self._texts[name], parameters).fetchall()

    def row(self, name: str, parameters: Parameters = ()) -> Row | None:
        rows = self.connection.execute(self._texts[name], parameters).fetchall()
        return rows[0] if rows else None

    def run(self, name: str, parameters: Parameters = ()) -> None:
        self.connection.execute(self._texts[name], parameters)

    def run_many(self, name: str, parameters: Iterable[Parameters]) -> None:
        if name not in self._staged:
            self.connection.executemany(self._texts[name], parameters)
            return
        self.connection.executemany(self._texts[STAGE + name], parameters)
        self.connection.execute(self._texts[name])
        self.connection.execute(self._texts[CLEAR + name])

    def command(self, text: str) -> None:
        self.connection.execute(text)


class SqliteEngine:
    """The embedded default."""

    name: Literal["sqlite", "postgresql"] = "sqlite"
    passing: tuple[type[Exception], ...] = (
        apsw.BusyError,
        apsw.LockedError,
        apsw.FullError,
        apsw.IOError,
        apsw.ReadOnlyError,
        apsw.CantOpenError,
    )
    damage: tuple[type[Exception], ...] = (apsw.CorruptError, apsw.NotADBError)

    def __init__(self, database: str) -> None:
        """Open or create the file. Raises ConfigError, StoreUnavailable, DataDamaged where the file is no database."""
        check_version(apsw.sqlite_lib_version())
        self._database = database
        self._statements = load_statements("sqlite")
        self._writer_lock = Lock()
        self._readers: list[SqliteSql] = []
        self._readers_lock = Lock()
        self._closed = False
        try:
            _create(database)
            self._writer = SqliteSql(self._connect(), self._statements)
            with ExitStack() as trouble:
                trouble.callback(self._writer.connection.close)
                self._migrate()
                self._writer.command(load_script("sqlite", "scratch.sql"))
                trouble.pop_all()
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise DataDamaged(f"{database} cannot be read as a database: {error}; restore a backup") from error
        except apsw.CantOpenError as error:
            raise ConfigError(
                f"database {database} cannot be opened: {error}; check the folder and its rights"
            ) from error
        except self.passing as error:
            raise StoreUnavailable(f"database {database} cannot be opened now: {error}; {way_out(error)}") from error
        except OSError as error:
            raise ConfigError(
                f"database {database} cannot be made: {error.strerror}; check the folder and its rights"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[SqliteSql]:
        with self._writer_lock, _transaction(self._writer.connection):
            yield self._writer

    @contextmanager
    def reading(self) -> Iterator[SqliteSql]:
        with self._readers_lock:
            reader = self._readers.pop() if self._readers else None
        if reader is None:
            reader = SqliteSql(self._connect(), self._statements)
            reader.command("PRAGMA query_only = ON")
        reader.command("BEGIN")
        # The snapshot begins with the first reading, not with BEGIN: begin it now.
        reader.command("SELECT 1 FROM shops LIMIT 1")
        try:
            yield reader
        finally:
            reader.command("ROLLBACK")
            with self._readers_lock:
                if self._closed:
                    reader.connection.close()
                else:
                    self._readers.append(reader)

    def schema_version(self) -> int:
        with self.reading() as reader:
            return int(reader.connection.execute(READ_VERSION).get)

    def settings(self) -> dict[str, str]:
        with self._writer_lock:  # of the writer: these are settings of a connection
            read = self._writer.connection.execute
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            settings = {name: str(read(f"PRAGMA {name}").get) for name in names}
        settings["synchronous"] = SYNCHRONOUS[int(settings["synchronous"])]
        return {**settings, "sqlite_version": apsw.sqlite_lib_version()}

    def touch(self) -> None:
        with self.writing() as writer:
            version = writer.connection.pragma("user_version")
            writer.command(f"PRAGMA user_version = {version}")

    def checkpoint(self) -> None:
        with closing(self._connect()) as connection:  # of its own: whoever writes or reads is not held up
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        with self._readers_lock:
            self._closed = True  # who still reads closes its connection when done
            for reader in self._readers:
                reader.connection.close()
            self._readers.clear()
        with self._writer_lock:
            self._writer.connection.close()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(self._database, statementcachesize=STATEMENT_CACHE)
        connection.set_busy_timeout(BUSY_MS)
        connection.execute(
            f"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -16384;
            PRAGMA wal_autocheckpoint = {WAL_LIMIT_PAGES};
            """
        )
        return connection

    def _migrate(self) -> None:
        connection = self._writer.connection
        with _transaction(connection):
            connection.execute(CREATE_VERSION_TABLE)
            version = int(connection.execute(READ_VERSION).get)
            refuse_newer(version, self._database)
        for following in range(version + 1, NEWEST + 1):
            self._migrate_to(following)

    def _migrate_to(self, version: int) -> None:
        connection = self._writer.connection
        with _transaction(connection):
            if int(connection.execute(READ_VERSION).get) < version:  # another process may have been quicker
                connection.execute(scripts_of("sqlite", version))


def _create(database: str) -> None:
    """Make the file where there is none, readable for its owner alone: what SQLite lays beside it is like it."""
    if not is_memory(database) and not Path(database).exists():
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))


@contextmanager
def _transaction(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # something failed; a full disk has ended the transaction by itself
            connection.execute("ROLLBACK")


def check_version(version: str) -> None:
    """Raise ConfigError when SQLite is older than the one in which a bug that damages WAL files was mended."""
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise ConfigError(f"SQLite {version} can damage its file, {oldest} or newer is needed: install the apsw wheel")


def is_memory(database: str) -> bool:
    """Return whether a path names no file: such a database cannot be shared by a writer and readers."""
    return database in ("", ":memory:") or database.startswith("file:") or Path(database).is_dir()
