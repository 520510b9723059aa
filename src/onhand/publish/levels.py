"""Levels: everything that is written to a platform which keeps levels itself goes through this one planner.

What is owed is told by risk of overselling; what is wanted once (a level that must follow the books, one that is to be
connected) is kept as an intent and sent. One open intent a level, whatever it writes there: what comes meanwhile waits.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf

from onhand.domain.stock import LevelKey, State
from onhand.ports.channel import Ask, Parcel, Problem, Wanted
from onhand.ports.level_writes import KeepsLevels, LevelWrite, Packed, Setting, Stocking, Telling
from onhand.publish.guard import gate, teller_gate
from onhand.publish.tellings import tellings_of
from onhand.store import Books, Intent, IntentRow
from onhand.store.intents import Kind

HOUR = timedelta(hours=1)

MAX_WAIT_S = 60.0
"""The longest wait between two tries of one write."""

LOOKAHEAD = 2
"""Parcels' worth of levels looked at for each parcel that may go: so most parcels are full, although one carries only
changes of one kind."""

MOST_LOOKED_AT = 16
"""Parcels' worth of levels looked at when that does not fill what goes: the rarest kind then wastes one call in 16."""

URGENT_UNITS = 3
"""A parcel that leaves so few units for sale goes although it is not full: the next shopper may be the one too many."""

PASSED_BY_TIMES = 2
"""A parcel goes, too, although it is not full, where what would go before it leaves more than so many times its units
for sale. So few that one kind needs no more such parcels than its units can be doubled.
"""


def plan(
    books: Books, platform: KeepsLevels, parcels: int, now: datetime, *, run: str, resting: Collection[LevelKey] = ()
) -> list[Intent]:
    """Return up to `parcels` new intents that pay what is owed, worst risk first. Needs a transaction.

    Levels that are `resting`, because they were refused a moment ago, wait. While more is owed than may go now, parcels
    go full: a call costs the same whatever it carries.
    """
    if parcels < 1 or not teller_gate(books, platform.name).open:
        return []
    taken = books.intents.open_keys("level") | set(resting)
    rows = _rows_of(platform)
    look = parcels * rows * LOOKAHEAD
    most = max(look, MOST_LOOKED_AT * rows)
    while True:
        # A level stands among what is owed with each of its states, mostly one or two.
        keys = [key for key in books.owed.open(2 * (look + len(taken))) if key not in taken][:look]
        chosen = _choose(tellings_of(books, keys), parcels, platform, run)
        full = all(len(carried) == rows for _, carried in chosen)
        if full or len(keys) < look or look >= most:
            return _keep_all(books, chosen, "telling", now, sent=True)
        look = min(4 * look, most)


def want(books: Books, platform: KeepsLevels, writes: Sequence[Setting | Stocking], run: str, now: datetime) -> int:
    """Keep what is to be written once, and return how many levels; those with an open intent are left alone.

    It goes out as soon as the channel is armed. Needs a transaction.
    """
    taken = books.intents.open_keys("level")
    free = [write for write in writes if LevelKey(write.item, write.location) not in taken]
    kinds: tuple[tuple[Kind, type], ...] = (("setting", Setting), ("stocking", Stocking))
    for kind, shape in kinds:
        packed = platform.pack([write for write in free if isinstance(write, shape)], run, f"{run}/{kind}")
        _keep_all(books, packed, kind, now, sent=False)
    return len(free)


def resume(books: Books, platform: KeepsLevels, now: datetime) -> list[Intent]:
    """Return open intents that may go out now, for the first time or again. Needs a transaction.

    A platform that has carried one out answers the same key with the first result. Past the life of keys that is no
    longer sure: such an intent is parked, its levels are read, and a person sees it.
    """
    if not gate(books, platform.name).open:
        return []
    key_life = timedelta(seconds=platform.capabilities.key_life_s or 0)
    ready: list[Intent] = []
    for intent in books.intents.unsettled(platform.name):
        wait = timedelta(seconds=min(2.0**intent.attempts, MAX_WAIT_S))
        # What was sent in the future was sent while the clock was wrong: nobody knows how long ago.
        rests = intent.sent_at is not None and timedelta() <= now - intent.sent_at < wait
        if intent.status == "sent" or rests:
            continue
        if intent.sent_at is not None and now - intent.planned_at > key_life:
            _park(books, intent, key_life, now)
        else:
            books.intents.mark_sent(intent.key, now)
            ready.append(intent)
    return ready


def levels_of(intent: Intent) -> list[LevelKey]:
    """Return the levels that an intent writes to."""
    return [LevelKey(row.item, row.location) for row in intent.rows if row.location is not None]


