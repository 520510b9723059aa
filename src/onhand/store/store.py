"""The store: transactions that write, snapshots that read, and the books of each shop inside them."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

from onhand.ports.errors import ConfigError, DataDamaged, StoreUnavailable, TakenOver, way_out
from onhand.store.books import Books
from onhand.store.engine import Engine, Sql
from onhand.store.ledger import Heads
from onhand.store.postgres import PostgresEngine, is_postgres
from onhand.store.sqlite import SqliteEngine, is_memory
from onhand.store.times import to_us

_ERASE = "DELETE FROM {table} WHERE shop = {shop:d}"
_LAST_ERASED = ("erasures", "shops")
"""Movements may go while an erasure is asked for; and every row names its shop."""


class Session:
    """What one transaction, or one snapshot, can see and do."""

    def __init__(self, sql: Sql, engine: Engine, *, writes: bool) -> None:
        self._sql, self._engine, self._writes = sql, engine, writes
        self._books: dict[str, Books] = {}
        self._heads: Heads = {}

    def of(self, shop: str) -> Books:
        """Return the books of a shop; in a transaction that writes, a shop nobody has met begins with empty ones.

        Raises ConfigError for an unknown shop in a snapshot.
        """
        books = self._books.get(shop)
        if books is None:
            row = self._sql.row("shop_id", {"name": shop})
            if row is None and self._writes:
                self._sql.run("add_shop", {"name": shop, "added_at": None})
                row = self._sql.row("shop_id", {"name": shop})
            if row is None:
                known = ", ".join(self.shops()) or "none"
                raise ConfigError(f"shop {shop} is not in the database (it has: {known}): run `onhand sync` first")
            books = self._books[shop] = Books(self._sql, row[0], shop, self._heads)
        return books

    def shops(self) -> list[str]:
        """Return the shops in the order in which they were added."""
        return [name for (name,) in self._sql.rows("shop_names")]

    def add_shop(self, shop: str, now: datetime) -> None:
        """Add a shop; one that was added already stays as it is."""
        self._sql.run("add_shop", {"name": shop, "added_at": to_us(now)})

    def position(self, name: str) -> int:
        """Return how far the worker `name` has come in its log; 0 before the first delivery."""
        row = self._sql.row("position", {"name": name})
        return row[0] if row else 0

    def move_position(self, name: str, position: int) -> None:
        """Set how far the worker `name` has come: kept exactly when what it booked is kept."""
        self._sql.run("move_position", {"name": name, "position": position})

    def raise_fence(self, part: str) -> int:
        """Shut out whoever did a part of the work until now, and return our own number."""
        self._sql.run("raise_fence", {"part": part})
        row = self._sql.row("fence", {"part": part})
        assert row is not None
        return int(row[0])

    def erase(self, shop: str) -> None:
        """Remove every row of a shop whose erasure was asked for, its ledger too; no row of another shop is touched.

        Which tables there are is asked of the database: one that came later cannot be forgotten. Raises ConfigError.
        """
        row = self._sql.row("shop_id", {"name": shop})
        if row is None or self.of(shop).erasure.because() is None:
            raise ConfigError(f"shop {shop} is not in the database, or nobody has asked for its erasure")
        tables = [name for (name,) in self._sql.rows("tables_of_shops") if name not in _LAST_ERASED]
        # Twice: removing offers and components marks what they touched.
        for table in (*tables, *tables, *_LAST_ERASED):
            self._sql.command(_ERASE.format(table=table, shop=row[0]))
        self._books.clear()
        self._heads.clear()

    def count_erased(self, shop: str, deliveries: int) -> None:
        """Keep how many rows an erased shop has left in the log: no books say any more what became of them."""
        mark = hashlib.sha256(shop.encode()).hexdigest()[:16]
        self._sql.run("move_position", {"name": f"erased {mark}", "position": deliveries})

    def erased_deliveries(self) -> int:
        """Return how many rows of the log belong to shops that were erased."""
        row = self._sql.row("erased_deliveries")
        assert row is not None
        return int(row[0])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Keep what the block wrote when it ends, drop it when it raises; the transaction goes on. They nest.

        Raises StoreUnavailable, DataDamaged where the database is the trouble, and not what the block was about.
        """
        done = lost = False
        losing: tuple[type[Exception], ...] = (
            StoreUnavailable,
            DataDamaged,
            *self._engine.passing,
            *self._engine.damage,
        )
        with _named(self._engine):
            self._sql.command("SAVEPOINT block")
            try:
                yield
                done = True
            except losing:
                lost = True  # and with it the whole transaction: a full disk has ended it already
                raise
            finally:
                if not (done or lost):
                    self._sql.command("ROLLBACK TO SAVEPOINT block")
                    self._books.clear()  # a shop that the block added is gone again,
                    self._heads.clear()  # and so is what it booked
                if not lost:
                    self._sql.command("RELEASE SAVEPOINT block")


