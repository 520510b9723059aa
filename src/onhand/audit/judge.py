"""Judging: a gap that stands is looked into before anything is adopted.

The order of looking is the proof: read the level, read again what changed in orders since the last agreement, read
the level once more. Only a level and a gap that are the same both times, with nothing in flight, are left for healing:
of two changes the second may be as large as the first. An item that sells without rest fails this again and again until
a pause lets it through; nothing is guessed meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from onhand.audit.compare import compare_and_place, write_down
from onhand.audit.placing import place_hidden, withdraw_reservations
from onhand.domain.drift import Drift
from onhand.domain.reservations import HIDDEN, is_reservation
from onhand.domain.stock import LevelKey, State
from onhand.ports.channel import Ask, Wanted
from onhand.store import Books

BATCH = 40
"""Levels a judgement: one reading of them stays well under Shopify's 1,000 points a query."""

# The orders of the platform that keeps the levels: it alone is asked where their units are.
_ORDERS = "shopify/order/"
_RETURNS = "shopify/return/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Levels under judgement and what the first look found of them. `since` reaches behind the last agreement."""

    keys: tuple[LevelKey, ...]
    since: datetime
    first_looks: Mapping[LevelKey, Drift] = field(default_factory=dict)

    def stood_still(self, drift: Drift) -> bool:
        """Return whether a level shows what it showed at the first look, and its gap is the one that it had then."""
        first = self.first_looks.get(drift.observation.key)
        return first is not None and first.observation.units == drift.observation.units and first.units == drift.units


def due(
    books: Books, now: datetime, grace_s: float, resting: Collection[LevelKey] = (), limit: int = BATCH
) -> Judgement | None:
    """Return the levels whose gap has stood longer than the grace, oldest first, or None.

    Levels that are `resting` are left out: a gap that stays, because another authority counts there or the level never
    stands still, must not keep the gaps behind it waiting. So are those that do not add up: they are read again anyway.
    """
    resting = {*resting, *books.doubts.all()}
    gaps = books.observations.gaps(now - timedelta(seconds=grace_s), limit + len(resting))
    keys = [key for key in gaps if key not in resting][:limit]
    return begin(books, keys, now) if keys else None


def begin(books: Books, keys: Sequence[LevelKey], now: datetime) -> Judgement:
    """Return a judgement of these levels, reaching back to the last time that all of them agreed.

    A level that never did is new: the last audit did not find it, nor the reading that opened its item.
    """
    newest = books.observations.newest(keys)
    agreed = [seen.agreed_at for seen in newest.values() if seen.agreed_at is not None]
    strangers = {key: seen.recorded_at for key, seen in newest.items() if seen.agreed_at is None}
    if strangers:
        audit = books.audits.latest()
        whole = [audit.started_at] if audit else books.ledger.cuts(sorted({key.item for key in strangers})).values()
        agreed += [*strangers.values(), *whole]
    return Judgement(keys=tuple(keys), since=min(agreed, default=now))


def unfinished(books: Books, items: Collection[str]) -> list[Ask]:
    """Return asks for what may have moved items without a sweep finding it.

    Open returns keep no time of their changes; a draft that was deleted is not there to be found, nor is an order of
    unknown location that the platform shows no more.
    """
    because = "a level of its goods differs"
    waiting = {cause for item in items for cause in books.pictures.unplaced_of(item)}
    returns = [cause for cause in books.returned.open_of(items) if cause.startswith(_RETURNS)]
    asks = [Ask(Wanted.RETURN, cause.rpartition("/")[2], because) for cause in returns]
    orders = {cause for cause in waiting if cause.startswith(_ORDERS)}
    asks += [Ask(Wanted.ORDER, cause.rpartition("/")[2], because) for cause in sorted(orders)]
    drafts = {cause for cause in waiting if is_reservation(cause)} | set(books.pictures.reservations_of(items))
    drafts |= {cause for _, cause, _ in books.openings.somewhere(items, HIDDEN.state)}
    return asks + [Ask(Wanted.DRAFT, cause.rpartition("/")[2], because) for cause in sorted(drafts)]


def after_first_look(books: Books, judgement: Judgement, now: datetime) -> Judgement:
    """Return the judgement of the levels that still have a gap after they were read. Needs a transaction."""
    gaps = _gaps(books, judgement.keys, now)
    return Judgement(keys=tuple(gaps), since=judgement.since, first_looks=gaps)


def to_read_again(books: Books, judgement: Judgement) -> list[LevelKey]:
    """Return the levels of the second look: those judged, and every other one of items whose reserved units differ.

    A draft may have gone from one level to another, and only both of them show that.
    """
    reserved = {key.item for key, drift in judgement.first_looks.items() if drift.units.get(State.RESERVED)}
    beside = {key for item in reserved for key in books.catalog.levels_of(item)}
    return [*judgement.keys, *sorted(beside.difference(judgement.keys))]


def verdict(books: Books, judgement: Judgement, now: datetime) -> dict[LevelKey, Drift]:
    """Return the drifts that nothing explains, after the second look. Needs a transaction.

    A level is left out while units of its item belong to orders without a location (what a draft reserves shows at
    once, where it does), or while a telling is open: a platform may have carried it out between the two looks. So is
    one whose newest observation was not read but told, dated later than what was read: then nobody has looked at it
    twice. And so is one that did not add up when it was read last: what was observed before says nothing of now.
    """
    drifts = _unexplained(books, judgement, now)
    placed, withdrawn = place_hidden(books, drifts, now), withdraw_reservations(books, drifts, now)
    if placed or withdrawn:
        drifts = _unexplained(books, judgement, now)
    return drifts


def _unexplained(books: Books, judgement: Judgement, now: datetime) -> dict[LevelKey, Drift]:
    gaps = _gaps(books, judgement.keys, now)
    waiting = {item: books.pictures.unplaced_of(item) for item in sorted({key.item for key in gaps})}
    not_judged = {*books.intents.open_keys("level"), *books.doubts.all()}
    return {
        key: drift
        for key, drift in gaps.items()
        if judgement.stood_still(drift)
        and drift.observation.reading
        and all(is_reservation(cause) for cause in waiting[key.item])
        and key not in not_judged
    }


def _gaps(books: Books, keys: Sequence[LevelKey], now: datetime) -> dict[LevelKey, Drift]:
    compared = compare_and_place(books, keys, now)
    write_down(books, compared, now)
    return compared.drifts
