"""Orders of a channel that another app brings to the platform, and that have not come there."""

from datetime import datetime, timedelta

from onhand.ports.channel import Problem
from onhand.store import Books

MISSING = "order was not imported"
"""The kind of problem: one an order."""

MISSING_AFTER = timedelta(hours=24)
"""Connectors import an order once it is paid and the buyer's hour to change their mind is over."""

KEPT_FOR = timedelta(days=120)
"""How long what was shipped or cancelled may still change, with everything to spare."""


def file_missing_twins(books: Books, now: datetime) -> None:
    """Tell a person of orders that should have come to the platform by now, and settle those that did."""
    importing = {channel for channel in books.channels.importing() if books.channels.get(channel).imported == "yes"}
    missing = {row.cause: row for row in books.twins.awaited(now - MISSING_AFTER)}
    for cause, row in missing.items():
        if cause.partition("/")[0] in importing:
            message = (
                f"{cause} was placed at {row.placed_at:%Y-%m-%d %H:%M} UTC, and no order in Shopify names it: its "
                "units are held here, and Shopify still sells them"
            )
            next_step = "see whether the app that brings the orders works, and whether it notes their number or tag"
            books.problems.raise_(Problem(MISSING, cause, message, next_step), now)
    for cause in books.problems.keys(MISSING):
        if cause not in missing:
            books.problems.settle(MISSING, cause, now)
    books.twins.forget(now - KEPT_FOR)
