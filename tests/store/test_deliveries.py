"""Every delivery ends as done or parked, and can be tried again."""

from onhand.ports.delivery import Delivery
from onhand.store import Store
from onhand.store.deliveries import DeliveryState
from tests.store.goods import OTHER, SHOP, at


def delivery(number: int) -> Delivery:
    return Delivery(
        shop=SHOP,
        channel="shopify",
        topic="orders/create",
        delivery_id=f"delivery-{number}",
        event_id=None,
        triggered_at=None,
        received_at=at(number),
        body=b"",
    )


def test_what_became_of_a_delivery_is_kept(store: Store) -> None:
    with store.writing() as session:
        deliveries = session.of(SHOP).deliveries
        deliveries.finish(7, delivery(1), "parked", "body is not JSON", at(9))
        assert deliveries.get(7) == DeliveryState(
            7, "shopify", "orders/create", "delivery-1", at(1), "parked", "body is not JSON", at(9)
        )
        assert deliveries.get(8) is None
        assert session.of(OTHER).deliveries.get(7) is None


def test_a_parked_delivery_that_went_through_is_done(store: Store) -> None:
    with store.writing() as session:
        deliveries = session.of(SHOP).deliveries
        for position in (3, 5, 8):
            deliveries.finish(position, delivery(position), "parked", "trouble", at(9))
        deliveries.finish(9, delivery(9), "done", "booked", at(9))
        assert deliveries.counts() == {"done": 1, "parked": 3}
        assert deliveries.parked_positions() == [3, 5, 8]
        deliveries.finish(5, delivery(5), "done", "booked", at(10))
        deliveries.finish(8, delivery(8), "parked", "still trouble", at(10))
        assert deliveries.counts() == {"done": 2, "parked": 2}
        assert deliveries.parked_positions() == [3, 8]
        assert session.of(OTHER).deliveries.counts() == {"done": 0, "parked": 0}


def test_deliveries_are_listed_newest_first_and_page_by_page(store: Store) -> None:
    with store.writing() as session:
        deliveries = session.of(SHOP).deliveries
        for position in range(1, 7):
            deliveries.finish(position, delivery(position), "done" if position % 2 else "parked", "", at(9))
        assert [row.position for row in deliveries.rows(limit=3)] == [6, 5, 4]
        assert [row.position for row in deliveries.rows(limit=9, before=4)] == [3, 2, 1]
        assert [row.position for row in deliveries.rows("parked", limit=2)] == [6, 4]
        assert [row.position for row in deliveries.rows("parked", before=4)] == [2]
        assert [row.position for row in deliveries.rows("done", limit=2)] == [5, 3]
