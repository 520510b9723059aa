"""Commands that speak with platforms, against the sandbox over HTTP: sync, audit, doctor, serve, sandbox."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from onhand.audit.counts import compare_counts
from onhand.domain.stock import LevelKey
from onhand.heal.counts import report_count
from onhand.log import Seal
from onhand.sandbox.server import Options, SandboxThread
from onhand.store import open_store
from onhand.store.counted import NewCount, Version
from tests.cli.conftest import Ask

ONHAND = [sys.executable, "-c", "from onhand.cli import main; main()"]
ITEMS = 12


@pytest.fixture(scope="module")
def platforms() -> Iterator[dict[str, Any]]:
    """The simulated platforms, with their addresses and secrets."""
    with SandboxThread(Options(seed=7, items=ITEMS)) as running:
        yield dict(running.addresses)


@pytest.fixture
def shop(platforms: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A folder with a configuration that connects to them; secrets come from the environment."""
    monkeypatch.chdir(tmp_path)
    shopify, tiktok = platforms["shopify"], platforms["tiktok_shop"]
    for name, secret in (
        ("CLIENT_SECRET", shopify["client_secret"]),
        ("APP_SECRET", tiktok["app_secret"]),
        ("TIKTOK_TOKEN", tiktok["access_token"]),
        ("TIKTOK_REFRESH", tiktok["refresh_token"]),
    ):
        monkeypatch.setenv(name, secret)
    (tmp_path / "onhand.key").write_text(Seal.generate_key())
    (tmp_path / "onhand.key").chmod(0o600)
    (tmp_path / "onhand.toml").write_text(
        f"""
        encryption_key = "file:onhand.key"
        [ingress]
        listen = "127.0.0.1:0"
        [server]
        listen = "127.0.0.1:0"
        [[shop]]
        domain = "{shopify["shop"]}"
        client_id = "{shopify["client_id"]}"
        client_secret = "env:CLIENT_SECRET"
        api_url = "{shopify["url"]}/admin"
        [[channel]]
        name = "tiktok_shop"
        locations = ["{platforms["tiktok_location"]}"]
        orders_imported_to_shopify = "no"
        shop_id = "{tiktok["shop_id"]}"
        app_key = "{tiktok["app_key"]}"
        app_secret = "env:APP_SECRET"
        access_token = "env:TIKTOK_TOKEN"
        refresh_token = "env:TIKTOK_REFRESH"
        shop_cipher = "{tiktok["shop_cipher"]}"
        api_url = "{tiktok["url"]}"
        auth_url = "{tiktok["auth_url"]}"
        reads_per_s = 100
        """
    )
    return platforms


def control(platforms: dict[str, Any], what: str, body: dict[str, object]) -> None:
    httpx.post(f"{platforms['control']}/{what}", json=body, timeout=60).raise_for_status()


def test_a_shop_is_read_and_everything_agrees(ask: Ask, shop: dict[str, Any]) -> None:
    synced = ask("sync", "--json")
    assert synced.code == 0
    assert (synced.document["items"], synced.document["locations"]) == (ITEMS, len(shop["locations"]))
    assert synced.document["opened"] == synced.document["levels"]
    again = ask("sync", "--json").document
    assert (again["levels"], again["opened"]) == (synced.document["levels"], 0)
    assert f"{ITEMS} items" in ask("sync").out
    audited = ask("audit", "--json")
    assert audited.code == 0
    assert audited.document["checked"] == audited.document["equal"] == synced.document["levels"]
    assert (audited.document["drifts"], audited.document["complete"]) == (0, True)
    assert {source["name"] for source in audited.document["sources"]} == {"shopify", "tiktok_shop"}
    rows = ask("ats", "--json").document
    assert {row["channel"] for row in rows} == {"online_store", "shopify_pos", "tiktok_shop"}
    assert all(row["units"] == row["published_units"] for row in rows)


