"""Booking pictures into a real store: news moves units, a repeat does not, and what is missing is asked for."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.domain.drift import Drift, Observation
from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped
from onhand.domain.pictures import Version
from onhand.domain.stock import Bin, LevelKey, State
from onhand.heal.adopt import adopt_drift
from onhand.intake.book import book
from onhand.intake.opening import open_levels
from onhand.ports.channel import Ask, Report, SeenLevel, Wanted
from onhand.store import Store, open_store

SHOP = "tees.myshopify.com"
T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def picture(minute: int, reading: int = 0, **parts: object) -> OrderPicture:
    base = OrderPicture(
        cause="shopify/order/1001",
        origin="shopify",
        version=Version(at=T0 + timedelta(minutes=minute), reading=reading),
        placed_at=T0,
        lines=(OrderLine("L1", "TEE", 2),),
    )
    return replace(base, **parts)  # type: ignore[arg-type]


def book_all(store: Store, *pictures: OrderPicture) -> list[str]:
    notes = []
    for one in pictures:
        with store.writing() as session:
            notes.append(book(session.of(SHOP), "shopify", Report(pictures=(one,)), NOW))
    return notes


def levels(store: Store) -> dict[tuple[str, Bin], int]:
    with store.reading() as session:
        return dict(session.of(SHOP).ledger.levels(["TEE", "CAP"]))


def orders_asked_for(store: Store) -> list[Ask]:
    with store.reading() as session:
        return session.of(SHOP).asks.all("shopify", Wanted.ORDER, 10)


SOLD = (Shipped("L1", "Boston", 2, T0),)


def test_a_till_sale_told_twice_is_booked_once_and_nothing_is_asked(store: Store) -> None:
    sale = picture(1, shipped=SOLD)
    notes = book_all(store, sale, sale)
    assert levels(store) == {("TEE", Bin("Boston", State.AVAILABLE)): -2, ("TEE", Bin("Boston", State.CUSTOMER)): 2}
    assert notes == ["shopify/order/1001: 1 movements", "shopify/order/1001: same, not news"]
    assert orders_asked_for(store) == []


def test_an_online_order_without_a_location_lowers_at_once_and_is_asked_for(store: Store) -> None:
    book_all(store, picture(1, placed=(Placed("L1", None, 2),)))
    with store.reading() as session:
        assert session.of(SHOP).pictures.unplaced_units(["TEE"]) == {"TEE": 2}
    assert [ask.key for ask in orders_asked_for(store)] == ["1001"]
    assert levels(store) == {}


def test_the_reading_that_says_where_places_the_units(store: Store) -> None:
    book_all(
        store,
        picture(1, placed=(Placed("L1", None, 2),)),
        picture(1, reading=1, placed=(Placed("L1", "Boston", 2),)),
    )
    with store.reading() as session:
        assert session.of(SHOP).pictures.unplaced_units(["TEE"]) == {}
    assert levels(store) == {("TEE", Bin("Boston", State.AVAILABLE)): -2, ("TEE", Bin("Boston", State.COMMITTED)): 2}


def test_a03_an_older_picture_changes_nothing(store: Store) -> None:
    book_all(store, picture(5, shipped=SOLD))
    after = levels(store)
    (note,) = book_all(store, picture(1, placed=(Placed("L1", None, 2),)))
    assert note == "shopify/order/1001: older, not news"
    assert levels(store) == after


def test_d03_two_webhooks_of_one_second_that_differ_are_settled_by_asking(store: Store) -> None:
    book_all(store, picture(1, shipped=SOLD))
    (note,) = book_all(store, picture(1, shipped=(Shipped("L1", "Boston", 1, T0),)))
    assert "asked again" in note
    assert [ask.because for ask in orders_asked_for(store)] == ["two pictures of the same second differ"]


OPENED_UNITS = 10


def adopt_a_loss(store: Store, units: int) -> None:
    """Open Boston's shelf, then adopt that Shopify shows `units` fewer available there than the books."""
    opened = SeenLevel("TEE", "Boston", "level/1", True, (OPENED_UNITS, 0, 0, 0, 0, 0, 0), T0 - timedelta(days=1))
    with store.writing() as session:
        open_levels(session.of(SHOP), "shopify", [opened], 1, NOW, opens=True)
    with store.writing() as session:
        books = session.of(SHOP)
        booked = books.ledger.levels(["TEE"]).get(("TEE", Bin("Boston", State.AVAILABLE)), 0)
        seen = Observation(
            source="shopify",
            item="TEE",
            location="Boston",
            units={State.AVAILABLE: booked - units},
            observed_at=T0 + timedelta(minutes=30),
            reading=3,
        )
        adopt_drift(books, Drift(observation=seen, books_units={State.AVAILABLE: booked}), ["seen twice"], NOW)


