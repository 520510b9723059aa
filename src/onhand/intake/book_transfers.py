"""Booking transfers: the movements that make the ledger agree with a picture of one. Needs a transaction."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import msgspec

from onhand.domain.pictures import judge
from onhand.domain.stock import LevelKey, fold
from onhand.domain.transfers import TransferPicture, TransferStatus, settle_transfer, under_way
from onhand.intake.adoptions import append_explaining
from onhand.intake.booked import Booked, key_of
from onhand.intake.goods import still_booked
from onhand.ports.channel import Ask, Problem, Wanted
from onhand.store import Books

LOST = "transfer vanished with units under way"
"""The kind of problem: one a transfer. The next audit that compares everything settles it."""

DRAFT = "draft"
"""The digest of every draft: none of them has moved anything."""


def book_transfer(books: Books, picture: TransferPicture, now: datetime, read_before: datetime | None = None) -> Booked:
    """Make the ledger agree with a transfer.

    Levels that were opened at `read_before` or later hold all that the picture shows: it was read first.
    """
    about = (Wanted.TRANSFER, key_of(picture.cause))
    seen = books.pictures.seen(picture.cause)
    if seen is None and picture.status is TransferStatus.VANISHED:
        return Booked(about, f"{picture.cause}: nobody knows it")
    digest = digest_of(picture)
    verdict = judge(seen, picture.version, digest)
    if verdict in ("older", "same"):
        return Booked(about, f"{picture.cause}: {verdict}, not news")
    booked = books.ledger.caused_by(picture.cause)
    items = {line.item for line in picture.lines} | {row.item for row in picture.sent} | {row.item for row in booked}
    opened = replace(books.openings.of(picture.cause, seen, items), read_before=read_before)
    uncounted = frozenset(books.catalog.uncounted({*items, *(item for item, _ in opened.held)}))
    opened = replace(opened, held={key: units for key, units in opened.held.items() if key[0] not in uncounted})
    counted = replace(
        picture,
        lines=tuple(row for row in picture.lines if row.item not in uncounted),
        sent=tuple(row for row in picture.sent if row.item not in uncounted),
    )
    shown = fold(still_booked(booked, uncounted, opened.cuts))
    settled = settle_transfer(counted, shown, opened, len(booked))
    written = append_explaining(books, picture.origin, settled.movements, now)
    books.openings.keep(picture.cause, seen, settled.held)
    books.pictures.remember(
        picture.cause,
        picture.origin,
        picture.version,
        digest,
        told=False,
        recorded_at=now,
        closed=not picture.is_open,
        name=picture.name or None,
        known_at=picture.seen_at,
        holds=bool(settled.held),
    )
    note = f"{picture.cause}: {written} movements"
    if picture.status is not TransferStatus.VANISHED:
        return Booked(about, note)
    lost = under_way(settled.movements)
    if lost:
        books.problems.raise_(_lost(books, picture, lost), now)
    because = "a transfer that held units here has vanished"
    keys = {LevelKey(row.item, row.source.location) for row in settled.movements}
    asks = tuple(Ask(Wanted.LEVEL, f"{key.item}@{key.location}", because) for key in sorted(keys))
    return Booked(about, f"{note}, it has vanished", asks)


def _lost(books: Books, picture: TransferPicture, lost: Mapping[tuple[str, str], int]) -> Problem:
    items = books.catalog.items_of(item for item, _ in lost)
    names = {location.location: location.name for location in books.catalog.locations()}
    what = ", ".join(
        f"{units} of {items[item].sku if item in items else item} to {names.get(place, place)}"
        for (item, place), units in sorted(lost.items())
    )
    message = f"{picture.cause} is not at Shopify any more, and {what} were under way in it: nobody will receive them"
    next_step = "count them where they were to arrive, and add in Shopify what came; the next audit settles this"
    return Problem(LOST, picture.cause, message, next_step)


def digest_of(picture: TransferPicture) -> str:
    """Return what two pictures are compared by: everything in them but the version; of a draft, that it is one."""
    if picture.status is TransferStatus.DRAFT:
        return DRAFT
    content = (picture.status, picture.from_location, picture.to_location, picture.lines, picture.sent)
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=12).hexdigest()