def test_a_drift_is_fixed_taken_back_and_accepted_by_name_and_reason(ask: Ask, shop: dict[str, Any]) -> None:
    ask("sync")
    level = [row for row in ask("levels", "--location", "Warehouse", "--json").document if row["units"] > 6][-1]
    sku, units = level["sku"], level["units"]

    def shown() -> int:
        truth = httpx.get(f"{shop['control']}/truth", params={"parts": "shopify"}, timeout=60).json()["shopify"]
        return next(int(row["available"]) for row in truth if (row["sku"], row["location"]) == (sku, "Warehouse"))

    control(shop, "adjust", {"location": "Warehouse", "sku": sku, "units": -2})
    assert ask("audit", "--sku", sku).code == 1
    drift = str(ask("drift", "ls", "--json").document[0]["id"])
    why = ("--because", "counted twice", "--by", "Anna", "--json")
    assert ask("drift", "fix", drift, *why, "--yes").code == 2  # in shadow
    ask("arm", "shopify")
    preview = ask("drift", "fix", drift, *why).document
    assert (preview["status"], preview["changes"], preview["before"], preview["after"]) == (
        "preview",
        "shopify",
        {"available": units - 2},
        {"available": units},
    )
    assert "`--yes` does it" in ask("drift", "fix", drift, "--because", "counted twice").out
    assert shown() == units - 2
    done = ask("drift", "fix", drift, *why, "--yes")
    assert (done.code, done.document["status"], done.document["actor"], shown()) == (0, "done", "Anna", units)
    assert "decided by Anna" in ask("drift", "show", drift).out
    assert ask("drift", "undo", drift, *why, "--yes").code == 0
    assert shown() == units - 2
    again = str(ask("drift", "ls", "--json").document[0]["id"])
    assert ask("drift", "accept", again, *why, "--yes").code == 0
    assert ask("audit", "--sku", sku).code == 0
    assert ask("drift", "accept", again, *why, "--yes").code == 2
    assert ask("drift", "fix", again).code == 2  # it must say why
    ask("disarm", "shopify")


def test_a_change_that_nothing_explains_ends_an_audit_with_one_until_it_is_adopted(
    ask: Ask, shop: dict[str, Any]
) -> None:
    ask("sync")
    level = next(row for row in ask("levels", "--location", "Warehouse", "--json").document if row["units"] > 3)
    sku, units = level["sku"], level["units"]
    control(shop, "adjust", {"location": "Warehouse", "sku": sku, "units": -2})
    found = ask("audit", "--sku", sku, "--location", "Warehouse", "--json")
    assert found.code == 1
    assert (found.document["drifts"], found.document["complete"]) == (1, True)
    (drift,) = ask("drift", "ls", "--json").document
    assert (drift["sku"], drift["books_units"], drift["observed_units"], drift["units"]) == (sku, units, units - 2, -2)
    assert "1 differ" in ask("audit", "--sku", sku).out
    fixed = ask("audit", "--fix", "--sku", sku, "--json")
    assert (fixed.code, fixed.document["drifts"]) == (0, 0)
    assert ask("drift", "ls", "--json").document == []
    after = ask("levels", sku, "--location", "Warehouse", "--json").document
    assert [row["units"] for row in after if row["state"] == "available"] == [units - 2]
    assert ask("ledger", "verify").code == 0


def test_doctor_finds_the_platforms_well(ask: Ask, shop: dict[str, Any]) -> None:
    ask("sync")
    answer = ask("doctor", "--json")
    assert answer.code == 0
    found = {row["name"]: row["status"] for row in answer.document}
    domain = shop["shopify"]["shop"]
    for name in ("shopify for", "scopes for", "tiktok_shop for", "webhook signatures of", "SKUs of", "ledger of"):
        assert found[f"{name} {domain}"] == "ok"
    secrets = (shop["shopify"]["client_secret"], shop["tiktok_shop"]["app_secret"])
    assert not any(secret in answer.out + answer.err for secret in secrets)


def test_doctor_shows_how_each_topic_is_subscribed_to(ask: Ask, shop: dict[str, Any]) -> None:
    ask("sync")
    here = {"ONHAND__INGRESS__PUBLIC_URL": "http://127.0.0.1:9"}
    found = {row["name"]: row for row in ask("doctor", "--json", env=here).document}
    assert found["webhook orders/create"]["status"] == "warn"
    assert found["webhook orders/create"]["why"] == "missing; has not come yet"
    in_file = here | {"ONHAND__SHOP__APP_CONFIG_TOPICS": "orders/create"}
    found = {row["name"]: row for row in ask("doctor", "--json", env=in_file).document}
    assert found["webhook orders/create"]["status"] == "ok"
    assert "which no API shows" in found["webhook orders/create"]["why"]
    refused = ask("doctor", "--json", env=here | {"ONHAND__SHOP__APP_CONFIG_TOPICS": "order.created"})
    (why,) = [row["why"] for row in refused.document if row["status"] == "fail"]
    assert "no topic 'order.created'; did you mean orders/create?" in why


def test_a_wrong_secret_is_said_to_be_refused(ask: Ask, shop: dict[str, Any]) -> None:
    answer = ask("sync", env={"CLIENT_SECRET": "shpss_wrong"})
    assert answer.code == 4
    assert "shpss_wrong" not in answer.err


def test_serve_says_where_it_listens_and_ends_on_a_signal(ask: Ask, shop: dict[str, Any], tmp_path: Path) -> None:
    ask("sync")
    with subprocess.Popen(
        [*ONHAND, "serve", "--json"], cwd=tmp_path, env=dict(os.environ), stdout=subprocess.PIPE, text=True
    ) as serving:
        try:
            assert serving.stdout is not None
            addresses = json.loads(serving.stdout.readline())
            assert httpx.get(f"{addresses['dashboard']}/healthz", timeout=60).status_code == 200
        finally:
            serving.send_signal(signal.SIGTERM)
            code = serving.wait(timeout=60)
    assert code == 0


