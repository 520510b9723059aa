"""An ingress and a worker, each with a spool of its own, and a log that three NATS servers keep between them."""

from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from onhand.app import build
from onhand.config import load_config
from onhand.log.jetstream import JetStreamLog
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.serve.process import OnhandProcess
from tests.support.nats import NatsCluster

LONGEST_ANSWER_S = 3.0
SHOP_DAY_S = 10
IN_TIME_S = 40.0


def on_stream(cluster: NatsCluster, spool: Path) -> dict[str, str]:
    """Return what makes a process keep its log at the servers."""
    servers = ",".join(address.removeprefix("nats://") for address in cluster.addresses)
    return {"ONHAND__LOG": f"nats://{servers}", "ONHAND__JETSTREAM__SPOOL": str(spool)}


def answers(control: httpx.Client) -> dict[str, float]:
    """Return how long each delivery's answer took, those that were answered 200, by its id; the longest of them."""
    rows: list[dict[str, Any]] = control.get("/log").json()["deliveries"]
    taken: dict[str, float] = {}
    for row in rows:
        assert row["status"] == 200, row
        took = datetime.fromisoformat(row["answered_at"]) - datetime.fromisoformat(row["sent_at"])
        taken[row["delivery_id"]] = max(taken.get(row["delivery_id"], 0.0), took.total_seconds())
    return taken


@pytest.mark.timeout(150)
def test_a_leader_killed_while_a_shop_sells_costs_no_webhook_and_books_none_twice(tmp_path: Path) -> None:
    cluster = NatsCluster()
    cluster.start()
    with (
        SandboxThread(Options(items=8, settings=Settings(bucket_points=None))) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=30) as control,
    ):
        ingress, worker = (OnhandProcess(tmp_path, running.addresses) for _ in range(2))
        worker.take_place_of(ingress)
        for process, name in ((ingress, "ingress"), (worker, "worker")):
            for variable, value in on_stream(cluster, tmp_path / f"{name}-spool.db").items():
                process.set(variable, value)
        try:
            assert worker.run("sync").returncode == 0
            sleep(1.1)  # a sale in the second of the first sync may be in the opening balance
            ingress.start("ingress")
            worker.start("worker")
            play = {"for_s": SHOP_DAY_S, "orders_per_s": 12.0, "baseline": False, "seed": 3}
            assert control.post("/play", json=play).status_code == 200
            sleep(SHOP_DAY_S / 3)
            app = build(load_config(worker.path, on_stream(cluster, tmp_path / "test-spool.db")))
            assert isinstance(app.log, JetStreamLog)
            cluster.kill(app.log.state().leader or "")
            sleep(SHOP_DAY_S * 2 / 3)
            ends_at = monotonic() + IN_TIME_S
            booked: list[str] = []
            while set(booked) != (taken := answers(control)).keys() or not control.get("/play").json()["done"]:
                assert monotonic() < ends_at, (len(booked), len(taken))
                with app.store.reading() as session:
                    shop = session.of(running.sandbox.settings.shop)
                    booked = [row.delivery_id for row in shop.deliveries.rows(limit=1_000_000)]
                sleep(0.2)
            app.close()
            assert len(booked) == len(set(booked)) > 200
            assert max(taken.values()) < LONGEST_ANSWER_S
            assert ingress.stop() == worker.stop() == 0
        finally:
            for process in (ingress, worker):
                if process.is_running():
                    process.kill()
            cluster.stop()
