"""Whatever touches an item makes its offers stale, and nothing else does."""

from collections.abc import Callable

import pytest

from onhand.domain.catalog import Location
from onhand.domain.selling import SellingRule
from onhand.domain.stock import State
from onhand.store import Books, Store
from tests.store.goods import BOSTON, CAP, OTHER, SHOP, TEE, TEE_IN_BOSTON, at, move, sale, seen

BOSTON_SHOP = Location(location=BOSTON, name="Boston", active=True, fulfils_online=True)
RULE = SellingRule(channel="tiktok_shop", locations=(BOSTON,), buffer_units=2)
OFFERS = [("tiktok_shop", "listing-tee", TEE), ("online_store", TEE, TEE), ("tiktok_shop", "listing-cap", CAP)]


def prepare(books: Books) -> None:
    """Fill a shop and compute every offer, so that nothing is stale."""
    books.catalog.put_locations([BOSTON_SHOP], at(1))
    books.channels.set_rules([RULE], at(1))
    books.ledger.append([move("in/1", State.SUPPLIER, State.AVAILABLE, 9, origin="threepl")], at(1))
    books.observations.put(seen(5, 1), at(1))
    books.pictures.set_unplaced("order/0", {TEE: 1}, at(1))
    books.offers.ensure(OFFERS, at(1))
    books.offers.shown("tiktok_shop", "listing-tee", 4, 0, at(1))
    compute_all(books, 2)


def compute_all(books: Books, seconds: float) -> None:
    rows = books.offers.stale(99)
    books.offers.compute([(row.channel, row.listing, 7) for row in rows], at(seconds))
    assert books.offers.stale(99) == []


def stale_listings(books: Books) -> set[str]:
    return {row.listing for row in books.offers.stale(99)}


TEE_LISTINGS = {"listing-tee", TEE}
TIKTOK_LISTINGS = {"listing-tee", TEE, "listing-cap"}

Touch = Callable[[Books], object]


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        pytest.param(lambda b: b.ledger.append([sale("order/1/1")], at(5)), TEE_LISTINGS, id="a movement"),
        pytest.param(lambda b: b.observations.put(seen(4, 5), at(5)), TEE_LISTINGS, id="an observed available"),
        pytest.param(
            lambda b: b.observations.put(seen(4, 5, source="threepl"), at(5)), TEE_LISTINGS, id="a first observation"
        ),
        pytest.param(
            lambda b: b.owed.confirm({TEE_IN_BOSTON: {State.AVAILABLE: 3}}, at(5)), TEE_LISTINGS, id="a telling"
        ),
        pytest.param(lambda b: b.pictures.set_unplaced("order/9", {TEE: 1}, at(5)), TEE_LISTINGS, id="unplaced units"),
        pytest.param(lambda b: b.pictures.set_unplaced("order/0", {TEE: 2}, at(5)), TEE_LISTINGS, id="more unplaced"),
        pytest.param(lambda b: b.pictures.set_unplaced("order/0", {}, at(5)), TEE_LISTINGS, id="units placed"),
        pytest.param(
            lambda b: b.offers.shown("tiktok_shop", "listing-tee", 4, 1, at(5)), TEE_LISTINGS, id="unseen units"
        ),
        pytest.param(
            lambda b: b.channels.set_rules([SellingRule(channel="tiktok_shop", locations=())], at(5)),
            TIKTOK_LISTINGS,
            id="another rule",
        ),
        pytest.param(lambda b: b.channels.set_rules([], at(5)), TIKTOK_LISTINGS, id="no rule any more"),
        pytest.param(
            lambda b: b.catalog.put_locations(
                [Location(location=BOSTON, name="Boston", active=False, fulfils_online=True)], at(5)
            ),
            TIKTOK_LISTINGS,
            id="a closed location",
        ),
        pytest.param(
            lambda b: b.catalog.put_locations(
                [Location(location="new", name="New", active=True, fulfils_online=True)], at(5)
            ),
            TIKTOK_LISTINGS,
            id="a new location",
        ),
        pytest.param(lambda b: b.ledger.rebuild(at(5)), TIKTOK_LISTINGS, id="rebuilt levels"),
    ],
)
def test_offers_are_stale_since_the_touch(store: Store, touch: Touch, expected: set[str]) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        prepare(books)
        touch(books)
        assert stale_listings(books) == expected
        assert {row.touched_at for row in books.offers.stale(99)} == {at(5)}


