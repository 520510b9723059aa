"""Sends what the outbox holds: signed, in parallel, with retries, and with the faults that are on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from onhand.sandbox.faults import DeliveryFault
from onhand.sandbox.letters import body_of, letter_of, manners_of
from onhand.sandbox.log import Sent
from onhand.sandbox.post import Poster, PostError, parse_address
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world.outbox import Delivery

TAKEN_BY_A_CLOUD = 202

# What a fault does to one delivery, in real seconds.
_DUPLICATE_AFTER_S = (0.0, 1.0)
_REORDER_BY_S = (0.2, 2.0)
_DELAY_BY_S = (2.0, 8.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Attempt:
    delivery: Delivery
    body: bytes | None  # None until the first sending: a level's payload is built then
    number: int
    fault: DeliveryFault | None


class Sender:
    """Delivers webhooks with at most `concurrency` at a time; `retry_speed` divides the platforms' retry waits."""

    def __init__(self, sandbox: Sandbox, *, concurrency: int = 32, retry_speed: float = 120.0) -> None:
        self._sandbox = sandbox
        self._concurrency = concurrency
        self._retry_speed = retry_speed
        self._poster = Poster()
        self._ready: asyncio.Queue[_Attempt] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._sent_one = asyncio.Event()
        self._later: dict[int, tuple[asyncio.TimerHandle, _Attempt]] = {}
        self._tickets = itertools.count()
        self._sending = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to send; needs a running event loop."""
        self._sandbox.world.outbox.on_queued = self._wake.set
        self._wake.set()
        self._tasks = [asyncio.create_task(self._collect())]
        self._tasks += [asyncio.create_task(self._work()) for _ in range(self._concurrency)]

    async def stop(self) -> None:
        """Stop sending at once; what waits is forgotten."""
        self._sandbox.world.outbox.on_queued = None
        for handle, _ in self._later.values():
            handle.cancel()
        self._later.clear()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._poster.close()

    def backlog(self) -> int:
        """Return how many deliveries are queued or under way, without those held back or to be retried."""
        return len(self._sandbox.world.outbox.waiting) + self._ready.qsize() + self._sending

    def held(self) -> int:
        """Return how many deliveries wait for their time: held back by a fault, or for another try."""
        return len(self._later)

    def flush(self) -> int:
        """Send at once whatever was held back or waits for another try; return how many that were."""
        held = list(self._later.values())
        self._later.clear()
        for handle, attempt in held:
            handle.cancel()
            self._ready.put_nowait(attempt)
        return len(held)

    async def room(self, *, backlog_max: int) -> None:
        """Wait until at most `backlog_max` deliveries are queued or under way."""
        while self.backlog() > backlog_max:
            self._sent_one.clear()
            await self._sent_one.wait()

    async def settle(self, *, within_s: float) -> bool:
        """Wait until nothing is queued, under way or held back; False when it took longer."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while self.backlog() or self._later:
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    async def _collect(self) -> None:
        outbox = self._sandbox.world.outbox
        while True:
            await self._wake.wait()
            self._wake.clear()
            for delivery in outbox.take():
                self._admit(delivery)

    def _admit(self, delivery: Delivery) -> None:
        """Draw what happens to a new delivery and queue it accordingly."""
        faults = self._sandbox.faults
        fault = faults.delivery(delivery.platform)
        attempt = _Attempt(delivery=delivery, body=delivery.body, number=1, fault=fault)
        match fault:
            case None:
                self._ready.put_nowait(attempt)
            case "lose":
                self._sandbox.log.counts[f"delivery {delivery.platform} lost"] += 1
            case "duplicate":
                self._ready.put_nowait(attempt)
                self._hold(attempt, _between(_DUPLICATE_AFTER_S, faults.fraction()))
            case "reorder":
                self._hold(attempt, _between(_REORDER_BY_S, faults.fraction()))
            case "delay":
                self._hold(attempt, _between(_DELAY_BY_S, faults.fraction()))

    def _hold(self, attempt: _Attempt, after_s: float) -> None:
        ticket = next(self._tickets)
        release: Callable[[], None] = lambda: self._ready.put_nowait(self._later.pop(ticket)[1])  # noqa: E731
        handle = asyncio.get_running_loop().call_later(after_s, release)
        self._later[ticket] = (handle, attempt)

    async def _work(self) -> None:
        while True:
            attempt = await self._ready.get()
            self._sending += 1
            try:
                await self._send(attempt)
            finally:
                self._sending -= 1
                self._sent_one.set()

    async def _send(self, attempt: _Attempt) -> None:
        delivery, clock = attempt.delivery, self._sandbox.clock
        body = attempt.body if attempt.body is not None else body_of(self._sandbox, delivery)
        if body is None:
            return
        manners = manners_of(delivery.platform)
        sent_at = clock()
        status: int | None = None
        letter = letter_of(self._sandbox, delivery, body, sent_at)
        if letter is None:
            status = TAKEN_BY_A_CLOUD
        with contextlib.suppress(PostError):
            if letter is not None:
                address = parse_address(letter.address)
                status = await self._poster.post(address, letter.headers, letter.body, timeout_s=manners.timeout_s)
        answered_at = clock()
        ok = manners.takes(status)
        self._sandbox.log.add_sent(
            Sent(
                platform=delivery.platform,
                topic=delivery.topic,
                delivery_id=delivery.delivery_id,
                event_id=delivery.event_id,
                attempt=attempt.number,
                fault=attempt.fault,
                triggered_at=delivery.triggered_at,
                sent_at=sent_at,
                answered_at=answered_at,
                status=status,
                order=_order_in(delivery, body),
            )
        )
        self._sandbox.world.outbox.answered(delivery, ok=ok, attempt=attempt.number, now=answered_at)
        if not ok:
            self._retry(attempt, body)

    def _retry(self, attempt: _Attempt, body: bytes) -> None:
        delivery = attempt.delivery
        waits_s = manners_of(delivery.platform).retries_s
        subscribed = (
            delivery.subscription_id is None or delivery.subscription_id in self._sandbox.world.outbox.subscriptions
        )
        if attempt.number > len(waits_s) or not subscribed:
            self._sandbox.log.counts[f"delivery {delivery.platform} given up"] += 1
            return
        again = _Attempt(delivery=delivery, body=body, number=attempt.number + 1, fault=attempt.fault)
        self._hold(again, waits_s[attempt.number - 1] / self._retry_speed)


def _between(window_s: tuple[float, float], fraction: float) -> float:
    return window_s[0] + fraction * (window_s[1] - window_s[0])


class _OrderBody(msgspec.Struct):
    id: int


class _TikTokData(msgspec.Struct):
    order_id: str = ""


class _TikTokBody(msgspec.Struct):
    data: _TikTokData


def _order_in(delivery: Delivery, body: bytes) -> str | None:
    """Return the id of the order that a delivery carries, so that the log can say when an order was told."""
    if delivery.platform == "shopify":
        if delivery.topic in ("orders/create", "orders/updated"):
            return str(msgspec.json.decode(body, type=_OrderBody).id)
    elif delivery.topic == "1":
        return msgspec.json.decode(body, type=_TikTokBody).data.order_id
    return None
