"""Delivery profiles: from which locations shipping rates start. This shop has one profile, for everything it sells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import FieldTable, counted_rows, listed, searched
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.world.catalog import Location

_ONLY = 1


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The delivery profile and where it ships from."""

    shipping: tuple[Location, ...]
    without_rates: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """Locations of the profile that share their zones and rates."""

    locations: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class ZoneView:
    """Where a group ships to, with one rate."""

    id: int = _ONLY


def _profile(call: Call) -> ProfileView:
    here = [place for place in call.world.catalog.locations.values() if place.active and place.fulfils_online_orders]
    return ProfileView(tuple(place for place in here if place.ships), tuple(place for place in here if not place.ships))


def _groups(profile: ProfileView) -> list[GroupView]:
    return [GroupView(profile.shipping)] if profile.shipping else []


def _one(_: Any) -> tuple[int, int]:
    return _ONLY, _ONLY


def _by_id(place: Location) -> tuple[int, int]:
    return place.id, place.id


def _by_name(place: Location) -> tuple[str, int]:
    return place.name, place.id


def _profiles(_: Any, call: Call) -> list[ProfileView]:
    return [_profile(call)]


DELIVERY_ROOT_FIELDS: FieldTable = {"deliveryProfiles": listed(_profiles, _one)}

DELIVERY_FIELDS: dict[str, FieldTable] = {
    "DeliveryProfile": {
        "id": lambda _: gid("DeliveryProfile", _ONLY),
        "name": lambda _: "General profile",
        "default": lambda _: True,
        "coversAllItems": lambda _: True,
        "version": lambda _: 2,
        "activeMethodDefinitionsCount": lambda profile: len(_groups(profile)),
        "originLocationCount": lambda profile: len(profile.shipping),
        "locationsWithoutRatesCount": lambda profile: len(profile.without_rates),
        "zoneCountryCount": lambda profile: len(_groups(profile)),
        "profileLocationGroups": _groups,
        "unassignedLocations": lambda profile: list(profile.without_rates),
        "unassignedLocationsPaginated": listed(lambda profile: profile.without_rates, _by_id),
    },
    "DeliveryProfileLocationGroup": {
        "locationGroup": lambda group: group,
        "locationGroupZones": listed(lambda _: [ZoneView()], _one),
    },
    "DeliveryLocationGroup": {
        "id": lambda _: gid("DeliveryLocationGroup", _ONLY),
        "locations": searched(lambda group: group.locations, {"ID": _by_id, "NAME": _by_name}, {}, default="NAME"),
        "locationsCount": lambda group: counted_rows(len(group.locations)),
    },
    "DeliveryLocationGroupZone": {
        "methodDefinitionCounts": lambda _: {"rateDefinitionsCount": 1, "participantDefinitionsCount": 0},
        "methodDefinitions": listed(lambda zone: [zone], _one),
    },
    "DeliveryMethodDefinition": {
        "id": lambda _: gid("DeliveryMethodDefinition", _ONLY),
        "name": lambda _: "Standard",
        "description": lambda _: None,
        "active": lambda _: True,
    },
}