def _rows_of(platform: KeepsLevels) -> int:
    return platform.capabilities.rows_a_parcel or 1


def _choose(writes: Sequence[Telling], parcels: int, platform: KeepsLevels, run: str) -> list[Packed]:
    """Return the parcels that should go first, most urgent row first, and none that tells only a part of a level.

    A level of which only a part would go is left for another time. There are always enough for the first level: where
    these are more than `parcels`, they wait for their points.
    """
    left = list(writes)
    while left:
        packed = platform.pack(left, run, run)
        parts = Counter(_key(part) for _, carried in packed for part in carried)
        going = max(parcels, parts[_key(left[0])])
        if len(packed) <= going:
            return packed
        chosen = _most_urgent(packed, left, going, _rows_of(platform))
        told = Counter(_key(part) for _, carried in chosen for part in carried)
        split = {key for key, count in told.items() if count < parts[key]}
        if not split:
            return chosen
        left = [write for write in left if _key(write) not in split]
    return platform.pack(writes[:1], run, run)


def _most_urgent(packed: Sequence[Packed], writes: Sequence[Telling], parcels: int, rows: int) -> list[Packed]:
    """Return up to `parcels` of them by their most urgent row: full ones, and those that cannot wait until they are."""
    place = {_key(write): number for number, write in enumerate(writes)}
    left_units = {_key(write): _left_units(write) for write in writes}
    by_risk = sorted(packed, key=lambda each: min(place[_key(part)] for part in each[1]))
    firsts = [min(each[1], key=lambda part: place[_key(part)]) for each in by_risk]
    full = [len(each[1]) == rows for each in by_risk]
    most_units = next((left_units[_key(first)] for first, is_full in zip(firsts, full, strict=True) if is_full), inf)
    worth = [
        each
        for each, first, is_full in zip(by_risk, firsts, full, strict=True)
        if is_full
        or PASSED_BY_TIMES * left_units[_key(first)] < most_units
        or any(left_units[_key(part)] <= URGENT_UNITS for part in each[1])
    ]
    return (worth or by_risk)[:parcels]


def _left_units(telling: Telling) -> float:
    """Return what a telling that lowers a level leaves for sale; infinity for others, which can wait.

    Where nothing is compared, nobody knows how few: then 0.
    """
    lowered_units = telling.units.get(State.AVAILABLE, 0)
    if lowered_units >= 0:
        return inf
    return 0 if telling.compare is None else telling.compare.get(State.AVAILABLE, 0) + lowered_units


def _keep_all(books: Books, packed: Sequence[Packed], kind: Kind, now: datetime, *, sent: bool) -> list[Intent]:
    if not packed:
        return []
    reading = books.asks.next_reading()
    intents = [_intent(parcel, kind, carried, reading, now) for parcel, carried in packed]
    for intent in intents:
        books.intents.plan(intent)
        if sent:
            books.intents.mark_sent(intent.key, now)
    return intents


def _intent(parcel: Parcel, kind: Kind, writes: Sequence[LevelWrite], reading: int, now: datetime) -> Intent:
    rows = tuple(
        IntentRow(listing=None, item=write.item, location=write.location, units=_carried(write)) for write in writes
    )
    compares = any(not isinstance(write, Stocking) and write.compare is not None for write in writes)
    return Intent(
        key=parcel.key,
        channel=parcel.channel,
        kind=kind,
        body=parcel.body,
        rows=rows,
        compares=compares,
        reading=reading,
        planned_at=now,
    )


def _carried(write: LevelWrite) -> dict[str, int]:
    if isinstance(write, Stocking):
        return {"stocked": int(write.stocked)}
    units: Mapping[State, int] = write.units
    return {str(state): much for state, much in units.items()}


def _key(write: LevelWrite) -> LevelKey:
    return LevelKey(write.item, write.location)


def _park(books: Books, intent: Intent, key_life: timedelta, now: datetime) -> None:
    books.intents.conclude(intent.key, "parked", "its key has outlived its trust", now)
    asks = [
        Ask(Wanted.LEVEL, f"{key.item}@{key.location}", "a write's outcome stays unknown") for key in levels_of(intent)
    ]
    books.asks.add(intent.channel, asks, now)
    message = f"{intent.kind} {intent.key} of {len(intent.rows)} levels: no answer for {key_life / HOUR:.0f} h"
    next_step = "compare the levels with `onhand audit`, then `onhand audit --fix`"
    books.problems.raise_(Problem("outcome unknown", intent.key, message, next_step), now)
