"""Replacing the key that bodies and tokens are sealed with, step by step as `onhand keys` says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from onhand.app.tokens import TokenFolder
from onhand.channels.tiktok_shop import Tokens
from onhand.log import Seal, SqliteLog
from onhand.ports.delivery import Delivery
from onhand.store import Store
from tests.cli.conftest import CONFIG, Ask

BODIES = 450
SHOP = "tees.myshopify.com"


def pair(access: str, refresh: str) -> Tokens:
    return Tokens(access_token=access, refresh_token=refresh)


def deliver(log: SqliteLog, number: int) -> None:
    delivery = Delivery(
        shop=SHOP,
        channel="shopify",
        topic="orders/create",
        delivery_id=f"delivery-{number}",
        event_id=None,
        triggered_at=None,
        received_at=datetime(2026, 11, 27, 14, 0, tzinfo=UTC),
        body=b'{"id": 1}',
    )
    assert log.append([delivery]) == [True]


def sealed(ask: Ask) -> tuple[str, str]:
    checks = {row["name"]: row for row in ask("doctor", "--json").document}
    return checks["what is sealed"]["status"], checks["what is sealed"]["why"]


@pytest.mark.usefixtures("store")
def test_a_key_is_replaced_and_the_old_one_may_go_when_doctor_says_so(ask: Ask, folder: Path, log: SqliteLog) -> None:
    for number in range(BODIES):
        deliver(log, number)
    old = (folder / "onhand.key").read_text()
    TokenFolder(folder / "onhand-tokens", Seal([old])).keep(SHOP, "tiktok_shop", "configured", pair("a", "r"))
    assert sealed(ask) == ("ok", f"{BODIES} webhook bodies and 1 token files, all with encryption_key")
    assert ask("keys", "new", "new.key").code == 0
    assert (folder / "new.key").stat().st_mode & 0o077 == 0
    assert ask("keys", "new", "new.key").code == 3
    without_old = CONFIG.replace("file:onhand.key", "file:new.key")
    with_old = f'old_encryption_keys = ["file:onhand.key"]{without_old}'
    (folder / "onhand.toml").write_text(without_old)
    assert sealed(ask)[0] == "fail"
    assert ask("keys", "rotate").code == 5
    (folder / "onhand.toml").write_text(with_old)
    assert sealed(ask) == ("warn", f"{BODIES} webhook bodies and 1 token files need old_encryption_keys yet")
    rotated = ask("keys", "rotate", "--json").document
    assert rotated == {"sealed": BODIES + 1, "bodies": BODIES, "tokens": 1, "left": 0}
    assert ask("keys", "rotate", "--json").document["sealed"] == 0
    assert "no old key is needed any more" in sealed(ask)[1]
    (folder / "onhand.toml").write_text(without_old)
    assert sealed(ask)[0] == "ok"
    assert Seal([old]).key_id not in log.sealed_with()


@pytest.mark.usefixtures("folder")
def test_an_old_key_in_plain_text_is_refused(ask: Ask, folder: Path) -> None:
    (folder / "onhand.toml").write_text(f'old_encryption_keys = ["{Seal.generate_key()}"]{CONFIG}')
    answer = ask("config", "show")
    assert answer.code == 3
    assert "plain text" in answer.err


def test_the_books_are_not_needed_to_replace_a_key(ask: Ask, store: Store, log: SqliteLog) -> None:
    deliver(log, 1)
    out = ask("keys", "rotate").out
    assert out.startswith("0 sealed anew")
