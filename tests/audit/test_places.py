"""Places: what the Online Store cannot reach is a problem with its units, their worth and the way out."""

from dataclasses import replace
from decimal import Decimal

import pytest

from onhand.audit.places import TRAPPED, UNSOLD, file_places, look_at_places
from onhand.domain.catalog import Item, Location, Money
from onhand.domain.stock import Bin, Movement, State
from onhand.store import Books, Store
from tests.answers.shop import BACK_ROOM, BOSTON, SHOP, WAREHOUSE, later, sold

PRICED = Item(item="1", sku="TEE", title="Tee", unit_cost=Decimal("9.50"), currency="USD")
OPEN = Location(location="1", name="Boston", active=True, fulfils_online=True, ships=True, picks_up=False)


def messages(books: Books, kind: str) -> dict[str, str]:
    """Return the open problems of a kind by location."""
    return {row.key: row.message for row in books.problems.open() if row.kind == kind}


def file(books: Books, *left_out: str) -> None:
    """Look at every location and file what is found."""
    file_places(books, look_at_places(books), left_out, later(1))


@pytest.mark.parametrize(
    ("location", "why"),
    [
        (OPEN, None),
        (replace(OPEN, ships=False, picks_up=True), None),
        (replace(OPEN, ships=None, picks_up=None), None),
        (replace(OPEN, active=False), "deactivated"),
        (replace(OPEN, fulfils_online=False), "does not fulfil online orders"),
        (replace(OPEN, ships=False), "no shipping rate starts there"),
    ],
)
def test_the_online_store_counts_open_locations_from_which_goods_can_reach_a_shopper(
    location: Location, why: str | None
) -> None:
    reason = location.why_not_online()
    assert (reason is None) if why is None else (reason is not None and why in reason)


def test_units_that_no_web_order_can_reach_are_a_problem_with_their_worth_until_they_can(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([PRICED], later(0))
        file(books)
        assert messages(books, TRAPPED) == {
            BACK_ROOM: "Back room: 7 units worth 66.50 USD cannot be sold by the Online Store: "
            "it does not fulfil online orders"
        }
        (row,) = (row for row in books.problems.open() if row.kind == TRAPPED)
        assert "online = false" in row.next_step
        places = {place.location.location: place for place in look_at_places(books)}
        assert places[BACK_ROOM].value == (Money(Decimal("66.50"), "USD"),)
        back_room = next(row for row in books.catalog.locations() if row.location == BACK_ROOM)
        books.catalog.put_locations([replace(back_room, fulfils_online=True)], later(1))
        file(books)
        assert messages(books, TRAPPED) == {}


def test_a_location_that_is_not_meant_for_the_web_is_no_problem(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        file(books, "Back room")
        assert messages(books, TRAPPED) == {}


def test_a_location_from_which_no_channel_sells_is_a_problem_and_an_empty_one_is_not(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        file(books)
        assert set(messages(books, UNSOLD)) == {BACK_ROOM}
        books.ledger.append(
            [
                Movement(
                    id="adoption/9/1",
                    item="1",
                    source=Bin(BACK_ROOM, State.AVAILABLE),
                    target=Bin(BACK_ROOM, State.UNEXPLAINED),
                    units=7,
                    cause="adoption/9",
                    origin="shopify",
                    reason="adopted",
                    occurred_at=later(1),
                )
            ],
            later(1),
        )
        file(books)
        assert messages(books, UNSOLD) == {}
        assert messages(books, TRAPPED) == {}


def test_units_that_wait_for_their_customer_still_stand_there(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([sold("shopify/order/1", "1", WAREHOUSE, 3, at=later(0))], later(0))
        places = {place.location.location: place for place in look_at_places(books)}
    warehouse = places[WAREHOUSE]
    assert (warehouse.available_units, warehouse.on_hand_units) == (8, 11)
    assert warehouse.channels == ("online_store", "tiktok_shop")
    assert places[BOSTON].channels == ("online_store",)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_d14_a_large_shop_is_looked_at_page_by_page_and_nothing_is_left_out_or_counted_twice(
    store: Store, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.reading() as session:
        whole = look_at_places(session.of(SHOP))
        monkeypatch.setattr("onhand.audit.places.PAGE", page)
        assert look_at_places(session.of(SHOP)) == whole
    assert sum(place.on_hand_units for place in whole) > 0
