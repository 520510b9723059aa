"""Locations as a whole reading lists them: what is known and not on the list has vanished."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from onhand.domain.catalog import Location
from onhand.ports.channel import Problem
from onhand.store import Books

VANISHED = "location vanished"
"""The kind of problem: one a location that has units in the books and is not to be found at the platform any more."""


def take_locations(books: Books, locations: Sequence[Location], now: datetime) -> None:
    """Keep all the locations of a shop. Needs a transaction.

    One that has vanished sells nothing from now on; what the books hold there stays until a person has said where it
    went. A shop has at least one location: an empty list is no reading, and says nothing.
    """
    if not locations:
        return
    shown = {row.location for row in locations}
    books.catalog.put_locations(locations, now)
    gone = [row for row in books.catalog.locations() if row.location not in shown]
    asleep = [replace(row, active=False, fulfils_online=False) for row in gone if row.active or row.fulfils_online]
    if asleep:
        books.catalog.put_locations(asleep, now)
    standing = Counter[str]()
    for level in books.ledger.standing_at([row.location for row in gone]):
        standing[level.location] += level.on_hand_units
    for location in sorted(books.problems.keys(VANISHED)):
        if not standing[location]:
            books.problems.settle(VANISHED, location, now)
    for row in gone:
        if standing[row.location]:
            books.problems.raise_(_problem(row, standing[row.location]), now)


def _problem(location: Location, units: int) -> Problem:
    message = (
        f"{location.name} ({location.location}) is not among the shop's locations any more, and the books hold {units} "
        "units there: no channel sells them"
    )
    next_step = (
        "where they went somewhere else, count them there; where the location was closed by mistake, open it again "
        "in Shopify and run `onhand sync`"
    )
    return Problem(VANISHED, location.location, message, next_step)
