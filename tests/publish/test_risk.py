"""Points are spent where overselling threatens first, and on full parcels."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand.channels.shopify import ShopifyChannel
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.publish import levels
from onhand.publish.levels import levels_of
from onhand.store import Books, Intent, Store
from tests.answers.shop import BOSTON, SHOP, later
from tests.publish.channels import shopify_channel


@pytest.fixture
def shopify() -> Iterator[ShopifyChannel]:
    """Shopify's adapter, without a network."""
    with shopify_channel() as channel:
        yield channel


def movement(item: int, number: int) -> Movement:
    """Return that a unit of an item was ordered elsewhere."""
    return Movement(
        id=f"order/{item}/{number}",
        item=str(item),
        source=Bin(BOSTON, State.AVAILABLE),
        target=Bin(BOSTON, State.RESERVED),
        units=1,
        cause=f"order/{item}",
        origin="tiktok_shop",
        reason="ordered",
        occurred_at=later(1),
    )


def owed(
    books: Books, item: int, *, had: int, units: int, target: State = State.RESERVED, back: bool = False
) -> LevelKey:
    """Book `had` units of an item that Shopify knows of, and a move of `units` between them that it does not."""
    key = LevelKey(str(item), BOSTON)
    here, there = Bin(BOSTON, State.AVAILABLE), Bin(BOSTON, target)
    rows = [(Bin(BOSTON, State.SUPPLIER), here, had, "shopify"), (here, there, units, "tiktok_shop")]
    if back:
        rows[1] = (there, here, units, "tiktok_shop")
    books.ledger.append(
        [
            replace(movement(item, number), source=source, target=to, units=much, origin=origin)
            for number, (source, to, much, origin) in enumerate(rows)
        ],
        later(1),
    )
    return key


def planned(books: Books, shopify: ShopifyChannel, parcels: int, run: str = "run-1") -> list[Intent]:
    books.channels.arm("shopify", armed=True)
    books.channels.set_imported("tiktok_shop", "no")
    return levels.plan(books, shopify, parcels, later(2), run=run)


def test_what_lowers_goes_before_what_raises_and_the_fewest_units_before_the_many(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        calm = owed(books, 901, had=50, units=2, back=True)
        raised = owed(books, 902, had=1, units=2, back=True)
        many = owed(books, 903, had=80, units=30)
        last = owed(books, 904, had=3, units=2)
        inside = owed(books, 905, had=5, units=1)
        assert books.owed.open(99) == [last, inside, many, raised, calm]


def test_a_sale_at_shopify_itself_makes_a_level_more_urgent(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        first, second = owed(books, 901, had=10, units=2), owed(books, 902, had=9, units=2)
        assert books.owed.open(99) == [second, first]
        sold = replace(movement(901, 9), target=Bin(BOSTON, State.CUSTOMER), units=6, origin="shopify")
        books.ledger.append([sold], later(1))
        assert books.owed.open(99) == [first, second]


def test_b20_while_more_waits_parcels_go_full_and_the_most_urgent_first(store: Store, shopify: ShopifyChannel) -> None:
    """A call carries changes of one kind only: the odd kind waits until it is worth a call, or until it is urgent."""
    with store.writing() as session:
        books = session.of(SHOP)
        for number in range(600):
            owed(books, 1_000 + number, had=100 + number, units=1)
        for number in range(40):
            owed(books, 5_000 + number, had=100 + number, units=1, target=State.CUSTOMER)
        intents = planned(books, shopify, 1)
        assert [len(intent.rows) for intent in intents] == [250]
        assert [key.item for key in levels_of(intents[0])] == [str(1_000 + number) for number in range(250)]
        rest = planned(books, shopify, 9, "run-2")
        assert sorted(len(intent.rows) for intent in rest) == [40, 100, 250]
        assert planned(books, shopify, 9, "run-3") == []


def test_the_last_units_do_not_wait_for_a_full_parcel(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for number in range(600):
            owed(books, 1_000 + number, had=100, units=1)
        scarce = owed(books, 5_000, had=2, units=1, target=State.CUSTOMER)
        intents = planned(books, shopify, 2)
        assert [len(intent.rows) for intent in intents] == [1, 250]
        assert levels_of(intents[0]) == [scarce]


def test_a_level_that_needs_two_kinds_of_change_is_told_whole_or_not_yet(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for number in range(400):
            owed(books, 1_000 + number, had=100 + number, units=1)
        both = owed(books, 5_000, had=50, units=3)
        shipped = replace(movement(5_000, 9), target=Bin(BOSTON, State.CUSTOMER), units=2)
        books.ledger.append([shipped], later(1))
        (full,) = planned(books, shopify, 1)
        assert both not in levels_of(full)
        rest = planned(books, shopify, 9, "run-2")
        assert sum(both in levels_of(intent) for intent in rest) == 2
        assert planned(books, shopify, 9, "run-3") == []


def test_without_points_nothing_is_planned(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owed(books, 901, had=10, units=2)
        assert planned(books, shopify, 0) == []
        assert books.intents.unsettled() == []


def test_a_parcel_that_must_go_is_filled_with_the_next_changes_of_its_kind(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for number in range(1_500):
            owed(books, 1_000 + number, had=100, units=1)
        for number in range(250):
            owed(books, 5_000 + number, had=200, units=1, target=State.CUSTOMER)
        scarce = owed(books, 6_000, had=2, units=1, target=State.CUSTOMER)
        intents = planned(books, shopify, 1)
        assert [len(intent.rows) for intent in intents] == [250]
        assert levels_of(intents[0])[0] == scarce


@pytest.mark.parametrize(("had", "goes"), [(60, False), (50, True)])
def test_a_parcel_that_is_not_full_goes_once_twice_as_many_units_would_go_before_it(
    store: Store, shopify: ShopifyChannel, had: int, *, goes: bool
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for number in range(600):
            owed(books, 1_000 + number, had=100, units=1)
        rare = owed(books, 5_000, had=had, units=1, target=State.CUSTOMER)
        (intent,) = planned(books, shopify, 1)
        assert (levels_of(intent) == [rare]) is goes


def test_what_lowers_does_not_wait_until_a_backlog_of_raising_is_told(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for number in range(600):
            owed(books, 1_000 + number, had=100, units=1, back=True)
        sold = owed(books, 5_000, had=900, units=1)
        intents = planned(books, shopify, 2)
        assert [len(intent.rows) for intent in intents] == [1, 250]
        assert levels_of(intents[0]) == [sold]


def test_the_first_level_goes_whole_although_its_parts_are_more_than_may_go(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for number in range(600):
            owed(books, 1_000 + number, had=100, units=1)
        first = owed(books, 5_000, had=3, units=1)
        owed_too = replace(movement(5_000, 9), target=Bin(BOSTON, State.CUSTOMER))
        books.ledger.append([owed_too], later(1))
        intents = planned(books, shopify, 1)
        assert [first in levels_of(intent) for intent in intents] == [True, True]
        assert sorted(len(intent.rows) for intent in intents) == [1, 250]


def test_until_shopify_has_told_how_full_the_bucket_is_one_parcel_goes(shopify: ShopifyChannel) -> None:
    assert shopify.points().available == 2000
    assert shopify.ready() == 1
