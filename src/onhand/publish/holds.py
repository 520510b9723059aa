"""Holds: the last unit goes to exactly one asker. Each use case needs the transaction in which it decides.

One writes at a time, so that what may be sold cannot change between being read and being taken. Holds that are late are
ended before anything is counted: they keep nothing, whether or not anybody has looked at the clock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, assert_never

from onhand.domain.holds import (
    ORIGIN,
    Hold,
    HoldStatus,
    HoldWish,
    Kept,
    choose_places,
    give_back,
    grant,
    sell,
    sell_late,
)
from onhand.domain.selling import Explanation, SellingRule
from onhand.domain.stock import Movement
from onhand.ports.errors import OnhandError
from onhand.publish.recalculate import Sums, recalculate
from onhand.store import Books

SWEEP = 500
"""Late holds a transaction that nobody waits for."""


class NoSuchHold(OnhandError):
    """There is no hold of this number."""


class HoldEnded(OnhandError):
    """A hold has ended otherwise than is asked for now."""


class KeyTaken(OnhandError):
    """An asker's name of a request stands for another request."""


class Granted(NamedTuple):
    """A hold as it is now. `repeated`: it was granted before, to the same request."""

    hold: Hold
    repeated: bool


class Short(NamedTuple):
    """There is not so much: what may be held, and why it is that number."""

    wish: HoldWish
    left: Explanation


def hold_all(books: Books, wishes: Sequence[HoldWish], now: datetime) -> list[Granted | Short | KeyTaken]:
    """Grant what there is, in the order in which it is asked for; return an answer for each wish.

    A wish whose key was granted before is answered with that hold. What could not be granted is not kept: asked again
    under the same key, it may be.
    """
    lapse(books, now)
    known = books.holds.of_keys({wish.key for wish in wishes})
    shelves = _Shelves(books, {wish.item for wish in wishes if wish.key not in known})
    short: dict[int, Short] = {}
    taken: dict[str, tuple[HoldWish, list[Kept]]] = {}
    for place, wish in enumerate(wishes):
        if wish.key in known or wish.key in taken:
            continue
        kept = shelves.take(wish)
        if kept:
            taken[wish.key] = wish, kept
        else:
            short[place] = Short(wish, shelves.left(wish))
    fresh = _grant(books, list(taken.values()), now)
    known |= fresh
    answers: list[Granted | Short | KeyTaken] = []
    for place, wish in enumerate(wishes):
        new = fresh.pop(wish.key, None)
        if place in short:
            answers.append(short[place])
        else:
            answers.append(Granted(new, repeated=False) if new is not None else _repeated(known[wish.key], wish))
    return answers


def confirm(books: Books, id_: int, now: datetime) -> Hold | Short:
    """Sell what a hold keeps, and return it; one that was confirmed stays as it is.

    One that has expired is confirmed all the same where its units are still free: its shopper may have paid meanwhile.
    Raises NoSuchHold, HoldEnded where it was released.
    """
    hold = _find(books, id_)
    if hold.is_late(now):
        lapse(books, now)
        hold = hold.as_of(now)
    match hold.status:
        case HoldStatus.CONFIRMED:
            return hold
        case HoldStatus.RELEASED:
            raise HoldEnded(
                f"hold {id_} was released at {hold.ended_at:%Y-%m-%d %H:%M:%S} UTC, its units were given back: "
                "ask for a new one"
            )
        case HoldStatus.EXPIRED:
            shelves = _Shelves(books, {hold.wish.item})
            kept = shelves.take(hold.wish)
            if not kept:
                return Short(hold.wish, shelves.left(hold.wish))
            sold, moved = sell_late(hold, kept, now)
        case HoldStatus.HELD:
            sold, moved = sell(hold, now)
        case _:
            assert_never(hold.status)
    _book(books, [sold], moved, now)
    return sold


