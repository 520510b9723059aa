"""Offers: channels that take a number are told what they may sell.

Lowering goes at once. Raising goes only after the channel was looked at later than the item last moved: an order that
the channel holds and that has not reached us would otherwise be sold twice.
"""

from collections.abc import Sequence
from datetime import datetime

from onhand.ports.channel import Applied, Ask, Offer, Outcome, Rejected, Sells, Shown, Throttled, Unknown, Wanted
from onhand.publish.guard import ZERO_SHARE, gate, hold_if_emptying
from onhand.store import Books, Intent, IntentRow, Untold

READ_BACK_S = 1.5
"""How long after a write its listings are read back: platforms answer before all their caches follow."""


def plan(
    books: Books, channel: Sells, capacity: int, now: datetime, run: str, zero_share: float = ZERO_SHARE
) -> list[Intent]:
    """Return up to `capacity` new intents, kept durably, worst oversell risk first. Needs a transaction.

    `run` names this planning run; idempotency keys start with it, so it must never repeat. Listings that may only be
    raised after a look are asked for instead.
    """
    if not gate(books, channel.name).open or hold_if_emptying(books, channel.name, zero_share, now):
        return []
    ready, to_look_at = [], []
    for row in books.offers.untold(channel.name, capacity * 4):
        (ready if _may_go(row) else to_look_at).append(row)
    if to_look_at:
        because = "it may be raised, so its own orders are counted first"
        books.asks.add(channel.name, [Ask(Wanted.LISTING, row.listing, because) for row in to_look_at], now)
    listings = books.catalog.listings_of(channel.name, [row.listing for row in ready[:capacity]])
    offers = [Offer(listings[row.listing], row.units, row.told_units) for row in ready if row.listing in listings]
    intents = [_intent(parcel.key, parcel.body, channel.name, carried, now) for parcel, carried in channel.pack(offers, run)]
    for intent in intents:
        books.intents.plan(intent)
        books.intents.mark_sent(intent.key, now)
    return intents


def conclude(books: Books, intent: Intent, outcome: Outcome, now: datetime) -> str:
    """Write down what became of an intent and return a line for the log. Needs a transaction."""
    listings = [row.listing for row in intent.rows if row.listing is not None]
    match outcome:
        case Applied(_, note):
            for row in intent.rows:
                if row.listing is not None:
                    books.offers.told(intent.channel, row.listing, row.units["units"], now)
            status = "applied"
        case Rejected(_, rows, note):
            for number in rows or range(len(listings)):
                books.offers.park(intent.channel, listings[number], note)
            status = "rejected"
        case Unknown(note):
            status = "unknown"
        case Throttled(retry_after_s):
            books.intents.conclude(intent.key, "rejected", f"throttled, free again in {retry_after_s:.1f} s", now)
            return f"{intent.channel}: throttled for {retry_after_s:.1f} s"
    books.intents.conclude(intent.key, status, note, now)
    asks = [Ask(Wanted.LISTING, listing, f"reading back after a write: {status}") for listing in listings]
    books.asks.add(intent.channel, asks, now, READ_BACK_S)
    return f"{intent.channel}: {len(listings)} listings {status}{': ' + note if note else ''}"


def settle_unknown(books: Books, channel: str, listings: Sequence[str], now: datetime) -> None:
    """Close unknown intents whose listings were just read back: what is shown now is what was told."""
    read = set(listings)
    for intent in books.intents.unsettled(channel):
        if intent.status == "unknown" and {row.listing for row in intent.rows} <= read:
            books.intents.conclude(intent.key, "applied", "outcome taken from reading back", now)


def show(books: Books, channel: str, listing: str, item: str, shown: Shown, now: datetime) -> int:
    """Take over what a channel shows for a listing; return how many of the units it holds we know nothing of."""
    known_units = books.pictures.held_units(channel, [item]).get(item, 0)
    unseen_units = max(0, shown.committed_units - known_units)
    books.offers.shown(channel, listing, shown.available_units, unseen_units, now)
    return unseen_units


def _may_go(row: Untold) -> bool:
    lowers = row.told_units is not None and row.units < row.told_units
    looked = row.shown_at is not None and row.shown_at >= row.touched_at
    return lowers or looked


def _intent(key: str, body: bytes, channel: str, offers: Sequence[Offer], now: datetime) -> Intent:
    rows = tuple(
        IntentRow(listing=offer.listing.listing, item=offer.listing.item or "", location=None, units={"units": offer.units})
        for offer in offers
    )
    return Intent(key=key, channel=channel, kind="offer", body=body, rows=rows, compares=False, planned_at=now)
