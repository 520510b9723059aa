"""What a merchant sells and where units can stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, NamedTuple


class Refused(Exception):
    """What a platform or a person in the shop refuses to do; `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Part(NamedTuple):
    """Units of an item that go into one bundle."""

    item_id: int
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One inventory item with its variant and product, as Shopify's catalog names it.

    `tracked` False means that quantities mean nothing; `sells_below_zero` is the inventory policy CONTINUE;
    `parts` are those of a bundle: its stock follows its components and cannot be written. `cost_cents` is None where
    nobody has said it. `more_variant_ids` are variants that share the item; shoppers buy the newest one.
    """

    inventory_item_id: int
    variant_id: int
    product_id: int
    sku: str
    title: str
    tracked: bool
    sells_below_zero: bool
    price_cents: int
    created_at: datetime
    updated_at: datetime
    cost_cents: int | None = None
    parts: tuple[Part, ...] = ()
    more_variant_ids: tuple[int, ...] = ()

    @property
    def bundle(self) -> bool:
        """Whether it is made of others."""
        return bool(self.parts)

    @property
    def variant_ids(self) -> tuple[int, ...]:
        """The variants that stand for it, oldest first."""
        return (self.variant_id, *self.more_variant_ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """A place where units stand; `rank` orders locations for Shopify's routing, lowest first.

    `ships`: a shipping rate starts here. `picks_up`: shoppers may fetch what they bought here.
    """

    id: int
    name: str
    active: bool
    fulfils_online_orders: bool
    has_till: bool
    rank: int
    created_at: datetime
    updated_at: datetime
    ships: bool = True
    picks_up: bool = False

    @property
    def serves_online(self) -> bool:
        """Whether the Online Store counts it: active, fulfils online orders, and goods can reach a shopper from it."""
        return self.active and self.fulfils_online_orders and (self.ships or self.picks_up)


@dataclass(frozen=True, kw_only=True, slots=True)
class Till:
    """A point of sale device at a location."""

    device_id: int
    location_id: int
    name: str


class Ids:
    """Ids in the size each platform uses, in order of need, so that one seed gives the same ids again."""

    # All below 2**53: what a merchant has today. Bases differ so that ids of two kinds never agree by accident.
    _BASES: ClassVar[dict[str, int]] = {
        "product": 7_100_000_000_000,
        "variant": 41_200_000_000_000,
        "item": 43_300_000_000_000,
        "location": 75_500_000_000,
        "level": 110_000_000_000,
        "order": 5_400_000_000_000,
        "line": 13_500_000_000_000,
        "line_group": 19_800_000_000_000,
        "fulfillment_order": 6_600_000_000_000,
        "fulfillment_order_line": 14_700_000_000_000,
        "fulfillment": 4_800_000_000_000,
        "refund": 890_000_000_000,
        "refund_line": 390_000_000_000,
        "edit": 78_000_000_000,
        "return": 123_000_000_000,
        "return_line": 987_000_000_000,
        "reverse_order": 11_000_000_000,
        "reverse_line": 22_000_000_000,
        "disposition": 33_000_000_000,
        "exchange_line": 654_000_000_000,
        "draft": 1_069_000_000_000,
        "draft_line": 58_000_000_000,
        "hold": 44_000_000_000,
        "transfer": 2_900_000_000,
        "transfer_line": 72_000_000_000,
        "shipment": 3_900_000_000,
        "shipment_line": 82_000_000_000,
        "adjustment_group": 510_000_000_000,
        "subscription": 1_300_000_000_000,
        "bulk_operation": 147_000_000_000,
        "device": 3_700_000,
        "tiktok_product": 1_729_000_000_000_000_000,
        "tiktok_sku": 1_730_000_000_000_000_000,
        "tiktok_order": 576_000_000_000_000_000,
        "tiktok_line": 577_000_000_000_000_000,
        "tiktok_package": 1_152_000_000_000_000_000,
        "tiktok_cancel": 4_035_000_000_000_000_000,
        "tiktok_return": 4_036_000_000_000_000_000,
        "tiktok_warehouse": 7_068_000_000_000_000_000,
        "woo_product": 5_000_000,
        "woo_order": 7_200_000,
        "woo_line": 310_000,
        "woo_hook": 40,
        "write": 0,
    }

    def __init__(self) -> None:
        self._last = dict(self._BASES)

    def next(self, kind: str) -> int:
        """Return the next id of `kind`, one of the kinds above."""
        self._last[kind] += 1
        return self._last[kind]


class Catalog:
    """Items, locations and tills, found by id and by what people call them.

    `items` are those that there are, `known` holds the deleted ones, too: orders still name them.
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.items: dict[int, Item] = {}
        self.known: dict[int, Item] = {}
        self.locations: dict[int, Location] = {}
        self.tills: dict[int, Till] = {}
        self._item_of_variant: dict[int, int] = {}
        self._item_of_product: dict[int, int] = {}
        self._item_of_sku: dict[str, int] = {}
        self._location_of_name: dict[str, int] = {}
        self._till_of_location: dict[int, int] = {}
        self._routes: tuple[Location, ...] | None = None
        self._bundles: dict[int, Item] = {}

    def add_item(
        self,
        *,
        sku: str,
        title: str,
        price_cents: int,
        now: datetime,
        tracked: bool = True,
        cost_cents: int | None = None,
        parts: tuple[Part, ...] = (),
    ) -> Item:
        """Add an item with one variant and one product; `tracked` False makes its quantities meaningless."""
        item = Item(
            inventory_item_id=self._ids.next("item"),
            variant_id=self._ids.next("variant"),
            product_id=self._ids.next("product"),
            sku=sku,
            title=title,
            tracked=tracked,
            sells_below_zero=False,
            price_cents=price_cents,
            created_at=now,
            updated_at=now,
            cost_cents=cost_cents,
            parts=parts,
        )
        self.items[item.inventory_item_id] = self.known[item.inventory_item_id] = item
        self._item_of_variant[item.variant_id] = item.inventory_item_id
        self._item_of_product[item.product_id] = item.inventory_item_id
        self._item_of_sku.setdefault(sku, item.inventory_item_id)  # a SKU is a label: the first one wins
        self._remember_bundle(item)
        return item

    def replace_item(self, item: Item, *, now: datetime) -> Item:
        """Put a changed item in place of the one with its id."""
        old = self.items[item.inventory_item_id]
        changed = replace(item, updated_at=now)
        self.items[item.inventory_item_id] = self.known[item.inventory_item_id] = changed
        if old.sku != item.sku:
            self._forget_sku(old)
        self._item_of_sku.setdefault(item.sku, item.inventory_item_id)
        self._item_of_variant |= dict.fromkeys(item.variant_ids, item.inventory_item_id)
        self._remember_bundle(changed)
        return changed

    def remove_item(self, item: Item, *, now: datetime) -> None:
        """Delete an item with its variants and its product; orders remember it, as one that nobody counts."""
        del self.items[item.inventory_item_id], self._item_of_product[item.product_id]
        for variant_id in item.variant_ids:
            del self._item_of_variant[variant_id]
        self.known[item.inventory_item_id] = replace(item, tracked=False, updated_at=now)
        self._bundles.pop(item.inventory_item_id, None)
        self._forget_sku(item)

    def _remember_bundle(self, item: Item) -> None:
        if item.parts:
            self._bundles[item.inventory_item_id] = item
        else:
            self._bundles.pop(item.inventory_item_id, None)

    def _forget_sku(self, item: Item) -> None:
        """Let another item with the SKU answer to it, if there is one."""
        if self._item_of_sku.get(item.sku) == item.inventory_item_id:
            del self._item_of_sku[item.sku]
            for other in self.items.values():
                if other.sku == item.sku and other.inventory_item_id != item.inventory_item_id:
                    self._item_of_sku[item.sku] = other.inventory_item_id
                    return

    def bundles_of(self, item_id: int) -> list[Item]:
        """Return the bundles that an item is part of."""
        return [item for item in self._bundles.values() if any(part.item_id == item_id for part in item.parts)]

    def new_variant_id(self) -> int:
        """Return the id of a new variant."""
        return self._ids.next("variant")

    def add_location(self, *, name: str, fulfils_online_orders: bool, has_till: bool, now: datetime) -> Location:
        """Add a location, with one till when it has one; later ones come later in Shopify's routing."""
        location = Location(
            id=self._ids.next("location"),
            name=name,
            active=True,
            fulfils_online_orders=fulfils_online_orders,
            has_till=has_till,
            rank=len(self.locations),
            created_at=now,
            updated_at=now,
        )
        self.locations[location.id] = location
        self._location_of_name[name] = location.id
        self._routes = None
        if has_till:
            till = Till(device_id=self._ids.next("device"), location_id=location.id, name=f"{name} till 1")
            self.tills[till.device_id] = till
            self._till_of_location[location.id] = till.device_id
        return location

    def replace_location(self, location: Location, *, now: datetime) -> Location:
        """Put a changed location in place of the one with its id."""
        changed = replace(location, updated_at=now)
        old = self.locations[location.id]
        if old.name != location.name:
            del self._location_of_name[old.name]
        self.locations[location.id] = changed
        self._location_of_name[location.name] = location.id
        self._routes = None
        return changed

    def item_of_sku(self, sku: str) -> Item:
        """Return the item that people call `sku`, or "id:" and its id; raises Refused("unknown_sku")."""
        kind, _, number = sku.partition(":")
        found = int(number) if kind == "id" and number.isdecimal() else self._item_of_sku.get(sku)
        if found not in self.items:
            found = None
        if found is None:
            raise Refused("unknown_sku", f"no item has SKU {sku!r}; this shop has {len(self.items)} items")
        return self.items[found]

    def item_of_variant(self, variant_id: int) -> Item | None:
        """Return the item behind a variant, or None when there is no such variant."""
        found = self._item_of_variant.get(variant_id)
        return None if found is None else self.items[found]

    def item_of_product(self, product_id: int) -> Item | None:
        """Return the only item of a product, or None when there is no such product."""
        found = self._item_of_product.get(product_id)
        return None if found is None else self.items[found]

    def location_of_name(self, name: str) -> Location:
        """Return the location called `name`; raises Refused("unknown_location")."""
        found = self._location_of_name.get(name)
        if found is None:
            known = ", ".join(list(self._location_of_name)[:12])
            raise Refused("unknown_location", f"no location is called {name!r}; this shop has {known}")
        return self.locations[found]

    def has_location_name(self, name: str) -> bool:
        """Tell whether a location is called `name`."""
        return name in self._location_of_name

    def has_sku(self, sku: str) -> bool:
        """Tell whether an item is called `sku`."""
        return sku in self._item_of_sku

    def till_at(self, location_id: int) -> Till | None:
        """Return the till at a location, or None where nothing is sold over a counter."""
        found = self._till_of_location.get(location_id)
        return None if found is None else self.tills[found]

    def routes(self) -> tuple[Location, ...]:
        """Return the locations that the Online Store counts, in the order Shopify tries them."""
        if self._routes is None:
            open_ones = (at for at in self.locations.values() if at.serves_online)
            self._routes = tuple(sorted(open_ones, key=lambda at: at.rank))
        return self._routes

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items.values())
