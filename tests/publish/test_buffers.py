"""Units of the Online Store's buffer stand aside where no till sells, follow what there is, and go back exactly."""

from collections.abc import Iterator

import pytest

from onhand.domain.drift import Observation
from onhand.domain.selling import SellingRule
from onhand.domain.stock import Bin, LevelKey, State
from onhand.publish import buffers
from onhand.publish.buffers import Returned
from onhand.publish.recalculate import explain, recalculate
from onhand.store import Books, Store
from tests.answers.shop import BOSTON, SHOP, WAREHOUSE, later, moved, sold

TEE_IN_WAREHOUSE = LevelKey("1", WAREHOUSE)


def rules(buffer_units: int, *enforced_in: str) -> list[SellingRule]:
    return [
        SellingRule(
            channel="online_store", locations=(BOSTON, WAREHOUSE), buffer_units=buffer_units, enforced_in=enforced_in
        ),
        SellingRule(channel="shopify_pos", locations=(BOSTON,), enforced_in=()),
        SellingRule(channel="tiktok_shop", locations=(WAREHOUSE,), buffer_units=2),
    ]


@pytest.fixture
def books(store: Store) -> Iterator[Books]:
    """A shop with ten tees in a warehouse without a till and five in Boston; four of a buffer are to be put aside."""
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.arm("shopify", armed=True)
        books.channels.set_imported("tiktok_shop", "no")
        set_buffer(books, 4, WAREHOUSE)
        yield books


def set_buffer(books: Books, units: int, *enforced_in: str) -> None:
    books.channels.set_rules(rules(units, *enforced_in), later(1))
    settle(books)


def settle(books: Books) -> None:
    while recalculate(books, later(2)):
        pass


def aside(books: Books) -> dict[LevelKey, int]:
    """Return where tees stand aside."""
    return {key: count for key, count in books.aside.all().items() if key.item == "1"}


def give_back(books: Books) -> list[Returned]:
    """Give everything back, and return what became of the tees."""
    return [row for row in buffers.release(books, later(6)) if row.key.item == "1"]


def units(books: Books, state: State) -> int:
    return books.ledger.levels(["1"]).get(("1", Bin(WAREHOUSE, state)), 0)


def show(books: Books, minute: float, **states: int) -> None:
    """Let Shopify show states of the level in the warehouse."""
    seen = {State(state): count for state, count in states.items()}
    reading = books.asks.next_reading()
    books.observations.put(
        Observation(
            source="shopify", item="1", location=WAREHOUSE, units=seen, observed_at=later(minute), reading=reading
        ),
        later(minute),
    )


def tell(books: Books) -> None:
    """Let Shopify have been told everything, and show it."""
    books.owed.confirm(books.owed.units([TEE_IN_WAREHOUSE]), later(3))
    show(books, 3, available=units(books, State.AVAILABLE), safety_stock=units(books, State.SAFETY_STOCK))
    settle(books)


def test_the_buffer_is_put_aside_and_owed_to_shopify_as_a_move(books: Books) -> None:
    assert aside(books) == {TEE_IN_WAREHOUSE: 4}
    assert (units(books, State.AVAILABLE), units(books, State.SAFETY_STOCK)) == (6, 4)
    assert books.owed.units([TEE_IN_WAREHOUSE]) == {TEE_IN_WAREHOUSE: {State.AVAILABLE: -4, State.SAFETY_STOCK: 4}}
    (movement,) = [row for row in books.ledger.caused_by(f"buffer/{WAREHOUSE}") if row.item == "1"]
    assert (movement.origin, movement.units) == ("onhand", 4)


def test_it_is_subtracted_once_and_the_explanation_says_where_it_stands(books: Books) -> None:
    explanation = explain(books, "1", "tiktok_shop")
    assert explanation.units == 10 - 4 - 2
    assert [term.because for term in explanation.terms if term.what == "put aside"] == [
        "4 more stand there in safety_stock, hidden from everybody"
    ]


