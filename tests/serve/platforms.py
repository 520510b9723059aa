"""The platforms beside a process, over their control, and its books opened beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from onhand.app import App, build
from onhand.channels.tiktok_shop.channel import EVENT_TYPES
from onhand.demo.house import load
from tests.serve.process import OnhandProcess
from tests.support.waiting import until_equal

ORDERS_PER_S = 12.0
DAY_S = 15.0


class Platforms:
    """The sandbox beside the process: what it sent, what it was asked."""

    def __init__(self, control: httpx.Client) -> None:
        self._control = control

    def do(self, what: str, **ask: object) -> None:
        """Ask the control for something."""
        assert self._control.post(f"/{what}", json=ask).status_code == 200

    def see(self, what: str, **query: str) -> dict[str, Any]:
        """Look at something."""
        seen: dict[str, Any] = self._control.get(f"/{what}", params=query).json()
        return seen

    def answered_200(self) -> set[str]:
        """Return the ids of deliveries that were answered 200."""
        return {row["delivery_id"] for row in self.see("log")["deliveries"] if row["status"] == 200}

    def unanswered_writes(self) -> int:
        """Return how many writes were carried out without an answer."""
        counts = self.see("log", limit="1")["counts"]
        lost = (name for name in counts if name.endswith("timeout_after_apply"))
        return sum(counts[name] for name in lost if "inventoryMove" in name or "inventory/update" in name)

    def marks(self) -> int:
        """Return how often onhand has left its mark: before it has, it writes nothing."""
        counts = self.see("log", limit="1")["counts"]
        return sum(times for name, times in counts.items() if "metafieldsSet" in name and name.endswith(" done"))

    def are_subscribed_to(self) -> bool:
        """Tell whether both platforms send their webhooks: of what was sold before, nobody is told."""
        log = self.see("log", limit="1")
        return bool(log["subscriptions"] > 40 and log["tiktok_subscriptions"] == len(EVENT_TYPES))

    def keep_selling(self) -> None:
        """Let the shop sell: where a day is over before all was tried, another one begins."""
        if self.see("play")["done"]:
            self.do("play", for_s=DAY_S, orders_per_s=ORDERS_PER_S, baseline=False, seed=4)

    def until(self, what: str, **wanted: object) -> None:
        """Wait until what is seen there has these values."""
        until_equal(lambda: {name: self.see(what, limit="1")[name] for name in wanted}, wanted)


@contextmanager
def opened(onhand: OnhandProcess) -> Iterator[App]:
    """Open the books beside the process."""
    app = build(load(onhand.path))
    try:
        yield app
    finally:
        app.close()
