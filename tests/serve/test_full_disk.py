"""A disk without room under the real process: senders hear 503, readiness says why, and nothing is lost."""

import resource
from pathlib import Path

import httpx

from onhand.demo.quiet import wait_for_quiet
from onhand.sandbox.build import sku_name
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.serve.platforms import Platforms, opened
from tests.serve.process import OnhandProcess
from tests.support.parity import differences
from tests.support.waiting import WITHIN_S, until

SHOP = "tees.myshopify.com"
UNLIMITED = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None)
NO_ROOM_BYTES = 4_096
"""No file may be written beyond its first bytes: nothing fits into a database any more."""


def test_c03_without_room_senders_hear_503_readyz_says_why_and_what_they_send_again_is_booked(tmp_path: Path) -> None:
    with (
        SandboxThread(Options(items=8, settings=UNLIMITED, retry_speed=400.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        onhand, platforms = (
            OnhandProcess(tmp_path, running.addresses, poll_every_s=2, every_s=5, grace_s=1),
            Platforms(control),
        )
        onhand.sync()
        ready = f"{onhand.start()['dashboard']}/readyz"
        try:
            until(platforms.are_subscribed_to, "webhooks are subscribed to")
            until(lambda: httpx.get(ready, timeout=60).status_code == 200, "it is ready")
            resource.prlimit(onhand.pid, resource.RLIMIT_FSIZE, (NO_ROOM_BYTES, resource.RLIM_INFINITY))
            platforms.do("sale", location="Boston", sku=sku_name(1), units=1)
            until(lambda: any(row["status"] == 503 for row in platforms.see("log")["deliveries"]), "a sender hears 503")
            answer = httpx.get(ready, timeout=60)
            assert answer.status_code == 503
            assert "onhand" in answer.json()["detail"]
            resource.prlimit(onhand.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            platforms.do("order", channel="tiktok_shop", lines=[{"sku": sku_name(2), "units": 1}])
            platforms.do("heal")
            platforms.until("log", backlog=0, held=0)
            with opened(onhand) as app:
                going_on = wait_for_quiet(app, SHOP, WITHIN_S)
                assert not going_on, going_on
                assert differences(app, SHOP, platforms.see("truth")) == []
                with app.store.reading() as session:
                    rows = {row.delivery_id for row in session.of(SHOP).deliveries.rows(limit=10_000)}
                assert platforms.answered_200() <= rows
            until(lambda: httpx.get(ready, timeout=60).status_code == 200, "it is ready again")
            assert onhand.is_running()
            assert onhand.stop() == 0
        finally:
            if onhand.is_running():
                onhand.kill()
