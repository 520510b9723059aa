"""Reading items with their variants and levels, and locations."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from onhand.channels.shopify.answers import stock as answers
from onhand.channels.shopify.answers.stock import Level
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import gid, is_number, number_of
from onhand.channels.shopify.read_levels import observe
from onhand.channels.shopify.settings import NAME
from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item, Listing
from onhand.domain.drift import Observation
from onhand.domain.stock import LevelKey
from onhand.ports.channel import Contradiction, Reading, Report

BY_VARIANT = "variant:"
"""The key of an ask for the item that a variant stands for."""

SELLS_ON = "CONTINUE"
"""The policy under which a variant is sold when nothing is left (`ProductVariantInventoryPolicy`, 2026-10)."""

ONLY_VARIANT = " - Default Title"
"""What `ProductVariant.displayName` ends in where a product has no options (2026-10): it says nothing to people."""


@dataclass(kw_only=True, slots=True)
class ItemRows:
    """Items in our words, with what belongs to them.

    `parents` are the variants of bundles by their global id, with the item: what they are made of is read apart.
    """

    currency: str
    items: list[Item] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    level_ids: dict[LevelKey, str] = field(default_factory=dict)
    inactive_levels: set[LevelKey] = field(default_factory=set)
    parents: dict[str, str] = field(default_factory=dict)
    bundles: list[Bundle] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)

    def add(self, number: str, seen: answers.Item | answers.BulkItem, variants: Sequence[answers.Variant]) -> Item:
        """Add an item and return it; its title, its price and what it is made of are those of its first variant."""
        sku = seen.sku or None
        parents = [variant for variant in variants if variant.requires_components]
        item = Item(
            item=number,
            sku=sku,
            title=variants[0].display_name.removesuffix(ONLY_VARIANT) if variants else sku or number,
            tracked=seen.tracked,
            sells_below_zero=any(variant.inventory_policy == SELLS_ON for variant in variants),
            bundle=bool(parents),
            price=variants[0].price if variants else None,
            unit_cost=seen.unit_cost.amount if seen.unit_cost else None,
            currency=seen.unit_cost.currency_code if seen.unit_cost else self.currency,
        )
        self.items.append(item)
        if parents:
            self.parents[parents[0].id] = number
        for variant in variants:
            listing = number_of(variant.id)
            if listing is not None:
                self.listings.append(Listing(channel=NAME, listing=listing, item=number, sku=sku))
        return item

    def add_level(self, item: str, level: Level, counted: bool, reading: int, read_at: datetime | None) -> None:
        """Add a level; of an item that has no units of its own only the level's id and activity are kept."""
        location = number_of(level.location.id) if level.location is not None else None
        if location is None:
            return
        key = LevelKey(item, location)
        self.level_ids[key] = level.id
        if not level.is_active:
            self.inactive_levels.add(key)
        if not counted:
            return
        odd = level.contradiction()
        if odd is None:
            self.observations.append(observe(key, level, reading, read_at))
        else:
            self.contradictions.append(Contradiction(key, *odd))


class ItemReader:
    """Reads the catalog of one shop."""

    def __init__(self, client: GraphqlClient, most: int) -> None:
        self._client = client
        self._items = BatchSize(load("items"), most)
        self._variants = BatchSize(load("variants"))
        self._components = BatchSize(load("components"))

    def read(self, keys: Sequence[str], reading: int) -> Reading:
        """Return items by item id, or by `variant:` and a variant's id, with all their levels."""
        item_of_key = self._resolve(keys)
        ids = [gid("InventoryItem", item) for item in dict.fromkeys(item_of_key.values())]
        rows = ItemRows(currency="")
        found: set[str] = set()
        for _, answer in ask_in_batches(self._client, self._items, ids, by_ids, answers.ItemNodes):
            rows.currency = answer.data.shop.currency_code
            for node in answer.data.nodes:
                number = number_of(node.id) if node is not None else None
                if node is not None and number is not None:
                    found.add(number)
                    self.add_item(rows, node, reading, answer.read_at, Lane.READ)
        self.add_bundles(rows, Lane.READ)
        return Reading(
            report=Report(
                items=tuple(rows.items),
                listings=tuple(rows.listings),
                observations=tuple(rows.observations),
                level_ids=rows.level_ids,
                inactive_levels=frozenset(rows.inactive_levels),
                contradictions=tuple(rows.contradictions),
                bundles=tuple(rows.bundles),
            ),
            missing=tuple(key for key in keys if item_of_key.get(key) not in found),
        )

    def add_item(self, rows: ItemRows, node: answers.Item, reading: int, read_at: datetime | None, lane: Lane) -> None:
        """Add an item with all its variants and levels, reading on where a page was not enough."""
        item = number_of(node.id)
        if item is None:
            return
        counted = rows.add(item, node, list(self._all_variants(node, lane))).counted
        for level in node.inventory_levels.nodes:
            rows.add_level(item, level, counted, reading, read_at)
        info = node.inventory_levels.page_info
        while info.has_next_page and info.end_cursor is not None:
            variables = {"id": node.id, "after": info.end_cursor}
            answer = self._client.ask(load("item_levels"), variables, answers.ItemLevels, lane)
            if answer.data.inventory_item is None:
                return
            page = answer.data.inventory_item.inventory_levels
            for level in page.nodes:
                rows.add_level(item, level, counted, reading, answer.read_at)
            info = page.page_info

    def add_bundles(self, rows: ItemRows, lane: Lane) -> None:
        """Read what the bundles among the items are made of, and add it. Raises as `GraphqlClient.ask` does."""
        batches = ask_in_batches(self._client, self._components, list(rows.parents), by_ids, answers.BundleNodes, lane)
        for _, answer in batches:
            for node in answer.data.nodes:
                if node is not None and node.id in rows.parents:
                    rows.bundles.append(Bundle(rows.parents[node.id], _components(node)))

    def _all_variants(self, node: answers.Item, lane: Lane) -> Iterator[answers.Variant]:
        page = node.variants
        while page is not None:
            yield from page.nodes
            info = page.page_info
            if not info.has_next_page or info.end_cursor is None:
                return
            variables = {"id": node.id, "after": info.end_cursor}
            owner = self._client.ask(load("item_variants"), variables, answers.ItemVariants, lane).data.inventory_item
            page = owner.variants if owner is not None else None

    def _resolve(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the item id behind each key; keys that name none are left out."""
        items = {key: key for key in keys if is_number(key)}
        by_variant = {
            gid("ProductVariant", key.removeprefix(BY_VARIANT)): key
            for key in keys
            if key.startswith(BY_VARIANT) and is_number(key.removeprefix(BY_VARIANT))
        }
        for _, answer in ask_in_batches(self._client, self._variants, list(by_variant), by_ids, answers.VariantNodes):
            for node in answer.data.nodes:
                number = number_of(node.inventory_item.id) if node is not None else None
                if node is not None and number is not None:
                    items[by_variant[node.id]] = number
        return items


def _components(node: answers.BundleVariant) -> tuple[Component, ...]:
    """Return what a bundle is made of; nothing where it cannot be read whole: half a bundle would be oversold."""
    page = node.product_variant_components
    units: Counter[str] = Counter()
    for row in page.nodes:
        item = number_of(row.product_variant.inventory_item.id)
        if item is None or row.quantity < 1 or page.page_info.has_next_page:
            return ()
        units[item] += row.quantity
    return tuple(Component(item, quantity) for item, quantity in sorted(units.items()))
