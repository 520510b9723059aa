"""While deliveries wait to be booked, a sweep asks for nothing that they already say."""

from pathlib import Path

import httpx

from onhand.app import build
from onhand.demo.house import load, write_config
from onhand.ports.delivery import Delivery
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings

BOSTON, TEE = "Boston", "TEE-BLK-XS"


def test_an_order_that_waits_in_the_log_is_not_missed_and_not_read_again(tmp_path: Path) -> None:
    options = Options(items=4, settings=Settings(bucket_points=None))
    with (
        SandboxThread(options) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        app = build(load(write_config(tmp_path, running.addresses, port=0)))
        try:
            shop = running.sandbox.settings.shop
            app.sync(shop)
            bodies: list[bytes] = []
            outbox, clock = running.sandbox.world.outbox, running.sandbox.clock
            outbox.subscribe(topic="orders/create", uri="http://127.0.0.1:9/", api_version="2026-10", now=clock())
            outbox.on_queued = lambda: bodies.extend(one.body or b"" for one in outbox.take())
            for _ in range(2):
                control.post("/sale", json={"location": BOSTON, "sku": TEE, "units": 1}).raise_for_status()
            delivery = Delivery(
                shop=shop,
                channel="shopify",
                topic="orders/create",
                delivery_id="first",
                event_id=None,
                triggered_at=None,
                received_at=clock(),
                body=bodies[0],
            )
            assert (len(bodies), app.log.append([delivery])) == (2, [True])
            steps = app.steps(shop)
            assert steps.sweep(steps.parts.shopify) == 1
            with app.store.reading() as session:
                books = session.of(shop)
                assert books.deliveries.counts()["done"] == 1
                assert books.asks.count() == 1
        finally:
            app.close()
