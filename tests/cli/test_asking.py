"""levels, ats, explain, timeline, drift, offers, shadow, problems, inbox, ledger: to people and to programs."""

import json
import sqlite3
from pathlib import Path

import pytest

from onhand.domain.catalog import Item
from onhand.domain.drift import Drift
from onhand.domain.stock import State
from onhand.intake.identity import remove_items
from onhand.intake.process import POSITION
from onhand.log import SqliteLog
from onhand.ports.channel import Problem
from onhand.store import Store
from tests.answers.shop import BOSTON, SHOP, WAREHOUSE, happen, later, seen, sold
from tests.answers.test_history import told
from tests.cli.conftest import Ask

pytestmark = pytest.mark.usefixtures("folder")


def test_levels_as_a_document_have_the_promised_fields(ask: Ask, store: Store) -> None:
    rows = ask("levels", "TEE", "--location", "Boston", "--json").document
    assert [{name: row[name] for name in ("shop", "sku", "item", "location", "state", "units")} for row in rows] == [
        {"shop": SHOP, "sku": "TEE", "item": "1", "location": "Boston", "state": "available", "units": 5}
    ]


def test_levels_as_of_a_time_are_those_that_were_recorded_then(ask: Ask, store: Store) -> None:
    happen(store, [sold("shopify/order/1", "1", BOSTON, 2, at=later(5))], later(5))
    before = ask("levels", "TEE", "--location", "Boston", "--at", "2026-11-23T09:04+01:00", "--json").document
    assert [(row["state"], row["units"]) for row in before] == [("available", 5)]
    assert ask("levels", "--at", "yesterday").code == 2


def test_locations_say_what_stands_there_who_sells_it_and_why_the_web_does_not(ask: Ask, store: Store) -> None:
    rows = {row["name"]: row for row in ask("locations", "--json").document}
    back_room = rows["Back room"]
    assert (back_room["sells_online"], back_room["channels"], back_room["on_hand_units"]) == (False, [], 7)
    assert rows["Boston"]["channels"] == ["online_store"]
    out = ask("locations").out
    assert "no: it does not fulfil online orders" in out
    assert "no channel" in out


def test_people_read_levels_as_a_table(ask: Ask, store: Store) -> None:
    happen(store, [sold("shopify/order/1", "1", BOSTON, 2, at=later(5))], later(5))
    out = ask("levels", "TEE").out
    assert "available" in out.splitlines()[0]
    assert "committed" in out.splitlines()[0]
    assert any(line.split() == ["TEE", "1", "Tee", "Boston", "3", "2"] for line in out.splitlines())


def test_ats_as_a_document_has_the_promised_fields(ask: Ask, store: Store) -> None:
    (row,) = ask("ats", "TEE", "--channel", "tiktok_shop", "--json").document
    promised = ("shop", "sku", "item", "channel", "units", "published_units", "published_at", "stale")
    assert {name: row[name] for name in promised} == {
        "shop": SHOP,
        "sku": "TEE",
        "item": "1",
        "channel": "tiktok_shop",
        "units": 8,
        "published_units": None,
        "published_at": None,
        "stale": False,
    }


def test_explain_gives_terms_that_sum_to_the_number(ask: Ask, store: Store) -> None:
    explained = ask("explain", "TEE", "--channel", "tiktok_shop", "--json").document
    assert (explained["sku"], explained["channel"], explained["units"]) == ("TEE", "tiktok_shop", 8)
    assert sum(term["units"] for term in explained["terms"]) == 8
    assert set(explained["terms"][0]) == {"what", "location", "units", "because"}
    text = ask("explain", "TEE", "--channel", "tiktok_shop").out
    assert "tiktok_shop may sell 8 of TEE" in text
    assert "-2" in text
    assert "= 8" in text


def test_explain_shows_both_items_that_carry_one_sku(ask: Ask, store: Store) -> None:
    both = ask("explain", "TWIN", "--channel", "online_store", "--json").document
    assert [(row["item"], row["units"]) for row in both] == [("3", 4), ("4", 0)]


def test_the_timeline_says_what_moved_and_why(ask: Ask, store: Store) -> None:
    happen(store, [sold("shopify/order/7", "1", BOSTON, 2, at=later(5))], later(5))
    newest = ask("timeline", "TEE", "--limit", "1", "--json").document[0]
    assert (newest["cause"], newest["units"], newest["reason"]) == ("shopify/order/7", 2, "sold")
    assert "Boston: available to committed" in ask("timeline", "TEE").out


def test_e16_what_a_label_carries_does_nothing_to_the_terminal(ask: Ask, store: Store) -> None:
    with store.writing() as session:
        evil = Item(item="1", sku="TEE", title="\x1b[31mred\x1b[0m [bold]x[/bold] \u202eeet")
        session.of(SHOP).catalog.put_items([evil], later(1))
    out = ask("ats", "TEE").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[bold]x[/bold]" in out
    assert ask("ats", "TEE", "--json").document[0]["title"] == evil.title


