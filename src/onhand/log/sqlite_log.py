"""The log in a SQLite file of its own: one writer, readers beside it, a write-ahead log flushed with every commit."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import apsw

from onhand.log import file
from onhand.log.rows import Packer, from_micros, to_micros
from onhand.log.seal import Seal
from onhand.log.statements import append_rows, statements
from onhand.ports.delivery import Counts, Delivery, Logged
from onhand.ports.errors import LogUnavailable

# Statements for these numbers of rows are kept prepared; a batch is cut into the fewest of them.
_ROWS_AT_ONCE = (128, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
_SOFT_WAL_PAGES = 4_000  # 8 MB: somebody who is not in a hurry should carry it into the file
_HARD_WAL_PAGES = 32_000  # 64 MB: the writer itself waits for that
_FORGET_AT_ONCE = 500
_RESEAL_AT_ONCE = 200
_SQL = statements()


class SqliteLog:
    """Deliveries in a SQLite file: `ports.delivery.Log`. Safe to use from several threads.

    Only one process may append (another may read, and anchor). `on_wal_growth` is called by the thread that
    commits when a checkpoint is due; without it the log makes checkpoints itself, later and in a sender's time.
    """

    def __init__(self, path: str | Path, seal: Seal) -> None:
        self.path = Path(path)
        self.on_wal_growth: Callable[[], None] | None = None
        self.wal_pages = 0
        self._packer = Packer(seal)
        self._writer = file.open_writer(self.path)
        self._writer.set_wal_hook(self._note_wal)
        self._identity = file.identity(self.path)
        self._broken: str | None = None
        self._lock = threading.Lock()
        self._checkpoint_lock = threading.Lock()
        self._checkpointer: apsw.Connection | None = None
        self._readers = threading.local()
        self._open_readers: list[apsw.Connection] = []
        self._wait_above_pages = _HARD_WAL_PAGES
        self._rejected = self._rejected_counted = 0
        self._rejected_lock = threading.Lock()
        self._sources: dict[tuple[str, str], int] = {}
        self._source_names: dict[int, tuple[str, str]] = {}
        self._added_sources: list[tuple[str, str]] = []
        self._load_sources(self._writer)
        self._last = self._writer.execute(_SQL["last_position"]).get

    def append(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep deliveries durably, in one transaction; False marks a repeat. Raises LogUnavailable."""
        if not deliveries:
            return []
        with self._lock, self._transaction(f"keeping {len(deliveries)} deliveries"):
            values: list[Any] = []
            keys: list[tuple[int, str]] = []
            for delivery in deliveries:
                source = self._sources.get((delivery.shop, delivery.channel)) or self._add_source(delivery)
                keys.append((source, delivery.delivery_id))
                values += self._packer.row(source, delivery)
            new = self._insert(values, len(deliveries))
            results = [True] * len(keys) if new == len(keys) else self._tell_repeats(keys)
            self._count_in_transaction(repeats=len(keys) - new)
        self._last = max(self._last, self._writer.last_insert_rowid())
        return results

    def read(self, after: int, limit: int) -> list[Logged]:
        """Return up to `limit` deliveries behind position `after`, in order, but for those whose body was forgotten."""
        with self._reading() as db:
            rows = _rows(db, "read", after, limit)
        return [self._logged(row) for row in rows]

    def find(self, position: int) -> Logged | None:
        """Return the delivery at a position. None: there is none, or its body is gone after the retention time."""
        with self._reading() as db:
            row = db.execute(_SQL["find"], (position,)).fetchone()
        return None if row is None else self._logged(row)

    def last_position(self) -> int:
        """Return the newest position, 0 for an empty log."""
        with self._reading() as db:
            position: int = db.execute(_SQL["last_position"]).get
        return position

    def counts(self) -> Counts:
        """Return how many deliveries were kept, were repeats, were refused."""
        with self._reading() as db, db:
            accepted: int = db.execute(_SQL["last_position"]).get
            counted = dict(_rows(db, "counters"))
        with self._rejected_lock:
            rejected = self._rejected
        return Counts(accepted, counted.get("duplicates", 0), counted.get("rejected", 0) + rejected)

    def count_rejected(self, deliveries: int) -> None:
        """Add to the count of refused deliveries; it reaches the disk with the next commit, or with `flush`.

        Whoever has no secret must not be able to make the disk work.
        """
        with self._rejected_lock:
            self._rejected += deliveries

    def flush(self) -> None:
        """Write down what `count_rejected` counted, and look whether the file is still the one that was opened.

        Raises LogUnavailable.
        """
        if self._broken is None and file.identity(self.path) != self._identity:
            self._broken = f"log {self.path} was deleted or replaced while in use: restart onhand"
        if self._rejected:
            with self._lock, self._transaction("counting refused deliveries"):
                self._count_in_transaction(repeats=0)

    def forget_bodies(self, received_before: datetime, keep: Sequence[int]) -> int:
        """Drop the bodies of deliveries received before a time, but for positions in `keep`; return how many.

        Works in short transactions, from the oldest body on, so that nobody waits for it.
        """
        kept, limit, forgotten = set(keep), to_micros(received_before), 0
        with self._reading() as db:
            position = bare_until = dict(_rows(db, "counters")).get("forgotten_until", 0)
        bare = True
        while True:
            with self._reading() as db:
                page = _rows(db, "page_of_bodies", position, _FORGET_AT_ONCE)
            drop = [at for at, received_at, has_body in page if has_body and received_at < limit and at not in kept]
            dropped = set(drop)
            for at, _, has_body in page:
                bare = bare and (not has_body or at in dropped)
                bare_until = at if bare else bare_until
            if drop:
                with self._lock, self._transaction(f"forgetting {len(drop)} bodies"):
                    self._writer.executemany(_SQL["forget_body"], [(at,) for at in drop])
                    self._writer.execute(_SQL["set_counter"], ("forgotten_until", bare_until))
            forgotten += len(drop)
            if not any(received_at < limit for _, received_at, _ in page):
                return forgotten
            position = page[-1][0]

    def reseal(self) -> int:
        """Seal every body that an older key sealed with the newest one; return how many. Then the old key may go."""
        position, count = 0, 0
        while True:
            with self._reading() as db:
                page = _rows(db, "sealed_otherwise", position, self._packer.seal.key_id, _RESEAL_AT_ONCE)
            if not page:
                return count
            fresh = []
            for at, source, delivery_id, sealed in page:
                shop, channel = self._source_name(source)
                fresh.append((self._packer.reseal(sealed, shop, channel, delivery_id), at))
            with self._lock, self._transaction(f"sealing {len(page)} bodies anew"):
                self._writer.executemany(_SQL["replace_body"], fresh)
            position, count = page[-1][0], count + len(page)

    def anchor(self, shop: str, ledger_sequence: int, head: bytes, anchored_at: datetime) -> None:
        """Keep the head of a shop's ledger chain outside the ledger's own database. Raises LogUnavailable."""
        with self._lock, self._transaction("keeping an anchor"):
            self._writer.execute(_SQL["anchor"], (shop, ledger_sequence, head, to_micros(anchored_at)))

    def anchors(self, shop: str) -> list[tuple[int, bytes]]:
        """Return the (ledger sequence, head) pairs anchored for a shop, oldest first."""
        with self._reading() as db:
            return [(sequence, head) for sequence, head in _rows(db, "anchors", shop)]

    def checkpoint(self) -> None:
        """Carry the write-ahead log into the file, beside whoever commits. Raises LogUnavailable.

        Commits that arrive meanwhile keep it from being emptied; once it is large, they wait for a moment.
        """
        try:
            with self._checkpoint_lock:
                if self._checkpointer is None:
                    self._checkpointer = file.open_checkpointer(self.path)
                pages, carried = self._checkpointer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                if carried < pages and self.wal_pages > _HARD_WAL_PAGES // 2:
                    with self._lock:
                        self._checkpointer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.BusyError:
            return
        except apsw.Error as error:
            raise LogUnavailable(f"log {self.path}: the write-ahead log cannot be emptied: {error}") from error

    def close(self) -> None:
        """Release the file. Nothing that was kept is lost by not calling this."""
        with suppress(LogUnavailable):  # at worst a few refused deliveries are not counted
            self.flush()
        with self._checkpoint_lock, self._lock:
            for connection in [*self._open_readers, self._checkpointer, self._writer]:
                if connection is not None:
                    connection.close()
            self._open_readers.clear()
            self._checkpointer = None
            self._broken = f"log {self.path} is closed"

    def _insert(self, values: list[Any], rows: int) -> int:
        width = len(values) // rows
        done = new = 0
        for size in _ROWS_AT_ONCE:
            while rows - done >= size:
                self._writer.execute(append_rows(size), values[done * width : (done + size) * width])
                new += self._writer.changes()
                done += size
        return new

    def _tell_repeats(self, keys: list[tuple[int, str]]) -> list[bool]:
        """Return which of the keys were new: the first of each that this transaction has added."""
        added = Counter[tuple[int, str]]()
        for source, delivery_id in _rows(self._writer, "appended_after", self._last):
            added[source, delivery_id] = 1
        results = []
        for key in keys:
            results.append(added[key] > 0)
            added[key] = 0
        return results

    def _count_in_transaction(self, *, repeats: int) -> None:
        if repeats:
            self._writer.execute(_SQL["count"], ("duplicates", repeats))
        if self._rejected:
            with self._rejected_lock:
                self._rejected_counted, self._rejected = self._rejected, 0
            self._writer.execute(_SQL["count"], ("rejected", self._rejected_counted))

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[None]:
        """Run one write transaction; the caller holds the lock. Raises LogUnavailable, with nothing kept."""
        if self._broken is not None:
            raise LogUnavailable(self._broken)
        db = self._writer
        self._added_sources.clear()
        self._rejected_counted = 0
        try:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("COMMIT")
        except apsw.Error as error:
            self._roll_back()
            # The kernel forgets what it failed to write: after a failed flush only the file itself tells the truth.
            if _is_failed_flush(error):
                self._broken = f"log {self.path}: a flush to disk failed ({error}): check the disk, restart onhand"
            raise LogUnavailable(f"log {self.path}: {doing} failed: {error}; the senders will try again") from error
        if self.wal_pages > self._wait_above_pages:
            self._checkpoint_here()

    def _checkpoint_here(self) -> None:
        with suppress(apsw.BusyError):
            self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        # A reader who stays keeps the write-ahead log from starting anew: do not try again with every commit.
        self._wait_above_pages = self.wal_pages + _SOFT_WAL_PAGES

    def _roll_back(self) -> None:
        with self._rejected_lock:
            self._rejected += self._rejected_counted
        for source in self._added_sources:
            self._sources.pop(source, None)
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except apsw.Error as error:
            self._broken = f"log {self.path}: a failed commit cannot be taken back ({error}): restart onhand"

    def _note_wal(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        self.wal_pages = pages
        if pages < _HARD_WAL_PAGES:
            self._wait_above_pages = _HARD_WAL_PAGES
        if pages > _SOFT_WAL_PAGES and self.on_wal_growth is not None:
            self.on_wal_growth()
        return apsw.SQLITE_OK

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        db: apsw.Connection | None = getattr(self._readers, "db", None)
        if db is None:
            db = self._readers.db = file.open_reader(self.path)
            with self._lock:
                self._open_readers.append(db)
        try:
            yield db
        except apsw.Error as error:
            raise LogUnavailable(f"log {self.path} cannot be read: {error}") from error

    def _add_source(self, delivery: Delivery) -> int:
        name = (delivery.shop, delivery.channel)
        self._writer.execute(_SQL["add_source"], name)
        self._added_sources.append(name)
        self._load_sources(self._writer)
        return self._sources[name]

    def _load_sources(self, db: apsw.Connection) -> None:
        for source, shop, channel in _rows(db, "sources"):
            self._sources[shop, channel] = source
            self._source_names[source] = (shop, channel)

    def _source_name(self, source: int) -> tuple[str, str]:
        name = self._source_names.get(source)
        if name is None:
            with self._reading() as db:
                self._load_sources(db)
            name = self._source_names[source]
        return name

    def _logged(self, row: tuple[Any, ...]) -> Logged:
        position, source, delivery_id, topic, event_id, triggered_at, received_at, sealed = row
        shop, channel = self._source_name(source)
        delivery = Delivery(
            shop=shop,
            channel=channel,
            topic=topic,
            delivery_id=delivery_id,
            event_id=event_id,
            triggered_at=None if triggered_at is None else from_micros(triggered_at),
            received_at=from_micros(received_at),
            body=self._packer.unpack(sealed, shop, channel, delivery_id),
        )
        return Logged(position, delivery)


def _rows(db: apsw.Connection, statement: str, *bindings: object) -> list[Any]:
    return db.execute(_SQL[statement], bindings).fetchall()


def _is_failed_flush(error: apsw.Error) -> bool:
    name = apsw.mapping_extended_result_codes.get(getattr(error, "extendedresult", 0), "")
    return "FSYNC" in str(name)
