"""Finding what a person means: an item by its SKU, a location by its name, a channel that sells."""

import difflib
from collections.abc import Iterable

from onhand.domain.catalog import Item, Location
from onhand.ports.errors import OnhandError
from onhand.store import Books

NEAR = 3
"""How many near matches an answer to a misspelt name shows."""


class NotKnown(OnhandError):
    """Nothing goes by this name. The message shows what comes near."""


def find_items(books: Books, sku: str) -> list[Item]:
    """Return every item that carries a SKU, or the item with this id, or those that once carried the SKU.

    SKUs are labels: two items may carry the same one, and then both are meant. Items that were removed are found by
    their ids, and by the SKUs that nobody else carries now. Raises NotKnown with near matches.
    """
    found = books.catalog.item_by_sku(sku)
    if found:
        return found
    named = books.catalog.item(sku)
    found = [named] if named is not None else books.catalog.item_by_old_sku(sku)
    if found:
        return found
    near = _near(sku, (item.sku for item in books.catalog.items() if item.sku))
    raise NotKnown(f"no item carries SKU {sku!r}{near}")


def find_location(books: Books, name: str) -> Location:
    """Return the location of this name (or id), whatever its capitals. Raises NotKnown with near matches."""
    locations = books.catalog.locations()
    for location in locations:
        if name in (location.name, location.location):
            return location
    found = [location for location in locations if location.name.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0]
    raise NotKnown(f"there is no location {name!r}{_near(name, (location.name for location in locations))}")


def find_channel(books: Books, name: str) -> str:
    """Return the name of a channel that has a selling rule. Raises NotKnown with those that have one."""
    channels = sorted(rule.channel for rule in books.channels.rules())
    if name in channels:
        return name
    known = ", ".join(channels) or "none yet: `onhand sync` reads the shop first"
    raise NotKnown(f"nothing is sold on {name!r}; channels are {known}")


def location_names(books: Books) -> dict[str, str]:
    """Return the names of all locations by their id."""
    return {location.location: location.name for location in books.catalog.locations()}


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, sorted(set(known)), n=NEAR, cutoff=0.5)
    return f"; near it are {', '.join(map(repr, near))}" if near else ""
