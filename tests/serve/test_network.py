"""A bad network between onhand and the platforms, both ways: a shop's day ends equal whatever it did to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import httpx

from onhand.demo.quiet import wait_for_quiet
from onhand.sandbox.build import is_scarce, sku_name
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from tests.serve.platforms import Platforms, opened
from tests.serve.process import OnhandProcess
from tests.support.bad_network import TROUBLES, WELL, BadNetwork, Trouble
from tests.support.parity import differences
from tests.support.waiting import WITHIN_S, until

UNLIMITED = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None)
BETWEEN_S = 0.04
SPELLS = 8
"""Changes of a random sequence."""


def by_way_of(addresses: dict[str, Any], port: int) -> dict[str, Any]:
    """Return a sandbox's addresses as they are seen through another port."""

    def through(url: str) -> str:
        return urlsplit(url)._replace(netloc=f"127.0.0.1:{port}").geturl()

    shopify, tiktok = dict(addresses["shopify"]), dict(addresses["tiktok_shop"])
    shopify["url"] = through(shopify["url"])
    tiktok |= {name: through(tiktok[name]) for name in ("url", "auth_url")}
    return {**addresses, "shopify": shopify, "tiktok_shop": tiktok}


@dataclass(frozen=True, kw_only=True)
class Day:
    """A shop that sells, onhand beside it, and the two ways between them."""

    onhand: OnhandProcess
    platforms: Platforms
    running: Running
    calls: BadNetwork
    webhooks: BadNetwork
    skus: Iterator[str]

    def sell(self, times: int) -> None:
        """Sell at a till and on TikTok Shop, so many times each."""
        for _ in range(times):
            self.platforms.do("sale", location="Boston", sku=next(self.skus), units=1)
            self.platforms.do("order", channel="tiktok_shop", lines=[{"sku": next(self.skus), "units": 1}])
            sleep(BETWEEN_S)

    def be(self, calls: Trouble, webhooks: Trouble) -> None:
        """Let both ways be as bad as this from now on."""
        self.calls.troubled = self.webhooks.troubled = 0
        self.calls.be(calls)
        self.webhooks.be(webhooks)

    def both_were_touched(self) -> bool:
        """Tell whether both ways have passed something on since they became as bad as they are."""
        return self.calls.troubled > 0 and self.webhooks.troubled > 0

    def wrong(self) -> list[str]:
        """Return what differs once all is quiet on a good network."""
        self.be(WELL, WELL)
        self.platforms.do("heal")
        self.platforms.until("log", backlog=0, held=0)
        with opened(self.onhand) as app:
            going_on = wait_for_quiet(app, "tees.myshopify.com", WITHIN_S)
            with app.store.reading() as session:
                books = session.of("tees.myshopify.com")
                rows = [row.delivery_id for row in books.deliveries.rows(limit=100_000)]
                twice = len(rows) - len(set(rows))
                lost = self.platforms.answered_200() - set(rows)
                left = books.ledger.unexplained_units()
            counts = {"booked twice": twice, "lost": len(lost), "units unexplained": sum(map(abs, left))}
            found = differences(app, "tees.myshopify.com", self.platforms.see("truth"))
        return [*going_on, *(f"{number} {what}" for what, number in counts.items() if number), *found]


@contextmanager
def a_day(folder: Path) -> Iterator[Day]:
    """Open a shop behind two networks that are well."""
    with (
        SandboxThread(Options(items=40, settings=UNLIMITED, retry_speed=400.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
        BadNetwork(urlsplit(running.sandbox.base_url).port or 0).up() as calls,
    ):
        onhand = OnhandProcess(
            folder, by_way_of(dict(running.addresses), calls.port), poll_every_s=1, every_s=4, grace_s=1
        )
        with BadNetwork(onhand.ingress_port).up() as webhooks:
            onhand.set("ONHAND__INGRESS__PUBLIC_URL", f"http://127.0.0.1:{webhooks.port}")
            onhand.sync()
            onhand.start()
            platforms = Platforms(control)
            until(platforms.are_subscribed_to, "webhooks are subscribed to")
            until(platforms.marks, "it writes")
            indexes = cycle(range(len(running.sandbox.world.catalog.items)))
            plenty = (sku_name(index) for index in indexes if not is_scarce(index))
            try:
                yield Day(
                    onhand=onhand, platforms=platforms, running=running, calls=calls, webhooks=webhooks, skus=plenty
                )
            finally:
                if onhand.is_running():
                    onhand.kill()


def test_a_day_ends_equal_after_each_trouble_of_the_network(tmp_path: Path) -> None:
    with a_day(tmp_path) as day:
        for name, trouble in TROUBLES.items():
            day.be(trouble, trouble)
            day.sell(5)
            until(day.both_were_touched, name)
            assert day.wrong() == [], name
        assert day.onhand.stop() == 0


def test_a_day_ends_equal_after_troubles_in_any_order(tmp_path: Path) -> None:
    chance = Random(11)
    kinds = [*TROUBLES.values(), WELL]
    with a_day(tmp_path) as day:
        for _ in range(SPELLS):
            day.be(chance.choice(kinds), chance.choice(kinds))
            day.sell(4)
        assert day.wrong() == []
        assert day.onhand.stop() == 0
