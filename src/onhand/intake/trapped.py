"""Trapped units: they stand on levels that the platform stocks no more, so nobody can buy them (Shopify 2026-04)."""

from collections.abc import Collection, Iterable
from datetime import datetime

from onhand.domain.catalog import Item
from onhand.domain.stock import LevelKey, on_hand
from onhand.ports.channel import Problem, SeenLevel
from onhand.store import Books

TRAPPED = "units on a level that is not stocked"
"""The kind of problem: one a level."""


def check_trapped(books: Books, keys: Collection[LevelKey], now: datetime) -> None:
    """Say which of these levels hold units that nobody can buy, and settle it for the others."""
    if not keys:
        return
    open_problems = books.problems.keys(TRAPPED)
    inactive = books.catalog.inactive_levels({key.item for key in keys}).intersection(keys)
    seen = books.observations.newest(inactive)
    items = books.catalog.items_of({key.item for key in inactive})
    names = {location.location: location.name for location in books.catalog.locations()} if inactive else {}
    trapped: set[str] = set()
    for key in sorted(inactive):
        units = on_hand(seen[key].units) if key in seen else 0
        if units and key.item in items:
            trapped.add(_name(key))
            place = names.get(key.location, key.location)
            books.problems.raise_(_problem(key, items[key.item], place, units), now)
    for key in keys:
        if _name(key) in open_problems - trapped:
            books.problems.settle(TRAPPED, _name(key), now)


def check_trapped_levels(books: Books, levels: Iterable[SeenLevel], now: datetime) -> None:
    """Do the same for a batch of levels that was taken in: of a million nearly all are stocked and hold no problem."""
    named = books.problems.keys(TRAPPED)
    keys = [LevelKey(level.item, level.location) for level in levels if named or not level.active]
    check_trapped(books, keys, now)


def _name(key: LevelKey) -> str:
    return f"{key.item}@{key.location}"


def _problem(key: LevelKey, item: Item, place: str, units: int) -> Problem:
    worth = item.value_of(units)
    value = f" (worth {worth.amount} {worth.currency})" if worth else ""
    message = f"{units} units of {item.sku or item.title}{value} stand at {place} on a level that is not stocked there "
    message += "any more: no channel sells them"
    next_step = (
        f"`onhand level connect {item.sku or item.item} {place!r}` stocks it there again, and its units come back as "
        "they are; if they are gone, set them to 0 in Shopify first"
    )
    return Problem(TRAPPED, _name(key), message, next_step)
