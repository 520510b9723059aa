"""Items, locations, listings and the platform's own ids of levels."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from sys import intern

from onhand.domain.catalog import Item, Listing, Location, match_key
from onhand.domain.stock import LevelKey
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us


class Catalog:
    """What one shop counts, where it stands, and how channels name it."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def put_items(self, items: Iterable[Item], now: datetime) -> None:
        """Keep items as they are now; a SKU that changed goes into the history, a removed item that is back is back.

        An item that is a bundle no more has no components any more.
        """
        by_item = {item.item: item for item in items}
        before: dict[str, str | None] = dict(self._sql.rows("skus", (self._shop, texts(by_item))))
        now_us = to_us(now)
        self._sql.run_many(
            "put_item",
            [_item_columns(self._shop, item, now_us) for item in by_item.values()],
        )
        self._sql.run("drop_components_of_others", (self._shop, texts(by_item)))
        renamed = [item for item in by_item.values() if item.item not in before or before[item.item] != item.sku]
        self._sql.run_many(
            "put_sku", [(self._shop, item.item, now_us, item.sku, match_key(item.sku)) for item in renamed]
        )

    def put_locations(self, locations: Iterable[Location], now: datetime) -> None:
        """Keep locations as they are now; a change marks every offer of the shop stale."""
        now_us = to_us(now)
        self._sql.run_many(
            "put_location",
            [
                (
                    self._shop,
                    location.location,
                    location.name,
                    location.active,
                    location.fulfils_online,
                    location.ships,
                    location.picks_up,
                    now_us,
                )
                for location in locations
            ],
        )

    def put_listings(self, listings: Iterable[Listing], now: datetime) -> None:
        """Keep listings as they are now, the item behind them included."""
        now_us = to_us(now)
        self._sql.run_many(
            "put_listing",
            [
                (
                    self._shop,
                    listing.channel,
                    listing.listing,
                    listing.item,
                    listing.sku,
                    match_key(listing.sku),
                    listing.group,
                    listing.place,
                    now_us,
                )
                for listing in listings
            ],
        )

    def put_level_ids(
        self, level_ids: Mapping[LevelKey, str], now: datetime, inactive: Collection[LevelKey] = frozenset()
    ) -> None:
        """Keep the platform's own ids of levels, and which of them are `inactive`: stocked no more."""
        now_us = to_us(now)
        self._sql.run_many(
            "put_level_id",
            [(self._shop, *key, level_id, key not in inactive, now_us) for key, level_id in level_ids.items()],
        )

    def drop_items(self, items: Iterable[str], at: datetime) -> None:
        """Mark items that are no more; they stay for the history."""
        self._sql.run("drop_items", {"shop": self._shop, "items": texts(items), "at": to_us(at)})

    def items(self) -> list[Item]:
        """Return every item that was not removed."""
        return [_read_item(row) for row in self._sql.rows("items", (self._shop,))]

    def items_of(self, items: Iterable[str]) -> dict[str, Item]:
        """Return some items by their id; unknown and removed ones are left out."""
        rows = self._sql.rows("some_items", (self._shop, texts(items)))
        return {row[0]: _read_item(row) for row in rows}

    def uncounted(self, items: Iterable[str]) -> set[str]:
        """Return those items of which nobody counts units: bundles, and those that are not tracked, or are no more."""
        return {item for (item,) in self._sql.rows("uncounted_items", (self._shop, texts(items)))}

    def item_by_sku(self, sku: str) -> list[Item]:
        """Return the items that carry a SKU now: none, one, or several where a merchant gave it twice."""
        return [_read_item(row) for row in self._sql.rows("items_by_sku", (self._shop, match_key(sku)))]

    def items_by_skus(self, keys: Iterable[str]) -> list[Item]:
        """Return the items that carry any of these SKUs, given as `match_key` gives them."""
        return [_read_item(row) for row in self._sql.rows("items_by_skus", (self._shop, texts(keys)))]

    def doubled_skus(self) -> list[str]:
        """Return the SKUs that more than one item carries, as `match_key` gives them."""
        return [key for (key,) in self._sql.rows("doubled_skus", (self._shop,))]

    def without_sku(self) -> list[tuple[str, str]]:
        """Return id and title of the items that carry no SKU."""
        return [(item, title) for item, title in self._sql.rows("items_without_sku", (self._shop,))]

    def removed(self, items: Iterable[str]) -> set[str]:
        """Return those items that are no more."""
        return {item for (item,) in self._sql.rows("removed_items", (self._shop, texts(items)))}

    def item_by_old_sku(self, sku: str) -> list[Item]:
        """Return the items that ever carried a SKU, removed ones too."""
        return [_read_item(row) for row in self._sql.rows("items_by_old_sku", (self._shop, match_key(sku)))]

    def item(self, item: str) -> Item | None:
        """Return an item, a removed one too; None where it was never known."""
        row = self._sql.row("item", (self._shop, item))
        return _read_item(row) if row else None

    def sku_history(self, item: str) -> list[tuple[str | None, datetime]]:
        """Return every SKU that an item has had, with the time from which on, oldest first."""
        return [(sku, from_us(since_at)) for sku, since_at in self._sql.rows("sku_history", (self._shop, item))]

    def locations(self) -> list[Location]:
        """Return every location, by name."""
        return [_read_location(row) for row in self._sql.rows("locations", (self._shop,))]

    def location_by_name(self, name: str) -> Location | None:
        """Return the location of a name, or None. Shopify keeps the names of a shop's locations unique."""
        row = self._sql.row("location_by_name", (self._shop, name))
        return _read_location(row) if row else None

    def listings(self, channel: str | None = None) -> list[Listing]:
        """Return listings, of one channel where it is given."""
        rows = self._sql.rows("listings", {"shop": self._shop, "channel": channel})
        return [_read_listing(row) for row in rows]

    def listings_of(self, channel: str, listings: Iterable[str]) -> dict[str, Listing]:
        """Return some listings of a channel by their id; unknown ones are left out."""
        rows = self._sql.rows("some_listings", (self._shop, channel, texts(listings)))
        return {row[1]: _read_listing(row) for row in rows}

    def listings_by_skus(self, keys: Iterable[str]) -> list[Listing]:
        """Return the listings that carry any of these SKUs, given as `match_key` gives them, of every channel."""
        return [_read_listing(row) for row in self._sql.rows("listings_by_sku", (self._shop, texts(keys)))]

    def listings_for(self, items: Iterable[str]) -> list[Listing]:
        """Return the listings that stand for some items, of every channel."""
        return [_read_listing(row) for row in self._sql.rows("listings_of_items", (self._shop, texts(items)))]

    def level_id_of(self, item: str, location: str) -> str | None:
        """Return the platform's own id of a level, or None while it is not known."""
        row = self._sql.row("level_id", (self._shop, item, location))
        return row[0] if row else None

    def levels_of(self, item: str) -> list[LevelKey]:
        """Return the levels of an item that the platform has, whether it is stocked there now or not."""
        return [LevelKey(item, location) for (location,) in self._sql.rows("levels_known_of_item", (self._shop, item))]

    def level_ids(self) -> dict[LevelKey, str]:
        """Return the platform's own ids of levels."""
        rows = self._sql.rows("level_ids", (self._shop,))
        return {LevelKey(intern(item), intern(location)): id_ for item, location, id_ in rows}

    def count_levels_at(self, location: str) -> int:
        """Return how many items have a level at a location."""
        row = self._sql.row("count_levels_at", (self._shop, location))
        assert row is not None
        return int(row[0])

    def inactive_levels(self, items: Iterable[str] | None = None) -> set[LevelKey]:
        """Return the levels that the platform stocks no more, of some items where they are given."""
        rows = (
            self._sql.rows("inactive_levels", (self._shop,))
            if items is None
            else self._sql.rows("inactive_levels_of_items", (self._shop, texts(items)))
        )
        return {LevelKey(item, location) for item, location in rows}


