"""Bundles: what they are made of, and whose offers that makes stale."""

from dataclasses import replace

import pytest

from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item
from onhand.domain.stock import LevelKey, State
from onhand.store import Books, Store
from tests.store.goods import BOSTON, CAP, CAP_IN_BOSTON, SHOP, TEE, at, sale, seen

SET = "item-set"
SET_ITEM = Item(item=SET, sku="SET", title="Tee and cap", bundle=True)
MADE = Bundle(SET, (Component(CAP, 1), Component(TEE, 2)))


def offered(books: Books, *items: str) -> None:
    """Offer items on TikTok Shop under their own names, and compute once."""
    books.offers.ensure([("tiktok_shop", item, item) for item in items], at(0))
    calm(books)


def calm(books: Books) -> None:
    """Compute every offer that is stale."""
    stale = books.offers.stale(100)
    books.offers.compute([(row.channel, row.listing, 1) for row in stale], at(1))
    assert books.offers.stale(100) == []


def stale_items(books: Books) -> set[str]:
    """Return the items with stale offers."""
    return {row.item for row in books.offers.stale(100)}


def test_a_bundle_keeps_what_it_was_made_of(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([SET_ITEM], at(1))
        books.bundles.put([MADE], at(1))
        books.bundles.put([MADE], at(2))
        now = Bundle(SET, (Component(TEE, 3),))
        books.bundles.put([now], at(3))
        assert books.bundles.components([SET, TEE]) == {SET: (Component(TEE, 3),)}
        assert books.bundles.compositions([SET]) == {SET: [(at(1), MADE.components), (at(3), now.components)]}
        assert books.bundles.made_of([TEE]) == {SET}
        assert books.bundles.made_of([CAP]) == set()


def test_a_bundle_whose_components_nobody_said_keeps_the_ones_it_had(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.bundles.put([MADE], at(1))
        books.bundles.put([Bundle(SET, ())], at(2))
        assert books.bundles.components([SET]) == {SET: MADE.components}


def test_an_item_that_is_a_bundle_no_more_has_no_components(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([SET_ITEM], at(1))
        books.bundles.put([MADE], at(1))
        books.catalog.put_items([replace(SET_ITEM, bundle=False)], at(2))
        assert books.bundles.components([SET]) == {}
        assert books.bundles.compositions([SET]) == {SET: [(at(1), MADE.components)]}


@pytest.mark.parametrize("bundle_first", [True, False])
def test_whatever_touches_a_component_makes_the_offers_of_its_bundle_stale(store: Store, bundle_first: bool) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        if bundle_first:
            books.bundles.put([MADE], at(0))
        offered(books, SET)
        if not bundle_first:
            books.bundles.put([MADE], at(0))
            assert stale_items(books) == {SET}
            calm(books)
        books.ledger.append([sale("order/1", item=CAP)], at(2))
        assert stale_items(books) == {SET}
        calm(books)
        books.observations.put(seen(5, 3, key=CAP_IN_BOSTON), at(3))
        assert stale_items(books) == {SET}
        calm(books)
        books.ledger.append([sale("order/2", item=TEE, origin="tiktok_shop")], at(4))
        assert stale_items(books) == {SET}
        calm(books)
        books.owed.confirm({LevelKey(TEE, BOSTON): {State.AVAILABLE: -1}}, at(5))
        assert stale_items(books) == {SET}
        calm(books)
        books.pictures.set_unplaced("order/3", {TEE: 1}, at(5))
        assert stale_items(books) == {SET}
        calm(books)
        books.ledger.append([sale("order/4", item="something else")], at(6))
        assert stale_items(books) == set()


def test_a_component_that_left_a_bundle_does_not_concern_it_any_more(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.bundles.put([MADE], at(0))
        offered(books, SET, CAP)
        books.bundles.put([Bundle(SET, (Component(TEE, 2),))], at(2))
        assert stale_items(books) == {SET}
        calm(books)
        books.ledger.append([sale("order/1", item=CAP)], at(3))
        assert stale_items(books) == {CAP}


def test_a_bundle_that_nobody_sells_any_more_is_not_marked(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.bundles.put([MADE], at(0))
        offered(books, SET, TEE)
        books.offers.remove("tiktok_shop", [SET])
        books.ledger.append([sale("order/1", item=TEE)], at(3))
        assert stale_items(books) == {TEE}


def test_units_of_a_bundle_that_a_channel_holds_unseen_concern_its_components(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.bundles.put([MADE], at(0))
        offered(books, SET, TEE, CAP)
        books.offers.shown("tiktok_shop", SET, 1, 1, at(2))
        assert stale_items(books) == {SET, TEE, CAP}
        calm(books)
        books.offers.shown("tiktok_shop", TEE, 1, 1, at(3))
        assert stale_items(books) == {SET, TEE}


def test_an_item_that_is_counted_no_more_makes_what_is_made_of_it_stale(store: Store) -> None:
    cap = Item(item=CAP, sku="CAP", title="Cap")
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([cap], at(0))
        books.bundles.put([MADE], at(0))
        offered(books, SET)
        books.catalog.put_items([replace(cap, title="Hat")], at(2))
        assert stale_items(books) == set()
        books.catalog.put_items([replace(cap, tracked=False)], at(3))
        assert stale_items(books) == {SET}
        calm(books)
        books.catalog.drop_items([CAP], at(4))
        assert stale_items(books) == {SET}


def test_a_level_that_is_stocked_no_more_makes_offers_stale_and_is_known(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offered(books, CAP)
        books.catalog.put_level_ids({CAP_IN_BOSTON: "gid://2"}, at(2))
        assert stale_items(books) == set()
        assert books.catalog.inactive_levels() == set()
        books.catalog.put_level_ids({CAP_IN_BOSTON: "gid://2"}, at(3), {CAP_IN_BOSTON})
        assert stale_items(books) == {CAP}
        assert books.catalog.inactive_levels() == books.catalog.inactive_levels([CAP]) == {CAP_IN_BOSTON}
        assert books.catalog.inactive_levels([TEE]) == set()
        calm(books)
        books.catalog.put_level_ids({CAP_IN_BOSTON: "gid://2"}, at(4))
        assert stale_items(books) == {CAP}
