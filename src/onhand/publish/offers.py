"""Offers: channels that take a number are told what they may sell.

Lowering goes at once. Raising goes only after the channel was looked at later than the item last moved: an order that
the channel holds and that has not reached us would otherwise be sold twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from onhand.domain.catalog import Listing
from onhand.domain.selling import fitted
from onhand.ports.channel import (
    Applied,
    Ask,
    Offer,
    Outcome,
    Parcel,
    Problem,
    Rejected,
    Sells,
    Shown,
    Throttled,
    Unknown,
    Wanted,
)
from onhand.publish.bounds import LOCKED, keep_bounds, note_beyond, untold
from onhand.publish.guard import ZERO_SHARE, gate, hold_if_emptying
from onhand.store import Books, Intent, IntentRow, Untold
from onhand.store.offers import PATIENCE

NOT_TAKEN = "channel takes nothing"
"""The kind of problem that is not about a listing but about the whole channel."""

REFUSED = "offer refused"
"""The kind of problem that is about a listing which the channel would not take."""

OVERRULED = "listing is overruled"
"""The kind of problem that is about another program which writes the same number."""

READ_BACK_S = 1.5
"""How long after a write its listings are read back: platforms answer before all their caches follow."""


URGENT_UNITS = 3
"""Lowering to so few units is urgent: the next shopper may be the one too many."""

RESERVED_SENDS = 1
"""Sends that only what is urgent may use: within two writes a second, a full half second is an oversell."""


class Planned(NamedTuple):
    """An intent that may go out, and since when one of its listings has had to be told."""

    intent: Intent
    touched_at: datetime


def plan(
    books: Books, channel: Sells, capacity: int, now: datetime, *, run: str, zero_share: float = ZERO_SHARE
) -> list[Planned]:
    """Return up to `capacity` new intents, kept durably, worst oversell risk first. Needs a transaction.

    `run` names this planning run; idempotency keys start with it, so it must never repeat. Listings that may only be
    raised after a look are asked for instead.
    """
    keep_bounds(books, channel, now)
    if not gate(books, channel.name).open or hold_if_emptying(books, channel.name, zero_share, now):
        return []
    ready: list[Untold] = []
    to_look_at: list[Untold] = []
    waiting = untold(books, channel, capacity * 4, now)
    if not waiting:  # what it would not take is wanted no more
        books.problems.settle(NOT_TAKEN, channel.name, now)
    note_beyond(books, channel, waiting, now)
    for row in waiting:
        (ready if _may_go(row) else to_look_at).append(row)
    if to_look_at:
        because = "it may be raised, so its own orders are counted first"
        books.asks.add(channel.name, [Ask(Wanted.LISTING, row.listing, because) for row in to_look_at], now)
    urgent = [row for row in ready if row.units <= URGENT_UNITS and _lowers(row)][:capacity]
    calm = [row for row in ready if row not in urgent][: max(0, capacity - RESERVED_SENDS - len(urgent))]
    touched_at = {row.listing: row.touched_at for row in (*urgent, *calm)}
    listings = books.catalog.listings_of(channel.name, list(touched_at))
    offers = [
        Offer(listings[row.listing], row.units, row.told_units, _spread(row))
        for row in (*urgent, *calm)
        if row.listing in listings
    ]
    planned: list[Planned] = []
    for parcel, carried in channel.pack(offers, run):
        intent = _intent(parcel, carried, now)
        books.intents.plan(intent)
        books.intents.mark_sent(intent.key, now)
        planned.append(Planned(intent, min(touched_at[offer.listing.listing] for offer in carried)))
    return planned


def conclude(books: Books, intent: Intent, outcome: Outcome, now: datetime) -> str:
    """Write down what became of an intent and return a line for the log. Needs a transaction."""
    listings = [row.listing for row in intent.rows if row.listing is not None]
    match outcome:
        case Applied(_, note):
            for listing, row in zip(listings, intent.rows, strict=True):
                places = {place: units for place, units in row.units.items() if place != "units"}
                books.offers.told(intent.channel, listing, row.units["units"], now, places or None)
            for listing in books.offers.unpark_told(intent.channel, listings):
                books.problems.settle(REFUSED, f"{intent.channel}/{listing}", now)
            books.intents.conclude(intent.key, "applied", note, now)
            books.problems.settle(NOT_TAKEN, intent.channel, now)
        case Rejected(_, rows, note, _, True):
            for number in rows or range(len(listings)):
                _leave(books, intent.channel, listings[number], note, now)
            books.intents.conclude(intent.key, "rejected", note, now)
        case Rejected(_, rows, note, of_the_number):
            for number in rows or range(len(listings)):
                units = intent.rows[number].units["units"] if of_the_number else None
                _park(books, intent.channel, listings[number], note, now, units=units)
            books.intents.conclude(intent.key, "rejected", note, now)
        case Unknown(note):
            books.intents.conclude(intent.key, "unknown", note, now)
        case Throttled(retry_after_s, trouble):
            books.intents.conclude(intent.key, "rejected", f"throttled, free again in {retry_after_s:.1f} s", now)
            if trouble is not None:
                next_step = "mend what the message names; telling goes on by itself within a minute"
                books.problems.raise_(
                    Problem(NOT_TAKEN, intent.channel, f"{intent.channel}: {trouble}", next_step), now
                )
            return f"{intent.channel}: throttled for {retry_after_s:.1f} s"
    ending = type(outcome).__name__.lower()
    asks = [Ask(Wanted.LISTING, listing, f"reading back after a write: {ending}") for listing in listings]
    books.asks.add(intent.channel, asks, now, READ_BACK_S)
    return f"{intent.channel}: {len(listings)} listings {ending}"


def _park(books: Books, channel: str, listing: str, reason: str, now: datetime, *, units: int | None) -> None:
    """Leave a refused listing alone until a person has looked, or, where `units` were refused, until they change."""
    books.offers.park(channel, listing, reason, units)
    message = f"{channel} refused listing {listing}: {reason}"
    next_step = "mend what the message names; the next `onhand sync` tries the listing again"
    if units is not None:
        next_step = "mend what the message names; another number is told by itself"
    books.problems.raise_(Problem(REFUSED, f"{channel}/{listing}", message, next_step), now)


def _leave(books: Books, channel: str, listing: str, reason: str, now: datetime) -> None:
    """Tell a listing nothing whose number its channel computes: nobody has to mend that. What it shows is looked at.

    The next `onhand sync` tries once more: it may have become a listing like any other.
    """
    books.offers.park(channel, listing, reason)
    books.problems.settle(REFUSED, f"{channel}/{listing}", now)


def try_again(books: Books, channel: str, now: datetime) -> None:
    """Tell a channel again what it has refused, and raise again what another program has set: somebody mended it."""
    for row in books.offers.rows(channel=channel):
        if row.parked_reason is not None:
            books.offers.unpark(channel, row.listing)
            books.problems.settle(REFUSED, f"{channel}/{row.listing}", now)
    for listing in books.offers.forget_overruled(channel):
        books.problems.settle(OVERRULED, f"{channel}/{listing}", now)


def settle_unknown(books: Books, channel: str, now: datetime) -> None:
    """Close unknown intents whose listings were all read back, by one look or by several: nobody asks for them now.

    What is shown then is what was told.
    """
    for intent in books.intents.unsettled(channel):
        listings = [row.listing for row in intent.rows if row.listing is not None]
        if intent.status == "unknown" and not books.asks.of(channel, Wanted.LISTING, listings):
            books.intents.conclude(intent.key, "applied", "outcome taken from reading back", now)


def show(books: Books, listing: Listing, shown: Shown, now: datetime) -> int:
    """Take over what a channel shows for a listing; return how many of the units it holds we know nothing of."""
    if listing.item is None:
        return 0
    known_units = books.pictures.held_units(listing.channel, [listing.item]).get(listing.item, 0)
    known_units += books.bundles.open_units(listing.channel, [listing.item]).get(listing.item, 0)
    unseen_units = max(0, shown.committed_units - known_units)
    overruled = books.offers.shown(
        listing.channel,
        listing.listing,
        shown.available_units,
        unseen_units,
        now,
        locked_units=shown.locked_units,
        locked_for=shown.locked_for,
        spread=shown.spread,
    )
    if not shown.locked_units:
        books.problems.settle(LOCKED, f"{listing.channel}/{listing.listing}", now)
    _watch_for_another_writer(books, listing, shown.available_units, overruled, now)
    return unseen_units


def _watch_for_another_writer(books: Books, listing: Listing, shown_units: int, overruled: int, now: datetime) -> None:
    """Tell a person of a listing that shows something else each time: raising it would be a fight without end."""
    key = f"{listing.channel}/{listing.listing}"
    if overruled == 0:
        books.problems.settle(OVERRULED, key, now)
    elif overruled >= PATIENCE and not _is_parked(books, listing):
        message = (
            f"{listing.channel} shows {shown_units} for listing {listing.listing}, and something else than it was told "
            f"{overruled} times in a row: another program sets it, too. It is lowered where that is needed, not raised"
        )
        next_step = "take the stock of this listing out of the other program; then `onhand sync` raises it again"
        books.problems.raise_(Problem(OVERRULED, key, message, next_step), now)


def _is_parked(books: Books, listing: Listing) -> bool:
    items = [listing.item] if listing.item is not None else []
    rows = books.offers.rows(channel=listing.channel, items=items)
    return any(row.listing == listing.listing and row.parked_reason is not None for row in rows)


def _spread(row: Untold) -> tuple[tuple[str, int], ...]:
    return () if row.spread is None else tuple(fitted(dict(row.spread), row.units).items())


def _may_go(row: Untold) -> bool:
    return _lowers(row) or (row.shown_at is not None and row.shown_at >= row.touched_at)


def _lowers(row: Untold) -> bool:
    return row.told_units is not None and row.units < row.told_units


def _intent(parcel: Parcel, offers: Sequence[Offer], now: datetime) -> Intent:
    rows = tuple(
        IntentRow(
            listing=offer.listing.listing,
            item=offer.listing.item or "",
            location=None,
            units={"units": offer.units, **dict(offer.spread)},
        )
        for offer in offers
    )
    return Intent(
        key=parcel.key,
        channel=parcel.channel,
        kind="offer",
        body=parcel.body,
        rows=rows,
        compares=False,
        planned_at=now,
    )
