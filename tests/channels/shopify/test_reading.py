"""Orders, levels, items and locations are read back as Shopify has them, and cheaply."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from onhand.channels.shopify.channel import UNREAD
from onhand.domain.orders import Restock
from onhand.domain.stock import KEPT_STATES, LevelKey, State
from onhand.ports.channel import Wanted
from onhand.ports.errors import ChannelRefused
from onhand.sandbox.account.scopes import SCOPES
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.shopify.platform import Shop, connect


def test_an_open_order_is_read_with_the_place_that_ships_it(shop: Shop) -> None:
    order = shop.order((0, 2), (1, 1))
    reading = shop.read(Wanted.ORDER, [order])
    (picture,) = reading.report.pictures
    assert picture.cause == f"shopify/order/{order}"
    assert [(line.item, line.units) for line in picture.lines] == [(shop.item(0), 2), (shop.item(1), 1)]
    warehouse = shop.location("Warehouse")
    assert [(row.location, row.units) for row in picture.placed] == [(warehouse, 2), (warehouse, 1)]
    assert picture.complete
    assert (picture.version.reading, reading.missing, reading.problems) == (1, (), ())


def test_a_moved_order_waits_where_it_was_moved_to_and_nowhere_else(shop: Shop) -> None:
    order = shop.order((0, 2))
    shop.do("move", order=order, to="Boston")
    (picture,) = shop.read(Wanted.ORDER, [order]).report.pictures
    assert [(row.location, row.units) for row in picture.placed] == [(shop.location("Boston"), 2)]


def test_what_was_taken_off_before_shipping_still_says_where_it_stood(shop: Shop) -> None:
    order = shop.order((0, 2))
    shop.do("cancel", order=order, restock=False)
    (picture,) = shop.read(Wanted.ORDER, [order]).report.pictures
    assert [(row.location, row.units) for row in picture.placed] == [(shop.location("Warehouse"), 0)]
    assert [(row.units, row.restock) for row in picture.refunded] == [(2, Restock.NONE)]


def test_a_sale_at_a_till_is_read_as_shipped_there(shop: Shop) -> None:
    order = shop.order((0, 1), channel="shopify_pos", location="Portland")
    (picture,) = shop.read(Wanted.ORDER, [order]).report.pictures
    assert [(row.location, row.units) for row in picture.shipped] == [(shop.location("Portland"), 1)]


def test_a_fulfilment_order_leads_to_its_order(shop: Shop) -> None:
    order = shop.order((0, 1))
    (part,) = shop.running.sandbox.world.orders.by_id[int(order)].fulfillment_orders
    reading = shop.read(Wanted.ORDER, [f"fo:{part.id}", order, "fo:6", "fo:x", "12", "nonsense"])
    assert [picture.cause for picture in reading.report.pictures] == [f"shopify/order/{order}"]
    assert reading.missing == ("fo:6", "fo:x", "12", "nonsense")


def test_a_large_order_is_read_part_by_part_and_whole(shop: Shop) -> None:
    order = shop.order(*((place, 1) for place in range(12) if place % 5 != 4))
    for place in (0, 1, 2, 3):
        shop.do("fulfil", order=order, lines=[{"sku": shop.sku(place), "units": 1}])
    for place in (0, 5, 6, 7):
        shop.do("refund", order=order, lines=[{"sku": shop.sku(place), "units": 1}])
    (picture,) = shop.read(Wanted.ORDER, [order]).report.pictures
    items = {line.line: line.item for line in picture.lines}
    assert len(items) == 10
    assert {items[row.line] for row in picture.shipped} == {shop.item(place) for place in (0, 1, 2, 3)}
    assert {items[row.line] for row in picture.placed if row.units} == {shop.item(place) for place in (8, 10, 11)}
    assert {items[row.line]: row.restock for row in picture.refunded} == {
        shop.item(0): Restock.RETURN,
        **{shop.item(place): Restock.CANCEL for place in (5, 6, 7)},
    }
    assert any("order" in call.operation.split() for call in shop.calls())


def test_a_part_with_many_lines_is_read_to_its_end_and_the_others_in_one_call(http: httpx.Client) -> None:
    with SandboxThread(Options(items=60)) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http))
        there = [place for place in range(60) if place % 5 != 4]
        order = shop.order(*((place, 1) for place in there))
        shop.do("refund", order=order, lines=[{"sku": shop.sku(there[0]), "units": 1}])
        (picture,) = shop.read(Wanted.ORDER, [order]).report.pictures
        long = sum(len(one.lines) > 20 for one in next(iter(running.sandbox.world.orders)).fulfillment_orders)
        assert long
        assert len(picture.lines) == len(there)
        assert sum(row.units for row in picture.placed) == len(there) - 1
        assert [call.operation for call in shop.calls()] == ["nodes", "order", "nodes", *["node"] * long, "order"]


def test_two_line_orders_cost_less_than_ten_points_each(shop: Shop) -> None:
    orders = [shop.order((place, 1), (place + 1, 1)) for place in (0, 1, 2, 5, 6, 7)]
    shop.read(Wanted.ORDER, orders[:1])
    shop.read(Wanted.ORDER, orders)
    first, *rest = [call.cost_points for call in shop.calls() if call.operation == "nodes"]
    assert first is not None
    assert first <= 10
    assert sum(points or 0 for points in rest) <= 10 * len(orders)


def test_a_level_is_read_in_every_state_and_adds_up(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Warehouse")
    shop.order((0, 3))
    shop.do("adjust", location="Warehouse", sku=shop.sku(0), units=2, state="damaged")
    reading = shop.read(Wanted.LEVEL, [f"{item}@{place}"])
    (seen,) = reading.report.observations
    assert seen.key == LevelKey(item, place)
    assert set(seen.units) == set(KEPT_STATES)
    assert (seen.units[State.COMMITTED], seen.units[State.DAMAGED]) == (3, 2)
    assert seen.units[State.AVAILABLE] == shop.units(item, place)
    assert (seen.source, seen.reading, reading.problems) == ("shopify", 1, ())


def test_a_level_is_found_by_item_first_and_by_its_own_id_after(shop: Shop) -> None:
    key = f"{shop.item(0)}@{shop.location('Boston')}"
    first = shop.read(Wanted.LEVEL, [key]).report
    shop.lookup.learn([], first.level_ids)
    again = shop.read(Wanted.LEVEL, [key]).report
    assert [seen.units for seen in first.observations] == [seen.units for seen in again.observations]
    asked = [str(call.detail["variables"]) for call in shop.calls()]
    assert "location" in asked[0]
    assert "location" not in asked[1]


def test_an_outdated_level_id_is_no_reason_to_miss_a_level(shop: Shop) -> None:
    key = LevelKey(shop.item(0), shop.location("Boston"))
    shop.lookup.learn([], {key: "gid://shopify/InventoryLevel/1?inventory_item_id=1"})
    reading = shop.read(Wanted.LEVEL, [f"{key.item}@{key.location}"])
    assert [seen.key for seen in reading.report.observations] == [key]


def test_levels_that_do_not_exist_are_missing(shop: Shop) -> None:
    boston = shop.location("Boston")
    keys = [f"{shop.item(0)}@77", f"99@{boston}", "half", "a@b", f"{shop.item(1)}@{boston}"]
    reading = shop.read(Wanted.LEVEL, keys)
    assert reading.missing == tuple(keys[:4])
    shown = {seen.location: any(seen.units.values()) for seen in reading.report.observations}
    assert shown == {"77": False, boston: True}


def test_a_reading_is_never_older_than_a_change_it_holds_nor_newer_than_one_it_does_not(shop: Shop) -> None:
    item, place = shop.item(0), shop.location("Warehouse")
    before = datetime.now(UTC).replace(microsecond=0)
    shop.order((0, 1))
    told_at = shop.running.sandbox.world.levels.get(int(item), int(place))
    assert told_at is not None
    changed_at = told_at.updated_at
    (seen,) = shop.read(Wanted.LEVEL, [f"{item}@{place}"]).report.observations
    assert seen.observed_at >= changed_at >= before
    shop.order((0, 1))
    assert told_at.updated_at >= seen.observed_at
    assert seen.observed_at.microsecond == 0


def test_a_level_that_rests_is_observed_now_and_not_when_it_last_changed(shop: Shop) -> None:
    level = shop.running.sandbox.world.levels.get(int(shop.item(0)), int(shop.location("Boston")))
    assert level is not None
    level.updated_at -= timedelta(days=10)
    (seen,) = shop.read(Wanted.LEVEL, [f"{shop.item(0)}@{shop.location('Boston')}"]).report.observations
    assert datetime.now(UTC) - seen.observed_at < timedelta(seconds=10)


def test_an_item_is_read_with_its_listings_and_levels(shop: Shop) -> None:
    item = next(iter(shop.running.sandbox.world.catalog.items.values()))
    reading = shop.read(Wanted.ITEM, [str(item.inventory_item_id), f"variant:{item.variant_id}", "variant:5", "7"])
    (read,) = reading.report.items
    assert (read.item, read.sku, read.tracked) == (str(item.inventory_item_id), item.sku, True)
    assert [(row.channel, row.listing, row.item) for row in reading.report.listings] == [
        ("shopify", str(item.variant_id), str(item.inventory_item_id))
    ]
    assert {seen.location for seen in reading.report.observations} == {
        str(location) for location in shop.running.sandbox.world.catalog.locations
    }
    assert reading.missing == ("variant:5", "7")


def test_every_location_is_read(shop: Shop) -> None:
    locations = shop.read(Wanted.LOCATIONS, ["all"]).report.locations
    assert {(row.name, row.active, row.fulfils_online, row.ships, row.picks_up) for row in locations} == {
        ("Warehouse", True, True, True, False),
        ("Boston", True, True, True, False),
        ("Portland", True, False, False, False),
    }


def test_who_does_not_let_the_app_see_delivery_profiles_loses_only_that_hint(http: httpx.Client) -> None:
    granted = tuple(scope for scope in SCOPES if scope != "read_shipping")
    with SandboxThread(Options(items=1, settings=Settings(scopes=granted))) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http))
        locations = shop.read(Wanted.LOCATIONS, ["all"]).report.locations
    assert [(row.active, row.ships) for row in locations] == [(True, None)] * 3


def test_polling_finds_every_order_that_changed_since(shop: Shop) -> None:
    orders = [shop.order((place, 1)) for place in (0, 1, 2)]
    since = datetime.now(UTC) - timedelta(seconds=30)
    found = list(shop.channel.changed(since))
    assert [row.key for row in found] == orders
    assert [row.cause for row in found] == [f"shopify/order/{order}" for order in orders]
    assert all(row.changed_at and row.changed_at.utcoffset() == timedelta(0) for row in found)
    assert list(shop.channel.changed(datetime.now(UTC) + timedelta(hours=1))) == []


def test_shopify_has_no_listings_of_its_own_to_read(shop: Shop) -> None:
    assert shop.channel.batch_size(Wanted.LISTING) == 0
    with pytest.raises(ChannelRefused):
        shop.read(Wanted.LISTING, ["1"])


def test_who_may_not_see_returns_reads_orders_all_the_same_and_is_told_of_the_returns(
    http: httpx.Client,
) -> None:
    granted = tuple(scope for scope in SCOPES if scope.partition("_")[2] != "returns")
    with SandboxThread(Options(items=3, settings=Settings(scopes=granted))) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http))
        order, other = shop.order((0, 2)), shop.order((1, 1))
        shop.do("fulfil", order=order)
        name = running.sandbox.world.orders.by_id[int(order)].name
        shop.do("return", order=order)
        shop.do("process_return", **{"return": f"{name}-R1", "type": "RESTOCKED", "location": "Boston"})
        reading = shop.read(Wanted.ORDER, [order, other])
        (opened,) = running.sandbox.world.orders.by_id[int(order)].returns
        returns = shop.read(Wanted.RETURN, [str(opened.id)])
    assert returns.report.pictures == ()
    assert [problem.kind for problem in returns.problems] == [UNREAD]
    assert {picture.cause for picture in reading.report.pictures} == {
        f"shopify/order/{order}",
        f"shopify/order/{other}",
    }
    assert [(ask.wanted, ask.key) for ask in reading.report.asks] == [(Wanted.RETURN, f"order:{order}")]


def test_where_an_item_was_never_stocked_nothing_is_shown(shop: Shop) -> None:
    shop.do("add_item", sku="NEW-HERE", title="New here", price_cents=900)
    item = shop.running.sandbox.world.catalog.item_of_sku("NEW-HERE").inventory_item_id
    key = f"{item}@{shop.location('Boston')}"
    reading = shop.read(Wanted.LEVEL, [key, "7@8"])
    assert [(seen.key, set(seen.units.values())) for seen in reading.report.observations] == [
        (LevelKey(str(item), shop.location("Boston")), {0})
    ]
    assert reading.missing == (key, "7@8")
