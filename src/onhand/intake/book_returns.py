"""Booking returns: the movements that make the ledger agree with a picture of one. Needs a transaction."""

import hashlib
from dataclasses import replace
from datetime import datetime

import msgspec

from onhand.domain.bundles import explode_return
from onhand.domain.pictures import judge
from onhand.domain.returns import OVER, ReturnPicture, settle_return
from onhand.domain.stock import fold
from onhand.intake.adoptions import append_explaining
from onhand.intake.booked import Booked, key_of
from onhand.intake.goods import still_booked
from onhand.ports.channel import Wanted
from onhand.store import Books


def book_return(books: Books, picture: ReturnPicture, now: datetime) -> Booked:
    """Make the ledger agree with a return."""
    about = (Wanted.RETURN, key_of(picture.cause))
    seen = books.pictures.seen(picture.cause)
    digest = digest_of(picture)
    verdict = judge(seen, picture.version, digest)
    if verdict in ("older", "same"):
        return Booked(about, f"{picture.cause}: {verdict}, not news")
    compositions = books.bundles.compositions({line.item for line in picture.lines})
    if compositions:
        picture = explode_return(picture, compositions)
    booked = books.ledger.caused_by(picture.cause)
    items = {line.item for line in picture.lines} | {row.item for row in booked}
    cuts, uncounted = books.ledger.cuts(sorted(items)), frozenset(books.catalog.uncounted(items))
    counted = replace(picture, lines=tuple(line for line in picture.lines if line.item not in uncounted))
    movements = settle_return(counted, fold(still_booked(booked, uncounted, cuts)), cuts, len(booked))
    written = append_explaining(books, picture.origin, movements, now)
    books.returned.put(picture)
    books.pictures.remember(
        picture.cause,
        picture.origin,
        picture.version,
        digest,
        told=False,
        recorded_at=now,
        closed=picture.status in OVER,
        name=picture.name,
    )
    return Booked(about, f"{picture.cause}: {written} movements")


def digest_of(picture: ReturnPicture) -> str:
    """Return what two pictures are compared by: everything in them but the version."""
    content = (picture.status, picture.lines, picture.restocked, picture.refunded)
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=12).hexdigest()