def _item_columns(shop: int, item: Item, now_us: int) -> Row:
    return (
        shop,
        item.item,
        item.sku,
        match_key(item.sku),
        item.title,
        item.tracked,
        item.sells_below_zero,
        item.bundle,
        None if item.price is None else str(item.price),
        None if item.unit_cost is None else str(item.unit_cost),
        item.currency,
        now_us,
    )


def _read_item(row: Row) -> Item:
    item, sku, title, tracked, sells_below_zero, bundle, price, unit_cost, currency = row
    return Item(
        item=item,
        sku=sku,
        title=title,
        tracked=bool(tracked),
        sells_below_zero=bool(sells_below_zero),
        bundle=bool(bundle),
        price=None if price is None else Decimal(price),
        unit_cost=None if unit_cost is None else Decimal(unit_cost),
        currency=currency,
    )


def _read_listing(row: Row) -> Listing:
    channel, listing, item, sku, group, place = row
    return Listing(channel=channel, listing=listing, item=item, sku=sku, group=group, place=place)


def _read_location(row: Row) -> Location:
    location, name, active, fulfils_online, ships, picks_up = row
    return Location(
        location=location,
        name=name,
        active=bool(active),
        fulfils_online=bool(fulfils_online),
        ships=None if ships is None else bool(ships),
        picks_up=None if picks_up is None else bool(picks_up),
    )
