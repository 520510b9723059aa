"""When units came to an order after it was placed is read from its agreements."""

from onhand.domain.orders import OrderPicture
from onhand.ports.channel import Wanted
from tests.channels.shopify.platform import Shop


def read(shop: Shop, order: str) -> OrderPicture:
    (picture,) = shop.read(Wanted.ORDER, [order]).report.pictures
    assert isinstance(picture, OrderPicture)
    return picture


def test_an_order_that_was_never_changed_costs_no_second_question(shop: Shop) -> None:
    order = shop.order((0, 2))
    asked = len(shop.running.sandbox.log.calls)
    assert read(shop, order).added == ()
    assert len(shop.running.sandbox.log.calls) == asked + 1


def test_lines_that_were_added_by_editing_are_dated(shop: Shop) -> None:
    order = shop.order((0, 2))
    placed_at = read(shop, order).placed_at
    shop.do("edit", order=order, add=[{"sku": shop.sku(1), "units": 3}], remove=[{"sku": shop.sku(0), "units": 1}])
    picture = read(shop, order)
    items = {line.line: line.item for line in picture.lines}
    assert [(items[row.line], row.units) for row in picture.added] == [(shop.item(1), 3)]
    assert picture.added[0].added_at >= placed_at


def test_what_is_sent_in_exchange_is_dated_as_the_return(shop: Shop) -> None:
    order = shop.order((0, 2))
    shop.do("fulfil", order=order)
    back, instead = [{"sku": shop.sku(0), "units": 1}], [{"sku": shop.sku(1), "units": 1}]
    shop.do("return", order=order, lines=back, exchange=instead)
    picture = read(shop, order)
    items = {line.line: line.item for line in picture.lines}
    assert [(items[row.line], row.units) for row in picture.added] == [(shop.item(1), 1)]


def test_an_order_that_was_edited_many_times_is_read_agreement_by_agreement(shop: Shop) -> None:
    order = shop.order((0, 1))
    for place in (1, 2, 3, 5):
        shop.do("edit", order=order, add=[{"sku": shop.sku(place), "units": 1}])
    many = (6, 7, 8, 10, 11)
    shop.do("edit", order=order, add=[{"sku": shop.sku(place), "units": 1} for place in many])
    picture = read(shop, order)
    items = {line.line: line.item for line in picture.lines}
    assert sorted(items[row.line] for row in picture.added) == sorted(shop.item(place) for place in (1, 2, 3, 5, *many))
    assert len({row.line for row in picture.added}) == 9
