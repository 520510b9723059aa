"""Booking transfers: the movements that make the ledger agree with a picture of one. Needs a transaction."""

import hashlib
from dataclasses import replace
from datetime import datetime

import msgspec

from onhand.domain.pictures import judge
from onhand.domain.stock import fold
from onhand.domain.transfers import TransferPicture, TransferStatus, settle_transfer
from onhand.intake.adoptions import append_explaining
from onhand.intake.booked import Booked, key_of
from onhand.intake.goods import still_booked
from onhand.ports.channel import Wanted
from onhand.store import Books

DRAFT = "draft"
"""The digest of every draft: none of them has moved anything."""


def book_transfer(books: Books, picture: TransferPicture, now: datetime, read_before: datetime | None = None) -> Booked:
    """Make the ledger agree with a transfer.

    Levels that were opened at `read_before` or later hold all that the picture shows: it was read first.
    """
    about = (Wanted.TRANSFER, key_of(picture.cause))
    seen = books.pictures.seen(picture.cause)
    digest = digest_of(picture)
    verdict = judge(seen, picture.version, digest)
    if verdict in ("older", "same"):
        return Booked(about, f"{picture.cause}: {verdict}, not news")
    booked = books.ledger.caused_by(picture.cause)
    items = {line.item for line in picture.lines} | {row.item for row in picture.sent} | {row.item for row in booked}
    opened = replace(books.openings.of(picture.cause, seen, items), read_before=read_before)
    uncounted = frozenset(books.catalog.uncounted(items))
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
        name=picture.name,
        known_at=picture.seen_at,
        holds=bool(settled.held),
    )
    return Booked(about, f"{picture.cause}: {written} movements")


def digest_of(picture: TransferPicture) -> str:
    """Return what two pictures are compared by: everything in them but the version; of a draft, that it is one."""
    if picture.status is TransferStatus.DRAFT:
        return DRAFT
    content = (picture.status, picture.from_location, picture.to_location, picture.lines, picture.sent)
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=12).hexdigest()
