"""The control of a running sandbox, over HTTP as a person or a test uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from onhand.sandbox.server import Options, Running, SandboxThread

SKU = "TEE-BLK-XS"


@pytest.fixture
def running() -> Iterator[Running]:
    with SandboxThread(Options(seed=7, items=20)) as started:
        yield started


@pytest.fixture
def control(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as client:
        yield client


def ask(client: httpx.Client, name: str, **body: object) -> dict[str, object]:
    answer = client.post(f"/{name}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def problem(client: httpx.Client, name: str, **body: object) -> tuple[int, str]:
    answer = client.post(f"/{name}", json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, str(answer.json()["detail"])


def level(client: httpx.Client, location: str, sku: str = SKU) -> dict[str, int]:
    rows = client.get("/truth", params={"parts": "shopify"}).json()["shopify"]
    return next(dict(row) for row in rows if (row["sku"], row["location"]) == (sku, location))


def shelf(client: httpx.Client, location: str, sku: str = SKU) -> int:
    rows = client.get("/truth", params={"parts": "physical"}).json()["physical"]
    return next(int(row["units"]) for row in rows if (row["sku"], row["location"]) == (sku, location))


def test_the_addresses_name_everything_needed_to_connect(running: Running) -> None:
    document = running.addresses
    platforms = {"shopify", "tiktok_shop", "google_sheets", "third_party", "channels"}
    assert set(document) == {"control", *platforms, "locations", "tiktok_location"}
    channels: Any = document["channels"]
    assert set(channels) == {"tiktok_shop"}
    assert document["locations"] == ["Warehouse", "Boston", "Portland"]
    assert document["tiktok_location"] == "Warehouse"


def test_a_sale_an_order_and_what_becomes_of_it(control: httpx.Client) -> None:
    before = level(control, "Boston")["available"]
    ask(control, "sale", location="Boston", sku=SKU, units=2)
    assert level(control, "Boston")["available"] == before - 2
    order = ask(control, "order", channel="online_store", lines=[{"sku": SKU, "units": 3}])
    assert level(control, "Warehouse")["committed"] == 3
    ask(control, "fulfil", order=order["order"], lines=[{"sku": SKU, "units": 1}])
    assert level(control, "Warehouse")["committed"] == 2
    ask(control, "edit", order=order["order"], add=[{"sku": SKU, "units": 1}])
    ask(control, "move", order=order["order"], to="Boston")
    assert level(control, "Boston")["committed"] == 3
    ask(control, "refund", order=order["order"], restock=True)
    assert level(control, "Boston")["committed"] == 0
    rows = control.get("/truth", params={"parts": "orders"}).json()["orders"]
    assert [(row["channel"], row["could_be_served"]) for row in rows] == [
        ("shopify_pos", True),
        ("online_store", True),
    ]


def test_tiktok_orders_ship_and_cancel_by_their_id(control: httpx.Client) -> None:
    before = shelf(control, "Warehouse")
    kept = ask(control, "order", channel="tiktok_shop", lines=[{"sku": SKU, "units": 2}], status="ON_HOLD")
    gone = ask(control, "order", channel="tiktok_shop", lines=[{"sku": SKU, "units": 1}])
    assert ask(control, "fulfil", order=kept["order"])["status"] == "IN_TRANSIT"
    assert ask(control, "cancel", order=gone["order"])["status"] == "CANCELLED"
    assert shelf(control, "Warehouse") == before - 2


def test_goods_arrive_travel_and_vanish(control: httpx.Client) -> None:
    before = shelf(control, "Boston")
    ask(control, "receive", location="Boston", sku=SKU, units=4)
    ask(control, "theft", location="Boston", sku=SKU, units=1)
    ask(control, "adjust", location="Boston", sku=SKU, units=-2)
    ask(control, "transfer", **{"from": "Warehouse", "to": "Boston", "lines": [{"sku": SKU, "units": 5}]})
    assert shelf(control, "Boston") == before + 8
    assert level(control, "Boston")["on_hand"] == before + 7
    on_its_way = ask(
        control,
        "transfer",
        **{"from": "Warehouse", "to": "Boston", "lines": [{"sku": SKU, "units": 1}], "until": "in_transit"},
    )
    assert level(control, "Boston")["incoming"] == 1
    assert ask(control, "receive", transfer=on_its_way["transfer"])["status"] == "TRANSFERRED"
    assert level(control, "Boston")["incoming"] == 0


def test_what_cannot_be_done_says_why_with_both_numbers(control: httpx.Client) -> None:
    assert problem(control, "sale", location="Atlantis", sku=SKU) == (
        404,
        "no location is called 'Atlantis'; this shop has Warehouse, Boston, Portland",
    )
    assert problem(control, "sale", location="Boston", sku="☃") == (404, "no item has SKU '☃'; this shop has 20 items")
    there = level(control, "Boston")["available"]
    assert problem(control, "sale", location="Boston", sku=SKU, units=999) == (
        409,
        f"wanted 999 of {SKU}, {there} can be sold there right now",
    )
    status, detail = problem(control, "sale", location="Boston", sku=SKU, units="many")
    assert (status, detail) == (422, "/control/sale: Expected `int`, got `str` - at `$.units`")
    status, detail = problem(control, "sale", location="Boston", skew=SKU)
    assert (status, detail) == (422, "/control/sale: Object contains unknown field `skew`")
    assert problem(control, "nonsense")[0] == 404
    assert problem(control, "fault", kind="lose", share=2) == (409, "share must be between 0 and 1, got 2.0")
    assert problem(control, "cancel", order="#4711")[0] == 404
    assert control.post("/sale", content=b"{").status_code == 400


def test_a_day_is_played_and_compared_with_polling(control: httpx.Client) -> None:
    assert control.get("/play").status_code == 404
    ask(control, "play", for_s=1.5, orders_per_s=40)
    assert problem(control, "play", for_s=1.5)[0] == 409
    deadline = time.monotonic() + 60
    while not (state := control.get("/play").json())["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert state["orders"] > 20
    assert set(state["orders_by_channel"]) == {"shopify_pos", "online_store", "tiktok_shop"}
    assert state["polling"]["polls"] == 1
    assert state["sold_after_confirmed_zero_units"] == 0


def test_healing_ends_faults_and_counts_what_they_did(control: httpx.Client) -> None:
    ask(control, "fault", kind="outage", share=1.0, for_s=60, platform="shopify")
    assert control.get("/log").json()["faults"]["on"][0]["kind"] == "outage"
    assert ask(control, "heal")["flushed"] == 0
    assert control.get("/log").json()["faults"]["on"] == []


def replayed(control: httpx.Client, file: Path, text: str, **more: object) -> dict[str, object]:
    file.write_text(text, encoding="utf-8")
    ask(control, "replay", path=str(file), **more)
    deadline = time.monotonic() + 60
    while not (state := dict(control.get("/replay").json()))["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return state


def test_a_replay_sells_each_accepted_line_once_and_counts_the_others(control: httpx.Client, tmp_path: Path) -> None:
    lines = [
        "time,store,sku,quantity,basket",
        "2026-01-02T10:00:00,7,APPLE,2,a",
        "2026-01-02T10:00:00,7,PEAR,1,a",
        "2026-01-02T10:00:01,Harbour,APPLE,1,b",
        "2026-01-02T10:00:02,7,FUEL,30580,c",
        "2026-01-02T10:00:03,7,APPLE,0,d",
        "2026-01-02T10:00:03,7,APPLE,-1,d",
        "2026-01-02T10:00:03,7,APPLE,1.5,d",
        "yesterday,7,APPLE,1,e",
        "2026-01-02T10:00:05,7,,1,f",
    ]
    state = replayed(control, tmp_path / "till.csv", "\n".join(lines) + "\n")
    assert (state["accepted_lines"], state["sold_lines"], state["sold_units"], state["baskets"]) == (3, 3, 4, 2)
    assert state["refused"] == {
        "quantity over 50 (fuel or coupons)": 1,
        "quantity is zero": 1,
        "quantity is negative": 1,
        "quantity is no whole number": 1,
        "bad time": 1,
        "missing field": 1,
    }
    rows = control.get("/truth", params={"parts": "orders"}).json()["orders"]
    assert [(row["locations"], [(line["sku"], line["units"]) for line in row["lines"]]) for row in rows] == [
        (["Store 7"], [("APPLE", 2), ("PEAR", 1)]),
        (["Harbour"], [("APPLE", 1)]),
    ]
    assert level(control, "Store 7", "APPLE")["available"] == 5


def test_a_replay_without_baskets_makes_every_line_an_order(control: httpx.Client, tmp_path: Path) -> None:
    rows = "".join(f"2026-01-02T10:00:00,7,APPLE,{1 + number % 3}\n" for number in range(9))
    state = replayed(control, tmp_path / "till.csv", "time,store,sku,quantity\n" + rows, limit=6, rate=200)
    assert (state["accepted_lines"], state["baskets"], state["sold_units"]) == (6, 6, 12)


def test_a_given_first_stock_turns_late_shoppers_away(control: httpx.Client, tmp_path: Path) -> None:
    rows = "2026-01-02T10:00:00,7,APPLE,2\n" * 5
    state = replayed(control, tmp_path / "till.csv", "time,store,sku,quantity\n" + rows, stock_units=5)
    assert (state["sold_lines"], state["turned_away_lines"]) == (2, 3)


def test_a_replay_can_be_loaded_first_and_begun_later(control: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "till.csv"
    file.write_text("time,store,sku,quantity\n2026-01-02T10:00:00,7,APPLE,2\n", encoding="utf-8")
    loaded = ask(control, "replay", path=str(file), start=False)
    assert (loaded["running"], loaded["done"], loaded["accepted_lines"]) == (False, False, 1)
    assert level(control, "Store 7", "APPLE")["available"] == 7
    ask(control, "replay", path=str(file))
    assert problem(control, "replay", path=str(file))[0] == 409
    assert problem(control, "replay", path="/nowhere.csv") == (
        409,
        "there is no file '/nowhere.csv'; give a CSV or Parquet file, or 'completejourney'",
    )


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "onhand.sandbox", "--items", "5", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_the_command_prints_where_it_listens_and_stops_when_told() -> None:
    with started() as process:
        assert process.stdout is not None
        document = json.loads(process.stdout.readline())
        assert httpx.get(document["control"], timeout=60).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(document["control"], timeout=60)


def test_the_command_ends_with_whoever_started_it() -> None:
    with started("--watch-stdin") as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0
    with started("--parent-pid", str(os.getppid())) as orphan:  # not its parent: it must not stay
        assert orphan.wait(60) == 0


def test_a_taken_port_is_named() -> None:
    with SandboxThread(Options(items=5)) as first:
        port = str(first.addresses["control"]).split(":")[2].split("/")[0]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"), SandboxThread(Options(port=int(port))):
            pass
