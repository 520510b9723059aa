"""The demo as a newcomer runs it: a process of its own, one JSON document, and an exit code that means something."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LINES = """time,store,sku,quantity
2026-11-27T09:00:00Z,12,TEE-1,2
2026-11-27T09:00:00Z,12,CAP-1,1
2026-11-27T09:05:00Z,31,TEE-1,1
2026-11-27T09:06:00Z,31,TEE-1,0
2026-11-27T09:07:00Z,31,FUEL,89638
yesterday,31,TEE-1,1
"""


def play(*words: str) -> tuple[int, dict[str, Any]]:
    """Run `onhand demo --headless --json` with more words; return its exit code and its one document."""
    onhand = str(Path(sys.executable).with_name("onhand"))
    command = [onhand, "demo", "--headless", "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert done.stdout, done.stderr[-2000:]
    return done.returncode, json.loads(done.stdout)


@pytest.mark.timeout(180)
def test_a_few_seconds_of_the_day_hold_every_promise() -> None:
    code, verdict = play("--for", "5", "--seed", "7")
    assert verdict["broken"] == []
    assert (code, verdict["holds"]) == (0, True)
    assert verdict["orders"] > 30
    assert verdict["deliveries"] > verdict["orders"]
    assert verdict["parity"]["checked"] > 10_000
    assert verdict["parity"]["differing"] == 0
    assert verdict["unexplained_units"] == 0
    assert verdict["sold_after_confirmed_zero_units"] == 0
    named = {
        "duplicates",
        "oversold_units",
        "oversold_units_polling",
        "lost_sales_units",
        "latency_s",
        "drifts",
        "sheet",
    }
    assert named <= verdict.keys()


@pytest.mark.timeout(180)
def test_a_file_of_sales_is_played_through_the_tills_and_what_it_refuses_is_counted_by_reason(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(LINES, encoding="utf-8")
    code, verdict = play("--replay", str(path))
    assert (code, verdict["holds"]) == (0, True), verdict["broken"]
    replay = verdict["replay"]
    assert (replay["accepted_lines"], replay["sold_lines"], replay["sold_units"]) == (3, 3, 4)
    assert replay["refused_lines"] == 3
    assert len(replay["refused"]) == 3
    assert verdict["parity"]["differing"] == 0
