"""Plays a day on a running sandbox in real time, and beside it the polling baseline of the same day."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime

from onhand.sandbox.polling import DEFAULT_SPEED, PollingDay, PollingResult, twin
from onhand.sandbox.shoppers import Day
from onhand.sandbox.state import Sandbox
from onhand.sandbox.wishes import DayPlan
from onhand.sandbox.world.catalog import Refused

# Steps of the day that may follow each other without a pause: webhooks and API calls are served in between.
_STEPS_AT_ONCE = 8


class Playing:
    """One day being played, or just over."""

    def __init__(self, sandbox: Sandbox, plan: DayPlan, *, speed: float, baseline: bool) -> None:
        self._sandbox = sandbox
        self._plan = plan
        self._started_at: datetime = sandbox.clock()
        self._ended_at: datetime | None = None
        self._day = Day(sandbox.world, plan)
        self._oversold_before_units = sandbox.world.shelf.oversold_units
        self._after_zero_before_units = sandbox.world.confirmations.sold_after_zero_units
        self._lost_before_units = _lost_units(sandbox)
        # Copied before the first shopper, played after the last: it must not slow the day itself.
        self._baseline = PollingDay(twin(sandbox.world), plan, now=self._started_at, speed=speed) if baseline else None
        self._polling: PollingResult | None = None
        self.task: asyncio.Task[None] = asyncio.create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        opened_s = loop.time()
        steps = 0
        while (at_s := self._day.next_at_s()) is not None:
            wait_s = at_s - (loop.time() - opened_s)
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            elif steps % _STEPS_AT_ONCE == 0:
                await asyncio.sleep(0)
            self._day.step(self._sandbox.clock())
            steps += 1
        await asyncio.sleep(max(0.0, self._plan.for_s - (loop.time() - opened_s)))
        self._ended_at = self._sandbox.clock()
        await self._play_baseline()

    async def _play_baseline(self) -> None:
        if self._baseline is None:
            return
        steps = 0
        while self._baseline.step():
            steps += 1
            if steps % _STEPS_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._polling = self._baseline.result()

    def state(self) -> dict[str, object]:
        """Return how far the day is and what it cost so far, counted from its opening.

        `polling` is None until the day is over and its baseline is played.
        """
        now = self._ended_at or self._sandbox.clock()
        shelf = self._sandbox.world.shelf
        after_zero = self._sandbox.world.confirmations.sold_after_zero_units
        orders = {name.removeprefix("orders "): n for name, n in self._day.counts.items() if name.startswith("orders ")}
        elapsed_s = (now - self._started_at).total_seconds()
        return {
            "running": self._ended_at is None and not self.task.done(),
            "done": self.task.done(),
            "failure": failure_of(self.task),
            "seed": self._plan.seed,
            "for_s": self._plan.for_s,
            "elapsed_s": round(elapsed_s, 3),
            "orders": sum(orders.values()),
            "orders_by_channel": orders,
            "orders_per_s": round(sum(orders.values()) / elapsed_s, 2) if elapsed_s > 0 else 0.0,
            "counts": dict(self._day.counts),
            "oversold_units": shelf.oversold_units - self._oversold_before_units,
            "sold_after_confirmed_zero_units": after_zero - self._after_zero_before_units,
            "lost_sales_units": _lost_units(self._sandbox) - self._lost_before_units,
            "polling": None if self._polling is None else asdict(self._polling),
        }


def play(sandbox: Sandbox, plan: DayPlan, *, speed: float = DEFAULT_SPEED, baseline: bool = True) -> Playing:
    """Open the shop for a day; needs a running event loop. Raises Refused for a plan without time or shoppers."""
    if plan.for_s <= 0 or plan.orders_per_s <= 0 or speed <= 0:
        raise Refused(
            "bad_plan",
            f"a day needs time, shoppers and a speed: got for_s {plan.for_s}, orders_per_s {plan.orders_per_s}, "
            f"speed {speed}",
        )
    return Playing(sandbox, plan, speed=speed, baseline=baseline)


def failure_of(task: asyncio.Task[None] | None) -> str | None:
    """Return what ended a background task before its time; None while it is well."""
    if task is None or not task.done() or task.cancelled():
        return None
    error = task.exception()
    return None if error is None else repr(error)


def _lost_units(sandbox: Sandbox) -> int:
    return sum(count.lost_units for count in sandbox.world.turned_away.values())
