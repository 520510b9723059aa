"""Delivery profiles: from which locations rates start, as the Admin API shows it."""

from __future__ import annotations

from dataclasses import replace

from onhand.sandbox.world.selling import shown_online
from tests.sandbox_protocols.clients import Json, Shop

PROFILES = """{
  deliveryProfiles(first: 5) { nodes {
    name originLocationCount locationsWithoutRatesCount unassignedLocations { name }
    profileLocationGroups {
      locationGroup { locations(first: 50) { nodes { name } } locationsCount { count } }
      locationGroupZones(first: 5) { nodes { methodDefinitionCounts { rateDefinitionsCount } } }
    }
  } }
}"""


def only_profile(shop: Shop) -> Json:
    (profile,) = shop.admin.data(PROFILES)["deliveryProfiles"]["nodes"]
    found: Json = profile
    return found


def test_rates_start_where_goods_are_shipped_from(shop: Shop) -> None:
    (group,) = only_profile(shop)["profileLocationGroups"]
    assert [place["name"] for place in group["locationGroup"]["locations"]["nodes"]] == ["Boston", "Warehouse"]
    assert group["locationGroupZones"]["nodes"] == [{"methodDefinitionCounts": {"rateDefinitionsCount": 1}}]


def test_a_location_without_a_rate_sells_nothing_online_unless_things_can_be_picked_up_there(shop: Shop) -> None:
    world, place, item = shop.world, shop.location(1), shop.item(0)
    before = shown_online(world, item.inventory_item_id)
    here = shop.level(0, 1).available
    world.catalog.replace_location(replace(place, ships=False), now=place.updated_at)
    profile = only_profile(shop)
    assert [row["name"] for row in profile["unassignedLocations"]] == [place.name]
    assert (profile["originLocationCount"], profile["locationsWithoutRatesCount"]) == (1, 1)
    assert shown_online(world, item.inventory_item_id) == before - here
    world.catalog.replace_location(replace(place, ships=False, picks_up=True), now=place.updated_at)
    assert shown_online(world, item.inventory_item_id) == before
    shown = shop.admin.data("{ locations(first: 5) { nodes { name localPickupSettingsV2 { pickupTime } } } }")
    offered = {row["name"]: row["localPickupSettingsV2"] for row in shown["locations"]["nodes"]}
    assert offered[place.name] == {"pickupTime": "TWENTY_FOUR_HOURS"}
