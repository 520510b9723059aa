"""Comparing what third parties have counted with the books as of that time.

A count is true when it was made: what happened since is taken off the books before they are compared, so a count that
comes late, after sales, moves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

from onhand.domain.notices import CLOCKS_APART, explained
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.store import Books
from onhand.store.counted import Count

BATCH = 100
"""Counts that are looked into at once."""

AGREES_AGAIN = "books and count agree again"

TOLD_LATE = timedelta(minutes=15)
"""How long after a parcel has left its shelf Shopify may be told. What is sold or shipped meanwhile, or while clocks
are apart, explains a gap of that size; the next count sees through it."""


def compare_counts(books: Books, keys: Sequence[LevelKey], now: datetime) -> list[Count]:
    """Compare the counts of some levels with the books as of then, and keep what that shows. Needs a transaction.

    An adoption that something booked later explains is taken back at once: it was only believed. A count from before
    the level was opened says nothing, and none is kept of what nobody counts any more.
    """
    counts = books.counts.of(keys)
    if not counts:
        return []
    levels = books.counts.levels(list(dict.fromkeys(count.key for count in counts)))
    cuts = books.ledger.cuts(sorted({count.key.item for count in counts}))
    uncounted = books.catalog.uncounted({count.key.item for count in counts})
    compared = []
    for count in counts:
        cut_at = cuts.get(count.key)
        mute = count.key.item in uncounted or (cut_at is not None and count.as_of < cut_at)
        after = _settled(books, count, 0 if mute else _gap(books, levels, count, cut_at), now)
        if after != count:
            books.counts.settle(after)
        compared.append(after)
    return compared


def _gap(books: Books, levels: Mapping[LevelKey, Mapping[State, int]], count: Count, cut_at: datetime | None) -> int:
    """Return what was counted, less what the books held then; 0 where it is what they held at some time around it.

    Two clocks are never quite the same, and a parcel leaves a shelf before Shopify is told of it. Before the level was
    opened the books held nothing, which says nothing.
    """
    gap = count.units - books.counts.held_at(levels, count.key, count.measure, count.as_of, count.since_sequence)
    if not gap:
        return 0
    begin, end = count.as_of - CLOCKS_APART, count.as_of + TOLD_LATE
    begin = begin if cut_at is None else max(begin, cut_at)
    held = books.counts.held_at(levels, count.key, count.measure, begin, count.since_sequence)
    steps = books.counts.steps(count.key, count.measure, begin, end, count.since_sequence)
    return 0 if count.units in accumulate(steps, initial=held) else gap


def _settled(books: Books, count: Count, gap: int, now: datetime) -> Count:
    back = explained(gap, count.adopted_units)
    if back:
        _take_back(books, count, back, now)
        gap += back
    if gap:
        return replace(count, gap_units=gap, gap_since=count.gap_since or now, adopted_units=count.adopted_units - back)
    if count.filed_units:
        books.drifts.close_level(count.key, "closed", now, AGREES_AGAIN, count.source)
    return replace(count, gap_units=0, gap_since=None, filed_units=0, adopted_units=count.adopted_units - back)


def _take_back(books: Books, count: Count, units: int, now: datetime) -> None:
    """Book the inverse of a part of what was adopted, as of the count."""
    cause = f"adoption/{books.count('adoptions')}"
    here, outside = Bin(count.key.location, State.AVAILABLE), Bin(count.key.location, State.UNEXPLAINED)
    movement = Movement(
        id=f"{cause}/1",
        item=count.key.item,
        source=outside if units < 0 else here,
        target=here if units < 0 else outside,
        units=abs(units),
        cause=cause,
        origin=count.source,
        reason=f"{count.source} counted it before something else explained it",
        occurred_at=count.as_of - CLOCKS_APART,
    )
    books.ledger.append([movement], now)


def due_counts(books: Books, now: datetime, graces_s: Mapping[str, float]) -> list[Count]:
    """Return counts whose gap has stood longer than the grace of their source, oldest first."""
    if not graces_s:
        return []
    waiting = books.counts.gaps(now - timedelta(seconds=min(graces_s.values())), BATCH)
    return [
        count
        for count in waiting
        if count.gap_since is not None
        and count.source in graces_s
        and count.gap_since <= now - timedelta(seconds=graces_s[count.source])
    ]


def standing_counts(books: Books, due: Sequence[Count], now: datetime) -> list[Count]:
    """Return those of some counts whose gap is the same after everything that changed was read."""
    before = {(count.source, count.key): count for count in due}
    compared = compare_counts(books, list(dict.fromkeys(count.key for count in due)), now)
    return [
        count
        for count in compared
        if (old := before.get((count.source, count.key))) is not None
        and (count.gap_units, count.as_of) == (old.gap_units, old.as_of)
        and count.gap_units
    ]
