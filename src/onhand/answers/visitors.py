"""How many people came to a location, quarter by quarter of an hour; what nobody counted is missing, not zero."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from onhand.answers.lookup import NotKnown, find_location
from onhand.domain.traffic import BIN, WHOLE_PPM
from onhand.store import Books


@dataclass(frozen=True, kw_only=True, slots=True)
class Visits:
    """The people of a quarter of an hour. They are None where nobody counted.

    `status` is ok, partial (at least so many) or missing; `coverage` is how much of the time `doors` counted, 0 to 1.
    `spread`: some come from a longer interval, evenly over its time.
    """

    shop: str
    location: str
    start: datetime
    end: datetime
    in_people: int | None
    out_people: int | None
    status: str
    coverage: float
    doors: int
    spread: bool


MOST_DAYS: Final = 400
"""A year and its neighbours: 38,400 quarters, each a row of the answer."""


_YEARS: Final = range(1990, 2200)


def time_asked(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the time that is asked for, in UTC: until now, and the day before it, where nothing is said.

    Raises NotKnown for a time that is none, or longer than an answer can be.
    """
    for moment in (since, until):
        if moment is not None and moment.year not in _YEARS:
            raise NotKnown(f"{moment:%Y-%m-%d} is no time in which people were counted")
    end = (until or now).astimezone(UTC)
    begin = since.astimezone(UTC) if since is not None else end - timedelta(days=1)
    if not timedelta() < end - begin <= timedelta(days=MOST_DAYS):
        raise NotKnown(f"from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} is no time of {MOST_DAYS} days at most")
    return begin, end


def visits(books: Books, shop: str, location: str, begin: datetime, end: datetime) -> list[Visits]:
    """Return every quarter of an hour that begins in a time. Raises NotKnown for a location there is not."""
    place = find_location(books, location)
    return [
        Visits(
            shop=shop,
            location=place.name,
            start=row.start,
            end=row.start + BIN,
            in_people=row.in_people,
            out_people=row.out_people,
            status=row.status,
            coverage=round(row.covered_ppm / WHOLE_PPM, 4),
            doors=row.doors,
            spread=row.spread,
        )
        for row in books.traffic.at(place.location, begin, end)
    ]