def test_without_enforcement_the_explanation_says_that_shopify_sells_the_buffer(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.set_rules(rules(4), later(1))
        books.offers.ensure([("online_store", "1", "1")], later(1))
        settle(books)
        explanation = explain(books, "1", "online_store")
        (term,) = [term for term in explanation.terms if term.what == "buffer"]
        assert (term.units, "shopify does not know of it" in term.because) == (-4, True)
        assert aside(books) == {}


def test_what_is_not_put_aside_yet_is_still_kept_back_by_the_rule(books: Books) -> None:
    books.offers.ensure([("online_store", "1", "1")], later(1))
    set_buffer(books, 25, WAREHOUSE)
    explanation = explain(books, "1", "online_store")
    kept = {term.what: term.units for term in explanation.terms}
    assert (units(books, State.SAFETY_STOCK), kept["buffer"], kept["put aside"]) == (10, -15, 0)
    assert explanation.units == 0


def test_a_smaller_buffer_gives_units_back_but_they_are_for_sale_only_once_shopify_shows_them(books: Books) -> None:
    tell(books)
    before = explain(books, "1", "tiktok_shop").units
    set_buffer(books, 1, WAREHOUSE)
    assert aside(books) == {TEE_IN_WAREHOUSE: 1}
    assert units(books, State.AVAILABLE) == 9
    assert explain(books, "1", "tiktok_shop").units == before  # nobody has confirmed the raise
    tell(books)
    assert explain(books, "1", "tiktok_shop").units == before + 3


def test_where_too_little_stands_the_buffer_takes_what_there_is_and_lets_go_of_it_again(books: Books) -> None:
    tell(books)
    books.ledger.append([sold("shopify/order/9", "1", WAREHOUSE, 8, at=later(4))], later(4))
    settle(books)
    assert (units(books, State.AVAILABLE), aside(books)) == (0, {TEE_IN_WAREHOUSE: 2})
    books.ledger.append(
        [moved("in/1", "1", Bin(WAREHOUSE, State.SUPPLIER), Bin(WAREHOUSE, State.AVAILABLE), 9, at=later(5))], later(5)
    )
    tell(books)
    assert aside(books) == {TEE_IN_WAREHOUSE: 4}


def test_in_shadow_nothing_is_put_aside(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.set_imported("tiktok_shop", "no")
        set_buffer(books, 4, WAREHOUSE)
        assert aside(books) == {}
        assert units(books, State.AVAILABLE) == 10


def test_while_orders_may_reach_shopify_by_another_app_nothing_is_put_aside(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.arm("shopify", armed=True)
        set_buffer(books, 4, WAREHOUSE)
        assert aside(books) == {}


def test_the_way_back_returns_our_share_and_leaves_the_merchants(books: Books) -> None:
    tell(books)
    safety = Bin(WAREHOUSE, State.SAFETY_STOCK)
    books.ledger.append([moved("adoption/1", "1", Bin(WAREHOUSE, State.AVAILABLE), safety, 3, at=later(4))], later(4))
    show(books, 5, available=3, safety_stock=7)
    assert give_back(books) == [Returned(TEE_IN_WAREHOUSE, 4, 0)]
    assert (units(books, State.AVAILABLE), units(books, State.SAFETY_STOCK)) == (7, 3)
    assert aside(books) == {}
    assert give_back(books) == []


def test_of_what_somebody_moved_away_only_the_rest_comes_back_and_that_is_said(books: Books) -> None:
    tell(books)
    show(books, 5, available=9, safety_stock=1)
    assert give_back(books) == [Returned(TEE_IN_WAREHOUSE, 1, 3)]


def test_units_that_shopify_was_not_told_of_yet_go_back_as_well(books: Books) -> None:
    show(books, 2, available=10, safety_stock=0)
    assert give_back(books) == [Returned(TEE_IN_WAREHOUSE, 4, 0)]
    assert books.owed.units([TEE_IN_WAREHOUSE]) == {}


def test_what_somebody_took_out_of_safety_stock_is_not_ours_any_more_and_put_aside_anew(books: Books) -> None:
    tell(books)
    safety, here = Bin(WAREHOUSE, State.SAFETY_STOCK), Bin(WAREHOUSE, State.AVAILABLE)
    books.ledger.append([moved("adoption/2", "1", safety, here, 3, at=later(4))], later(4))
    show(books, 5, available=9, safety_stock=1)
    settle(books)
    assert aside(books) == {TEE_IN_WAREHOUSE: 4}
    assert units(books, State.SAFETY_STOCK) == 4


def test_a_location_that_gets_a_till_gives_its_units_back_by_itself(books: Books) -> None:
    tell(books)
    set_buffer(books, 4, BOSTON)
    assert aside(books) == {LevelKey("1", BOSTON): 4}
    assert units(books, State.SAFETY_STOCK) == 0
