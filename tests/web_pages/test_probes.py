"""What machines ask."""

import re

import apsw

from onhand.web.probes import LAG_S
from tests.web_pages.conftest import Served


def test_a_healthy_process_is_alive_and_ready(served: Served) -> None:
    assert served.client.get("/healthz").json() == {"alive": True}
    assert served.client.get("/readyz").json() == {"ready": True}


def test_work_that_lies_too_long_makes_it_not_ready_but_alive(served: Served) -> None:
    served.health["lag_s"] = LAG_S + 30
    answer = served.client.get("/readyz")
    assert answer.status_code == 503
    assert "90 s ago, the bound is 60 s" in answer.json()["detail"]
    assert served.client.get("/healthz").status_code == 200


def test_troubles_that_the_process_names_make_it_not_ready(served: Served) -> None:
    served.health["troubles"] = ["the publisher of tiktok_shop has stopped"]
    assert "publisher of tiktok_shop" in served.client.get("/readyz").json()["detail"]


def test_metrics_are_in_the_text_format_of_prometheus(served: Served) -> None:
    served.shop.deliver(3)
    served.health.update({"latency_s": {"p50": 0.03, "p99": 0.2}, "troubles": [], "threads": 4})
    answer = served.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    sample = re.compile(r'[a-z_0-9]+(\{([a-z_]+="[^"]*",?)+\})? -?[0-9.e+]+')
    assert [line for line in lines if not line.startswith("# ") and not sample.fullmatch(line)] == []
    assert "onhand_deliveries_accepted_total 3" in lines
    assert 'onhand_stock_points{shop="tees.myshopify.com"} 27' in lines
    assert 'onhand_lane_open{shop="tees.myshopify.com",channel="tiktok_shop"} 0' in lines
    assert "onhand_process_latency_s_p99 0.2" in lines
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_a_database_that_cannot_be_written_is_not_ready(served: Served) -> None:
    other = apsw.Connection(str(served.shop.log.path.with_name("onhand.db")))
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = served.client.get("/readyz", timeout=60)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert answer.status_code == 503
    assert "cannot be written" in answer.json()["detail"]
    assert served.client.get("/readyz").status_code == 200
