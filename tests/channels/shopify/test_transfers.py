"""Transfers are heard of by whatever a webhook names, listed while they may change, and read as Shopify has them."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from onhand.channels.shopify.parse import parse
from onhand.domain.stock import Bin, State
from onhand.domain.transfers import TransferPicture, TransferStatus, effect_of
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Ask, Report, Wanted
from onhand.ports.errors import ChannelUnavailable, UnreadableDelivery
from onhand.sandbox.world import moving, shipping, transferring
from onhand.sandbox.world.wishes import Wish
from tests.channels.shopify.platform import Shop
from tests.channels.shopify.scripted import channel_at, graphql, in_turn, platform
from tests.channels.shopify.test_told_orders import delivered

GID = "gid://shopify/InventoryTransfer/2921201"
SHIPMENT = "gid://shopify/InventoryShipment/3921201"
LATER = timedelta(hours=1)


def told(body: dict[str, Any], topic: str) -> Report:
    return parse(delivered(body, topic), Lookup())


def make(shop: Shop, *lines: tuple[int, int], until: str = "ready") -> dict[str, Any]:
    rows = [{"sku": shop.sku(place), "units": units} for place, units in lines]
    return shop.do("transfer", **{"from": "Warehouse", "to": "Boston", "lines": rows, "until": until})


def read(shop: Shop, *keys: object) -> TransferPicture:
    reading = shop.read(Wanted.TRANSFER, [str(key) for key in keys])
    assert (reading.missing, reading.problems) == ((), ())
    (picture,) = reading.report.pictures
    assert isinstance(picture, TransferPicture)
    return picture


def effect(shop: Shop, picture: TransferPicture) -> dict[tuple[str, str, State], int]:
    """Return units by (item, place, state) inside the shop: what Shopify's own levels show."""
    return {
        (item, bin_.location, bin_.state): units
        for (item, bin_), units in effect_of(picture).items()
        if bin_.state is not State.SUPPLIER
    }


@pytest.mark.parametrize(
    "event", ["ready_to_ship", "add_items", "remove_items", "update_item_quantities", "updated", "cancel", "complete"]
)
def test_a_transfers_webhook_has_it_read(event: str) -> None:
    topic = f"inventory_transfers/{event}"
    report = told({"id": GID, "happened_at": "2023-09-01T08:19:56-04:00", "status": "CANCELED"}, topic)
    assert report.asks == (Ask(Wanted.TRANSFER, "2921201", topic),)


@pytest.mark.parametrize(
    "event",
    ["create", "delete", "add_items", "remove_items", "update_item_quantities", "mark_in_transit", "receive_items"],
)
@pytest.mark.parametrize("named", [GID, 2921201, "2921201"])
def test_a_shipments_webhook_has_its_transfer_read(event: str, named: object) -> None:
    topic = f"inventory_shipments/{event}"
    report = told({"id": SHIPMENT, "inventory_transfer_id": named}, topic)
    assert report.asks == (Ask(Wanted.TRANSFER, "2921201", topic),)


def test_a_shipment_that_names_no_transfer_is_looked_for_by_its_own_id() -> None:
    topic = "inventory_shipments/receive_items"
    assert told({"id": SHIPMENT}, topic).asks == (Ask(Wanted.TRANSFER, "shipment:3921201", topic),)


def test_a_shipment_of_no_transfer_asks_for_nothing() -> None:
    report = told({"id": SHIPMENT, "inventory_transfer_id": None}, "inventory_shipments/create")
    assert report.asks == ()
    assert "belongs to no transfer" in report.note


def test_a_foreign_id_parks_the_delivery() -> None:
    with pytest.raises(UnreadableDelivery, match="is not the id of a thing called InventoryTransfer"):
        told({"id": "gid://shopify/Order/1"}, "inventory_transfers/updated")


