"""Writing back: a level of the platform is made to show what the books hold, compared first, by the one planner."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from onhand.domain.stock import LevelKey, State
from onhand.heal.fix import By, CannotHeal, Plan, plan_ours, record
from onhand.ports.channel import Problem
from onhand.ports.level_writes import KeepsLevels, Setting
from onhand.publish import levels
from onhand.publish.guard import gate
from onhand.store import Books, DriftRow

EMPTYING = "location would be emptied"
"""The kind of problem: one a location."""

FOUGHT_OVER = "level written by somebody else, too"
"""The kind of problem: one a level."""

MOST_WRITTEN_BACK: Final = 3
FIGHT: Final = timedelta(hours=1)
"""After so many writes back within that time it is no mistake any more but somebody else's number."""

DAY: Final = timedelta(days=1)

BELIEVED: Final = By("onhand", "its count is believed at this location")


def write_back(books: Books, platform: KeepsLevels, plan: Plan, by: By, now: datetime) -> str | None:
    """Keep the writes of a plan durably and return the name of their run, None where a write there is under way.

    Nothing is written that the platform does not confirm by comparing. Needs a transaction.
    """
    run = f"fix-{books.count('fixes')}-{now:%Y%m%dT%H%M%S%f}"  # keys must never have been used in this shop
    setting = Setting(plan.key.item, plan.key.location, plan.after, plan.before)
    if not levels.want(books, platform, [setting], run, now):
        return None
    record(books, plan, by, run, now)
    return run


def correct(
    books: Books, platform: KeepsLevels, drifts: Sequence[int], zero_share: float, now: datetime
) -> Iterator[str]:
    """Write our numbers back where onhand is believed, and yield lines for the log. Needs a transaction.

    What no app can write, and everything while nothing may be written, stays an open drift for a person. So does what
    would empty more than a share of a location's levels in a day: then our numbers are likelier wrong than Shopify's.
    And so does a level that somebody else writes again and again.
    """
    way = gate(books, platform.name)
    if drifts and not way.open:
        yield f"{len(drifts)} levels are not written back: {way.reason}"
        return
    rows = [row for id_ in drifts if (row := books.drifts.find(id_)) is not None]
    emptied = {location: _is_emptied(books, location, zero_share, now) for location in {row.location for row in rows}}
    for drift in rows:
        if (_empties(drift) and emptied[drift.location]) or _is_fought_over(books, drift, now):
            continue
        try:
            run = write_back(books, platform, plan_ours(drift), BELIEVED, now)
        except CannotHeal as why:
            yield str(why)
            continue
        yield f"drift {drift.id}: " + ("a write there is under way" if run is None else f"written back as {run}")


def _is_fought_over(books: Books, drift: DriftRow, now: datetime) -> bool:
    """Return whether a level was written back so often of late that somebody must write the other number."""
    key = LevelKey(drift.item, drift.location)
    ours = [
        fix
        for fix in books.fixes.rows()
        if fix.key == key and fix.actor == BELIEVED.actor and now - fix.made_at < FIGHT
    ]
    if len(ours) < MOST_WRITTEN_BACK:
        return False
    item = books.catalog.items_of([key.item]).get(key.item)
    name = next((row.name for row in books.catalog.locations() if row.location == key.location), key.location)
    shown, wanted = (
        ", ".join(f"{units} {state}" for state, units in ours[-1].before.items()),
        ", ".join(f"{units} {state}" for state, units in ours[-1].after.items()),
    )
    message = (
        f"{item.sku if item is not None else key.item} at {name}: {wanted} was written back {len(ours)} times within "
    )
    message += f"an hour, and somebody makes it {shown} again each time; onhand writes no more"
    next_step = (
        "Shopify's inventory history names the other app: stop it from writing this location, or believe it "
        f'(authority = "shopify"); then `onhand drift fix {drift.id}` or `accept` decides'
    )
    books.problems.raise_(Problem(FOUGHT_OVER, f"{key.item}@{key.location}", message, next_step), now)
    return True


def settle_written_back(books: Books, now: datetime) -> None:
    """Settle the problems of write-backs that wait for nothing any more. Needs a transaction."""
    waiting = {f"{row.item}@{row.location}" for row in books.drifts.rows("open")}
    for level in books.problems.keys(FOUGHT_OVER) - waiting:
        books.problems.settle(FOUGHT_OVER, level, now)
    for location in books.problems.keys(EMPTYING):
        if not _waiting(books, location):
            books.problems.settle(EMPTYING, location, now)


def _waiting(books: Books, location: str) -> list[DriftRow]:
    return [row for row in books.drifts.rows("open") if row.location == location and _empties(row)]


def _is_emptied(books: Books, location: str, zero_share: float, now: datetime) -> bool:
    """Return whether too many levels of a location would have been emptied within a day; tell a person then."""
    waiting = _waiting(books, location)
    done = [
        fix
        for fix in books.fixes.rows()
        if fix.key.location == location
        and fix.actor == BELIEVED.actor
        and now - fix.made_at < DAY
        and fix.after.get(State.AVAILABLE, 1) <= 0
    ]
    levels_there = books.catalog.count_levels_at(location)
    allowed, units = max(1, int(levels_there * zero_share)), len(waiting) + len(done)
    if units <= allowed:
        books.problems.settle(EMPTYING, location, now)
        return False
    name = next((row.name for row in books.catalog.locations() if row.location == location), location)
    message = f"{name}: {units} of {levels_there} levels would be emptied within a day, because the books hold nothing "
    message += f"there; up to {allowed} go without asking, {len(waiting)} wait"
    next_step = "look at `onhand drift ls`: `onhand drift fix ID` writes what is right, `accept` takes Shopify's number"
    books.problems.raise_(Problem(EMPTYING, location, message, next_step), now)
    return True


def _empties(drift: DriftRow) -> bool:
    return drift.observed.get(State.AVAILABLE, 0) > 0 >= drift.books.get(State.AVAILABLE, 0)
