"""Booking: what a report says becomes movements, observations and asks. Needs a transaction."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from onhand.domain.drift import overlap
from onhand.domain.orders import OrderPicture, settle
from onhand.domain.pictures import judge
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, Movement, State, fold, pair_off
from onhand.intake.offered import offer
from onhand.ports.channel import Ask, Report, Wanted
from onhand.store import Adoption, Books

ASK_DELAY_S = 0.4
"""How long an order that was lowered already waits to be read: its three or four webhooks then cost one reading. What
a webhook says nothing of is asked for at once."""

DISCONNECTED = "the shop has removed onhand"


def book(books: Books, channel: str, report: Report, now: datetime) -> str:
    """Book everything that `channel` reports and return a line for the log."""
    notes = [report.note] if report.note else []
    if report.locations:
        books.catalog.put_locations(report.locations, now)
    if report.items:
        books.catalog.put_items(report.items, now)
        offer(books, now, [item.item for item in report.items])
    if report.listings:
        books.catalog.put_listings(report.listings, now)
    if report.level_ids:
        books.catalog.put_level_ids(dict(report.level_ids))
    settled_orders: set[str] = set()
    for picture in report.pictures:
        note, more = book_order(books, picture, now)
        notes.append(note)
        settled_orders.add(order_of(picture.cause))
        if more:
            books.asks.add(channel, more, now, ASK_DELAY_S)
    for observation in report.observations:
        news = books.observations.put(observation, now)
        notes.append(f"level of {observation.item} at {observation.location}: {'seen' if news else 'not news'}")
    asks = [ask for ask in report.asks if ask.wanted is not Wanted.ORDER or ask.key not in settled_orders]
    if asks:
        books.asks.add(channel, asks, now)
        notes.append(f"asked for {', '.join(f'{ask.wanted} {ask.key}' for ask in asks)}")
    for problem in report.problems:
        books.problems.raise_(problem, now)
    if report.closed:
        books.channels.arm(channel, armed=False)
        books.channels.hold(channel, DISCONNECTED)
        notes.append("writing is off: the shop has removed onhand")
    return "; ".join(notes) or "nothing in it concerns stock"


def order_of(cause: str) -> str:
    """Return the channel's own id of the order behind a cause such as `shopify/order/1001`."""
    return cause.rpartition("/")[2]


def book_order(books: Books, picture: OrderPicture, now: datetime) -> tuple[str, tuple[Ask, ...]]:
    """Make the ledger agree with an order; return a line for the log and what must be asked to know more."""
    seen = books.pictures.seen(picture.cause)
    digest = digest_of(picture)
    told = picture.version.reading == 0
    ask = Ask(Wanted.ORDER, order_of(picture.cause), "")
    match judge(seen, picture.version, digest):
        case "older" | "same" as verdict:
            return f"{picture.cause}: {verdict}, not news", ()
        case "tie":
            because = "two pictures of the same second differ"
            return f"{picture.cause}: {because}, asked again", (ask._replace(because=because),)
    booked = books.ledger.caused_by(picture.cause) if seen else []
    cuts = books.ledger.cuts(sorted({line.item for line in picture.lines}))
    settlement = settle(picture, fold(booked), cuts, len(booked))
    movements = settlement.movements
    if movements:
        movements += _reverse_adoptions(books, picture.origin, movements)
        books.ledger.append(movements, now)
    if settlement.unplaced_units or seen:
        books.pictures.set_unplaced(picture.cause, settlement.unplaced_units, now)
    books.pictures.remember(picture.cause, picture.origin, picture.version, digest, told=told, recorded_at=now)
    _follow_the_channel(books, picture, settlement.movements, now)
    note = f"{picture.cause}: {len(movements)} movements"
    if settlement.unplaced_units or not picture.complete:
        return f"{note}, asked for more", (ask._replace(because="the webhook does not say everything"),)
    return note, ()


def digest_of(picture: OrderPicture) -> str:
    """Return what two pictures of the same second are compared by: everything in them but the version."""
    content = (picture.placed_at, picture.lines, picture.placed, picture.shipped, picture.refunded, picture.hold)
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=12).hexdigest()


def _follow_the_channel(books: Books, picture: OrderPicture, movements: Sequence[Movement], now: datetime) -> None:
    """Lower what a channel is believed to show by what it has just sold itself: it did so before it told us.

    A look that came before the order has counted its units as unseen: it is looked again, or they count twice.
    """
    if picture.hold is State.COMMITTED:
        return
    sold: defaultdict[str, int] = defaultdict(int)
    for movement in movements:
        if movement.source.state is State.AVAILABLE:
            sold[movement.item] += movement.units
    for item, units in sold.items():
        books.offers.sold(picture.origin, item, units, picture.placed_at)
    moved = sorted({movement.item for movement in movements})
    counted = [row for row in books.offers.rows(channel=picture.origin, items=moved) if row.unseen_units]
    if counted:
        because = "an order that it counted has become known"
        books.asks.add(picture.origin, [Ask(Wanted.LISTING, row.listing, because) for row in counted], now)


def _reverse_adoptions(books: Books, origin: str, movements: Sequence[Movement]) -> tuple[Movement, ...]:
    """Return movements that take back the part of adoptions which these movements now account for."""
    touched = {LevelKey(m.item, bin_.location) for m in movements for bin_ in (m.source, m.target)}
    reversals: list[Movement] = []
    for adoption in books.drifts.open_adoptions(sorted(touched)):
        if adoption.source == origin:
            reversals += _reverse(books, adoption, movements)
    return tuple(reversals)


def _reverse(books: Books, adoption: Adoption, movements: Iterable[Movement]) -> list[Movement]:
    earlier = [movement for movement in movements if movement.occurred_at <= adoption.observed_at]
    moved = {
        bin_.state: units
        for (item, bin_), units in fold(earlier).items()
        if item == adoption.item and bin_.location == adoption.location and bin_.state in KEPT_STATES
    }
    shared = overlap(adoption.units, moved)
    if not shared:
        return []
    books.drifts.reduce_adoption(adoption.cause, shared)
    gaps = {(adoption.item, Bin(adoption.location, state)): -units for state, units in shared.items()}
    balance = sum(gaps.values())
    if balance:
        gaps[adoption.item, Bin(adoption.location, State.UNEXPLAINED)] = -balance
    first = earlier[0]
    return [
        Movement(
            id=f"{adoption.cause}/explained-by/{first.id}/{number}",
            item=transfer.item,
            source=transfer.source,
            target=transfer.target,
            units=transfer.units,
            cause=adoption.cause,
            origin=adoption.source,
            reason=f"explained by {first.cause}",
            occurred_at=first.occurred_at,
        )
        for number, transfer in enumerate(pair_off(gaps), start=1)
    ]
