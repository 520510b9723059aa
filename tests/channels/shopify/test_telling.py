"""Shopify is told of goods that others sold: moved inside a level, compared first, each exactly once."""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.channels.shopify.writing import pack
from onhand.domain.stock import KEPT_STATES, LevelKey, State
from onhand.ports.channel import Applied, Parcel, Rejected, Throttled
from onhand.ports.level_writes import Telling
from onhand.sandbox.server import Running
from tests.channels.shopify.platform import Shop, connect

A, R = State.AVAILABLE, State.RESERVED
tellings = st.builds(
    Telling,
    item=st.integers(1, 5).map(str),
    location=st.integers(1, 2).map(str),
    units=st.dictionaries(st.sampled_from(KEPT_STATES), st.integers(-5, 5), max_size=5),
    compare=st.none() | st.fixed_dictionaries({state: st.integers(0, 50) for state in KEPT_STATES}),
)


def rows_of(parcel: Parcel) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(parcel.body)["variables"]["input"]["changes"]
    return rows


@given(st.lists(tellings, max_size=10))
def test_parcels_add_up_to_what_was_to_be_told(told: list[Telling]) -> None:
    wanted: defaultdict[tuple[LevelKey, State], int] = defaultdict(int)
    carried: defaultdict[tuple[LevelKey, State], int] = defaultdict(int)
    for telling in told:
        for state, units in telling.units.items():
            wanted[LevelKey(telling.item, telling.location), state] += units
    parcels = pack(told, "run-1", "key")
    for parcel, parts in parcels:
        assert len(rows_of(parcel)) == len(parts) <= 250
        places = [(part.item, part.location) for part in parts]
        assert len(set(places)) == len(places)
        for part in parts:
            assert isinstance(part, Telling)
            for state, units in part.units.items():
                carried[LevelKey(part.item, part.location), state] += units
    assert {key: units for key, units in carried.items() if units} == {
        key: units for key, units in wanted.items() if units
    }
    assert len({parcel.key for parcel, _ in parcels}) == len(parcels)
    assert all(parcel.key.startswith("key") and parcel.channel == "shopify" for parcel, _ in parcels)


@given(st.lists(tellings, max_size=6))
def test_packing_again_gives_the_same_bytes(told: list[Telling]) -> None:
    assert pack(told, "run-1", "key") == pack(told, "run-1", "key")


def test_an_order_from_elsewhere_is_one_move_with_both_sides_compared() -> None:
    telling = Telling("1", "2", {A: -2, R: 2}, {A: 7, R: 0})
    ((parcel, parts),) = pack([telling], "run-1", "key")
    assert parts == (telling,)
    body = json.loads(parcel.body)
    assert body["document"] == "move_quantities"
    entry = body["variables"]["input"]
    assert entry["reason"] == "reservation_created"
    assert entry["referenceDocumentUri"] == "gid://onhand/Telling/run-1"
    assert body["variables"]["key"] == parcel.key == "key/1"
    (row,) = entry["changes"]
    assert row["quantity"] == 2
    assert (row["from"]["name"], row["from"]["changeFromQuantity"]) == ("available", 7)
    assert (row["to"]["name"], row["to"]["changeFromQuantity"]) == ("reserved", 0)
    assert "ledgerDocumentUri" not in row["from"]
    assert row["to"]["ledgerDocumentUri"].startswith("gid://onhand/")


def test_without_a_compare_the_wire_says_so_with_a_null() -> None:
    ((parcel, _),) = pack([Telling("1", "2", {A: -1}, None)], "run-1", "key")
    (row,) = rows_of(parcel)
    assert row["changeFromQuantity"] is None


def test_many_levels_travel_in_parcels_of_250() -> None:
    told = [Telling(str(number), "2", {A: -1, R: 1}, None) for number in range(1, 601)]
    assert [len(parts) for _, parts in pack(told, "run-1", "key")] == [250, 250, 100]


def test_orders_and_cancellations_travel_apart_because_a_call_has_one_reason() -> None:
    told = [Telling("1", "2", {A: -1, R: 1}, None), Telling("3", "2", {A: 1, R: -1}, None)]
    reasons = [json.loads(parcel.body)["variables"]["input"]["reason"] for parcel, _ in pack(told, "r", "k")]
    assert sorted(reasons) == ["reservation_created", "reservation_deleted"]


def test_of_a_telling_that_is_split_no_part_compares_a_state_that_another_one_touches() -> None:
    ((movement, moved), (adjustment, adjusted)) = pack([Telling("1", "2", {A: -3, R: 1}, {A: 9, R: 0})], "r", "k")
    assert [part.units for part in (*moved, *adjusted) if isinstance(part, Telling)] == [{A: -1, R: 1}, {A: -2}]
    (row,) = rows_of(movement)
    assert (row["from"]["changeFromQuantity"], row["to"]["changeFromQuantity"]) == (None, 0)
    (row,) = rows_of(adjustment)
    assert row["changeFromQuantity"] is None


