"""`onhand demo` as a process of its own: one JSON document, and a code that says whether it holds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CONTRACT = {
    "deliveries": int,
    "duplicates": int,
    "orders": int,
    "oversold_units": int,
    "oversold_units_polling": int,
    "lost_sales_units": int,
    "unexplained_units": int,
    "parity": dict,
    "latency_s": dict,
    "drifts": dict,
    "sheet": dict,
    "holds": bool,
}

LINES = """time,store,sku,quantity
2017-01-01T11:53:26,330,1095275,1
2017-01-01T12:10:28,330,9878513,2
2017-01-01T12:26:30,406,1041453,1
2017-01-01T12:26:30,406,1041453,0
2017-01-01T12:30:27,406,1020156,-1
2017-01-01T12:30:27,406,6534178,13247
2017-01-01T12:57:44,330,1095275,1.5
not a time,330,1095275,1
2017-01-01T12:57:44,330,,1
2017-01-01T13:00:05,319,Größe-Ø,3
2017-01-01T13:00:05,319,1095275,50
2017-01-01T13:00:05,319,1095275,51
"""


def demo(*words: str, within_s: float = 280.0) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end, without a word on standard output but the document."""
    command = [str(Path(sys.executable).with_name("onhand")), "demo", "--headless", "--json", *words]
    wide = {**os.environ, "COLUMNS": "400"}  # an error is not broken in the middle of a name
    return subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False, env=wide)


def test_a_short_day_holds_and_says_so_in_one_document(tmp_path: Path) -> None:
    ended = demo("--for", "8", "--seed", "7", "--folder", str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    verdict: dict[str, Any] = json.loads(ended.stdout)
    assert {name: type(verdict[name]) for name in CONTRACT} == CONTRACT
    assert verdict["holds"] is True
    assert verdict["broken"] == []
    assert verdict["parity"]["differing"] == verdict["unexplained_units"] == verdict["drifts"]["open"] == 0
    assert verdict["parity"]["checked"] > 10_000
    platforms = verdict["parity_by_platform"]
    assert set(platforms) == {"shopify", "tiktok_shop", "woocommerce", "acme"}
    assert all(each["checked"] >= 100 for each in platforms.values())
    assert sum(each["checked"] for each in platforms.values()) == verdict["parity"]["checked"]
    assert set(verdict["latency_s"]) == {"p50", "p99"}
    assert set(verdict["drifts"]) == {"opened", "explained", "healed", "wrong", "open"}
    assert verdict["sheet"]["rows"] > 2_000
    assert verdict["sheet"]["differing"] == 0
    kiosk = verdict["kiosk"]
    assert kiosk["granted"] == kiosk["confirmed"] + kiosk["released"] + kiosk["expired"] > 0
    assert kiosk["asked"] == kiosk["granted"] + kiosk["refused"]
    assert kiosk["sold_units"] >= kiosk["confirmed"] > 0
    assert kiosk["unexpected"] == kiosk["differing"] == kiosk["differing_units"] == kiosk["overheld"] == 0
    assert verdict["orders"] >= 60
    assert set(verdict["orders_by_channel"]) == {"shopify_pos", "online_store", "tiktok_shop", "woocommerce"}
    assert verdict["deliveries"] > verdict["orders"]
    assert verdict["duplicates"] > 0
    assert verdict["sold_after_confirmed_zero_units"] == 0
    kept = {path.name for path in tmp_path.iterdir()}
    assert {"onhand.toml", "onhand.db", "onhand-log.db"} <= kept


def test_a_file_of_sales_is_booked_line_by_line_and_what_is_none_is_counted_by_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(LINES, encoding="utf-8")
    ended = demo("--replay", str(file))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    verdict: dict[str, Any] = json.loads(ended.stdout)
    assert verdict["holds"] is True
    replay = verdict["replay"]
    assert replay["refused"] == {
        "quantity is zero": 1,
        "quantity is negative": 1,
        "quantity over 50 (fuel or coupons)": 2,
        "quantity is no whole number": 1,
        "bad time": 1,
        "missing field": 1,
    }
    assert (replay["sold_lines"], replay["sold_units"]) == (5, 1 + 2 + 1 + 3 + 50)
    assert (verdict["parity"]["differing"], verdict["unexplained_units"]) == (0, 0)


def test_a_file_that_is_none_is_refused_with_a_word_and_no_verdict(tmp_path: Path) -> None:
    ended = demo("--replay", str(tmp_path / "nothing.csv"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "nothing.csv" in ended.stderr
