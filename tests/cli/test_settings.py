"""init, config show, doctor: setting up, seeing what counts, and what is wrong."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from onhand.domain.catalog import Item
from onhand.log import SqliteLog
from onhand.store import Store
from tests.answers.shop import SHOP, later, opened_shop
from tests.cli.conftest import CONFIG, Ask


def test_init_writes_a_configuration_and_a_key_and_never_over_them(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = ask("init", "--domain", SHOP, "--json")
    assert (written.code, written.document) == (0, {"config": "onhand.toml", "encryption_key": "onhand.key"})
    assert stat.S_IMODE((tmp_path / "onhand.key").stat().st_mode) == 0o600
    key = (tmp_path / "onhand.key").read_text()
    again = ask("init")
    assert again.code == 3
    assert "never writes over it" in again.err
    assert (tmp_path / "onhand.key").read_text() == key


@pytest.mark.usefixtures("folder")
def test_config_show_tells_every_value_and_no_secret(ask: Ask) -> None:
    env = {"ONHAND__AUDIT__EVERY_S": "600"}
    shown = ask("config", "show", "--json", env=env).document
    assert shown["audit.every_s"] == "600"
    assert shown[f"shop[{SHOP}].client_secret"] == "env:SHOPIFY_CLIENT_SECRET"
    with_origin = ask("config", "show", "--origin", "--json", env=env).document
    assert with_origin["audit.every_s"] == {"value": "600", "origin": "ONHAND__AUDIT__EVERY_S"}
    assert with_origin["audit.grace_s"]["origin"] == "default"
    assert with_origin[f"shop[{SHOP}].client_id"]["origin"] == "onhand.toml"
    text = ask("config", "show", "--origin", env=env).out
    assert "canary" not in text
    assert "ONHAND__AUDIT__EVERY_S" in text


def checks(ask: Ask, *, env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    answer = ask("doctor", "--json", env=env)
    found = {row["name"]: row for row in json.loads(answer.out)}
    failed = any(row["status"] == "fail" for row in found.values())
    assert answer.code == (3 if failed else 0)
    assert all(row["mend"] for row in found.values() if row["status"] != "ok")
    return found


@pytest.mark.usefixtures("folder")
def test_doctor_without_a_database_looks_at_machine_and_configuration(ask: Ask, folder: Path) -> None:
    found = checks(ask)
    assert found["SQLite library"]["status"] == "ok"
    assert found["configuration"]["status"] == "ok"
    assert found["encryption key"]["status"] == "ok"
    assert found["durable writes"]["status"] in ("ok", "warn")
    assert found["database"]["status"] == "warn"
    assert not (folder / "onhand.db").exists()


def test_doctor_names_a_configuration_that_cannot_work(ask: Ask, folder: Path) -> None:
    (folder / "onhand.toml").write_text("databse = 'x'")
    found = checks(ask)
    assert found["configuration"]["status"] == "fail"
    assert "did you mean database?" in found["configuration"]["why"]


def test_doctor_finds_missing_secrets_open_files_and_open_addresses(ask: Ask, folder: Path) -> None:
    (folder / "onhand.key").chmod(0o644)
    (folder / "onhand.toml").write_text(
        CONFIG
        + '[server]\nlisten = "0.0.0.0:8000"\n[ingress]\nlisten = "0.0.0.0:8001"\npublic_url = "http://hooks.example.com"\n'
        + '[google_sheets]\nspreadsheet = "1AbC"\ncredentials = "env:SHEETS"\n'
    )
    found = checks(ask, env={"SHOPIFY_CLIENT_SECRET": ""})
    assert found["encryption_key"]["status"] == "warn"
    assert found["encryption_key"]["mend"] == "chmod 600 onhand.key"
    assert found[f"shop[{SHOP}].client_secret"]["status"] == "fail"
    assert "SHOPIFY_CLIENT_SECRET is not set" in found[f"shop[{SHOP}].client_secret"]["why"]
    assert found["pages"]["status"] == "fail"
    assert found["webhooks"]["status"] == "warn"
    assert found["public address"]["status"] == "warn"
    assert found["google_sheets.credentials"]["status"] == "fail"
    assert found[f"tiktok_shop of {SHOP}"]["status"] == "warn"


def test_doctor_refuses_a_key_that_is_too_short(ask: Ask, folder: Path) -> None:
    (folder / "onhand.key").write_text("short")
    assert checks(ask)["encryption key"]["status"] == "fail"


def test_doctor_looks_into_the_books(ask: Ask, folder: Path, store: Store, log: SqliteLog) -> None:
    (folder / "onhand.toml").write_text(CONFIG.replace('["Warehouse"]', '["Warehuose"]'))
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([Item(item="6", sku="", title="Empty")], later(1))
    found = checks(ask)
    assert found["database"]["status"] == "ok"
    assert found["durability"]["why"].endswith("synchronous=FULL")
    assert found[f"ledger of {SHOP}"]["why"].startswith("5 movements")
    assert found["log"]["status"] == "ok"
    assert found["location Warehuose"]["status"] == "fail"
    assert found["location Back room"]["status"] == "warn"
    assert "holds 7 available units" in found["location Back room"]["why"]
    assert "TWIN" in found[f"SKUs of {SHOP}"]["why"]
    assert found[f"audit of {SHOP}"]["status"] == "warn"
    assert "in shadow" in found[f"shopify of {SHOP}"]["why"]


def test_doctor_says_when_movements_are_missing_behind_an_anchor(ask: Ask, store: Store, log: SqliteLog) -> None:
    log.anchor(SHOP, 9, b"\x01" * 32, later(1))
    found = checks(ask)
    assert found[f"ledger of {SHOP}"]["status"] == "fail"
    assert "ends at movement 5, and movement 9 was anchored" in found[f"ledger of {SHOP}"]["why"]


def test_doctor_looks_at_postgresql(ask: Ask, folder: Path, fresh_postgres_dsn: str) -> None:
    with opened_shop(fresh_postgres_dsn):
        found = checks(ask, env={"ONHAND__DATABASE": fresh_postgres_dsn})
        assert found["database"]["why"].startswith("postgresql ")
        # The server of the tests trades durability for speed, and doctor must say so.
        assert found["durability"]["status"] == "fail"
        assert "is off: a power cut can lose what was answered" in found["durability"]["why"]
        assert ask("levels", "TEE", "--json", env={"ONHAND__DATABASE": fresh_postgres_dsn}).code == 0


@pytest.mark.usefixtures("folder")
def test_people_read_the_checks_with_a_sum_at_the_end(ask: Ask) -> None:
    out = ask("doctor").out
    assert "ok    SQLite library" in out
    assert out.splitlines()[-1].endswith("0 fail")


def test_doctor_explains_a_topic_that_there_is_not(ask: Ask) -> None:
    told = ask("doctor", "--topic", "inventory_level.adjust", "--json").document
    assert (told["asked"], told["exists"]) == ("inventory_level.adjust", False)
    assert [row["enum"] for row in told["topics"]] == ["INVENTORY_LEVELS_UPDATE"]
    assert "not the change" in ask("doctor", "--topic", "inventory_level.adjust").out


def test_a_shop_is_erased_only_when_somebody_confirms_it(ask: Ask, folder: Path, store: Store, log: SqliteLog) -> None:
    with store.reading() as session:
        (shop, *_) = session.shops()
        movements = session.of(shop).ledger.head()[0]
    assert movements > 0
    assert ask("erase", shop).code == 2
    assert ask("erase", "nobody.myshopify.com", "--yes").code == 3
    with store.reading() as session:
        assert session.of(shop).ledger.head()[0] == movements
    erased = ask("erase", shop, "--yes", "--json").document
    assert (erased["shop"], erased["movements"]) == (shop, movements)
    with store.reading() as session:
        assert session.of(shop).ledger.head()[0] == 0