def test_a_transfer_is_read_as_it_goes_on(shop: Shop) -> None:
    warehouse, boston = shop.location("Warehouse"), shop.location("Boston")
    first, second = shop.item(0), shop.item(1)
    made = make(shop, (0, 5), (1, 2))
    name, number = made["transfer"], str(made["id"])
    ready = read(shop, number)
    assert (ready.cause, ready.name, ready.status) == (
        f"shopify/transfer/{number}",
        name,
        TransferStatus.READY_TO_SHIP,
    )
    assert (ready.from_location, ready.to_location, ready.sent) == (warehouse, boston, ())
    assert effect(shop, ready) == {
        (first, warehouse, State.AVAILABLE): -5,
        (first, warehouse, State.RESERVED): 5,
        (second, warehouse, State.AVAILABLE): -2,
        (second, warehouse, State.RESERVED): 2,
    }
    shop.do("ship_transfer", transfer=name, lines=[{"sku": shop.sku(0), "units": 4}])
    shop.do("ship_transfer", transfer=name, lines=[{"sku": shop.sku(1), "units": 2}], draft=True)
    shop.do(
        "receive_transfer",
        transfer=name,
        accepted=[{"sku": shop.sku(0), "units": 2}],
        rejected=[{"sku": shop.sku(0), "units": 1}],
    )
    under_way = read(shop, number)
    assert effect(shop, under_way) == {
        (first, warehouse, State.AVAILABLE): -5,
        (first, warehouse, State.RESERVED): 1,
        (first, boston, State.INCOMING): 1,
        (first, boston, State.AVAILABLE): 2,
        (second, warehouse, State.AVAILABLE): -2,
        (second, warehouse, State.RESERVED): 2,
    }
    assert under_way.version.reading > ready.version.reading
    (sent,) = under_way.sent
    assert sent.received_at is not None
    assert under_way.created_at <= sent.shipped_at <= sent.received_at
    shop.do("cancel_transfer", transfer=name)
    cancelled = read(shop, number)
    assert cancelled.is_open  # one unit is still under way
    shop.do("receive_transfer", transfer=name)
    assert not read(shop, number).is_open


def test_what_it_did_by_the_reading_is_what_it_did_to_the_levels(shop: Shop) -> None:
    places = {"Warehouse": shop.location("Warehouse"), "Boston": shop.location("Boston")}
    states = (State.AVAILABLE, State.RESERVED, State.INCOMING)
    bins = [(shop.item(place), where, state) for place in (0, 1) for where in places.values() for state in states]
    before = {key: shop.units(*key) for key in bins}
    made = make(shop, (0, 6), (1, 3))
    name = made["transfer"]
    for deed in (
        {"what": "ship_transfer", "lines": [{"sku": shop.sku(0), "units": 4}]},
        {"what": "change_transfer", "lines": [{"sku": shop.sku(1), "units": 5}]},
        {"what": "receive_transfer", "rejected": [{"sku": shop.sku(0), "units": 3}]},
        {"what": "ship_transfer"},
        {"what": "receive_transfer", "accepted": [{"sku": shop.sku(1), "units": 9}]},
        {"what": "receive_transfer"},
    ):
        shop.do(str(deed.pop("what")), transfer=name, **deed)
        moved = {key: shop.units(*key) - units for key, units in before.items() if shop.units(*key) != units}
        assert effect(shop, read(shop, made["id"])) == moved


def test_a_long_transfer_is_read_to_its_end(shop: Shop) -> None:
    world = shop.running.sandbox.world
    at = shop.running.sandbox.clock()
    items = list(world.catalog.items)
    warehouse, boston = int(shop.location("Warehouse")), int(shop.location("Boston"))
    for item in items:
        moving.receive_goods(world, item_id=item, location_id=warehouse, units=5, now=at)
    transfer = transferring.create_transfer(
        world,
        origin_id=warehouse,
        destination_id=boston,
        lines=[Wish(item_id=item, units=5) for item in items],
        now=at,
    )
    transferring.mark_ready(world, transfer, now=at)
    assert len(transfer.lines) > 10
    shipping.ship_transfer(world, transfer, now=at, units={line.id: 1 for line in transfer.lines})
    for line in transfer.lines[:4]:
        shipping.ship_transfer(world, transfer, now=at, units={line.id: 1})
    picture = read(shop, transfer.id)
    assert sorted(line.item for line in picture.lines) == sorted(str(line.item_id) for line in transfer.lines)
    assert sum(row.units for row in picture.sent) == len(transfer.lines) + 4
    assert len({row.shipment for row in picture.sent}) == 5
    incoming = sum(units for (_, bin_), units in effect_of(picture).items() if bin_ == Bin(str(boston), State.INCOMING))
    assert incoming == len(transfer.lines) + 4


