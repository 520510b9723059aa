"""Whatever happens in the shop, in any order: units move, and the books differ from the shelf only as they must."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from onhand.sandbox.world import moving, shipping, tiktok_orders, transferring
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.editing import edit
from onhand.sandbox.world.fulfilling import fulfil, move_fulfillment_order
from onhand.sandbox.world.orders import Order, RestockType
from onhand.sandbox.world.selling import place_online, sell_at_till
from onhand.sandbox.world.undoing import RefundWish, cancel, refund
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World
from tests.sandbox.shop import NOW, make_shop

OPEN_ON_TIKTOK = {"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"}

numbers = st.integers(0, 11)
shop_events = st.tuples(
    st.sampled_from(
        [
            "till",
            "online",
            "fulfil",
            "fulfil one",
            "cancel",
            "refund",
            "edit",
            "move",
            "transfer",
            "receive",
            "tiktok",
            "tiktok ship",
            "tiktok cancel",
        ]
    ),
    numbers,
    numbers,
    st.integers(1, 3),
)
unexplained_events = st.tuples(st.sampled_from(["theft", "adjust", "write off"]), numbers, numbers, st.integers(1, 3))


class Shop:
    """Drives a world by small numbers and keeps an account of its own of how far books and shelf may differ."""

    def __init__(self) -> None:
        self.world: World = make_shop({"TEE": (6, 4, 3), "CAP": (2, 0, 2)})
        self.gap: Counter[tuple[int, int]] = Counter()  # on hand in the books less units on the shelf

    def do(self, event: tuple[str, int, int, int]) -> None:
        what, first, second, units = event
        world = self.world
        items, places = list(world.catalog.items), list(world.catalog.locations)
        item_id, location_id = items[first % len(items)], places[second % len(places)]
        wish = Wish(item_id=item_id, units=units)
        try:
            if what == "till":
                sell_at_till(world, location_id=location_id, lines=[wish], now=NOW)
            elif what == "online":
                place_online(world, lines=[wish, Wish(item_id=items[second % len(items)], units=1)], now=NOW)
            elif what in {"transfer", "receive", "theft", "adjust"}:
                self.move_goods(what, item_id, location_id, units)
            elif what.startswith("tiktok"):
                self.on_tiktok(what, wish, first)
            elif world.orders.by_id:
                self.change_order(what, list(world.orders)[first % len(world.orders)], location_id, units)
        except Refused:
            return  # a platform or the shelf said no; then nothing may have changed, which the laws below see

    def move_goods(self, what: str, item_id: int, location_id: int, units: int) -> None:
        world = self.world
        if what == "receive":
            moving.receive_goods(world, item_id=item_id, location_id=location_id, units=units, now=NOW)
        elif what == "theft":
            moving.steal(world, item_id=item_id, location_id=location_id, units=units)
            self.gap[item_id, location_id] += units
        elif what == "adjust":
            moving.adjust_by_hand(world, item_id=item_id, location_id=location_id, units=-units, now=NOW)
            self.gap[item_id, location_id] -= units
        else:
            self.transfer(item_id, location_id, units)

    def transfer(self, item_id: int, location_id: int, units: int) -> None:
        world = self.world
        to = next(place for place in world.catalog.locations if place != location_id)
        made = transferring.create_transfer(
            world, origin_id=location_id, destination_id=to, lines=[Wish(item_id=item_id, units=units)], now=NOW
        )
        transferring.mark_ready(world, made, now=NOW)
        shipment = shipping.ship_transfer(world, made, now=NOW)
        if units > 1:
            shipping.receive_shipment(world, made, shipment, now=NOW)

    def on_tiktok(self, what: str, wish: Wish, first: int) -> None:
        world = self.world
        if what == "tiktok":
            tiktok_orders.place(world, lines=[wish], now=NOW)
            return
        orders = list(world.tiktok.orders.values())
        if not orders:
            return
        order = orders[first % len(orders)]
        if what == "tiktok cancel":
            tiktok_orders.cancel(world, order, reason="buyer", now=NOW)
            return
        tiktok_orders.ship(world, order, now=NOW)
        warehouse = world.tiktok.warehouse
        assert warehouse is not None
        for line in order.lines:
            self.gap[line.item_id, warehouse.location_id] += 1  # Shopify's books know nothing of it

    def change_order(self, what: str, order: Order, location_id: int, units: int) -> None:
        world, line = self.world, order.lines[0]
        if what == "fulfil":
            fulfil(world, order, lines=None, now=NOW)
        elif what == "fulfil one":
            fulfil(world, order, lines={line.id: 1}, now=NOW)
        elif what == "cancel":
            cancel(world, order, restock=True, reason="customer", now=NOW)
        elif what == "refund":
            kind: RestockType = "return" if line.fulfilled_units else "cancel"
            back = RefundWish(line_id=line.id, units=units, restock_type=kind, location_id=location_id)
            refund(world, order, lines=[back], note="", now=NOW)
        elif what == "edit":
            edit(
                world,
                order,
                additions=[Wish(item_id=line.item_id, units=1)] if units > 1 else [],
                removals={line.id: 1} if units < 3 else {},
                restock=True,
                now=NOW,
            )
        elif what == "move":
            move_fulfillment_order(world, order.fulfillment_orders[0], to_location_id=location_id, now=NOW)
        elif what == "write off":
            self.write_off(order)

    def write_off(self, order: Order) -> None:
        """Cancel without restock: of what was oversold, the books lose units that never stood there."""
        oversold = {
            key: sum(one.oversold_units for ref, one in place.promises.items() if ref.order_id == order.id)
            for key, place in self.world.shelf
        }
        cancel(self.world, order, restock=False, reason="declined", now=NOW)
        for key, units in oversold.items():
            self.gap[key] -= units


def assert_sound(shop: Shop) -> None:
    world = shop.world
    committed: Counter[tuple[int, int]] = Counter()
    promised: Counter[tuple[int, int]] = Counter()
    for order in world.orders:
        for line in order.lines:
            refunded = sum(part.units for one in order.refunds for part in one.lines if part.line_id == line.id)
            assert line.current_units == line.ordered_units - refunded
            assert line.current_units == line.unfulfilled_units + line.fulfilled_units - line.returned_units
        for part in order.fulfillment_orders:
            for piece in part.lines:
                committed[piece.item_id, part.location_id] += piece.remaining_units
    promised.update(committed)
    assert world.tiktok.warehouse is not None
    held: Counter[int] = Counter()
    for tiktok_order in world.tiktok.orders.values():
        for unit in tiktok_order.lines:
            if unit.status in OPEN_ON_TIKTOK:
                held[unit.item_id] += 1
                promised[unit.item_id, world.tiktok.warehouse.location_id] += 1
    for level in world.levels:
        key = (level.item_id, level.location_id)
        place = world.shelf.place(*key)
        assert level.on_hand - place.units == shop.gap[key]
        assert level.committed == committed[key]
        assert place.promised_units == promised[key]
        assert place.units >= 0
        assert place.short_units <= place.marked_units
    for sku in world.tiktok.listings():
        assert sku.committed_units == held[sku.item_id]
        assert sku.available_units >= 0
    standing = sum(place.units for _, place in world.shelf)
    assert standing == world.shelf.put_units - world.shelf.taken_units


@given(st.lists(shop_events, max_size=40))
def test_books_and_shelf_differ_only_by_what_tiktok_shop_shipped(events: list[tuple[str, int, int, int]]) -> None:
    shop = Shop()
    for event in events:
        shop.do(event)
        assert_sound(shop)


@given(st.lists(shop_events | unexplained_events, max_size=40))
def test_theft_adjustments_and_write_offs_open_exactly_their_own_gap(
    events: list[tuple[str, int, int, int]],
) -> None:
    shop = Shop()
    for event in events:
        shop.do(event)
        assert_sound(shop)
