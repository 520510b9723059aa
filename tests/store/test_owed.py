"""What Shopify has not been told yet."""

from onhand.domain.stock import LevelKey, State
from onhand.store import Store
from tests.store.goods import BOSTON, CAP, CAP_IN_BOSTON, OTHER, SHOP, TEE, TEE_IN_BOSTON, WAREHOUSE, at, move, sale

TEE_IN_WAREHOUSE = LevelKey(TEE, WAREHOUSE)


def test_only_what_did_not_come_from_shopify_is_owed_to_it(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([sale("order/1/1", 3)], at(1))
        assert books.owed.open(9) == []
        books.ledger.append([move("tt/1/1", State.AVAILABLE, State.RESERVED, 2, origin="tiktok_shop")], at(2))
        assert books.owed.units([TEE_IN_BOSTON, CAP_IN_BOSTON]) == {
            TEE_IN_BOSTON: {State.AVAILABLE: -2, State.RESERVED: 2}
        }
        assert books.owed.count() == 1
        assert session.of(OTHER).owed.units([TEE_IN_BOSTON]) == {}


def test_goods_that_leave_the_house_are_owed_as_leaving(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([move("tt/1/1", State.RESERVED, State.CUSTOMER, 2, origin="tiktok_shop")], at(1))
        assert books.owed.units([TEE_IN_BOSTON]) == {TEE_IN_BOSTON: {State.RESERVED: -2}}


def test_what_was_told_is_owed_no_more_and_the_rest_stays(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([move("tt/1/1", State.AVAILABLE, State.RESERVED, 5, origin="tiktok_shop")], at(1))
        books.owed.confirm({TEE_IN_BOSTON: {State.AVAILABLE: -3, State.RESERVED: 5, State.DAMAGED: 0}}, at(2))
        assert books.owed.units([TEE_IN_BOSTON]) == {TEE_IN_BOSTON: {State.AVAILABLE: -2}}
        books.owed.confirm({TEE_IN_BOSTON: {State.AVAILABLE: -2}}, at(3))
        assert books.owed.open(9) == []
        assert books.owed.count() == 0


def test_movements_that_cancel_out_leave_nothing_to_tell(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        there = move("tt/1/1", State.AVAILABLE, State.RESERVED, 5, origin="tiktok_shop")
        back = move("tt/1/2", State.RESERVED, State.AVAILABLE, 5, origin="tiktok_shop")
        books.ledger.append([there], at(1))
        books.ledger.append([back], at(2))
        assert books.owed.open(9) == []


def test_more_told_than_owed_must_be_taken_back(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.owed.confirm({TEE_IN_BOSTON: {State.AVAILABLE: -1}}, at(1))
        assert books.owed.units([TEE_IN_BOSTON]) == {TEE_IN_BOSTON: {State.AVAILABLE: 1}}


def test_what_lowers_available_most_is_told_first(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append(
            [
                move("tt/1/1", State.AVAILABLE, State.RESERVED, 1, origin="tiktok_shop"),
                move("tt/2/1", State.AVAILABLE, State.RESERVED, 4, item=CAP, origin="tiktok_shop"),
                move("3pl/1", State.SUPPLIER, State.AVAILABLE, 9, location=WAREHOUSE, origin="threepl"),
            ],
            at(1),
        )
        assert books.owed.open(9) == [CAP_IN_BOSTON, TEE_IN_BOSTON, TEE_IN_WAREHOUSE]
        assert books.owed.open(1) == [CAP_IN_BOSTON]


def test_shopify_should_show_the_books_less_what_it_was_not_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append(
            [
                move("in/1", State.SUPPLIER, State.AVAILABLE, 9),
                move("tt/1/1", State.AVAILABLE, State.RESERVED, 2, origin="tiktok_shop"),
                sale("order/1/1", 3),
            ],
            at(1),
        )
        assert books.expected([TEE_IN_BOSTON, LevelKey(CAP, BOSTON)]) == {
            TEE_IN_BOSTON: {State.AVAILABLE: 6},
            CAP_IN_BOSTON: {},
        }
        books.owed.confirm({TEE_IN_BOSTON: {State.AVAILABLE: -2, State.RESERVED: 2}}, at(2))
        assert books.expected([TEE_IN_BOSTON]) == {TEE_IN_BOSTON: {State.AVAILABLE: 4, State.RESERVED: 2}}
