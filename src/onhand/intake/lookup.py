"""What adapters look up to speak in our words, kept in memory: a webhook must not cost three queries to read."""

from collections.abc import Iterable, Mapping

from onhand.domain.catalog import Listing, Location
from onhand.domain.stock import LevelKey
from onhand.store import Books


class Lookup:
    """The catalog of one shop in memory (`ports.channel.Catalog`). It only ever learns what is true.

    A miss is no harm: the adapter then asks the channel, and the answer is learned.
    """

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], str] = {}
        self._level_ids: dict[LevelKey, str] = {}
        self._locations: set[str] = set()

    def load(self, books: Books) -> None:
        """Learn everything that is stored."""
        self.learn(books.catalog.listings(), books.catalog.level_ids(), books.catalog.locations())

    def learn(
        self, listings: Iterable[Listing], level_ids: Mapping[LevelKey, str], locations: Iterable[Location] = ()
    ) -> None:
        """Learn listings, level ids and locations; a listing without an item teaches nothing."""
        self._locations.update(location.location for location in locations)
        for listing in listings:
            if listing.item is not None:
                self._items[listing.channel, listing.listing] = listing.item
        self._level_ids.update(level_ids)

    def item_of(self, channel: str, listing: str) -> str | None:
        """Return the item behind a channel's listing, or None while it is not known."""
        return self._items.get((channel, listing))

    def level_id_of(self, item: str, location: str) -> str | None:
        """Return the platform's own id of a level, or None while it is not known."""
        return self._level_ids.get(LevelKey(item, location))

    def knows_location(self, location: str) -> bool:
        """Return whether the shop is known to have a location."""
        return location in self._locations
