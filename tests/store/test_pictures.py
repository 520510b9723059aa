"""What was seen of an order, and units whose place is not known."""

from onhand.domain.pictures import Seen, Version
from onhand.domain.stock import State
from onhand.store import Books, Store
from tests.store.goods import CAP, OTHER, SHOP, TEE, at, move

ORDER = "shopify/order/1"


def remember(books: Books, seconds: float, digest: str, *, reading: int = 0) -> None:
    """Keep a picture; without a reading it was told."""
    books.pictures.remember(
        ORDER, "shopify", Version(at=at(seconds), reading=reading), digest, told=reading == 0, recorded_at=at(99)
    )


def test_an_order_that_was_never_seen_is_none(store: Store) -> None:
    with store.reading() as session:
        assert session.of(SHOP).pictures.seen(ORDER) is None


def test_what_was_told_is_remembered_with_its_digest(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        remember(books, 1, "aa")
        assert books.pictures.seen(ORDER) == Seen(version=Version(at=at(1)), digest="aa", told_digest="aa")
        assert session.of(OTHER).pictures.seen(ORDER) is None


def test_a_reading_of_the_same_version_leaves_what_was_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        remember(books, 1, "aa")
        remember(books, 1, "bb", reading=7)
        assert books.pictures.seen(ORDER) == Seen(version=Version(at=at(1), reading=7), digest="bb", told_digest="aa")


def test_a_reading_of_a_newer_version_clears_what_was_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        remember(books, 1, "aa")
        remember(books, 2, "bb", reading=7)
        assert books.pictures.seen(ORDER) == Seen(version=Version(at=at(2), reading=7), digest="bb", told_digest=None)
        remember(books, 2, "cc")
        assert books.pictures.seen(ORDER) == Seen(version=Version(at=at(2)), digest="cc", told_digest="cc")


def test_versions_of_many_orders_come_in_one_question(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        remember(books, 1, "aa", reading=3)
        assert books.pictures.versions([ORDER, "shopify/order/2"]) == {ORDER: Version(at=at(1), reading=3)}
        assert books.pictures.versions([]) == {}


def test_units_without_a_place_follow_the_newest_picture(store: Store) -> None:
    with store.writing() as session:
        pictures = session.of(SHOP).pictures
        pictures.set_unplaced(ORDER, {TEE: 2, CAP: 1}, at(1))
        pictures.set_unplaced("shopify/order/2", {TEE: 5}, at(1))
        assert pictures.unplaced_units([TEE, CAP, "item-x"]) == {TEE: 7, CAP: 1}
        pictures.set_unplaced(ORDER, {TEE: 3}, at(2))
        assert pictures.unplaced() == [(ORDER, TEE, 3), ("shopify/order/2", TEE, 5)]
        pictures.set_unplaced(ORDER, {TEE: 0}, at(3))
        pictures.set_unplaced("shopify/order/2", {}, at(3))
        assert pictures.unplaced() == []
        assert pictures.unplaced_units([TEE]) == {}


def test_units_that_a_channel_holds_are_its_own_reservations(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append(
            [
                move("tt/1/1", State.AVAILABLE, State.RESERVED, 3, origin="tiktok_shop"),
                move("tt/1/2", State.RESERVED, State.CUSTOMER, 1, origin="tiktok_shop"),
                move("tt/2/1", State.AVAILABLE, State.RESERVED, 1, item=CAP, origin="tiktok_shop"),
                move("tt/2/2", State.RESERVED, State.AVAILABLE, 1, item=CAP, origin="tiktok_shop"),
                move("3pl/1", State.AVAILABLE, State.RESERVED, 8, origin="threepl"),
            ],
            at(1),
        )
        assert books.pictures.held_units("tiktok_shop", [TEE, CAP]) == {TEE: 2}
        assert books.pictures.held_units("online_store", [TEE]) == {}


def test_what_people_call_a_fact_stays_until_it_is_called_otherwise(store: Store) -> None:
    with store.writing() as session:
        pictures = session.of(SHOP).pictures
        for seconds, name in ((1, "#1001"), (2, None)):
            pictures.remember(
                ORDER, "shopify", Version(at=at(seconds)), "aa", told=True, recorded_at=at(seconds), name=name
            )
        assert pictures.names([ORDER, "shopify/order/2"]) == {ORDER: "#1001"}
        assert session.of(OTHER).pictures.names([ORDER]) == {}
