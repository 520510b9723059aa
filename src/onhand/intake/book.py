"""Booking: what a report says becomes movements, observations and asks. Needs a transaction."""

from datetime import datetime
from typing import assert_never

from onhand.domain.orders import OrderPicture
from onhand.domain.reservations import DraftPicture
from onhand.domain.returns import ReturnPicture
from onhand.domain.transfers import TransferPicture
from onhand.intake.book_drafts import book_draft
from onhand.intake.book_notices import book_notice
from onhand.intake.book_orders import book_order
from onhand.intake.book_returns import book_return
from onhand.intake.book_stock_changes import book_stock_change
from onhand.intake.book_traffic import book_traffic
from onhand.intake.book_transfers import book_transfer
from onhand.intake.booked import Booked
from onhand.intake.doubts import look_again
from onhand.intake.end_of_use import end_of_use
from onhand.intake.identity import take_items
from onhand.intake.trapped import check_trapped
from onhand.ports.channel import Picture, Report
from onhand.store import Books

ASK_DELAY_S = 0.4
"""How long an order that was lowered already waits to be read: its three or four webhooks then cost one reading. What
a webhook says nothing of is asked for at once."""


def book(books: Books, channel: str, report: Report, now: datetime) -> str:
    """Book everything that `channel` reports and return a line for the log."""
    notes = [report.note] if report.note else []
    if report.locations:
        books.catalog.put_locations(report.locations, now)
    if report.items:
        notes += take_items(books, report, now)
    if report.listings:
        books.catalog.put_listings(report.listings, now)
    if report.level_ids:
        books.catalog.put_level_ids(report.level_ids, now, report.inactive_levels)
    settled = set()
    for picture in report.pictures:
        booked = book_picture(books, picture, now)
        notes.append(booked.note)
        settled.add(booked.about)
        if booked.asks:
            books.asks.add(channel, booked.asks, now, ASK_DELAY_S)
    uncounted = books.catalog.uncounted({seen.item for seen in report.observations}) if report.observations else set()
    for observation in report.observations:
        if observation.item in uncounted:
            notes.append(f"level of {observation.item} at {observation.location}: means nothing, nobody counts it")
            continue
        news = books.observations.put(observation, now)
        notes.append(f"level of {observation.item} at {observation.location}: {'seen' if news else 'not news'}")
    if report.observations:
        look_again(books, report, now)
    check_trapped(books, report.level_ids.keys(), now)
    asks = [ask for ask in report.asks if (ask.wanted, ask.key) not in settled]
    if asks:
        books.asks.add(channel, asks, now)
        notes.append(f"asked for {', '.join(f'{ask.wanted} {ask.key}' for ask in asks)}")
    notes += [book_stock_change(books, channel, change, now) for change in report.stock_changes]
    notes += [book_notice(books, told, now) for told in report.notices]
    notes += [book_traffic(books, counted, now) for counted in report.traffic]
    for problem in report.problems:
        books.problems.raise_(problem, now)
    notes += end_of_use(books, channel, report, now)
    return "; ".join(notes) or "nothing in it concerns stock"


def book_picture(books: Books, picture: Picture, now: datetime) -> Booked:
    """Make the ledger agree with a picture of whatever kind: here is the one place that tells the kinds apart."""
    match picture:
        case OrderPicture():
            return book_order(books, picture, now)
        case TransferPicture():
            return book_transfer(books, picture, now)
        case ReturnPicture():
            return book_return(books, picture, now)
        case DraftPicture():
            return book_draft(books, picture, now)
        case _:
            assert_never(picture)
