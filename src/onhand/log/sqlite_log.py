"""The log in a SQLite file of its own: one writer, readers beside it, a write-ahead log flushed with every commit."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import apsw

from onhand.log import file
from onhand.log.rows import Packer, from_micros, naming, to_micros
from onhand.log.seal import Seal
from onhand.log.statements import append_rows, statements
from onhand.log.tally import FLUSHES, Tally
from onhand.log.write_ahead import WriteAhead
from onhand.ports.delivery import Counts, Delivery, Logged
from onhand.ports.errors import DataDamaged, LogUnavailable, way_out

# As many rows go into one statement, which is then a transaction by itself: each call into SQLite gives the
# interpreter away, and taking it back from a thread that answers requests costs more than the call.
_ROWS_AT_ONCE = 64
_FORGET_AT_ONCE = 500
_RESEAL_AT_ONCE = 200
_ACCEPTED = "accepted"
_SQL = statements()


class SqliteLog:
    """Deliveries in a SQLite file: `ports.delivery.Log`. Safe to use from several threads.

    Only one process may append (another may read, and anchor). Somebody should call `checkpoint` when `write_ahead`
    says that it is due; otherwise the log does it itself, later and in a sender's time.
    """

    def __init__(self, path: str | Path, seal: Seal) -> None:
        self.path = Path(path)
        self._packer = Packer(seal)
        self._writer = file.open_writer(self.path)
        self._identity = file.identity(self.path)
        self._broken: str | None = None
        self._lock = threading.Lock()
        self.write_ahead = WriteAhead(self.path, self._lock)
        self._readers = threading.local()
        self._open_readers: list[apsw.Connection] = []
        self._sources: dict[tuple[str, str], int] = {}
        self._source_names: dict[int, tuple[str, str]] = {}
        try:
            self._load_sources(self._writer)
            self._last: int = self._writer.execute(_SQL["last_position"]).get
            self._tally = Tally(dict(_rows(self._writer, "counters")).get(FLUSHES, 0))
        except apsw.Error as error:
            self._writer.close()
            raise LogUnavailable(f"log {self.path} cannot be read: {error}; {way_out(error)}") from error

    def append(self, deliveries: Sequence[Delivery], waited_s: float = 0.0) -> list[bool]:
        """Keep deliveries durably, in one transaction; False marks a repeat. Raises LogUnavailable."""
        del waited_s  # there is nobody else who could keep them
        if not deliveries:
            return []
        with self._lock, self._trouble_with(f"keeping {len(deliveries)} deliveries"):
            values: list[Any] = []
            keys: list[tuple[int, str]] = []
            body_bytes = 0
            for delivery in deliveries:
                source = self._sources.get((delivery.shop, delivery.channel)) or self._add_source(delivery)
                keys.append((source, delivery.delivery_id))
                values += self._packer.row(source, delivery)
                body_bytes += len(values[-1])
            if len(keys) <= _ROWS_AT_ONCE:
                self._writer.execute(append_rows(len(keys)), values)
                new = self._writer.changes()
            else:
                new = self._append_in_parts(values, len(keys))
            results = [True] * len(keys) if new == len(keys) else self._tell_repeats(keys)
            self._last += new
            self.write_ahead.wrote(len(keys), body_bytes, self._writer)
        if new < len(keys):
            self._tally.add("duplicates", len(keys) - new)
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

    def begin_behind(self, booked: int) -> bool:
        """Let an empty log begin behind what was booked; return whether it was empty. Raises LogUnavailable.

        Otherwise its first deliveries would bear positions that count as booked. Raises DataDamaged for a log that is
        older than what was booked from it.
        """
        last = self.last_position()
        if last >= booked:
            return False
        if last:
            raise DataDamaged(
                f"log {self.path} ends at position {last}, and the database has booked up to {booked}: it is an older "
                "copy of itself; restore both from one backup, or move the log away: a new one then begins behind that"
            )
        with self._lock, self._transaction("beginning behind what was booked"):
            self._writer.execute(_SQL["add_source"], ("", "beginning"))
            self._writer.execute(_SQL["begin_behind"], (booked,))
        self._last = booked
        return True

    def counts(self) -> Counts:
        """Return how many deliveries were kept, were repeats, were refused."""
        counted = self._tally.on_top_of(self._counted)
        return Counts(counted[_ACCEPTED], counted.get("duplicates", 0), counted.get("rejected", 0))

    def _counted(self) -> dict[str, int]:
        with self._reading() as db, db:
            accepted: int = db.execute(_SQL["last_position"]).get
            counted = dict(_rows(db, "counters"))
        return {**counted, _ACCEPTED: accepted}

    def count_rejected(self, deliveries: int) -> None:
        """Add to the count of refused deliveries; it reaches the disk with the next `flush`.

        Whoever has no secret must not be able to make the disk work.
        """
        self._tally.add("rejected", deliveries)

    def count_duplicates(self, deliveries: int) -> None:
        """Add to the count of repeats, as `count_rejected` does: those that another place than this file knew."""
        self._tally.add("duplicates", deliveries)

    def flush(self) -> bool:
        """Write down what was counted, and look whether the file is still the one that was opened.

        False: nothing more is due. Raises LogUnavailable.
        """
        if self._broken is None and file.identity(self.path) != self._identity:
            self._broken = f"log {self.path} was deleted or replaced while in use: restart onhand"
        self._tally.flush(self._write_counts)
        return False

    def _write_counts(self, counted: Mapping[str, int]) -> None:
        with self._lock, self._transaction("counting deliveries"):
            self._writer.executemany(_SQL["count"], list(counted.items()))

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

    def forget_naming(self, shop: str, ids: Sequence[str], up_to: int) -> int:
        """Drop a shop's bodies up to a position that name one of some numbers, however young; return how many."""
        if not ids:
            return 0
        names = naming(ids)
        position = forgotten = 0
        sources = self._sources_of(shop)
        while True:
            with self._reading() as db:
                page = _rows(db, "page_of_sealed", position, up_to, _RESEAL_AT_ONCE)
            if not page:
                return forgotten
            drop = []
            for at, source, delivery_id, sealed in page:
                if source in sources and names.search(self._packer.unpack(sealed, shop, sources[source], delivery_id)):
                    drop.append(at)
            self.forget_at(drop)
            forgotten += len(drop)
            position = page[-1][0]

    def forget_at(self, positions: Sequence[int]) -> None:
        """Drop the bodies at some positions. Raises LogUnavailable."""
        if positions:
            with self._lock, self._transaction(f"forgetting {len(positions)} bodies"):
                self._writer.executemany(_SQL["forget_body"], [(at,) for at in positions])

    def bodies_after(self, position: int) -> int:
        """Return how many deliveries behind a position have their body. Raises LogUnavailable."""
        with self._reading() as db:
            bodies: int = db.execute(_SQL["bodies_after"], (position,)).get
        return bodies

    def erase(self, shop: str) -> int:
        """Drop all bodies and anchors of a shop, and what tells one merchant's action from another; return its rows.

        The rows stay, without content: positions are counted, and a repeat is still known for one.
        """
        rows = 0
        for source in self._sources_of(shop):
            with self._reading() as db:
                rows += db.execute(_SQL["count_of_source"], (source,)).get
            while True:
                with self._lock, self._transaction("erasing a shop"):
                    self._writer.execute(_SQL["erase_some"], (source, _FORGET_AT_ONCE))
                    if not self._writer.changes():
                        break
        with self._lock, self._transaction("erasing a shop's anchors"):
            self._writer.execute(_SQL["erase_anchors"], (shop,))
        return rows

    def _sources_of(self, shop: str) -> dict[int, str]:
        """Return the channels of a shop by their number here."""
        with self._reading() as db:
            self._load_sources(db)
        return {source: channel for source, (of, channel) in self._source_names.items() if of == shop}

    def sealed_with(self) -> dict[bytes, int]:
        """Return how many bodies each key has sealed, by the key's id."""
        with self._reading() as db:
            return {bytes(key_id): bodies for key_id, bodies in _rows(db, "sealed_with")}

    def reseal(self) -> Iterator[int]:
        """Seal every body that an older key sealed with the newest one; yield how many after each short transaction.

        Stopped in between, what is done is done, and the next call goes on. Raises LogUnavailable, DataDamaged.
        """
        position = 0
        while True:
            with self._reading() as db:
                page = _rows(db, "sealed_otherwise", position, self._packer.seal.key_id, _RESEAL_AT_ONCE)
            if not page:
                return
            fresh = []
            for at, source, delivery_id, sealed in page:
                shop, channel = self._source_name(source)
                fresh.append((self._packer.reseal(sealed, shop, channel, delivery_id), at))
            with self._lock, self._transaction(f"sealing {len(page)} bodies anew"):
                self._writer.executemany(_SQL["replace_body"], fresh)
            position = page[-1][0]
            yield len(page)

    def anchor(self, shop: str, ledger_sequence: int, head: bytes, anchored_at: datetime) -> None:
        """Keep the head of a shop's ledger chain outside the ledger's own database. Raises LogUnavailable."""
        with self._lock, self._transaction("keeping an anchor"):
            self._writer.execute(_SQL["anchor"], (shop, ledger_sequence, head, to_micros(anchored_at)))

    def anchors(self, shop: str) -> list[tuple[int, bytes]]:
        """Return the (ledger sequence, head) pairs anchored for a shop, oldest first."""
        with self._reading() as db:
            return [(sequence, head) for sequence, head in _rows(db, "anchors", shop)]

    def touch(self) -> None:
        """Write nothing new, durably: it shows whether anything can be written. Raises LogUnavailable."""
        with self._lock, self._transaction("writing"):
            self._writer.pragma("user_version", file.VERSION)

    def checkpoint(self) -> None:
        """Carry the write-ahead log into the file, beside whoever commits. Raises LogUnavailable."""
        self.write_ahead.carry_over()

    def close(self) -> None:
        """Release the file. Nothing that was kept is lost by not calling this."""
        with suppress(LogUnavailable):  # at worst a few refused deliveries are not counted
            self.flush()
        self.write_ahead.close()
        with self._lock:
            for connection in [*self._open_readers, self._writer]:
                connection.close()
            self._open_readers.clear()
            self._broken = f"log {self.path} is closed"

    def _append_in_parts(self, values: list[Any], rows: int) -> int:
        width, new = len(values) // rows, 0
        self._writer.execute("BEGIN IMMEDIATE")
        for start in range(0, rows, _ROWS_AT_ONCE):
            part = values[start * width : (start + _ROWS_AT_ONCE) * width]
            self._writer.execute(append_rows(len(part) // width), part)
            new += self._writer.changes()
        self._writer.execute("COMMIT")
        return new

    def _tell_repeats(self, keys: list[tuple[int, str]]) -> list[bool]:
        """Return which of the keys were new: the first of each that was added just now."""
        added = Counter[tuple[int, str]]()
        for source, delivery_id in _rows(self._writer, "appended_after", self._last):
            added[source, delivery_id] = 1
        results = []
        for key in keys:
            results.append(added[key] > 0)
            added[key] = 0
        return results

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[None]:
        """Run one write transaction; the caller holds the lock. Raises LogUnavailable, with nothing kept."""
        with self._trouble_with(doing):
            self._writer.execute("BEGIN IMMEDIATE")
            yield
            self._writer.execute("COMMIT")
            self.write_ahead.wrote(self._writer.changes(), 0, self._writer)

    @contextmanager
    def _trouble_with(self, doing: str) -> Iterator[None]:
        """Name what SQLite refuses, and take back what was not committed. Raises LogUnavailable."""
        if self._broken is not None:
            raise LogUnavailable(self._broken)
        try:
            yield
        except apsw.Error as error:
            self._roll_back()
            # The kernel forgets what it failed to write: after a failed flush only the file itself tells the truth.
            if _is_failed_flush(error):
                self._broken = f"log {self.path}: a flush to disk failed ({error}): check the disk, restart onhand"
            raise LogUnavailable(f"log {self.path}: {doing} failed: {error}; {way_out(error)}") from error

    def _roll_back(self) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except apsw.Error as error:
            self._broken = f"log {self.path}: a failed commit cannot be taken back ({error}): restart onhand"

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
            raise LogUnavailable(f"log {self.path} cannot be read: {error}; {way_out(error)}") from error

    def _add_source(self, delivery: Delivery) -> int:
        """Return the number of a shop's channel, which is committed by itself: deliveries may fail, it stays."""
        name = (delivery.shop, delivery.channel)
        self._writer.execute(_SQL["add_source"], name)
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