def test_a_transfer_is_found_by_its_shipment_and_a_lost_one_is_missing(shop: Shop) -> None:
    made = make(shop, (0, 1), until="in_transit")
    (shipment,) = shop.running.sandbox.world.transfers[made["id"]].shipments
    assert read(shop, f"shipment:{shipment.id}").cause == f"shopify/transfer/{made['id']}"
    reading = shop.read(Wanted.TRANSFER, ["shipment:7", "7", "nonsense"])
    assert reading.missing == ("shipment:7", "7", "nonsense")


def test_open_transfers_are_listed_and_young_ones_that_are_over(shop: Shop) -> None:
    draft, ready, done = (make(shop, (0, 1), until=until)["id"] for until in ("draft", "ready", "received"))
    now = datetime.now(UTC)
    rows = {row.key: row for row in shop.channel.changed(now - LATER) if row.wanted is Wanted.TRANSFER}
    assert set(rows) == {str(draft), str(ready), str(done)}
    assert rows[str(draft)].changed_at is not None  # a draft that is known is no news
    assert rows[str(ready)].changed_at is rows[str(done)].changed_at is None
    later = {row.key for row in shop.channel.changed(now + LATER) if row.wanted is Wanted.TRANSFER}
    assert later == {str(draft), str(ready)}


def test_items_whose_levels_are_not_known_are_asked_for(shop: Shop) -> None:
    made = make(shop, (0, 1))
    report = shop.read(Wanted.TRANSFER, [str(made["id"])]).report
    assert [(ask.wanted, ask.key) for ask in report.asks] == [(Wanted.ITEM, shop.item(0))]


def test_reading_many_transfers_takes_few_points(shop: Shop) -> None:
    numbers = [str(make(shop, (0, 1))["id"]) for _ in range(12)]
    shop.read(Wanted.TRANSFER, numbers)
    calls = [call for call in shop.calls() if call.operation == "nodes"]
    assert 1 <= len(calls) <= 2


EMPTY: dict[str, Any] = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


def strange(**more: object) -> dict[str, Any]:
    transfer = {"id": GID, "name": "#T0009", "status": "PAUSED", "dateCreated": None, "origin": None}
    return {"nodes": [transfer | {"destination": None, "lineItems": EMPTY, "shipments": EMPTY} | more]}


def test_a_status_that_nobody_knew_is_a_problem_and_the_rest_goes_on(http: httpx.Client) -> None:
    with platform(in_turn(graphql(strange()))) as running:
        reading = channel_at(running, http).read(Wanted.TRANSFER, ["2921201"], 1, Lookup())
    assert (reading.report.pictures, reading.missing) == ((), ())
    (problem,) = reading.problems
    assert "transfer #T0009 is PAUSED, which onhand does not know" in problem.message


def test_a_list_that_vanishes_while_it_is_read_is_tried_again(http: httpx.Client) -> None:
    more = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "there"}}
    first = graphql(strange(status="DRAFT", lineItems=more))
    with (
        platform(in_turn(first, graphql({"node": None}))) as running,
        pytest.raises(ChannelUnavailable, match="vanished while it was read"),
    ):
        channel_at(running, http).read(Wanted.TRANSFER, ["2921201"], 1, Lookup())


def test_without_the_scope_orders_are_swept_all_the_same(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    orders = graphql({"orders": EMPTY})
    denied = graphql(
        errors=[{"message": "Access denied for inventoryTransfers", "extensions": {"code": "ACCESS_DENIED"}}]
    )
    with platform(in_turn(orders, denied)) as running, caplog.at_level(logging.WARNING):
        assert list(channel_at(running, http).changed(datetime.now(UTC))) == []
    assert "transfers are left out" in caplog.text