def test_an_order_that_explains_an_adoption_takes_it_back(store: Store) -> None:
    adopt_a_loss(store, 2)
    book_all(store, picture(1, shipped=SOLD))
    with store.reading() as session:
        books = session.of(SHOP)
        assert books.ledger.unexplained_units()[1] == 0
        assert books.drifts.open_adoptions([LevelKey("TEE", "Boston")]) == []
    assert levels(store)["TEE", Bin("Boston", State.AVAILABLE)] == OPENED_UNITS - 2


def test_an_order_placed_after_the_look_does_not_explain_the_adoption(store: Store) -> None:
    adopt_a_loss(store, 2)
    late = T0 + timedelta(hours=1)
    book_all(store, picture(61, placed_at=late, shipped=(Shipped("L1", "Boston", 2, late),)))
    with store.reading() as session:
        assert session.of(SHOP).ledger.unexplained_units()[1] == 2
    assert levels(store)["TEE", Bin("Boston", State.AVAILABLE)] == OPENED_UNITS - 4


def test_a_level_that_nothing_has_moved_is_opened_instead_of_adopted(store: Store) -> None:
    with store.writing() as session:
        seen = Observation(
            source="shopify", item="NEW", location="Boston", units={State.AVAILABLE: 40}, observed_at=T0, reading=1
        )
        adopt_drift(session.of(SHOP), Drift(observation=seen, books_units={}), ["seen twice"], NOW)
    with store.reading() as session:
        books = session.of(SHOP)
        assert books.ledger.unexplained_units() == (0, 0)
        assert books.ledger.levels(["NEW"])["NEW", Bin("Boston", State.AVAILABLE)] == 40
        assert books.ledger.cuts(["NEW"]) == {LevelKey("NEW", "Boston"): T0}


def life_of_an_order() -> list[OrderPicture]:
    """Placed, partly shipped, edited up, cancelled in part, given back at another shop: each as it was read."""
    at = [T0 + timedelta(minutes=minute) for minute in range(10)]
    five = (OrderLine("L1", "TEE", 5),)
    shipped = (Shipped("L1", "Boston", 1, at[2]),)
    cancelled = Refunded("L1", "Boston", 2, Restock.CANCEL, at[4])
    returned = Refunded("L1", "New York", 1, Restock.RETURN, at[5])
    return [
        picture(1, 1, placed=(Placed("L1", "Boston", 2),)),
        picture(2, 2, placed=(Placed("L1", "Boston", 1),), shipped=shipped),
        picture(3, 3, lines=five, placed=(Placed("L1", "Warehouse", 4),), shipped=shipped),
        picture(4, 4, lines=five, placed=(Placed("L1", "Warehouse", 2),), shipped=shipped, refunded=(cancelled,)),
        picture(
            5, 5, lines=five, placed=(Placed("L1", "Warehouse", 2),), shipped=shipped, refunded=(cancelled, returned)
        ),
    ]


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_end_in_the_same_ledger(chance: random.Random) -> None:
    with TemporaryDirectory() as folder:
        store = open_store(str(Path(folder) / "onhand.db"))
        life = life_of_an_order()
        told = [*life, *chance.choices(life, k=4)]
        chance.shuffle(told)
        book_all(store, *told)
        ended = {key: units for key, units in levels(store).items() if units}
        store.close()
    assert ended == {
        ("TEE", Bin("Boston", State.AVAILABLE)): -1,
        ("TEE", Bin("Boston", State.CUSTOMER)): 1,
        ("TEE", Bin("Warehouse", State.AVAILABLE)): -2,
        ("TEE", Bin("Warehouse", State.COMMITTED)): 2,
        ("TEE", Bin("New York", State.AVAILABLE)): 1,
        ("TEE", Bin("New York", State.CUSTOMER)): -1,
    }


def test_a_sale_is_put_in_order_with_what_was_told_although_our_clock_is_hours_wrong(store: Store) -> None:
    """Told at noon by our clock; the channel sold four units an hour later, when its own clock showed nine."""
    for wrong_by, told_units in ((timedelta(hours=4), 6), (timedelta(0), 6)):
        with store.writing() as session:
            books = session.of(SHOP)
            books.offers.ensure([("tiktok_shop", "t-1", "TEE")], NOW)
            books.offers.told("tiktok_shop", "t-1", 10, NOW)
            heard_at, placed_at = NOW + timedelta(hours=2), NOW + timedelta(hours=1) - wrong_by
            sold = picture(
                0,
                reading=1,
                cause=f"tiktok_shop/order/{wrong_by.seconds}",
                origin="tiktok_shop",
                placed_at=placed_at,
                read_at=heard_at - wrong_by,
                lines=(OrderLine("L1", "TEE", 4),),
                placed=(Placed("L1", "Boston", 4),),
                hold=State.RESERVED,
            )
            book(books, "tiktok_shop", Report(pictures=(sold,)), heard_at)
            assert [row.told_units for row in books.offers.rows(channel="tiktok_shop")] == [told_units]