@pytest.mark.parametrize(
    "touch",
    [
        pytest.param(lambda b: b.observations.put(seen(5, 5), at(5)), id="the same available again"),
        pytest.param(lambda b: b.observations.put(seen(5, 5, committed=3), at(5)), id="only another state"),
        pytest.param(lambda b: b.observations.put(seen(1, 0), at(5)), id="an old observation"),
        pytest.param(lambda b: b.observations.agree([TEE_IN_BOSTON], at(5)), id="an agreement"),
        pytest.param(lambda b: b.observations.gap([TEE_IN_BOSTON], at(5)), id="a gap"),
        pytest.param(lambda b: b.pictures.set_unplaced("order/0", {TEE: 1}, at(5)), id="the same unplaced units"),
        pytest.param(lambda b: b.offers.shown("tiktok_shop", "listing-tee", 2, 0, at(5)), id="other shown units"),
        pytest.param(lambda b: b.offers.told("tiktok_shop", "listing-tee", 3, at(5)), id="what a channel was told"),
        pytest.param(lambda b: b.channels.set_rules([RULE], at(5)), id="the same rules"),
        pytest.param(lambda b: b.catalog.put_locations([BOSTON_SHOP], at(5)), id="the same locations"),
        pytest.param(lambda b: b.offers.ensure(OFFERS, at(5)), id="the same listings"),
        pytest.param(lambda b: b.ledger.append([sale("in/9", item="item-unsold")], at(5)), id="an item nobody sells"),
    ],
)
def test_offers_stay_as_they_are_when_nothing_changed(store: Store, touch: Touch) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        prepare(books)
        touch(books)
        assert stale_listings(books) == set()


def test_the_time_of_the_first_touch_is_kept(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        prepare(books)
        books.ledger.append([sale("order/1/1")], at(5))
        books.ledger.append([sale("order/2/1")], at(6))
        assert {row.touched_at for row in books.offers.stale(99)} == {at(5)}
        assert {row.touched_at for row in books.offers.rows(items=[TEE])} == {at(5)}
        compute_all(books, 7)
        assert {row.touched_at for row in books.offers.rows(items=[TEE])} == {at(5)}
        assert {row.touched_at for row in books.offers.rows(items=[CAP])} == {at(1)}


def test_what_was_touched_first_is_computed_first_and_an_item_stays_whole(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        prepare(books)
        books.ledger.append([sale("order/1/1", item=CAP)], at(6))
        books.ledger.append([sale("order/2/1", item=TEE)], at(5))
        assert [row.item for row in books.offers.stale(3)] == [TEE, TEE, CAP]
        assert [row.item for row in books.offers.stale(2)] == [TEE, TEE]
        assert [row.item for row in books.offers.stale(1)] == [TEE, TEE]


def test_a_listing_that_names_another_item_is_computed_for_that_one(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        prepare(books)
        books.offers.ensure([("tiktok_shop", "listing-tee", CAP)], at(5))
        assert [(row.listing, row.item) for row in books.offers.stale(99)] == [
            ("listing-cap", CAP),
            ("listing-tee", CAP),
        ]


def test_an_item_whose_last_listing_is_gone_is_not_stale_for_ever(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        prepare(books)
        books.ledger.append([sale("order/1/1", item=CAP), sale("order/1/2", item=TEE)], at(5))
        books.offers.remove("tiktok_shop", ["listing-cap", "listing-tee"])
        assert stale_listings(books) == {TEE}
        compute_all(books, 6)
        books.offers.ensure([("tiktok_shop", "listing-cap", CAP)], at(7))
        books.offers.ensure([("tiktok_shop", "listing-cap", TEE)], at(8))
        assert {row.item for row in books.offers.stale(1)} == {TEE}
        assert len(books.offers.stale(2)) == 2


def test_another_shop_is_not_touched(store: Store) -> None:
    with store.writing() as session:
        prepare(session.of(SHOP))
        prepare(session.of(OTHER))
        session.of(SHOP).ledger.append([sale("order/1/1")], at(5))
        assert stale_listings(session.of(OTHER)) == set()
        assert stale_listings(session.of(SHOP)) == TEE_LISTINGS
