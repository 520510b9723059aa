"""The end of use: a shop removes the app, a customer is to be forgotten, everything of a shop must go.

Only a webhook's body is signed, and one of last year says the same as one of today. So what it says of the end of use
holds writing at once, and the platform itself is asked whether it is so: who can still read its rights there is
installed, and whatever was said of an older installation means nothing.
"""

from datetime import datetime
from typing import Final

from onhand.ports.channel import Ask, Problem, Report, Wanted
from onhand.store import Books

ERASURE: Final = "erasure asked for"
"""The kind of problem that a request to erase a shop is; it is carried out once the platform takes no token of ours."""

_RIGHTS: Final = "all"


def end_of_use(books: Books, channel: str, report: Report, now: datetime) -> list[str]:
    """Write down what a report says about the end of use, and return lines for the log. Needs a transaction."""
    notes = []
    if report.closed:
        notes.append(close(books, channel, now))
    if report.forget_naming:
        books.redactions.ask(report.forget_naming, now)
        notes.append(f"raw bodies that name any of {len(report.forget_naming)} numbers go before their time")
    if report.forget_shop:
        notes.append(_forget_shop(books, channel, now))
    return notes


def close(books: Books, channel: str, now: datetime) -> str:
    """Hold writing to a channel that is said to have removed onhand; return a line for the log. Needs a transaction."""
    books.channels.remove(channel, now)
    _ask(books, channel, "the shop is said to have removed onhand", now)
    return f"writing is held until {channel} shows whether onhand is still installed"


def still_installed(books: Books, channel: str) -> str | None:
    """Let writing go on, now that the platform has shown our rights; return a line for the log, None for no news.

    What was said after that reading began waits for the next one. Needs a transaction.
    """
    if books.channels.get(channel).removed_at is None or books.asks.all(channel, Wanted.RIGHTS, 1):
        return None
    books.channels.remove(channel, None)
    return "onhand is installed: writing goes on"


def not_installed(books: Books, channel: str, reading: int, now: datetime) -> str | None:
    """Have a shop erased that asked for it and takes no token of ours; return a line for the log, None otherwise.

    A `reading` that began before it was asked for proves nothing. Needs a transaction.
    """
    state = books.channels.get(channel)
    if state.removed_at is None or channel not in books.problems.keys(ERASURE):
        return None
    if not books.asks.asked_before(channel, Wanted.RIGHTS, _RIGHTS, reading):
        return None
    books.erasure.ask(f"{channel} asked for it, and the shop has removed the app", now)
    books.problems.settle(ERASURE, channel, now)
    return "everything of this shop is erased within a minute"


def _forget_shop(books: Books, channel: str, now: datetime) -> str:
    """Have everything of a shop erased once it is sure that it removed the app; return a line for the log.

    Shopify sends this 48 hours after the app was removed. Where nobody has heard of that, or the app can still be used,
    a person decides: what would be erased is the only proof of where the units are.
    """
    if books.channels.get(channel).removed_at is not None:
        message = f"{channel} asks to erase the shop: it goes as soon as {channel} is seen to take no token of ours"
        _ask(books, channel, "the shop is to be erased", now)
    else:
        message = f"{channel} asks to erase the shop, and onhand has not heard that the app was removed"
    next_step = "see whether it was; `onhand erase SHOP` erases it. Shopify expects that within 30 days"
    books.problems.raise_(Problem(ERASURE, channel, message, next_step), now)
    return message


def _ask(books: Books, channel: str, because: str, now: datetime) -> None:
    books.asks.add(channel, [Ask(Wanted.RIGHTS, _RIGHTS, because)], now)
