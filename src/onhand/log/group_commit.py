"""Group commit: many deliveries, one flush to disk. Whoever brought one is told only after it is safe."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import repeat
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol

from onhand.log.figures import CommitFigures
from onhand.log.kept import KeptLog
from onhand.ports.delivery import Delivery
from onhand.ports.errors import LogUnavailable

Kept = bool | LogUnavailable
"""What became of a delivery: True kept, False a repeat of a kept one, an error when the log could not keep it."""

_LotKept = Sequence[bool] | LogUnavailable
"""What became of a lot: it is never split between commits, so one error is the error of all."""

_UPKEEP_S = 1.0


class _Bringer(Protocol):
    def conclude(self, told: "list[tuple[_Lot, _LotKept]]") -> None:
        """Take what became of lots; called by the committing thread, once a commit."""


class _Lot(NamedTuple):
    """Deliveries brought together by one bringer, with what it needs to tell who waits for each."""

    bringer: _Bringer
    deliveries: Sequence[Delivery]
    waiting: Sequence[Any]
    brought_at_s: float = 0.0


class GroupCommit:
    """The one thread that appends to the log: it takes all that waits, commits once, then tells everybody.

    At most `max_batch` deliveries share a commit, unless one lot alone is larger; at most `max_waiting` may be
    unanswered, so that memory has a bound and a sender hears 503 rather than nothing. A second thread does what
    nobody should wait for: checkpoints, counters, looking after the file. `monotonic_s` measures how long they wait.
    """

    def __init__(
        self,
        log: KeptLog,
        *,
        max_batch: int = 256,
        max_waiting: int = 4096,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.log = log
        self.figures = CommitFigures()
        self.trouble: str | None = None  # why the newest commit failed; None once one succeeds
        self.on_commit: Callable[[], None] | None = None  # called after each commit; must be quick
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._monotonic_s = monotonic_s
        self._lots: SimpleQueue[_Lot | None] = SimpleQueue()
        self._brought = self._answered = 0
        self._door = threading.Lock()
        self._stopped: str | None = None
        self._upkeep_due = threading.Event()
        self._single = _Single()
        log.write_ahead.on_growth = self._upkeep_due.set
        self._threads = (
            threading.Thread(target=self._commit_until_stopped, name="log-commit", daemon=True),
            threading.Thread(target=self._keep_up, name="log-upkeep", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def waiting_deliveries(self) -> int:
        """Deliveries that were brought and not answered yet."""
        return self._brought - self._answered

    @property
    def stopped(self) -> str | None:
        """Why nothing is kept any more, or None while all is well."""
        return self._stopped

    def submit(self, delivery: Delivery, done: Callable[[Kept], None]) -> None:
        """Bring a delivery; `done` is called by the committing thread. Raises LogUnavailable when too many wait."""
        self.bring(_Lot(self._single, (delivery,), (done,)))

    def bring(self, lot: _Lot) -> None:
        """Bring several at once. Raises LogUnavailable when too many wait, and then keeps none of them."""
        with self._door:
            waiting = self.waiting_deliveries
            if self._stopped is not None:
                raise LogUnavailable(self._stopped)
            if waiting + len(lot.deliveries) > self._max_waiting:
                raise LogUnavailable(
                    f"{waiting} deliveries wait for the disk, {self._max_waiting} may: the senders will try again"
                )
            self._brought += len(lot.deliveries)
            self._lots.put(lot._replace(brought_at_s=self._monotonic_s()))

    def stop(self, within_s: float | None = None) -> bool:
        """Keep what was brought, then end both threads; return whether they did in time. Does not close the log.

        None: however long it takes.
        """
        with self._door:
            if self._stopped is None:
                self._stopped = "onhand is stopping: the senders will try again"
                self._lots.put(None)
        self._upkeep_due.set()
        until_s = None if within_s is None else self._monotonic_s() + within_s
        for thread in self._threads:
            thread.join(None if until_s is None else max(0.0, until_s - self._monotonic_s()))
        return not any(thread.is_alive() for thread in self._threads)

    def _commit_until_stopped(self) -> None:
        try:
            while (lots := self._take()) is not None:
                self._commit(lots)
        finally:
            with self._door:
                self._stopped = self._stopped or "the thread that writes the log has died: restart onhand"
            self._refuse_rest()
            self._upkeep_due.set()

    def _take(self) -> list[_Lot] | None:
        """Wait for a lot, then take what else waits. None: it is time to stop."""
        first = self._lots.get()
        if first is None:
            return None
        lots, count = [first], len(first.deliveries)
        while count < self._max_batch:
            try:
                lot = self._lots.get_nowait()
            except Empty:
                break
            if lot is None:
                self._lots.put(None)  # stop at the next turn
                break
            lots.append(lot)
            count += len(lot.deliveries)
        return lots

    def _commit(self, lots: list[_Lot]) -> None:
        deliveries = lots[0].deliveries if len(lots) == 1 else [one for lot in lots for one in lot.deliveries]
        kept: _LotKept
        began = time.perf_counter()
        try:
            kept = self.log.append(deliveries, self._monotonic_s() - lots[0].brought_at_s)
            self.figures.add(time.perf_counter() - began, len(deliveries))
            self.trouble = None
        except LogUnavailable as error:
            kept = error
            self.trouble = str(error)
            self.figures.failed_commits += 1
        self._answered += len(deliveries)
        by_bringer: dict[_Bringer, list[tuple[_Lot, _LotKept]]] = defaultdict(list)
        start = 0
        for lot in lots:
            end = start + len(lot.deliveries)
            by_bringer[lot.bringer].append((lot, kept if isinstance(kept, LogUnavailable) else kept[start:end]))
            start = end
        for bringer, told in by_bringer.items():
            bringer.conclude(told)
        if self.on_commit is not None:
            self.on_commit()

    def _refuse_rest(self) -> None:
        while not self._lots.empty():
            lot = self._lots.get_nowait()
            if lot is not None:
                self._answered += len(lot.deliveries)
                lot.bringer.conclude([(lot, LogUnavailable(self._stopped or ""))])

    def _keep_up(self) -> None:
        while self._stopped is None:
            self._upkeep_due.wait(_UPKEEP_S)
            self._upkeep_due.clear()
            try:
                if self.trouble is not None:  # nobody may come for hours who would show that it is over
                    self.log.touch()
                    self.trouble = None
                if self.log.write_ahead.is_due:
                    self.log.checkpoint()
                if self.log.flush():
                    self._upkeep_due.set()
            except LogUnavailable:
                # Whoever brings a delivery hears the same; there is nobody else to tell here.
                self._upkeep_due.wait(_UPKEEP_S)


class _Single:
    """Tells each waiting callable by itself."""

    def conclude(self, told: list[tuple[_Lot, _LotKept]]) -> None:
        for lot, kept in told:
            (done,) = lot.waiting
            done(kept if isinstance(kept, LogUnavailable) else kept[0])


class ThreadCommit:
    """Group commit for one thread that waits for its own deliveries."""

    def __init__(self, commit: GroupCommit) -> None:
        self._commit = commit
        self._told = threading.Event()
        self._kept: _LotKept = ()

    def keep(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        """Wait until the deliveries are safe; False marks a repeat. Raises LogUnavailable, and then none is kept."""
        self._told.clear()
        self._commit.bring(_Lot(self, deliveries, ()))
        self._told.wait()
        if isinstance(self._kept, LogUnavailable):
            raise self._kept
        return self._kept

    def conclude(self, told: list[tuple[_Lot, _LotKept]]) -> None:
        """Let the thread go on; called by the committing thread."""
        ((_, self._kept),) = told
        self._told.set()


class LoopCommit:
    """Group commit for the coroutines of one event loop, which is woken once a commit, not once a delivery.

    What is brought during one turn of the loop goes to the committing thread as one lot.
    """

    def __init__(self, commit: GroupCommit, loop: asyncio.AbstractEventLoop) -> None:
        self._commit = commit
        self._loop = loop
        self._deliveries: list[Delivery] = []
        self._futures: list[asyncio.Future[bool]] = []

    def keep(self, delivery: Delivery) -> "asyncio.Future[bool]":
        """Return what becomes True when the delivery is safe, False when it is a repeat, or raises LogUnavailable.

        Only for coroutines of this loop.
        """
        future = self._loop.create_future()
        if not self._deliveries:
            self._loop.call_soon(self._bring)
        self._deliveries.append(delivery)
        self._futures.append(future)
        return future

    def conclude(self, told: list[tuple[_Lot, _LotKept]]) -> None:
        """Wake the loop; called by the committing thread."""
        try:
            self._loop.call_soon_threadsafe(self._tell, told)
        except RuntimeError:  # the loop was closed meanwhile: nobody waits there any more
            return

    def _bring(self) -> None:
        deliveries, futures = self._deliveries, self._futures
        self._deliveries, self._futures = [], []
        lot = _Lot(self, deliveries, futures)
        try:
            self._commit.bring(lot)
        except LogUnavailable as error:
            self._tell([(lot, error)])

    @staticmethod
    def _tell(told: list[tuple[_Lot, _LotKept]]) -> None:
        for lot, kept in told:
            outcomes = repeat(kept) if isinstance(kept, LogUnavailable) else kept
            for future, outcome in zip(lot.waiting, outcomes, strict=False):
                if future.done():  # the request was given up
                    continue
                if outcome is True or outcome is False:
                    future.set_result(outcome)
                else:
                    future.set_exception(outcome)
