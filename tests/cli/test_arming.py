"""arm, disarm, pause, resume, replay, sync: commands that change something, or ask a platform."""

from pathlib import Path

import pytest

from onhand.intake.process import POSITION
from onhand.log import SqliteLog
from onhand.store import Store
from tests.answers.shop import BOSTON, SHOP, later
from tests.answers.test_history import told
from tests.cli.conftest import Ask

pytestmark = pytest.mark.usefixtures("folder")


def test_a_channel_is_armed_and_disarmed_by_itself(ask: Ask, store: Store) -> None:
    armed = ask("arm", "shopify", "--json")
    assert armed.code == 0
    (lane,) = [lane for lane in armed.document if lane["name"] == "shopify"]
    assert (lane["armed"], lane["open"]) == (True, True)
    with store.reading() as session:
        assert session.of(SHOP).channels.get("shopify").armed
        assert not session.of(SHOP).channels.get("tiktok_shop").armed
    assert "shopify is in shadow" in ask("disarm", "shopify").out
    with store.reading() as session:
        assert not session.of(SHOP).channels.get("shopify").armed


def test_writing_is_paused_and_resumed_without_disarming(ask: Ask, store: Store) -> None:
    ask("arm", "shopify")
    assert "shopify is paused" in ask("offers", "pause", "shopify").out
    with store.reading() as session:
        state = session.of(SHOP).channels.get("shopify")
    assert (state.armed, state.paused) == (True, True)
    assert "shopify: writing" in ask("offers", "resume").out
    with store.reading() as session:
        assert not session.of(SHOP).channels.get("shopify").paused


def test_what_onhand_does_not_write_to_cannot_be_armed(ask: Ask, store: Store) -> None:
    answer = ask("arm", "online_store")
    assert answer.code == 2
    assert "arm shopify" in answer.err


def test_a_wish_to_stock_an_item_somewhere_is_kept_until_it_can_be_sent(ask: Ask, store: Store) -> None:
    answer = ask("level", "connect", "CAP", "boston", "--json")
    assert answer.document == {
        "shop": SHOP,
        "sku": "CAP",
        "item": "2",
        "location": "Boston",
        "stocked": True,
        "armed": False,
    }
    with store.reading() as session:
        (intent,) = session.of(SHOP).intents.unsettled("shopify")
    assert (intent.kind, intent.status, [(row.item, row.location) for row in intent.rows]) == (
        "stocking",
        "planned",
        [("2", BOSTON)],
    )
    again = ask("level", "connect", "CAP", "Boston")
    assert again.code == 2
    assert "under way" in again.err


def test_a_level_with_units_is_disconnected_only_by_who_says_so_twice(ask: Ask, store: Store) -> None:
    refused = ask("level", "disconnect", "TEE", "Boston")
    assert refused.code == 2
    assert "5 available would be out of everybody's reach" in " ".join(refused.err.replace("│", " ").split())
    assert ask("level", "disconnect", "TWIN", "Boston").code == 2  # two items carry it
    assert ask("level", "disconnect", "TEE", "Boston", "--yes").code == 0


def test_a_parked_delivery_is_booked_again(ask: Ask, store: Store, log: SqliteLog) -> None:
    log.append([told(1, later(1))])
    (parked,) = log.read(0, 10)
    with store.writing() as session:
        session.of(SHOP).deliveries.finish(parked.position, parked.delivery, "parked", "an old reason", later(2))
        session.move_position(POSITION, parked.position)
    answer = ask("inbox", "replay", str(parked.position), "--json")
    assert answer.code == 1
    assert answer.document["delivery"]["status"] == "parked"
    assert answer.document["delivery"]["note"] != "an old reason"
    assert ask("inbox", "replay", "99").code == 2


def test_a_platform_that_does_not_answer_ends_with_four(ask: Ask, store: Store) -> None:
    answer = ask("sync", "--json")
    assert answer.code == 4
    assert answer.document["error"]["kind"] == "ChannelUnavailable"
    assert "Traceback" not in answer.err
    assert ask("audit").code == 4


def test_doctor_says_which_platform_does_not_answer(ask: Ask, store: Store, log: SqliteLog, folder: Path) -> None:
    answer = ask("doctor", "--json")
    assert answer.code == 3
    found = {row["name"]: row for row in answer.document}
    assert found[f"webhook signatures of {SHOP}"]["status"] == "ok"
    assert found[f"shopify for {SHOP}"]["status"] == "fail"
    assert "no answer" in found[f"shopify for {SHOP}"]["why"]
    assert "shpss-canary" not in answer.out + answer.err
