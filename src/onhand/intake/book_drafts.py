"""Booking drafts: what one reserves is unplaced until a level shows where. Needs a transaction."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import msgspec

from onhand.domain.bundles import made_of
from onhand.domain.pictures import judge
from onhand.domain.reservations import (
    LEAVING,
    DraftPicture,
    ReservedLine,
    Unplaced,
    end_reservation,
    find_releases,
    find_reservations,
    place_reservation,
    settle_reservation,
)
from onhand.domain.stock import LevelKey, State, fold
from onhand.intake.adoptions import append_explaining
from onhand.intake.booked import Booked, key_of
from onhand.intake.goods import still_booked
from onhand.ports.channel import Ask, Wanted
from onhand.store import Books

AFTER_IT_ENDED_S = 5.0
"""How long after a reservation's time the draft is read again: the platform's clock is not ours."""


def book_draft(books: Books, picture: DraftPicture, now: datetime) -> Booked:
    """Make the ledger agree with a draft, and plan to look again when its reservation ends.

    The levels of its items are read: one of them shows where its units are reserved, and it may be another one now.
    Whether it still reserves is a matter of the channel's clock: ours may be wrong by hours.
    """
    as_of = picture.read_at or now
    about = (Wanted.DRAFT, key_of(picture.cause))
    seen = books.pictures.seen(picture.cause)
    digest = digest_of(picture, as_of)
    verdict = judge(seen, picture.version, digest)
    _look_when_it_ends(books, picture, about, as_of, now)
    if verdict in ("older", "same"):
        return Booked(about, f"{picture.cause}: {verdict}, not news")
    booked = books.ledger.caused_by(picture.cause)
    picture = _taken_apart(books, picture)
    items = {line.item for line in picture.lines} | {row.item for row in booked}
    opened = books.openings.of(picture.cause, seen, items)
    uncounted = frozenset(books.catalog.uncounted({*items, *(item for item, _ in opened.held)}))
    opened = replace(opened, held={key: units for key, units in opened.held.items() if key[0] not in uncounted})
    picture = replace(picture, lines=tuple(line for line in picture.lines if line.item not in uncounted))
    shown = fold(still_booked(booked, uncounted, opened.cuts))
    settlement = settle_reservation(picture, shown, opened, len(booked), as_of)
    written = append_explaining(books, picture.origin, settlement.movements, now)
    unplaced = _place_what_was_adopted(books, picture, settlement.unplaced_units, now)
    books.pictures.set_unplaced(picture.cause, unplaced, now)
    books.openings.keep(picture.cause, seen, settlement.held)
    books.pictures.remember(
        picture.cause,
        picture.origin,
        picture.version,
        digest,
        told=False,
        recorded_at=now,
        name=picture.name,
        known_at=picture.version.at,
        holds=bool(settlement.held),
    )
    leaving = {item: units for (item, bin_), units in settlement.held.items() if bin_ == LEAVING}
    _release_what_was_adopted(books, picture, leaving, now)
    standing = {item for (item, bin_), units in shown.items() if bin_.state is State.RESERVED and units}
    asks = tuple(
        Ask(Wanted.LEVEL, f"{key.item}@{key.location}", "a draft reserves here or elsewhere")
        for item in sorted({*unplaced, *leaving, *standing})
        for key in books.catalog.levels_of(item)
    )
    return Booked(about, f"{picture.cause}: {written} movements", asks)


def _look_when_it_ends(
    books: Books, picture: DraftPicture, about: tuple[Wanted, str], as_of: datetime, now: datetime
) -> None:
    """Ask for the draft when its reservation ends; a reading that shows nothing new has answered what asked for it."""
    if picture.reserved_until is not None and picture.reserves(as_of):
        wait_s = (picture.reserved_until - as_of).total_seconds() + AFTER_IT_ENDED_S
        books.asks.add(picture.origin, [Ask(*about, "its reservation has ended")], now, wait_s)


def _taken_apart(books: Books, picture: DraftPicture) -> DraftPicture:
    """Return the picture with the components of bundles in their place: a bundle has no units to reserve."""
    made = books.bundles.compositions({line.item for line in picture.lines})
    if not made:
        return picture
    lines = [
        ReservedLine(part.item, line.units * part.units)
        for line in picture.lines
        for part in made_of(made, line.item, picture.drafted_at)
    ]
    return replace(picture, lines=tuple(lines))


def _place_what_was_adopted(
    books: Books, picture: DraftPicture, unplaced: Mapping[str, int], now: datetime
) -> dict[str, int]:
    """Book what a draft reserves where a level's shift was adopted before the draft was known; return what is left."""
    left: dict[str, int] = {}
    for item, units in unplaced.items():
        waiting = units
        for adoption in books.drifts.open_adoptions(books.catalog.levels_of(item)):
            for found in find_reservations(adoption.units, [Unplaced(picture.cause, waiting)]):
                count = len(books.ledger.caused_by(picture.cause))
                key = LevelKey(item, adoption.location)
                placed = place_reservation(found, key, picture.origin, count, picture.drafted_at)
                append_explaining(books, picture.origin, [placed], now)
                waiting -= found.units
        if waiting:
            left[item] = waiting
    return left


def _release_what_was_adopted(books: Books, picture: DraftPicture, leaving: Mapping[str, int], now: datetime) -> None:
    """Book back what a draft has ceased to reserve where a level's shift was adopted before that was known."""
    for item, units in leaving.items():
        waiting = units
        for adoption in books.drifts.open_adoptions(books.catalog.levels_of(item)):
            for found in find_releases(adoption.units, [Unplaced(picture.cause, waiting)]):
                count = len(books.ledger.caused_by(picture.cause))
                key = LevelKey(item, adoption.location)
                at = min(adoption.observed_at, picture.reserved_until or adoption.observed_at)
                append_explaining(books, picture.origin, [end_reservation(found, key, picture.origin, count, at)], now)
                books.openings.show_release(found.cause, key, found.units)
                waiting -= found.units


def digest_of(picture: DraftPicture, as_of: datetime) -> str:
    """Return what two pictures are compared by: a reservation that ends makes another one of the same draft."""
    content = (picture.open, picture.reserved_until, picture.reserves(as_of), picture.lines)
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=12).hexdigest()
