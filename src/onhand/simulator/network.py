"""The way of webhooks from the platforms to the product: it loses, repeats, delays and reorders by the seed."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from onhand.sandbox.letters import body_of, headers_of, manners_of
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world.outbox import Delivery
from onhand.simulator.clock import ManualClock

OUR_HOST = "onhand.invalid"
"""What is sent to another address reaches somebody else."""

Door = Callable[[str, Mapping[str, str], bytes], int]
"""Takes a path, headers and a body, and answers with a status."""

SOON_S = (0.05, 2.0)
LATE_S = (2.0, 900.0)
VERY_LATE_S = (900.0, 6.0 * 3600.0)
"""How long a delivery is under way: mostly, sometimes, and now and then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weather:
    """Shares (0 to 1) of deliveries that are lost for good, come twice, come late, come hours late."""

    lost: float = 0.0
    repeated: float = 0.0
    late: float = 0.0
    very_late: float = 0.0


CALM = Weather()


class Captured(NamedTuple):
    """A delivery as it was handed over."""

    delivery: Delivery
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Attempt:
    delivery: Delivery
    body: bytes | None
    number: int


class HostileNetwork:
    """Carries Shopify's webhooks. What is not answered with 2xx is tried again as Shopify does, and given up at last.

    While it is `cut_off`, every attempt fails. `captured` is everything that was ever handed over.
    """

    def __init__(self, sandbox: Sandbox, clock: ManualClock, rng: random.Random, door: Door) -> None:
        self._sandbox = sandbox
        self._clock = clock
        self._rng = rng
        self._door = door
        self._held: list[tuple[datetime, int, _Attempt]] = []
        self._tickets = itertools.count()
        self.weather = CALM
        self.cut_off = False
        self.counts: Counter[str] = Counter()
        self.captured: list[Captured] = []

    def collect(self) -> None:
        """Take over what the platforms have to tell, and draw what becomes of it."""
        weather = self.weather
        for delivery in self._sandbox.world.outbox.take():
            self.counts["sent"] += 1
            if self._rng.random() < weather.lost:
                self.counts["lost"] += 1
                continue
            self._hold(_Attempt(delivery=delivery, body=delivery.body, number=1), self._way_s())
            if self._rng.random() < weather.repeated:
                self.counts["repeated"] += 1
                self._hold(_Attempt(delivery=delivery, body=delivery.body, number=1), self._way_s())

    def next_at(self) -> datetime | None:
        """Return when the next delivery arrives, None while nothing is under way."""
        return self._held[0][0] if self._held else None

    def deliver_due(self) -> int:
        """Hand over what has arrived by now; return how much."""
        done = 0
        while self._held and self._held[0][0] <= self._clock.now():
            _, _, attempt = heapq.heappop(self._held)
            self._hand_over(attempt)
            done += 1
        return done

    def deliver_all(self) -> int:
        """Hand over everything that is under way now, whenever it would have arrived."""
        due, self._held = sorted(self._held), []
        for _, _, attempt in due:
            self._hand_over(attempt)
        return len(due)

    def _hand_over(self, attempt: _Attempt) -> None:
        delivery = attempt.delivery
        body = attempt.body if attempt.body is not None else body_of(self._sandbox, delivery)
        if body is None:
            return
        address, status = urlsplit(delivery.address), 0
        if address.hostname != OUR_HOST:
            self.counts["elsewhere"] += 1
            return
        self.captured.append(Captured(delivery, body))
        if not self.cut_off:
            status = self._door(address.path, headers_of(self._sandbox, delivery, body), body)
        ok = 200 <= status < 300
        outbox = self._sandbox.world.outbox
        outbox.answered(delivery, ok=ok, attempt=attempt.number, now=self._clock.now())
        if ok:
            return
        self.counts["failed"] += 1
        waits_s = manners_of(delivery.platform).retries_s
        gone = delivery.platform == "shopify" and delivery.subscription_id not in outbox.subscriptions
        if attempt.number > len(waits_s) or gone:
            self.counts["given up"] += 1
            return
        again = _Attempt(delivery=delivery, body=body, number=attempt.number + 1)
        self._hold(again, waits_s[attempt.number - 1])

    def _hold(self, attempt: _Attempt, for_s: float) -> None:
        due_at = self._clock.now() + timedelta(seconds=for_s)
        heapq.heappush(self._held, (due_at, next(self._tickets), attempt))

    def _way_s(self) -> float:
        point = self._rng.random()
        if point < self.weather.very_late:
            self.counts["very late"] += 1
            return self._rng.uniform(*VERY_LATE_S)
        if point < self.weather.very_late + self.weather.late:
            self.counts["late"] += 1
            return self._rng.uniform(*LATE_S)
        return self._rng.uniform(*SOON_S)
