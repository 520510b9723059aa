"""Shopify's levels: seven states of every item at every location, as the platform believes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from onhand.sandbox.world.catalog import Ids

# Shopify Admin API 2026-10, InventoryProperties.quantityNames; on_hand is the sum of the first six.
ON_HAND_STATES = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
STATES = (*ON_HAND_STATES, "incoming")


def whole_second(moment: datetime) -> datetime:
    """Return `moment` without its fraction: Shopify's `updated_at` has whole seconds."""
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0)


@dataclass(kw_only=True, slots=True)
class Level:
    """Units of one item at one location by state; `id` is opaque, as Shopify's level ids are."""

    id: int
    item_id: int
    location_id: int
    active: bool
    created_at: datetime
    updated_at: datetime
    available: int = 0
    committed: int = 0
    reserved: int = 0
    damaged: int = 0
    safety_stock: int = 0
    quality_control: int = 0
    incoming: int = 0

    @property
    def on_hand(self) -> int:
        """Units that Shopify believes to stand here: every state but incoming."""
        return self.available + self.committed + self.reserved + self.damaged + self.safety_stock + self.quality_control

    def units(self, name: str) -> int:
        """Return the units in a state, or on hand for "on_hand"; an unknown name raises AttributeError."""
        return int(getattr(self, name))

    def add(self, deltas: Mapping[str, int], now: datetime) -> None:
        """Add units to states; nothing is clamped, a level may go below zero."""
        for state, units in deltas.items():
            setattr(self, state, getattr(self, state) + units)
        self.updated_at = max(self.updated_at, whole_second(now))


class Levels:
    """Every level of the shop, found by item, location and opaque id."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._of_item: dict[int, dict[int, Level]] = {}
        self._by_id: dict[int, Level] = {}

    def get(self, item_id: int, location_id: int) -> Level | None:
        """Return the level, active or not; None when the item was never stocked there."""
        here = self._of_item.get(item_id)
        return None if here is None else here.get(location_id)

    def by_id(self, level_id: int) -> Level | None:
        """Return the level with an opaque id, or None."""
        return self._by_id.get(level_id)

    def of_item(self, item_id: int) -> Iterator[Level]:
        """Yield an item's levels, inactive ones too, in the order they were connected."""
        yield from self._of_item.get(item_id, {}).values()

    def at_location(self, location_id: int) -> Iterator[Level]:
        """Yield a location's levels, inactive ones too, in the order of the items."""
        for here in self._of_item.values():
            if location_id in here:
                yield here[location_id]

    def connect(self, item_id: int, location_id: int, now: datetime) -> Level:
        """Make an item stocked at a location; a level that existed keeps its units and becomes active."""
        level = self.get(item_id, location_id)
        if level is not None:
            level.active = True
            level.updated_at = max(level.updated_at, whole_second(now))
            return level
        at = whole_second(now)
        level = Level(
            id=self._ids.next("level"),
            item_id=item_id,
            location_id=location_id,
            active=True,
            created_at=at,
            updated_at=at,
        )
        self._of_item.setdefault(item_id, {})[location_id] = level
        self._by_id[level.id] = level
        return level

    def forget(self, item_id: int) -> None:
        """Drop the levels of a deleted item."""
        for level in self._of_item.pop(item_id, {}).values():
            del self._by_id[level.id]

    def __iter__(self) -> Iterator[Level]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)