class Store:
    """The books of every shop, in SQLite or PostgreSQL. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing_thread: int | None = None
        self._fences: dict[str, int] = {}

    @property
    def engine(self) -> Literal["sqlite", "postgresql"]:
        """Which database keeps it."""
        return self._engine.name

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction: kept when the block ends, dropped when it raises. One writes at a time, others wait.

        Raises StoreUnavailable, DataDamaged, TakenOver, and RuntimeError when this thread is writing already: it would
        wait for itself.
        """
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("writing() inside writing(): hand the session down, or use session.savepoint()")
        with _named(self._engine), self._engine.writing() as sql:
            self._writing_thread = threading.get_ident()
            try:
                self._check_fences(sql)
                yield Session(sql, self._engine, writes=True)
            finally:
                self._writing_thread = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a snapshot: what is committed while the block runs is not seen in it. Holds up nobody.

        Raises StoreUnavailable, DataDamaged.
        """
        with _named(self._engine), self._engine.reading() as sql:
            yield Session(sql, self._engine, writes=False)

    def take_over(self, part: str) -> None:
        """Take a part of the work for this process, after `store.claims.claim`.

        From then on each transaction looks whether the part is still ours: a process that was cut off for a while must
        not go on booking beside the one that took its place.
        """
        with self.writing() as session:
            fence = session.raise_fence(part)
        self._fences[part] = fence  # kept by now: of a commit that failed nobody would know

    def _check_fences(self, sql: Sql) -> None:
        for part, fence in self._fences.items():
            row = sql.row("fence", {"part": part})
            if row is None or row[0] != fence:
                raise TakenOver(
                    f"the part {part!r} of the work on this database was taken over by another process (we are number "
                    f"{fence}, number {row[0] if row else 'none'} is at work): this one ends; nothing of it was booked"
                )

    @property
    def schema_version(self) -> int:
        """The version of the tables in the database. Raises StoreUnavailable, DataDamaged."""
        with _named(self._engine):
            return self._engine.schema_version()

    def pragmas(self) -> dict[str, str]:
        """Return the settings on which durability rests, and the version of the database, by their own names.

        Raises StoreUnavailable, DataDamaged.
        """
        with _named(self._engine):
            return self._engine.settings()

    def touch(self) -> None:
        """Write nothing new, durably: it shows whether anything can be. Raises StoreUnavailable, DataDamaged."""
        with _named(self._engine):
            self._engine.touch()

    def checkpoint(self) -> None:
        """Move what is in SQLite's WAL into the file, as far as readers let it; call it now and then, off the hot path.

        Nothing to do in PostgreSQL. Raises StoreUnavailable, DataDamaged.
        """
        with _named(self._engine):
            self._engine.checkpoint()

    def close(self) -> None:
        """Release every connection."""
        self._engine.close()


def open_store(database: str) -> Store:
    """Open the store at a path, or at a `postgresql://` address, and bring its tables up to date.

    Raises ConfigError where it cannot be opened or is newer than this onhand, DataDamaged where it is no database.
    """
    if is_postgres(database):
        return Store(PostgresEngine(database))
    if is_memory(database):
        raise ConfigError(f"database {database!r} is no file: give a path such as onhand.db, or postgresql://…")
    return Store(SqliteEngine(database))


@contextmanager
def _named(engine: Engine) -> Iterator[None]:
    """Name what the database says in words that the rest of onhand knows."""
    try:
        yield
    except engine.damage as error:
        raise DataDamaged(f"the database contradicts itself: {error}; restore a backup") from error
    except engine.passing as error:
        raise StoreUnavailable(f"the database cannot be used now: {error}; {way_out(error)}") from error
