"""What adapters look up to speak in our words, kept in memory: a webhook must not cost three queries to read."""

from collections.abc import Callable, Iterable, Mapping

from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.stock import LevelKey
from onhand.store import Books, Store

KEPT_LEVEL_IDS = 50_000
"""Level ids kept in memory, some 15 MB: a large shop has a million of them, and few are asked for in an hour."""

FindLevelId = Callable[[LevelKey], str | None]
"""Returns the platform's own id of a level from where all of them are kept, or None."""


class Lookup:
    """The catalog of one shop in memory (`ports.channel.Catalog`). It only ever learns what is true.

    A miss is no harm: the adapter then asks the channel, and the answer is learned. Ids of levels that it has not
    learned lately are found by `find_level_id`.
    """

    def __init__(self, find_level_id: FindLevelId | None = None) -> None:
        self._find_level_id = find_level_id
        self._items: dict[tuple[str, str], str] = {}
        self._level_ids: dict[LevelKey, str] = {}
        self._locations: set[str] = set()
        self._known: dict[str, Item] = {}

    def load(self, books: Books) -> None:
        """Learn every listing, location and item that is stored."""
        catalog = books.catalog
        self.learn(catalog.listings(), {}, catalog.locations(), catalog.items())

    def learn(
        self,
        listings: Iterable[Listing],
        level_ids: Mapping[LevelKey, str],
        locations: Iterable[Location] = (),
        items: Iterable[Item] = (),
    ) -> None:
        """Learn listings, level ids, locations and items; a listing without an item teaches nothing."""
        self._known.update({item.item: item for item in items})
        self._locations.update(location.location for location in locations)
        for listing in listings:
            if listing.item is not None:
                self._items[listing.channel, listing.listing] = listing.item
        if level_ids:
            if len(self._level_ids) > KEPT_LEVEL_IDS:
                self._level_ids = {}
            self._level_ids.update(level_ids)

    def item_of(self, channel: str, listing: str) -> str | None:
        """Return the item behind a channel's listing, or None while it is not known."""
        return self._items.get((channel, listing))

    def item(self, item: str) -> Item | None:
        """Return an item as it was last read, or None while it is not known."""
        return self._known.get(item)

    def level_id_of(self, item: str, location: str) -> str | None:
        """Return the platform's own id of a level, or None while it is not known."""
        key = LevelKey(item, location)
        level_id = self._level_ids.get(key)
        if level_id is None and self._find_level_id is not None:
            level_id = self._find_level_id(key)
            if level_id is not None:
                self.learn((), {key: level_id})
        return level_id

    def knows_location(self, location: str) -> bool:
        """Return whether the shop is known to have a location."""
        return location in self._locations


def find_level_ids(store: Store, shop: str) -> FindLevelId:
    """Return what finds the level ids of one shop in the store."""

    def find(key: LevelKey) -> str | None:
        with store.reading() as session:
            return session.of(shop).catalog.level_id_of(*key)

    return find
