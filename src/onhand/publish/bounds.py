"""What a channel cannot be told as it stands: numbers beyond its bounds, and more tellings a day than it takes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from onhand.domain.catalog import Listing
from onhand.ports.capabilities import Capabilities
from onhand.ports.channel import Problem, Sells
from onhand.store import Books, Untold
from onhand.store.offers import Locked

BEYOND = "beyond what the channel takes"
"""The kind of problem that is about a number which a channel cannot be told."""

LOCKED = "units are locked"
"""The kind of problem that is about a listing which a promotion keeps from being lowered to what may be sold."""

SPENT = "revisions are used up"
"""The kind of problem that is about a listing which may not be told anything more today."""

DAY = timedelta(days=1)

KEPT_SHARE = 0.2
"""The share of a day's revisions that only lowering may use: a raise can wait, an oversell cannot."""


def keep_bounds(books: Books, channel: Sells, now: datetime) -> None:
    """Write down what the channel takes as it is known now: everything that compares with what was told goes by it."""
    able = channel.capabilities
    books.channels.bound(channel.name, able.least_units or 0, able.most_units)
    books.channels.keep_at(channel.name, able.kept_in, now)


def note_beyond(books: Books, channel: Sells, rows: Sequence[Untold], now: datetime) -> None:
    """Tell a person of numbers that the channel cannot be told, and settle those that it can be told again."""
    for row in rows:
        key = f"{row.channel}/{row.listing}"
        if row.units == row.sellable_units:
            if row.told_units in _edges(channel.capabilities):
                books.problems.settle(BEYOND, key, now)
            continue
        if row.units == row.locked_units:
            continue  # a problem of its own: see `note_locked`
        bound = "at least" if row.units > row.sellable_units else "at most"
        message = f"{key} may sell {row.sellable_units}; {row.channel} takes {bound} {row.units}, and is told that"
        next_step = "take the listing off sale there" if bound == "at least" else "nothing to do: it is sold on"
        books.problems.raise_(Problem(BEYOND, key, message, next_step), now)


def note_locked(
    books: Books, locked: Mapping[str, Sequence[Locked]], sellable: Mapping[tuple[str, str], int], now: datetime
) -> None:
    """Tell a person of listings that a promotion keeps above what may be sold, and settle those that it does not.

    `sellable` is what listings may sell, by channel and listing.
    """
    for lock in [lock for locks in locked.values() for lock in locks]:
        units, key = sellable.get((lock.channel, lock.listing)), f"{lock.channel}/{lock.listing}"
        if units is None:
            continue
        if units >= lock.units:
            books.problems.settle(LOCKED, key, now)
            continue
        message = (
            f"{key} may sell {units}; {lock.units} are locked for {lock.why}, and {lock.channel} cannot be told less: "
            f"{lock.units - units} units may be oversold. The other channels keep back what they can"
        )
        next_step = "end the promotion, or bring more units to where the channel sells from"
        books.problems.raise_(Problem(LOCKED, key, message, next_step), now)


def untold(books: Books, channel: Sells, limit: int, now: datetime) -> list[Untold]:
    """Return up to `limit` offers that the channel must be told and may be told today, worst risk first.

    Raises stop while a share of a listing's revisions is left for lowering.
    """
    most = channel.capabilities.revisions_a_day
    if most is None:
        return books.offers.untold(channel.name, limit)
    for_raises = most - max(1, int(most * KEPT_SHARE))
    used = books.intents.times_told(channel.name, now - DAY)
    spent = sum(times >= for_raises for times in used.values())
    left: list[Untold] = []
    for row in books.offers.untold(channel.name, limit + spent):
        key = f"{row.channel}/{row.listing}"
        lowers = row.told_units is not None and row.units < row.told_units
        if used[row.listing] < (most if lowers else for_raises):
            left.append(row)
            books.problems.settle(SPENT, key, now)
        elif lowers:
            message = (
                f"{key} was told {used[row.listing]} times within a day, {most} are allowed: {row.units} must wait"
            )
            next_step = f"lower it by hand to {row.units} there; it is told again when the oldest is a day old"
            books.problems.raise_(Problem(SPENT, key, message, next_step), now)
    return left[:limit]


def _edges(able: Capabilities) -> tuple[int | None, ...]:
    return (able.least_units, able.most_units)


UNCONFIRMED_FOR = timedelta(minutes=2)
"""How long a channel that carries out later may go on showing the old number before it is told again."""


def still_carried_out(
    books: Books, channel: Sells, listings: Sequence[Listing], shown_units: dict[str, int], now: datetime
) -> set[str]:
    """Return listings of an asynchronous channel that were told a moment ago and show something else so far."""
    if not channel.capabilities.asynchronous:
        return set()
    items = sorted({listing.item for listing in listings if listing.item is not None})
    return {
        row.listing
        for row in books.offers.rows(channel=channel.name, items=items)
        if row.told_at is not None
        and now - row.told_at < UNCONFIRMED_FOR
        and shown_units.get(row.listing, row.told_units) != row.told_units
    }
