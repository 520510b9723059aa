"""Whatever is written to Shopify's levels: numbers to be shown, levels to be connected, and what answers say."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from onhand.channels.shopify.channel import ShopifyChannel
from onhand.domain.stock import State
from onhand.ports.channel import Applied, LevelOutcome, Partly, Rejected, Unknown
from onhand.ports.level_writes import Packed, Setting, Stocking, Telling
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.world.world import WorldSettings
from tests.channels.shopify.platform import Shop, connect
from tests.channels.shopify.scripted import channel_at, graphql, in_turn, platform
from tests.support.waiting import until

A, R = State.AVAILABLE, State.RESERVED


def one(packed: list[Packed]) -> Packed:
    (parcel,) = packed
    return parcel


def write(shop: Shop, *writes: Telling | Setting | Stocking, run: str = "run-1") -> LevelOutcome:
    return shop.channel.send(one(shop.channel.pack(writes, run, run))[0])


@pytest.fixture(params=[True, False], ids=["all or none", "row by row"])
def either_shop(request: pytest.FixtureRequest, http: httpx.Client) -> Iterator[Shop]:
    """A shop whose Shopify refuses a whole call for one stale row, and one that refuses only the row."""
    world = WorldSettings(stale_row_fails_call=request.param)
    with SandboxThread(Options(items=12, world=world)) as running:
        yield Shop(running=running, http=http, channel=connect(running, http))


def test_the_answer_to_a_telling_shows_what_the_levels_hold_since(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Warehouse")
    there = shop.units(item, place)
    outcome = write(shop, Telling(item, place, {A: -2, R: 2}, {A: there, R: 0}))
    assert isinstance(outcome, Applied)
    (seen,) = outcome.shown
    assert (seen.item, seen.location, seen.units) == (item, place, {A: there - 2, R: 2})
    level = shop.running.sandbox.world.levels.get(int(item), int(place))
    assert level is not None
    assert seen.observed_at == level.updated_at


def test_the_same_key_again_shows_what_was_right_after_the_first(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Warehouse")
    parcel, _ = one(shop.channel.pack([Telling(item, place, {A: -1, R: 1}, None)], "run-1", "run-1"))
    first = shop.channel.send(parcel)
    shop.do("adjust", location="Warehouse", sku=shop.sku(0), units=5)
    assert shop.channel.send_again(parcel) == first


def test_of_stale_and_good_rows_each_is_known_for_what_became_of_it(either_shop: Shop) -> None:
    """Whether one stale row fails the call is not documented: the books are right either way."""
    shop, place = either_shop, either_shop.location("Warehouse")
    there = [shop.units(shop.item(number), place) for number in range(4)]
    told = [Telling(shop.item(number), place, {A: -1, R: 1}, {A: there[number], R: 0}) for number in range(4)]
    shop.do("adjust", location="Warehouse", sku=shop.sku(2), units=3)
    outcome = write(shop, *told)
    moved = [shop.units(shop.item(number), place, "reserved") for number in range(4)]
    if isinstance(outcome, Partly):
        assert (outcome.rejected.stale, outcome.rejected.rows) == (True, (2,))
        assert moved == [1, 1, 0, 1]
        assert {seen.item for seen in outcome.applied.shown} == {shop.item(number) for number in (0, 1, 3)}
    else:
        assert isinstance(outcome, Rejected)
        assert (outcome.stale, outcome.rows) == (True, (2,))
        assert moved == [0, 0, 0, 0]
    assert isinstance(outcome, Partly) is not shop.running.sandbox.world.settings.stale_row_fails_call


def test_a_call_whose_every_row_is_stale_moves_nothing_either_way(either_shop: Shop) -> None:
    place = either_shop.location("Warehouse")
    outcome = write(either_shop, Telling(either_shop.item(0), place, {A: -1, R: 1}, {A: -7, R: 0}))
    assert isinstance(outcome, Rejected)
    assert (outcome.stale, outcome.rows) == (True, (0,))


def test_a_level_is_made_to_show_what_the_books_hold_state_by_state(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Boston")
    there = shop.units(item, place)
    wanted = Setting(item, place, {A: there + 4, State.DAMAGED: 2}, {A: there, State.DAMAGED: 0})
    packed = shop.channel.pack([wanted], "fix-1", "fix-1")
    assert sorted(json.loads(parcel.body)["document"] for parcel, _ in packed) == [
        "adjust_quantities",
        "set_quantities",
    ]
    assert all(isinstance(shop.channel.send(parcel), Applied) for parcel, _ in packed)
    assert (shop.units(item, place), shop.units(item, place, "damaged")) == (there + 4, 2)


def test_a_level_that_moved_since_it_was_seen_is_not_set(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Boston")
    there = shop.units(item, place)
    outcome = write(shop, Setting(item, place, {A: 1}, {A: there + 1}))
    assert isinstance(outcome, Rejected)
    assert outcome.stale
    assert shop.units(item, place) == there


def test_a_level_can_be_made_to_show_less_than_nothing_although_nobody_can_set_that(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Boston")
    outcome = write(shop, Setting(item, place, {A: -3}, {A: shop.units(item, place)}))
    assert isinstance(outcome, Applied)
    assert shop.units(item, place) == -3


def is_stocked(shop: Shop, item: str, place: str) -> bool:
    level = shop.running.sandbox.world.levels.get(int(item), int(place))
    return level is not None and level.active


def test_a_level_is_disconnected_and_connected_again_with_what_it_held(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Portland")
    there = shop.units(item, place)
    assert isinstance(write(shop, Stocking(item, place, stocked=False)), Applied)
    assert not is_stocked(shop, item, place)
    assert isinstance(write(shop, Stocking(item, place, stocked=True), run="run-2"), Applied)
    assert is_stocked(shop, item, place)
    assert shop.units(item, place) == there


def test_several_levels_of_an_item_are_one_call_and_all_are_switched_or_none(shop: Shop) -> None:
    item, places = shop.item(0), [shop.location(name) for name in ("Warehouse", "Boston", "Portland")]
    outcome = write(shop, *(Stocking(item, place, stocked=False) for place in places[1:]))
    assert isinstance(outcome, Applied)
    assert [is_stocked(shop, item, place) for place in places] == [True, False, False]
    refused = write(shop, Stocking(item, places[0], stocked=False), run="run-2")
    assert isinstance(refused, Rejected)
    assert (refused.stale, refused.rows) == (False, (0,))
    assert "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION" in refused.reason
    assert [call.operation for call in shop.calls()] == ["inventoryBulkToggleActivation"] * 2


def test_a_switch_without_a_key_whose_answer_was_lost_is_found_by_reading_back(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Portland")
    channel = connect(shop.running, shop.http, request_timeout_s=0.3)
    parcel, _ = one(channel.pack([Stocking(item, place, stocked=False)], "run-1", "run-1"))
    shop.do("fault", kind="timeout_after_apply", share=1.0, platform="shopify")
    assert isinstance(channel.send(parcel), Unknown)
    until(lambda: not is_stocked(shop, item, place), "it is carried out")
    shop.do("heal")
    assert shop.channel.send_again(parcel) == Applied(None, "carried out, as reading back shows")
    assert [call.operation for call in shop.calls()] == ["inventoryBulkToggleActivation", "inventoryItem"]


def test_a_switch_without_a_key_that_never_arrived_is_sent_again_after_reading_back(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Portland")
    parcel, _ = one(shop.channel.pack([Stocking(item, place, stocked=False)], "run-1", "run-1"))
    shop.do("fault", kind="error_5xx", share=1.0, platform="shopify")
    assert isinstance(shop.channel.send(parcel), Unknown)
    shop.do("heal")
    assert is_stocked(shop, item, place)
    assert isinstance(shop.channel.send_again(parcel), Applied)
    assert not is_stocked(shop, item, place)


def test_while_reading_back_fails_the_outcome_stays_unknown(shop: Shop) -> None:
    parcel, _ = one(shop.channel.pack([Stocking(shop.item(0), shop.location("Portland"), stocked=False)], "r", "r"))
    shop.do("fault", kind="outage", share=1.0, platform="shopify")
    assert isinstance(shop.channel.send(parcel), Unknown)
    assert isinstance(shop.channel.send_again(parcel), Unknown)


def test_a_wish_about_one_level_counts_once_and_the_last_word_is_its_newest(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Portland")
    wishes = [Stocking(item, place, stocked=False), Stocking(item, place, stocked=True)]
    parcel, carried = one(shop.channel.pack(wishes, "run-1", "run-1"))
    assert carried == (wishes[-1],)
    assert json.loads(parcel.body)["document"] == "activate_level"


ADJUSTED = {"id": "gid://shopify/InventoryAdjustmentGroup/7", "createdAt": "2026-11-23T09:00:00Z"}
STALE = {"field": ["input", "changes", "1"], "message": "stale", "code": "CHANGE_FROM_QUANTITY_STALE"}


def answered(http: httpx.Client, group: Any, *errors: Any) -> LevelOutcome:
    """Return what becomes of a telling of two levels that Shopify answers so."""
    answer = {"inventoryMoveQuantities": {"inventoryAdjustmentGroup": group, "userErrors": list(errors)}}
    with platform(in_turn(graphql(answer))) as running:
        channel: ShopifyChannel = channel_at(running, http)
        tellings = [Telling(item, "2", {A: -1, R: 1}, {A: 5, R: 0}) for item in ("1", "3")]
        return channel.send(one(channel.pack(tellings, "run-1", "run-1"))[0])


def changed(item: str, name: str, after: int | None) -> dict[str, Any]:
    where = {"item": {"id": f"gid://shopify/InventoryItem/{item}"}, "location": {"id": "gid://shopify/Location/2"}}
    return where | {"name": name, "quantityAfterChange": after}


def test_errors_beside_a_list_of_changes_mean_that_the_other_rows_were_carried_out(http: httpx.Client) -> None:
    outcome = answered(http, ADJUSTED | {"changes": [changed("1", "available", 4), changed("1", "reserved", 1)]}, STALE)
    assert isinstance(outcome, Partly)
    assert outcome.rejected.rows == (1,)
    (seen,) = outcome.applied.shown
    assert (seen.item, dict(seen.units)) == ("1", {A: 4, R: 1})
    assert seen.observed_at == datetime.fromisoformat("2026-11-23T09:00:00+00:00")


def test_errors_without_changes_mean_that_nothing_was_carried_out(http: httpx.Client) -> None:
    empty: dict[str, Any] = ADJUSTED | {"changes": []}
    for group in (None, empty):
        assert isinstance(answered(http, group, STALE), Rejected)


def test_an_error_that_blames_no_row_is_about_those_that_were_not_changed(http: httpx.Client) -> None:
    whole = STALE | {"field": ["input"]}
    outcome = answered(http, ADJUSTED | {"changes": [changed("3", "available", 4)]}, whole)
    assert isinstance(outcome, Partly)
    assert outcome.rejected.rows == (0,)


def test_a_number_that_shopify_does_not_say_is_not_made_up(http: httpx.Client) -> None:
    changes = [
        changed("1", "available", None),
        changed("1", "reserved", 1),
        {**changed("3", "reserved", 2), "item": None},
    ]
    outcome = answered(http, ADJUSTED | {"changes": changes})
    assert isinstance(outcome, Applied)
    assert [dict(seen.units) for seen in outcome.shown] == [{R: 1}]
