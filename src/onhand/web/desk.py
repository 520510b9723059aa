"""What every page and answer works with: the store, the log, the shops, and threads to read them from."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol, TypeVar

from onhand.app.holding import Holding
from onhand.ports.clock import Clock
from onhand.ports.delivery import Log
from onhand.store import Books, Store
from onhand.web.keys import Keys
from onhand.web.problem import bad_request, not_found

Health = Callable[[], Mapping[str, object]]
"""What the running process knows of itself and no table holds. Every key may be missing:

- `latency_s`: {"p50", "p99"}, from a webhook's receipt to the channel being told, over the last minutes
- `booked_s`: {"p50", "p99"}, from a webhook's receipt to the new number that may be sold
- `deliveries_per_s`: accepted in the last seconds; where it is missing, it is reckoned from the log
- `lag_s`: age of the oldest delivery that is not booked yet; `waiting`: how many there are
- `troubles`: sentences that say why the process is not ready

Other numbers, nested or not, go to /metrics under their names.
"""

# Reads are short and Python runs one at a time: more threads would only open more connections.
_THREADS = 3
# They mostly wait for one another: see `app.holding`.
_ASKERS = 64
_PACE_SAMPLES = 12

T = TypeVar("T")


class Switches(Protocol):
    """What the buttons do; the app is one."""

    def arm(self, shop: str, channel: str, *, armed: bool) -> object:
        """Let onhand write to a channel, or no longer."""

    def pause(self, shop: str, channel: str, *, paused: bool) -> object:
        """Stop writing to a channel for now, or go on."""


class Pace:
    """How many deliveries a second were kept, from counts seen at different times."""

    def __init__(self) -> None:
        self._samples: deque[tuple[datetime, int]] = deque(maxlen=_PACE_SAMPLES)

    def note(self, at: datetime, accepted: int) -> None:
        """Remember a count; counts within half a second of the last one are left out."""
        if not self._samples or (at - self._samples[-1][0]).total_seconds() >= 0.5:
            self._samples.append((at, accepted))

    def per_s(self) -> float | None:
        """Return deliveries a second over the samples kept, None before there are two of them."""
        if len(self._samples) < 2:
            return None
        (first_at, first), (last_at, last) = self._samples[0], self._samples[-1]
        seconds = (last_at - first_at).total_seconds()
        return (last - first) / seconds if seconds > 0 else None


class Desk:
    """One for a web app. `switches` and `holding` are None where this process may look but not change anything."""

    def __init__(
        self,
        *,
        store: Store,
        log: Log,
        shops: Iterable[str],
        clock: Clock,
        health: Health,
        switches: Switches | None,
        holding: Holding | None = None,
    ) -> None:
        self.store, self.log, self.clock = store, log, clock
        self.shops = tuple(shops)
        self.health = health
        self.switches = switches
        self.holding = holding
        self.keys = Keys(store, self.shops, clock)
        self.pace = Pace()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="onhand-web")
        self._askers = ThreadPoolExecutor(_ASKERS, thread_name_prefix="onhand-holds")

    async def run(self, work: Callable[[], T]) -> T:
        """Do blocking work in a thread, so that streams and other answers go on."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def ask(self, work: Callable[[], T]) -> T:
        """Have something held, or end a hold, beside others who do: the more of them wait, the more share a commit."""
        return await asyncio.get_running_loop().run_in_executor(self._askers, work)

    @contextmanager
    def books(self, shop: str) -> Iterator[Books]:
        """Give the books of a shop as they are at one moment."""
        with self.store.reading() as session:
            yield session.of(shop)

    def shop(self, asked: str | None) -> str:
        """Return the shop that is meant: the only one needs no naming. Raises Refused."""
        if asked is None:
            if len(self.shops) == 1:
                return self.shops[0]
            raise bad_request(f"say which shop: ?shop= is one of {', '.join(self.shops)}", near=self.shops)
        if asked not in self.shops:
            raise not_found(f"there is no shop {asked!r}; configured are {', '.join(self.shops)}", near=self.shops)
        return asked

    def close(self) -> None:
        """Let the threads end."""
        for pool in (self._pool, self._askers):
            pool.shutdown(wait=False, cancel_futures=True)