def release(books: Books, id_: int, now: datetime) -> Hold:
    """Give back what a hold keeps, and return it; one that was released, or has expired, stays as it is.

    Raises NoSuchHold, HoldEnded where it was confirmed.
    """
    hold = _find(books, id_)
    if hold.is_late(now):
        lapse(books, now)
        return hold.as_of(now)
    if hold.status is HoldStatus.CONFIRMED:
        raise HoldEnded(
            f"hold {id_} was confirmed at {hold.ended_at:%Y-%m-%d %H:%M:%S} UTC, its units are sold: what "
            "comes back is put on the shelf in Shopify, as any return"
        )
    if hold.status is HoldStatus.HELD:
        hold, moved = give_back(hold, HoldStatus.RELEASED, now)
        _book(books, [hold], moved, now)
    return hold


def lapse(books: Books, now: datetime, limit: int | None = None) -> int:
    """End holds whose time is over, at most `limit`; return how many there were. They end when their time did."""
    ended = 0
    while late := books.holds.due(now, SWEEP):
        pairs = [give_back(hold, HoldStatus.EXPIRED, hold.expires_at) for hold in late]
        _book(books, [hold for hold, _ in pairs], [row for _, moved in pairs for row in moved], now)
        ended += len(late)
        if limit is not None and ended >= limit:
            break
    return ended


def lapse_and_recalculate(books: Books, now: datetime) -> int:
    """End late holds, and compute stale offers again; return how many offers."""
    lapse(books, now, SWEEP)
    return recalculate(books, now)


def _grant(books: Books, taken: Sequence[tuple[HoldWish, list[Kept]]], now: datetime) -> dict[str, Hold]:
    """Write down new holds and what they keep; return them by key."""
    if not taken:
        return {}
    first = books.count("holds", by=len(taken)) - len(taken) + 1
    granted = [grant(id_, wish, kept, now) for id_, (wish, kept) in enumerate(taken, start=first)]
    books.ledger.append([movement for _, movements in granted for movement in movements], now)
    books.holds.add(hold for hold, _ in granted)
    return {hold.wish.key: hold for hold, _ in granted}


def _find(books: Books, id_: int) -> Hold:
    hold = books.holds.get(id_)
    if hold is None:
        raise NoSuchHold(f"there is no hold {id_}: the answer to the request that made it says its number")
    return hold


def _repeated(before: Hold, wish: HoldWish) -> Granted | KeyTaken:
    if before.wish.asked != wish.asked:
        return KeyTaken(
            f"Idempotency-Key {wish.key!r} stands for {before.wish.asked}, this is {wish.asked}: use a new key"
        )
    return Granted(before, repeated=True)


def _book(books: Books, ended: Sequence[Hold], moved: Sequence[Movement], now: datetime) -> None:
    """Keep how holds have ended. Of items that nobody counts any more nothing moves: their bins rest as they are."""
    resting = books.catalog.uncounted({movement.item for movement in moved})
    books.ledger.append([movement for movement in moved if movement.item not in resting], now)
    books.holds.end(ended)


class _Shelves:
    """What there is of some items, less what was taken in this transaction and is not booked yet."""

    def __init__(self, books: Books, items: set[str]) -> None:
        self._sums = Sums(books, items) if items else None

    def left(self, wish: HoldWish) -> Explanation:
        """Return what may be held in the place of what is wished for."""
        assert self._sums is not None
        return self._sums.explain_by(self._rule(wish), wish.item)

    def take(self, wish: HoldWish) -> list[Kept]:
        """Take what is wished for, and return what is to be kept; nothing where there is not so much."""
        assert self._sums is not None
        rule = self._rule(wish)
        places = choose_places(self.left(wish), rule.locations, wish.units)
        kept = [
            Kept(part.item, location, part.units * units)
            for location, units in (places or {}).items()
            for part in self._sums.made_of(wish.item)
        ]
        for each in kept:
            self._sums.take(each.item, each.location, each.units)
        return kept

    def _rule(self, wish: HoldWish) -> SellingRule:
        assert self._sums is not None
        if wish.location is not None:
            return SellingRule(channel=ORIGIN, locations=(wish.location,))
        channel = wish.channel or ""
        return self._sums.rules.get(channel, SellingRule(channel=channel, locations=()))