def test_the_sandbox_prints_how_to_connect_and_ends_on_a_signal() -> None:
    with subprocess.Popen([*ONHAND, "sandbox", "--items", "5"], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            addresses = json.loads(running.stdout.readline())
            assert addresses["shopify"]["client_secret"]
            assert httpx.get(addresses["control"], timeout=60).status_code == 200
        finally:
            running.send_signal(signal.SIGTERM)
            code = running.wait(timeout=60)
    assert code == 0


def test_what_nobody_foresaw_does_not_end_like_a_found_difference(tmp_path: Path) -> None:
    broken = [
        sys.executable,
        "-c",
        "import onhand.config as config; del config.load_config; from onhand.cli import main; main()",
        "levels",
    ]
    done = subprocess.run(broken, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 70
    assert "Traceback" in done.stderr
    assert "please report" in done.stderr


def report_counted(sku: str, shop: str, units: int) -> tuple[str, int]:
    """Let acme count so many units more (negative: fewer) of a SKU in the Warehouse, and file it for a person."""
    store, now = open_store("onhand.db"), datetime.now(UTC)
    try:
        with store.writing() as session:
            books = session.of(shop)
            item = books.catalog.item_by_sku(sku)[0].item
            warehouse = next(row.location for row in books.catalog.locations() if row.name == "Warehouse")
            key = LevelKey(item, warehouse)
            held = sum(books.counts.levels([key])[key].values())
            books.counts.put("acme", "on_hand", [NewCount(key, held + units, Version(now, None), f"acme/{now}")], 0)
            (count,) = compare_counts(books, [key], now)
            return item, report_count(books, count, ["acme counted"], now)
    finally:
        store.close()


def test_a_third_partys_count_is_accepted_and_taken_back(ask: Ask, shop: dict[str, Any]) -> None:
    ask("sync")
    level = next(row for row in ask("levels", "--location", "Warehouse", "--json").document if row["units"] > 6)
    sku, units = level["sku"], level["units"]

    def books() -> int:
        rows = ask("levels", sku, "--location", "Warehouse", "--json").document
        return next(int(row["units"]) for row in rows if row["state"] == "available")

    _, drift = report_counted(sku, shop["shopify"]["shop"], -2)
    why = ("--because", "looked at the shelf", "--by", "Anna", "--json")
    preview = ask("drift", "accept", str(drift), *why)
    assert preview.code == 0, preview.err
    told = preview.document
    assert (told["status"], told["changes"], told["before"], told["after"]) == (
        "preview",
        "books",
        {"available": units},
        {"available": units - 2},
    )
    assert books() == units
    done = ask("drift", "accept", str(drift), *why, "--yes").document
    assert (done["status"], done["actor"], done["reason"]) == ("done", "Anna", "looked at the shelf")
    assert books() == units - 2
    again = ask("drift", "accept", str(drift), *why, "--yes")
    assert (again.code, "nothing to heal" in again.err) == (2, True)
    undone = ask("drift", "undo", str(drift), *why, "--yes").document
    assert (undone["status"], undone["after"]) == ("done", {"available": units})
    assert books() == units


def test_against_a_third_partys_count_the_books_stand_and_that_is_taken_back(ask: Ask, shop: dict[str, Any]) -> None:
    ask("sync")
    level = [row for row in ask("levels", "--location", "Warehouse", "--json").document if row["units"] > 6][1]
    item, drift = report_counted(level["sku"], shop["shopify"]["shop"], -3)
    why = ("--because", "acme forgot a shelf", "--by", "Anna", "--json")
    preview = ask("drift", "fix", str(drift), *why).document
    assert (preview["status"], preview["changes"], preview["before"] == preview["after"]) == (
        "preview",
        "nothing",
        True,
    )
    done = ask("drift", "fix", str(drift), *why, "--yes")
    assert (done.code, done.document["status"]) == (0, "done")
    assert "acme must be told by a person" in done.document["note"]
    assert [row["id"] for row in ask("drift", "ls", "--json").document if row["item"] == item] == []
    undone = ask("drift", "undo", str(drift), *why, "--yes").document
    assert (undone["status"], undone["changes"]) == ("done", "nothing")
    (open_again,) = [row for row in ask("drift", "ls", "--json").document if row["item"] == item]
    assert (open_again["source"], open_again["units"], open_again["status"]) == ("acme", -3, "open")


def test_what_no_third_party_has_counted_cannot_be_decided(ask: Ask, shop: dict[str, Any]) -> None:
    assert shop
    ask("sync")
    for way in ("accept", "fix", "undo"):
        answer = ask("drift", way, "4711", "--because", "a slip", "--yes")
        assert (answer.code, "4711" in answer.err) == (2, True)