def test_an_order_from_elsewhere_is_reserved_shipped_and_gone(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Warehouse")
    there = shop.units(item, place)
    reserve = Telling(item, place, {A: -2, R: 2}, {A: there, R: 0})
    ship = Telling(item, place, {R: -2}, {R: 2})
    for run, telling in enumerate([reserve, ship]):
        for parcel, _ in shop.channel.pack([telling], f"run-{run}", f"run-{run}"):
            assert isinstance(shop.channel.send(parcel), Applied)
    assert (shop.units(item, place), shop.units(item, place, "reserved")) == (there - 2, 0)
    assert shop.units(item, place, "on_hand") == there - 2


def test_the_same_parcel_twice_is_applied_once(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Warehouse")
    there = shop.units(item, place)
    ((parcel, _),) = shop.channel.pack([Telling(item, place, {A: -1, R: 1}, None)], "run-1", "run-1")
    first, again = shop.channel.send(parcel), shop.channel.send(parcel)
    assert first == again
    assert isinstance(first, Applied)
    assert shop.units(item, place) == there - 1


def test_a_lost_compare_names_the_rows_that_lost_and_moves_nothing(shop: Shop) -> None:
    place = shop.location("Warehouse")
    there = [shop.units(shop.item(number), place) for number in range(4)]
    told = [Telling(shop.item(number), place, {A: -1, R: 1}, {A: there[number], R: 0}) for number in range(4)]
    shop.order((1, 1), (3, 1))
    ((parcel, parts),) = shop.channel.pack(told, "run-1", "run-1")
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert outcome.stale
    assert [parts[row].item for row in outcome.rows] == [shop.item(1), shop.item(3)]
    assert [shop.units(shop.item(number), place) for number in (0, 2)] == [there[0], there[2]]


def test_b09_a_burnt_key_asks_for_a_new_look(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Warehouse")
    ((parcel, _),) = shop.channel.pack([Telling(item, place, {A: -1, R: 1}, {A: -5, R: 0})], "run-1", "run-1")
    shop.channel.send(parcel)
    again = shop.channel.send(parcel)
    assert isinstance(again, Rejected)
    assert again.stale
    assert "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" in again.reason


def test_b13_an_unknown_item_is_the_guilty_row_even_beside_a_stale_one(shop: Shop) -> None:
    place = shop.location("Warehouse")
    told = [
        Telling(shop.item(0), place, {A: -1, R: 1}, {A: -5, R: 0}),
        Telling("99", place, {A: -1, R: 1}, None),
        Telling(shop.item(1), place, {A: -1, R: 1}, None),
    ]
    ((parcel, _),) = shop.channel.pack(told, "run-1", "run-1")
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert (outcome.stale, outcome.rows) == (False, (1,))


def test_b08_a_key_used_for_something_else_is_refused_loudly(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    place = shop.location("Warehouse")
    ((first, _),) = shop.channel.pack([Telling(shop.item(0), place, {A: -1, R: 1}, None)], "run-1", "key")
    ((other, _),) = shop.channel.pack([Telling(shop.item(1), place, {A: -1, R: 1}, None)], "run-2", "key")
    shop.channel.send(first)
    outcome = shop.channel.send(other)
    assert isinstance(outcome, Rejected)
    assert not outcome.stale
    assert "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in caplog.text


def test_b07_a_key_that_is_in_progress_is_waited_for_and_applied_once(running: Running, http: httpx.Client) -> None:
    sandbox = running.sandbox
    sandbox.settings = replace(sandbox.settings, api_latency_s=0.4)
    shop = Shop(running=running, http=http, channel=connect(running, http))
    item, place = shop.item(0), shop.location("Warehouse")
    there = shop.units(item, place)
    ((parcel, _),) = shop.channel.pack([Telling(item, place, {A: -1, R: 1}, None)], "run-1", "run-1")
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(shop.channel.send, [parcel, parcel]))
    assert {type(outcome) for outcome in outcomes} == {Applied, Throttled}
    (waiting,) = (outcome for outcome in outcomes if isinstance(outcome, Throttled))
    assert waiting.retry_after_s == 1.0
    assert isinstance(shop.channel.send_again(parcel), Applied)
    assert shop.units(item, place) == there - 1


def test_b14_more_units_than_shopify_takes_are_not_even_sent(shop: Shop) -> None:
    told = [Telling("1", "2", {A: -1, R: 1}, None), Telling("3", "2", {A: -(10**10), R: 10**10}, None)]
    ((parcel, _),) = shop.channel.pack(told, "run-1", "run-1")
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert outcome.rows == (1,)
    assert shop.calls() == []


def test_every_kept_state_can_be_told(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Boston")
    for number, state in enumerate([state for state in KEPT_STATES if state is not A]):
        for parcel, _ in shop.channel.pack(
            [Telling(item, place, {A: -1, state: 1}, None)], f"in-{number}", f"in-{number}"
        ):
            outcome = shop.channel.send(parcel)
            assert isinstance(outcome, Applied | Rejected), outcome
            assert not isinstance(outcome, Throttled)
            if state is not State.COMMITTED:  # apps cannot commit (2026-10)
                assert isinstance(outcome, Applied), (state, outcome)
