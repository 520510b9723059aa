"""Items, locations and listings as their channels name them."""

from dataclasses import replace
from decimal import Decimal

from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.stock import LevelKey
from onhand.store import Store
from tests.store.goods import BOSTON, CAP, OTHER, SHOP, TEE, TEE_IN_BOSTON, WAREHOUSE, at

TEE_ITEM = Item(item=TEE, sku="TEE-S", title="Tee, small")
CAP_ITEM = Item(item=CAP, sku=None, title="Cap", tracked=False)


def test_items_come_back_as_they_were_put(store: Store) -> None:
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_items([TEE_ITEM, CAP_ITEM], at(1))
        assert catalog.items() == [CAP_ITEM, TEE_ITEM]
        assert catalog.item(TEE) == TEE_ITEM
        assert catalog.item("item-x") is None
        assert session.of(OTHER).catalog.items() == []


def test_a_sku_is_found_however_it_was_typed_and_whoever_shares_it(store: Store) -> None:
    umlaut = replace(TEE_ITEM, sku="GRÖSSE-S")
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_items([umlaut, replace(CAP_ITEM, sku=" GRO\u0308SSE-S")], at(1))
        assert [item.item for item in catalog.item_by_sku("GRO\u0308SSE-S ")] == [CAP, TEE]
        assert catalog.item_by_sku("grösse-s") == []
        assert catalog.item_by_sku("") == []


def test_a_merchant_renames_a_sku_and_the_old_one_is_remembered(store: Store) -> None:
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_items([TEE_ITEM], at(1))
        catalog.put_items([TEE_ITEM], at(2))
        catalog.put_items([replace(TEE_ITEM, title="Tee")], at(3))
        catalog.put_items([replace(TEE_ITEM, sku="TEE-SMALL")], at(4))
        catalog.put_items([replace(TEE_ITEM, sku=None)], at(5))
        assert catalog.sku_history(TEE) == [("TEE-S", at(1)), ("TEE-SMALL", at(4)), (None, at(5))]
        assert catalog.item_by_sku("TEE-S") == []
        assert [item.item for item in catalog.item_by_old_sku("TEE-S ")] == [TEE]


def test_what_an_item_is_worth_and_how_it_is_sold_is_kept_exactly(store: Store) -> None:
    priced = replace(
        TEE_ITEM, price=Decimal("19.90"), unit_cost=Decimal("0.10"), currency="EUR", sells_below_zero=True, bundle=True
    )
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_items([priced, CAP_ITEM], at(1))
        assert catalog.item(TEE) == priced
        assert catalog.items_of([TEE, CAP, "item-x"]) == {TEE: priced, CAP: CAP_ITEM}
        catalog.put_items([TEE_ITEM], at(2))
        assert catalog.item(TEE) == TEE_ITEM


def test_a_removed_item_stays_for_the_history_and_may_come_back(store: Store) -> None:
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_items([TEE_ITEM, CAP_ITEM], at(1))
        catalog.drop_items([TEE], at(2))
        assert catalog.items() == [CAP_ITEM]
        assert catalog.item_by_sku("TEE-S") == []
        assert catalog.item(TEE) == TEE_ITEM
        catalog.put_items([TEE_ITEM], at(3))
        assert catalog.items() == [CAP_ITEM, TEE_ITEM]


def test_locations_are_found_by_name(store: Store) -> None:
    boston = Location(location=BOSTON, name="Boston", active=True, fulfils_online=False)
    warehouse = Location(location=WAREHOUSE, name="Warehouse", active=False, fulfils_online=True)
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_locations([warehouse, boston], at(1))
        assert catalog.locations() == [boston, warehouse]
        assert catalog.location_by_name("Warehouse") == warehouse
        assert catalog.location_by_name("warehouse") is None
        catalog.put_locations([replace(boston, name="Boston, Newbury St")], at(2))
        assert catalog.location_by_name("Boston") is None


def test_listings_are_found_by_channel_and_id(store: Store) -> None:
    listing = Listing(channel="tiktok_shop", listing="729", item=None, sku="TEE-S", group="1730", place="7068")
    own = Listing(channel="online_store", listing=TEE, item=TEE, sku="TEE-S")
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_listings([listing, own], at(1))
        assert catalog.listings() == [own, listing]
        assert catalog.listings("tiktok_shop") == [listing]
        matched = replace(listing, item=TEE)
        catalog.put_listings([matched], at(2))
        assert catalog.listings_of("tiktok_shop", ["729", "730"]) == {"729": matched}
        assert session.of(OTHER).catalog.listings() == []


def test_a_platform_has_ids_of_its_own_for_levels(store: Store) -> None:
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_level_ids({TEE_IN_BOSTON: "gid://1?a=2", LevelKey(CAP, BOSTON): "gid://2"}, at(1))
        catalog.put_level_ids({TEE_IN_BOSTON: "gid://3"}, at(2))
        assert catalog.level_id_of(TEE, BOSTON) == "gid://3"
        assert catalog.level_id_of(TEE, WAREHOUSE) is None
        assert catalog.level_ids() == {TEE_IN_BOSTON: "gid://3", LevelKey(CAP, BOSTON): "gid://2"}