def test_drifts_show_both_numbers_and_the_evidence(ask: Ask, store: Store) -> None:
    found = Drift(observation=seen("1", BOSTON, 3, later(5)), books_units={State.AVAILABLE: 5})
    with store.writing() as session:
        session.of(SHOP).drifts.open(found, "theft", 0.5, ["two readings agree"], later(6))
    (row,) = ask("drift", "ls", "--json").document
    assert (row["books_units"], row["observed_units"], row["units"], row["status"]) == (5, 3, -2, "open")
    assert ask("drift", "show", str(row["id"]), "--json").document == row
    text = ask("drift", "show", str(row["id"])).out
    assert "books expect 5 available, shopify shows 3 (2 too few)" in text
    assert "evidence: two readings agree" in text
    assert "theft" in ask("drift", "ls").out
    assert ask("drift", "show", "99").code == 2
    assert "No closed drifts" in ask("drift", "ls", "--status", "closed").out


def test_offers_and_shadow_show_what_waits(ask: Ask, store: Store) -> None:
    happen(store, [sold("tiktok_shop/order/9", "1", WAREHOUSE, 3, at=later(2), origin="tiktok_shop")], later(2))
    rows = ask("offers", "ls", "--json").document
    assert {row["listing"]: (row["units"], row["told_units"], row["status"]) for row in rows} == {
        "t-1": (5, None, "waiting"),
        "t-2": (0, None, "waiting"),
    }
    writes = ask("shadow", "--json").document
    assert {write["kind"] for write in writes} == {"offer", "telling"}
    text = ask("shadow").out
    assert "Warehouse: reserved" in text
    assert "onhand arm tiktok_shop" in text
    assert "in shadow" in ask("offers", "ls").out
    assert ask("offers", "ls", "--status", "lost").code == 2


def test_problems_come_with_their_next_step(ask: Ask, store: Store) -> None:
    assert "Nothing needs you." in ask("problems", "ls").out
    with store.writing() as session:
        problem = Problem("unmatched listing", "t-9", "listing t-9 has no SKU", "give it one")
        session.of(SHOP).problems.raise_(problem, later(1))
    (row,) = ask("problems", "ls", "--json").document
    assert (row["kind"], row["key"], row["next_step"]) == ("unmatched listing", "t-9", "give it one")
    assert "give it one" in ask("problems", "ls").out


def test_what_is_left_of_a_removed_item_is_taken_out_of_the_books_by_hand(ask: Ask, store: Store) -> None:
    refused = ask("retire", "1")
    assert refused.code == 3
    assert "item 1 was not removed from Shopify" in refused.err
    with store.writing() as session:
        remove_items(session.of(SHOP), ["1"], later(1))
    rows = {row["kind"]: row for row in ask("problems", "ls", "--json").document}
    row = rows.pop("units left")
    assert "`onhand retire 1` takes it out of the books" in row["next_step"]
    assert ask("retire", "1", "--json").document == {"shop": SHOP, "item": "1", "units": 22}
    assert {row["kind"] for row in ask("problems", "ls", "--json").document} == set(rows)
    assert ask("levels", "1", "--json").document == []
    assert ask("ledger", "verify", "--json").document["holds"] is True


def test_the_inbox_has_the_promised_counts_and_rows(ask: Ask, store: Store, log: SqliteLog) -> None:
    log.append([told(1, later(1)), told(2, later(2))])
    first, second = log.read(0, 10)
    with store.writing() as session:
        session.of(SHOP).deliveries.finish(first.position, first.delivery, "parked", "line 3: no number", later(3))
        session.move_position(POSITION, first.position)
    inbox = ask("inbox", "ls", "--json").document
    counts = ("accepted", "done", "waiting", "parked", "duplicates", "rejected")
    assert [inbox[name] for name in counts] == [2, 0, 1, 1, 0, 0]
    assert [row["status"] for row in inbox["deliveries"]] == ["waiting", "parked"]
    assert "2 accepted: 0 booked, 1 waiting, 1 parked" in ask("inbox", "ls").out
    shown = ask("inbox", "show", str(first.position)).out
    assert "line 3: no number" in shown
    assert '{"id": 1}' in shown
    assert ask("inbox", "show", str(second.position), "--json").document["body"] == '{"id": 2}'
    assert ask("inbox", "show", "99").code == 2


def test_a_whole_ledger_verifies_and_can_be_rebuilt(ask: Ask, store: Store, log: SqliteLog) -> None:
    before = ask("levels", "--outside", "--json").document
    verified = ask("ledger", "verify", "--json")
    assert (verified.code, verified.document["holds"], verified.document["movements"]) == (0, True, 5)
    rebuilt = ask("ledger", "rebuild", "--json")
    assert rebuilt.code == 0
    assert rebuilt.document["levels"] > 0
    assert ask("levels", "--outside", "--json").document == before


def test_a_ledger_that_was_tampered_with_ends_in_code_five(
    ask: Ask, store: Store, log: SqliteLog, folder: Path
) -> None:
    with sqlite3.connect(folder / "onhand.db") as database:
        database.execute("UPDATE levels SET units = units + 1 WHERE item = '1' AND state = 'available'")
    database.close()
    answer = ask("ledger", "verify", "--json")
    assert answer.code == 5
    assert answer.document["holds"] is False
    assert answer.document["problems"]
    assert "damaged" in ask("ledger", "verify").out


def test_json_is_one_document_also_where_nothing_is_known(ask: Ask, store: Store) -> None:
    answer = ask("--json", "levels", "NOSUCH")
    assert answer.code == 2
    assert json.loads(answer.out)["error"]["kind"] == "NotKnown"
    assert "no item carries SKU 'NOSUCH'" in answer.err
