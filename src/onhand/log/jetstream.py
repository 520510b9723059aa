"""The log in NATS JetStream, for many machines: kept by a quorum of servers, with a file of this machine as spool."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from onhand.log.jetstream_rows import (
    Subjects,
    identity,
    pack,
    pack_gone,
    received_micros,
    sealed_body,
    unpack,
    unpack_gone,
)
from onhand.log.nats_wire import Letter, Stored, Stream, StreamState, Told, Wire
from onhand.log.rows import Packer, naming, to_micros
from onhand.log.seal import Seal
from onhand.log.sqlite_log import SqliteLog
from onhand.log.write_ahead import WriteAhead
from onhand.ports.delivery import Counts, Delivery, Logged
from onhand.ports.errors import DataDamaged, LogUnavailable

CONFIRM_WITHIN_S = 1.0
"""How long a sender waits for the quorum, from when it brought its delivery.

TikTok Shop gives up after 3 s: the rest is this machine's disk's. A quorum needs milliseconds, an election 5 to 7 s.
"""

REST_S = 1.0
"""After a quorum that did not answer: nobody who waited for one deadline already may meet another."""

_AT_ONCE = 256
_PAGE = 100  # deleting writes over the bytes on three disks: some 200 a second
_OVERHEAD_BYTES = 4096  # a record's texts and headers, beside its body


logger = logging.getLogger(__name__)


class JetStreamLog:
    """Deliveries in a stream that a quorum of servers keeps: `ports.delivery.Log`. Safe to use from several threads.

    What no quorum confirms in time is kept in `spool` and answered; `flush` forwards it. The stream takes a delivery
    once for as long as it stands, because its subject is its identity; only its body can be forgotten. Anchors and the
    counts of repeats and refusals stand in the spool's file: they are this machine's own.
    Two seals: each is for one thread at a time. `monotonic_s` and `wait` are as `Wire` takes them.
    """

    def __init__(
        self,
        spool: SqliteLog,
        stream: Stream,
        seal: Seal,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
    ) -> None:
        self.spool = spool
        self.wire = Wire(stream, monotonic_s, wait)
        self._monotonic_s = monotonic_s
        self._subjects = Subjects(stream.name)
        self._packer = Packer(seal)
        self._packing = threading.Lock()
        self._direct_after_s = 0.0
        self._spooling = False
        self._forwarded = 0
        self._messages = 0

    @property
    def write_ahead(self) -> WriteAhead:
        """What the spool's file has not taken over yet."""
        return self.spool.write_ahead

    def append(self, deliveries: Sequence[Delivery], waited_s: float = 0.0) -> list[bool]:
        """Keep deliveries durably; False marks a repeat. Raises LogUnavailable.

        The quorum has what `waited_s` leaves of `CONFIRM_WITHIN_S` to confirm. What it does not confirm goes to the
        spool, as does everything from then on until the spool could be forwarded. So a sender waits for the quorum that
        long at most, however many came before it, and beyond that for this machine's disk alone.
        """
        first: dict[tuple[str, str, str], Delivery] = {}
        for delivery in deliveries:
            first.setdefault(_key(delivery), delivery)
        fresh = list(first.values())
        told: list[Told | str] = [""] * len(fresh)
        if fresh and self.wire.is_ready and not self._spooling:
            told = self._publish(fresh, CONFIRM_WITHIN_S - waited_s)
        unconfirmed = [delivery for delivery, each in zip(fresh, told, strict=True) if each not in ("kept", "repeat")]
        spooled = dict(zip(map(_key, unconfirmed), self.spool.append(unconfirmed), strict=True))
        self.spool.count_duplicates(len(deliveries) - len(fresh) + told.count("repeat"))
        is_new = {key: spooled.get(key, each == "kept") for key, each in zip(first, told, strict=True)}
        return [is_new.pop(_key(delivery), False) for delivery in deliveries]

    def read(self, after: int, limit: int) -> list[Logged]:
        """Return up to `limit` deliveries behind position `after`, in order. Raises LogUnavailable, DataDamaged."""
        found: list[Stored] = []
        until = self.wire.state().last_sequence
        position = after
        while len(found) < limit and position < until:
            page = self.wire.read(self._subjects.kept, position, limit - len(found))
            if not page:
                # Any server may have answered, and one that lags knows of nothing yet: only the leader says "nothing".
                first = self.wire.first(self._subjects.kept, position)
                if first is None:
                    break
                page = [first]
            found += page
            position = page[-1].sequence
        return [self._logged(stored) for stored in found]

    def find(self, position: int) -> Logged | None:
        """Return the delivery at a position. None: there is none, or its body is gone. Raises LogUnavailable."""
        stored = self.wire.get(position) if position > 0 else None
        if stored is None or not self._is_kept(stored):
            return None
        return self._logged(stored)

    def last_position(self) -> int:
        """Return the newest position that a delivery ever had here, 0 for an empty log. Raises LogUnavailable."""
        kept, gone = self.wire.last(self._subjects.kept), self.wire.last(self._subjects.gone)
        return max(
            0 if kept is None else kept.sequence,
            0 if gone is None else unpack_gone(gone.payload, self._place(gone)),
        )

    def counts(self) -> Counts:
        """Return how many deliveries were kept, were repeats, were refused; what waits in the spool is kept.

        Repeats and refusals are those that this machine met. While no server answers, the stream counts as it last did.
        """
        of_spool = self.spool.counts()
        with suppress(LogUnavailable):
            self._messages = self.wire.state().messages if self.wire.is_ready else self._messages
        return Counts(self._messages + self.waiting(), of_spool.duplicates, of_spool.rejected)

    def waiting(self) -> int:
        """Return how many deliveries wait in the spool for a quorum."""
        return self.spool.bodies_after(self._forwarded)

    def state(self) -> StreamState:
        """Return what the leader says of the stream. Raises LogUnavailable."""
        return self.wire.state()

    def count_rejected(self, deliveries: int) -> None:
        """Add to the count of deliveries refused at the door."""
        self.spool.count_rejected(deliveries)

    def flush(self) -> bool:
        """Write down what was counted, and forward some of what waits in the spool; return whether more waits.

        Raises LogUnavailable.
        """
        self.spool.flush()
        if not self.wire.is_ready:
            return False
        waiting = self._read_spool()
        if not waiting:
            if self._monotonic_s() >= self._direct_after_s:
                self._spooling = False
            return False
        told = self._publish([logged.delivery for logged in waiting], CONFIRM_WITHIN_S)
        self.spool.forget_at(
            [logged.position for logged, each in zip(waiting, told, strict=True) if each in ("kept", "repeat")]
        )
        if not all(each in ("kept", "repeat") for each in told):
            return False
        self._forwarded = waiting[-1].position
        return True

    def forget_bodies(self, received_before: datetime, keep: Sequence[int]) -> int:
        """Drop the bodies of deliveries received before a time, but for positions in `keep`; return how many."""
        kept, limit, forgotten, position = set(keep), to_micros(received_before), 0, 0
        while page := self.wire.read(self._subjects.kept, position, _PAGE):
            old = [stored for stored in page if received_micros(stored.payload, self._place(stored)) < limit]
            drop = [stored for stored in old if stored.sequence not in kept]
            forgotten += self._forget(drop)
            position = page[-1].sequence
            if not old:
                break
        return forgotten

    def forget_naming(self, shop: str, ids: Sequence[str], up_to: int) -> int:
        """Drop a shop's bodies up to a position that name one of some numbers, however young; return how many."""
        if not ids:
            return 0
        names, forgotten = naming(ids), 0
        for page in self._pages(self._subjects.of_shop("kept", shop), up_to):
            drop = [stored for stored in page if names.search(self._logged(stored).delivery.body)]
            forgotten += self._forget(drop)
        return forgotten

    def erase(self, shop: str) -> int:
        """Drop all bodies and anchors of a shop, and what tells one merchant's action from another; return its rows.

        What is left says that a delivery of this identity was here: a repeat is still known for one.
        """
        rows = self.wire.count(self._subjects.of_shop("gone", shop))
        for page in self._pages(self._subjects.of_shop("kept", shop), self.wire.state().last_sequence):
            rows += self._forget(page)
        self.spool.erase(shop)
        return rows

    def anchor(self, shop: str, ledger_sequence: int, head: bytes, anchored_at: datetime) -> None:
        """Keep the head of a shop's ledger chain in this machine's file. Raises LogUnavailable."""
        self.spool.anchor(shop, ledger_sequence, head, anchored_at)

    def anchors(self, shop: str) -> list[tuple[int, bytes]]:
        """Return the (ledger sequence, head) pairs that this machine anchored for a shop, oldest first."""
        return self.spool.anchors(shop)

    def sealed_with(self) -> dict[bytes, int]:
        """Return how many bodies each key has sealed, by the key's id; the whole stream is read for it."""
        sealed = self.spool.sealed_with()
        for page in self._pages(self._subjects.kept, self.wire.state().last_sequence):
            for stored in page:
                key_id = Seal.key_id_of(sealed_body(stored.payload, self._place(stored)))
                sealed[key_id] = sealed.get(key_id, 0) + 1
        return sealed

    def reseal(self) -> Iterator[int]:
        """Seal what waits in the spool with the newest key. What a stream holds cannot be changed: it goes with age."""
        yield from self.spool.reseal()

    def touch(self) -> None:
        """Write nothing new into the spool, durably. Raises LogUnavailable."""
        self.spool.touch()

    def checkpoint(self) -> None:
        """Carry the spool's write-ahead log into its file. Raises LogUnavailable."""
        self.spool.checkpoint()

    def close(self) -> None:
        """Give up the connection and the file. Nothing that was kept is lost by not calling this."""
        self.wire.close()
        self.spool.close()

    def _read_spool(self) -> list[Logged]:
        try:
            return self.spool.read(self._forwarded, _AT_ONCE)
        except DataDamaged as error:  # a key that is not configured, as a rule: the deliveries wait for it
            logger.warning("what waits in %s cannot be forwarded: %s", self.spool.path, error)
            raise LogUnavailable(f"log {self.spool.path}: what waits there cannot be forwarded: {error}") from error

    def _publish(self, deliveries: Sequence[Delivery], within_s: float) -> list[Told | str]:
        """Ask the quorum for its word on each. Where it has none, everything goes to the spool for a while."""
        told: list[Told | str] = ["nobody may wait for it any more"] * len(deliveries)
        if within_s > 0:
            try:
                told = self.wire.publish([self._letter(delivery) for delivery in deliveries], within_s)
            except LogUnavailable as error:
                told = [str(error)] * len(deliveries)
        if not all(each in ("kept", "repeat") for each in told):
            self._spooling = True
            self._direct_after_s = self._monotonic_s() + REST_S
        return told

    def _letter(self, delivery: Delivery) -> Letter:
        with self._packing:
            payload = pack(delivery, self._packer)
            if (most := self.wire.most_bytes - _OVERHEAD_BYTES) < len(payload):
                body = f"body dropped: {len(payload)} bytes as sealed, the NATS servers take {most}: raise max_payload"
                payload = pack(replace(delivery, body=body.encode()), self._packer)
        return Letter(
            subject=self._subjects.of("kept", delivery),
            payload=payload,
            unless=self._subjects.of("*", delivery),
            message_id=identity(delivery),
        )

    def _forget(self, page: Sequence[Stored]) -> int:
        """Say that deliveries were here, then delete them: in this order there is no moment for a repeat.

        Return how many had not been forgotten before: a server that lags still shows those that were.
        """
        if not page:
            return 0
        payload = pack_gone(self.last_position())
        gone = [self._subjects.forgotten(stored.subject) for stored in page]
        told = self.wire.publish([Letter(subject, payload, unless=subject) for subject in gone], CONFIRM_WITHIN_S)
        wrong = [each for each in told if each not in ("kept", "repeat")]
        if wrong:
            raise LogUnavailable(f"{self._place(page[0])}: {len(wrong)} of {len(page)} not forgotten: {wrong[0]}")
        self.wire.delete([stored.sequence for stored in page])
        return told.count("kept")

    def _pages(self, subject: str, up_to: int) -> Iterator[list[Stored]]:
        """Return everything of a subject up to a sequence, a page at a time; a server that lags is waited for."""
        position = 0
        while position < up_to:
            page = self.wire.read(subject, position, _PAGE)
            if not page:
                first = self.wire.first(subject, position)
                page = [] if first is None else [first]
            within = [stored for stored in page if stored.sequence <= up_to]
            if within:
                yield within
            if not page or len(within) < len(page):
                return
            position = page[-1].sequence

    def _logged(self, stored: Stored) -> Logged:
        return Logged(stored.sequence, unpack(stored.payload, self._packer, self._place(stored)))

    def _is_kept(self, stored: Stored) -> bool:
        return stored.subject.startswith(self._subjects.kept.removesuffix(">"))

    def _place(self, stored: Stored) -> str:
        return f"NATS stream {self.wire.stream.name}, message {stored.sequence}"


def _key(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.shop, delivery.channel, delivery.delivery_id
