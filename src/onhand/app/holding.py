"""Holding: askers from many threads are answered, many of them in one transaction.

Whoever finds nobody at work takes everybody's requests that have come meanwhile into a transaction of his: while one
waits for the disk, the next ones gather. So a thousand askers cost a few commits, and each answer is durable. Who asks
alone waits for nobody.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from onhand.app.hold_wishes import HoldAsked, read_wishes
from onhand.domain.holds import Hold, HoldWish
from onhand.ports.clock import Clock
from onhand.ports.errors import OnhandError
from onhand.publish import holds
from onhand.publish.holds import Granted, HoldEnded, NoSuchHold, Short
from onhand.store import Books, Store

BATCH = 256
"""Requests a transaction: it still ends within a few milliseconds, and others write, too."""

GATHER_S = 0.005
"""How long a transaction waits at most for as many requests as the one before had: a fraction of what it takes. Who was
answered a moment ago asks again a moment later, and would otherwise find one asker alone with a commit of his own.
"""

_Outcome = Granted | Short | Hold | OnhandError
"""An answer, or what is raised in its place."""


@dataclass(kw_only=True, eq=False)
class _Job:
    """One request, until it is answered. `alone`: a transaction with it among others has failed."""

    shop: str
    key: str = ""
    asked: HoldAsked | None = None
    end: Callable[[Books, datetime], Hold | Short] | None = None
    alone: bool = False
    outcome: _Outcome | None = None
    woken: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever asks while it waits: to be answered, or to be the next to work for all that wait."""


class Holding:
    """Grants, confirms and releases holds of any shop. Safe to share between threads."""

    def __init__(self, store: Store, clock: Clock, on_change: Callable[[], None] = lambda: None) -> None:
        self._store, self._clock = store, clock
        self.on_change = on_change
        self._waiting: list[_Job] = []
        self._expected = 1  # requests of the transaction before
        self._all_here = threading.Event()
        self._waiting_lock = threading.Lock()
        self._somebody_works = False

    def hold(self, shop: str, key: str, asked: HoldAsked) -> Granted | Short:
        """Have units held; the same `key` is answered with the same hold.

        Raises NotKnown, NotHoldable for what cannot be asked, KeyTaken where the key stands for another request.
        """
        outcome = self._do(_Job(shop=shop, key=key, asked=asked))
        assert isinstance(outcome, Granted | Short)
        return outcome

    def confirm(self, shop: str, id_: int) -> Hold | Short:
        """Sell what a hold keeps; again and again is once. Raises NoSuchHold, HoldEnded."""
        return self._end(shop, lambda books, now: holds.confirm(books, id_, now))

    def release(self, shop: str, id_: int) -> Hold:
        """Give back what a hold keeps; again and again is once. Raises NoSuchHold, HoldEnded."""
        hold = self._end(shop, lambda books, now: holds.release(books, id_, now))
        assert isinstance(hold, Hold)
        return hold

    def _end(self, shop: str, end: Callable[[Books, datetime], Hold | Short]) -> Hold | Short:
        outcome = self._do(_Job(shop=shop, end=end))
        assert isinstance(outcome, Hold | Short)
        return outcome

    def _do(self, job: _Job) -> Granted | Short | Hold:
        job.woken.acquire()
        with self._waiting_lock:
            self._waiting.append(job)
            if len(self._waiting) >= self._expected:
                self._all_here.set()
            works, self._somebody_works = not self._somebody_works, True
        if not works:
            job.woken.acquire()
        if job.outcome is None:
            try:
                self._answer_all(self._gather(job))
            finally:
                self._hand_over()
        outcome = job.outcome
        assert outcome is not None
        if isinstance(outcome, OnhandError):
            raise outcome
        return outcome

    def _gather(self, mine: _Job) -> list[_Job]:
        """Return what one transaction takes: mine, and others unless one of them may be what fails it."""
        if not mine.alone:
            self._all_here.wait(GATHER_S)
        with self._waiting_lock:
            self._waiting.remove(mine)
            if mine.alone:
                return [mine]
            others = [job for job in self._waiting if not job.alone][: BATCH - 1]
            taken = set(map(id, others))
            self._waiting = [job for job in self._waiting if id(job) not in taken]
            self._expected = len(others) + 1
            self._all_here.clear()
        return [mine, *others]

    def _hand_over(self) -> None:
        """Have the next one work who waits; where nobody does, whoever comes works for himself at once."""
        with self._waiting_lock:
            following = self._waiting[0] if self._waiting else None
            self._somebody_works = following is not None
            if len(self._waiting) >= self._expected:
                self._all_here.set()
        if following is not None:
            following.woken.release()

    def _answer_all(self, jobs: Sequence[_Job]) -> None:
        """Answer requests in one transaction; where that fails, all but the first go on waiting, each for its own."""
        outcomes: dict[int, _Outcome] | None = None
        try:
            with self._store.writing() as session:
                now = self._clock.now()
                answers: dict[int, _Outcome] = {}
                for shop in sorted({job.shop for job in jobs}):
                    answers |= _answer(session.of(shop), [job for job in jobs if job.shop == shop], now)
            outcomes = answers
        finally:
            if outcomes is None:
                with self._waiting_lock:
                    for job in jobs[1:]:
                        job.alone = True
                        self._waiting.append(job)
        for job in jobs:
            job.outcome = outcomes[id(job)]
        for job in jobs[1:]:
            job.woken.release()
        self.on_change()


def _answer(books: Books, jobs: Sequence[_Job], now: datetime) -> dict[int, _Outcome]:
    """Return the answers to requests of one shop: what is given back may be granted right after."""
    outcomes: dict[int, _Outcome] = {}
    for job in jobs:
        if job.end is not None:
            try:
                outcomes[id(job)] = job.end(books, now)
            except (NoSuchHold, HoldEnded) as trouble:
                outcomes[id(job)] = trouble
    asking = [job for job in jobs if job.asked is not None]
    wishes = read_wishes(books, [(job.key, job.asked) for job in asking if job.asked is not None])
    understood: list[tuple[int, HoldWish]] = []
    for job, wish in zip(asking, wishes, strict=True):
        if isinstance(wish, HoldWish):
            understood.append((id(job), wish))
        else:
            outcomes[id(job)] = wish
    answers = holds.hold_all(books, [wish for _, wish in understood], now) if understood else []
    return outcomes | {number: answer for (number, _), answer in zip(understood, answers, strict=True)}
