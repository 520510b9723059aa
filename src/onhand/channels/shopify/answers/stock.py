"""Answers about items, levels and locations."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec
from msgspec import Raw, Struct, field

from onhand.channels.shopify.answers.pages import Moment, Named, Page
from onhand.domain.stock import KEPT_STATES, ON_HAND_STATES, State

ON_HAND = "on_hand"
_STATE_NAMES = {str(state): state for state in KEPT_STATES}
_ON_HAND_NAMES = frozenset(map(str, ON_HAND_STATES))


class Quantity(Struct):
    """Units under one of Shopify's names for them."""

    name: str
    quantity: int


def contradiction(quantities: Sequence[Quantity]) -> tuple[int, int] | None:
    """Return (on hand as told, on hand as the states add up) where the two differ, else None.

    Shopify help, "Inventory states": on hand comprises every state but incoming.
    """
    told: int | None = None
    summed = 0
    for row in quantities:
        if row.name == ON_HAND:
            told = row.quantity
        elif row.name in _ON_HAND_NAMES:
            summed += row.quantity
    return None if told is None or told == summed else (told, summed)


class Tracked(Struct):
    """Whether Shopify counts an item."""

    tracked: bool


class Level(Struct, rename="camel"):
    """A level. `location` and `item` are there where they were asked for."""

    id: str
    is_active: bool
    updated_at: Moment
    quantities: list[Quantity]
    location: Named | None = None
    item: Tracked | None = None

    def units(self) -> dict[State, int]:
        """Return the units by state; names that onhand does not know are left out."""
        return {_STATE_NAMES[row.name]: row.quantity for row in self.quantities if row.name in _STATE_NAMES}

    def contradiction(self) -> tuple[int, int] | None:
        """Return (on hand as told, on hand as the states add up) where the two differ, else None."""
        return contradiction(self.quantities)


class LevelNodes(Struct):
    """levels.graphql."""

    nodes: list[Level | None]


class ItemLevel(Struct, rename="camel"):
    """An item with its level at one location; None where it was never stocked there."""

    id: str
    tracked: bool
    inventory_level: Level | None


class ItemLevelNodes(Struct):
    """levels_at.graphql."""

    nodes: list[ItemLevel | None]


class Cost(Struct, rename="camel"):
    """An amount in a currency (`MoneyV2`)."""

    amount: Decimal
    currency_code: str


class Variant(Struct, rename="camel"):
    """A variant, what people call it, and how it is sold."""

    id: str
    display_name: str
    price: Decimal | None = None
    inventory_policy: str = "DENY"
    requires_components: bool = False


class Item(Struct, rename="camel"):
    """An item with its variants and levels."""

    id: str
    sku: str | None
    tracked: bool
    unit_cost: Cost | None
    variants: Page[Variant] | None
    inventory_levels: Page[Level]


class Shop(Struct, rename="camel"):
    """The shop's currency."""

    currency_code: str


class ItemNodes(Struct):
    """items.graphql."""

    shop: Shop
    nodes: list[Item | None]


class ItemLevelsOwner(Struct, rename="camel"):
    """One page of an item's levels."""

    inventory_levels: Page[Level]


class ItemLevels(Struct, rename="camel"):
    """item_levels.graphql."""

    inventory_item: ItemLevelsOwner | None


class ItemVariantsOwner(Struct):
    """One page of an item's variants."""

    variants: Page[Variant] | None


class ItemVariants(Struct, rename="camel"):
    """item_variants.graphql."""

    inventory_item: ItemVariantsOwner | None


class VariantOwner(Struct, rename="camel"):
    """A variant with the item behind it."""

    id: str
    inventory_item: Named


class VariantNodes(Struct):
    """variants.graphql."""

    nodes: list[VariantOwner | None]


class ComponentVariant(Struct, rename="camel"):
    """A component with the units of it that go into one bundle."""

    quantity: int
    product_variant: VariantOwner


class BundleVariant(Struct, rename="camel"):
    """A variant with what it is made of."""

    id: str
    product_variant_components: Page[ComponentVariant]


class BundleNodes(Struct):
    """components.graphql."""

    nodes: list[BundleVariant | None]


class Currency(Struct):
    """currency.graphql."""

    shop: Shop


class CensusPage(Struct, rename="camel"):
    """census_page.graphql."""

    shop: Shop
    inventory_items: Page[Item]


class LocalPickup(Struct, rename="camel"):
    """That shoppers may fetch what they bought."""

    pickup_time: str


class Location(Struct, rename="camel"):
    """A location."""

    id: str
    name: str
    is_active: bool
    fulfills_online_orders: bool
    local_pickup_settings_v2: LocalPickup | None = field(name="localPickupSettingsV2")


class Locations(Struct):
    """locations.graphql."""

    locations: Page[Location]


class RateCounts(Struct, rename="camel"):
    """How many rates a zone has: the merchant's own, and those of carriers."""

    rate_definitions_count: int
    participant_definitions_count: int


class Zone(Struct, rename="camel"):
    """Where a group of locations ships to."""

    method_definition_counts: RateCounts


class LocationGroup(Struct):
    """Locations that share zones and rates."""

    locations: Page[Named]


class ProfileLocationGroup(Struct, rename="camel"):
    """A group of locations in a delivery profile."""

    location_group: LocationGroup
    location_group_zones: Page[Zone]


class DeliveryProfile(Struct, rename="camel"):
    """Rates for some of what the shop sells."""

    profile_location_groups: list[ProfileLocationGroup]


class DeliveryProfiles(Struct, rename="camel"):
    """delivery_profiles.graphql."""

    delivery_profiles: Page[DeliveryProfile]


class BulkItem(Struct, rename="camel"):
    """The line of an item in a bulk operation's file."""

    id: str
    sku: str | None = None
    tracked: bool = True
    unit_cost: Cost | None = None


class BulkLine(Struct, rename="camel"):
    """One line of a bulk operation's file: an item, a variant or a level; its global id says which it is.

    Only what a level has is here: there are ten of them and more for each item.
    """

    id: str
    parent_id: str | None = field(name="__parentId", default=None)
    is_active: bool = True
    updated_at: Moment | None = None
    location: Named | None = None
    quantities: Raw = Raw(b"[]")

    def shown(self) -> tuple[tuple[int | None, ...] | None, tuple[int, int] | None]:
        """Return the units in the order of KEPT_STATES, None where a state is not shown, and their contradiction."""
        return _shown(bytes(self.quantities))


@lru_cache(maxsize=1 << 14)  # few levels hold numbers that no other level holds: most need not be decoded again
def _shown(quantities: bytes) -> tuple[tuple[int | None, ...], tuple[int, int] | None]:
    rows = _read_quantities(quantities)
    units = {row.name: row.quantity for row in rows}
    return tuple([units.get(name) for name in _STATE_NAMES]), contradiction(rows)


_read_quantities = msgspec.json.Decoder(list[Quantity]).decode
