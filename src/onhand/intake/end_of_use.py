"""The end of use: a shop removes the app, a customer is to be forgotten, everything of a shop must go."""

from datetime import datetime
from typing import Final

from onhand.ports.channel import Problem, Report
from onhand.store import Books

DISCONNECTED: Final = "the shop has removed onhand"

ERASURE: Final = "erasure asked for"
"""The kind of problem that a request to erase a shop is, which seems still to use the app."""


def end_of_use(books: Books, channel: str, report: Report, now: datetime) -> list[str]:
    """Write down what a report says about the end of use, and return lines for the log. Needs a transaction."""
    notes = []
    if report.closed:
        books.channels.arm(channel, armed=False)
        books.channels.hold(channel, DISCONNECTED)
        notes.append("writing is off: the shop has removed onhand")
    if report.forget_naming:
        books.redactions.ask(report.forget_naming, now)
        notes.append(f"raw bodies that name any of {len(report.forget_naming)} numbers go before their time")
    if report.forget_shop:
        notes.append(_forget_shop(books, channel, now))
    return notes


def _forget_shop(books: Books, channel: str, now: datetime) -> str:
    """Have everything of a shop erased that has removed the app; return a line for the log.

    Shopify sends this 48 hours after the app was removed. Where nobody has heard of that, a person decides: what would
    be erased is the only proof of where the units are.
    """
    if books.channels.get(channel).held_reason == DISCONNECTED:
        books.erasure.ask(f"{channel} asked for it: the shop removed the app", now)
        books.problems.settle(ERASURE, channel, now)
        return "everything of this shop is erased within a minute"
    message = f"{channel} asks to erase the shop, and onhand has not heard that the app was removed"
    next_step = "see whether it was; `onhand erase SHOP` erases it. Shopify expects that within 30 days"
    books.problems.raise_(Problem(ERASURE, channel, message, next_step), now)
    return "not erased: nobody has heard that the app was removed"
