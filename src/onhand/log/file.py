"""The log's file: opened, checked, made when it is new, and watched while it is in use."""

import os
from pathlib import Path

import apsw

from onhand.log.statements import schema
from onhand.ports.errors import ConfigError, DataDamaged, LogUnavailable, way_out

# WAL with two connections can lose commits or damage the file up to 3.51.2 (sqlite.org/wal.html#walresetbug).
MINIMUM_SQLITE = (3, 51, 3)
APPLICATION_ID = 0x6F6E684C  # "onhL"
VERSION = 1
# A sender's id is random, so every delivery touches its own page of the index: small pages halve what a commit writes.
PAGE_BYTES = 2048
WRITER_WAIT_MS = 1500  # TikTok Shop gives up after 3 s, Shopify after 5
READER_WAIT_MS = 5000
STATEMENTS = 100  # one for each size of a batch, and the others


def check_sqlite(version: str | None = None) -> None:
    """Raise ConfigError where SQLite is older than the fix of its WAL-reset bug."""
    found = version or apsw.sqlite_lib_version()
    if tuple(int(part) for part in found.split(".")[:3]) < MINIMUM_SQLITE:
        wanted = ".".join(map(str, MINIMUM_SQLITE))
        raise ConfigError(f"SQLite {found} can lose commits in WAL mode, {wanted} or newer is needed: update apsw")


def open_writer(path: Path) -> apsw.Connection:
    """Return the connection that writes, on a log that is made if there is none.

    Raises ConfigError for a file that is no log or is newer than this code, DataDamaged for a damaged one, and
    LogUnavailable where the file cannot be opened.
    """
    check_sqlite()
    try:
        if not path.exists():
            # Not readable for others from its first byte on: it carries customers' orders, sealed as they are.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = apsw.Connection(str(path), statementcachesize=STATEMENTS)
        db.set_busy_timeout(WRITER_WAIT_MS)
        _check(db, path)
        db.pragma("journal_mode", "wal")
        db.pragma("synchronous", "full")
        db.pragma("foreign_keys", True)
        db.pragma("cache_size", -16_000)
        db.wal_autocheckpoint(0)  # a checkpoint inside a commit makes a sender wait; see SqliteLog.checkpoint
        _migrate(db, path)
        return db
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise DataDamaged(f"log {path}: {error}; restore it from a backup, or move it away to begin anew") from error
    except (apsw.Error, OSError) as error:
        raise LogUnavailable(f"log {path} cannot be opened: {error}; {way_out(error)}") from error


def open_reader(path: Path) -> apsw.Connection:
    """Return a connection that only reads. Raises LogUnavailable."""
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        db.set_busy_timeout(READER_WAIT_MS)
        db.pragma("query_only", True)
    except apsw.Error as error:
        raise LogUnavailable(f"log {path} cannot be read: {error}; {way_out(error)}") from error
    return db


def open_checkpointer(path: Path) -> apsw.Connection:
    """Return a connection that carries the WAL into the file and does nothing else."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    db.set_busy_timeout(0)  # a checkpoint never waits: the next one does what this one could not
    db.pragma("synchronous", "full")
    return db


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one under the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check(db: apsw.Connection, path: Path) -> None:
    application, version = db.pragma("application_id"), db.pragma("user_version")
    tables = db.execute("SELECT count(*) FROM sqlite_schema").get
    if application != APPLICATION_ID and tables:
        raise ConfigError(f"log {path}: this SQLite file holds something else ({tables} tables); name another file")
    if version > VERSION:
        raise ConfigError(f"log {path}: version {version}, this onhand knows {VERSION}; use the newer onhand")


def _migrate(db: apsw.Connection, path: Path) -> None:
    if db.pragma("user_version") == VERSION:
        return
    if not db.execute("SELECT count(*) FROM sqlite_schema").get:
        db.pragma("page_size", PAGE_BYTES)
    with db:
        if db.pragma("user_version") != VERSION:  # another process may have been first
            db.execute(schema())
            db.pragma("application_id", APPLICATION_ID)
            db.pragma("user_version", VERSION)
    if db.pragma("journal_mode") != "wal":
        raise LogUnavailable(f"log {path}: this file system cannot keep a write-ahead log; use a local disk")
