"""What is known of a level that has a gap, and orders that have claimed no stock. Needs a transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime

from onhand.domain.causes import Effect, Known, find_unclaimed
from onhand.domain.drift import Drift
from onhand.domain.stock import KEPT_STATES, LevelKey, Movement, State, difference, fold, pair_off
from onhand.ports.channel import Ask, Wanted
from onhand.store import Books

RECENT = 200
"""Facts that are looked through for orders of apps: what has moved a level since it last agreed."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def known_of(books: Books, drift: Drift) -> Known:
    """Return what speaks for one cause or another of a gap."""
    key = drift.observation.key
    seen = books.observations.newest([key]).get(key)
    agreed_at = None if seen is None else seen.agreed_at
    locations = {row.location: row.active for row in books.catalog.locations()}
    # Nobody but an order changes committed: a gap that leaves it alone may as well be a hand's.
    claims_differ = drift.units.get(State.COMMITTED, 0) != 0
    effects = _effects_of_apps(books, key, agreed_at or NEVER) if claims_differ else []
    return Known(
        location_active=locations.get(key.location, True),
        was_stocked=bool(books.ledger.touched([key])),
        is_stocked=any(drift.observation.units.values()) or books.catalog.level_id_of(*key) is not None,
        ever_agreed=agreed_at is not None,
        unclaimed=find_unclaimed(drift.units, effects),
    )


def take_back(books: Books, item: str, effects: Sequence[Effect], origin: str, now: datetime) -> list[str]:
    """Book back what orders did to an item for which they have claimed no stock, and remember it of them.

    Goods of theirs that came back stay counted. Returns the orders' names in the books.
    """
    for effect in effects:
        caused = books.ledger.caused_by(effect.cause)
        booked = fold(_claims(caused, item))
        books.pictures.set_unclaimed(effect.cause, item)
        if books.twins.stood_for(effect.cause):  # it holds nothing for the order that it stands for
            because = "it claims no stock for the order that it stands for"
            books.asks.add(origin, [Ask(Wanted.ORDER, effect.cause.rpartition("/")[2], because)], now)
        books.pictures.set_unplaced(effect.cause, {**books.pictures.unplaced_by_item(effect.cause), item: 0}, now)
        books.ledger.append(
            [
                Movement(
                    id=f"{effect.cause}/{number}",
                    item=step.item,
                    source=step.source,
                    target=step.target,
                    units=step.units,
                    cause=effect.cause,
                    origin=origin,
                    reason="claims no stock",
                    occurred_at=now,
                )
                for number, step in enumerate(pair_off(difference({}, booked)), start=len(caused) + 1)
            ],
            now,
        )
    return [effect.cause for effect in effects]


def _effects_of_apps(books: Books, key: LevelKey, after: datetime) -> list[Effect]:
    """Return what orders of apps have done to a level since a time, newest first."""
    causes = books.pictures.causes_at(key, after, RECENT)
    makers = books.pictures.makers(causes)
    names = books.pictures.names(makers)
    effects: list[Effect] = []
    for cause in causes:
        if cause not in makers:
            continue
        moved = fold(_claims(books.ledger.caused_by(cause), key.item))
        units = {
            bin_.state: much
            for (_, bin_), much in moved.items()
            if bin_.location == key.location and bin_.state in KEPT_STATES
        }
        if units:
            effects.append(Effect(cause, makers[cause], units, names.get(cause)))
    return effects


def _claims(caused: Sequence[Movement], item: str) -> list[Movement]:
    """Return what an order did to an item but for goods that came back: those are counted by whoever claimed them."""
    return [row for row in caused if row.item == item and row.source.state is not State.CUSTOMER]
