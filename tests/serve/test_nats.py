"""An ingress and a worker, each with a spool of its own, and a log that three NATS servers keep between them."""

from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any

import httpx

from onhand.app import build
from onhand.config import load_config
from onhand.log.jetstream import JetStreamLog
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.serve.process import OnhandProcess
from tests.support.nats import NatsCluster
from tests.support.waiting import until

SHOP_DAY_S = 8
BEFORE_IT_IS_KILLED = 60
"""Deliveries that are answered before a server is killed."""


def on_stream(cluster: NatsCluster, spool: Path) -> dict[str, str]:
    """Return what makes a process keep its log at the servers."""
    servers = ",".join(address.removeprefix("nats://") for address in cluster.addresses)
    return {"ONHAND__LOG": f"nats://{servers}", "ONHAND__JETSTREAM__SPOOL": str(spool)}


def answers(control: httpx.Client) -> dict[str, float]:
    """Return how long the answer took, by the id of each delivery that was sent; infinity before it is a 200."""
    rows: list[dict[str, Any]] = control.get("/log").json()["deliveries"]
    taken: dict[str, float] = {}
    for row in rows:
        took = datetime.fromisoformat(row["answered_at"]) - datetime.fromisoformat(row["sent_at"])
        took_s = took.total_seconds() if row["status"] == 200 else inf
        taken[row["delivery_id"]] = min(taken.get(row["delivery_id"], inf), took_s)
    return taken


def leader(log: JetStreamLog) -> str:
    """Return the server that leads, once there is one."""
    return until(lambda: log.state().leader, "a server leads") or ""


def test_a_leader_killed_while_a_shop_sells_costs_no_webhook_and_books_none_twice(tmp_path: Path) -> None:
    cluster = NatsCluster()
    cluster.start()
    with (
        SandboxThread(Options(items=8, settings=Settings(bucket_points=None))) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        ingress, worker = (OnhandProcess(tmp_path, running.addresses) for _ in range(2))
        worker.take_place_of(ingress)
        for process, name in ((ingress, "ingress"), (worker, "worker")):
            for variable, value in on_stream(cluster, tmp_path / f"{name}-spool.db").items():
                process.set(variable, value)
        try:
            worker.sync()
            ingress.start("ingress")
            worker.start("worker")
            play = {"for_s": SHOP_DAY_S, "orders_per_s": 12.0, "baseline": False, "seed": 3}
            assert control.post("/play", json=play).status_code == 200
            app = build(load_config(worker.path, on_stream(cluster, tmp_path / "test-spool.db")))
            assert isinstance(app.log, JetStreamLog)
            until(lambda: len(answers(control)) > BEFORE_IT_IS_KILLED, "the shop sells")
            cluster.kill(leader(app.log))

            def booked() -> list[str]:
                with app.store.reading() as session:
                    shop = session.of(running.sandbox.settings.shop)
                    return [row.delivery_id for row in shop.deliveries.rows(limit=1_000_000)]

            until(lambda: control.get("/play").json()["done"], "the day is over")
            until(lambda: sorted(booked()) == sorted(answers(control)), "each is booked, once")
            taken = answers(control).values()
            print(f"{len(taken)} deliveries, longest answer {max(taken):.2f} s")  # noqa: T201 - run with -s
            app.close()
            assert len(taken) > 200
            assert max(taken) < inf
            assert ingress.stop() == worker.stop() == 0
        finally:
            for process in (ingress, worker):
                if process.is_running():
                    process.kill()
            cluster.stop()
