"""The guards in front of every write: armed, not paused, not held, and no sudden emptying of a whole channel."""

from dataclasses import dataclass
from datetime import datetime

from onhand.domain.selling import OWN_CHANNELS
from onhand.ports.channel import Problem
from onhand.store import Books

ZERO_SHARE = 0.05
"""A run that would set more of a channel's listings to zero than this stops and asks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """Whether a channel may be written to now, and why not."""

    open: bool
    reason: str


def gate(books: Books, channel: str) -> Gate:
    """Return whether `channel` is armed and neither paused nor held."""
    state = books.channels.get(channel)
    if not state.armed:
        return Gate(open=False, reason=f"{channel} is in shadow: `onhand arm {channel}` lets onhand write")
    if state.paused:
        return Gate(open=False, reason=f"{channel} is paused: `onhand offers resume {channel}` goes on")
    if state.stopped_because is not None:
        return Gate(open=False, reason=f"{channel} is held: {state.stopped_because}")
    return Gate(open=True, reason="")


def teller_gate(books: Books, platform: str) -> Gate:
    """Return whether a platform that keeps levels may be told now.

    Not while some channel's orders may reach it by another app: telling them besides would take the units away twice.
    """
    way = gate(books, platform)
    if not way.open:
        return way
    for rule in books.channels.rules():
        if rule.channel not in OWN_CHANNELS and books.channels.get(rule.channel).imported != "no":
            reason = f'{rule.channel}: say `orders_imported_to_shopify`; until it is "no" {platform} is told nothing'
            return Gate(open=False, reason=reason)
    return way


def hold_if_emptying(books: Books, channel: str, zero_share: float, now: datetime) -> bool:
    """Hold the channel and raise a problem when what waits would empty too much of it; return True then.

    What waits is the run: all listings that were told more than zero and would now be told zero. One listing alone
    never counts as a run. `onhand offers resume` lets as many go through as wait now, and that leave is used up by
    them: the next run is asked about again.
    """
    listings, zeros = books.offers.count(channel)
    state = books.channels.get(channel)
    if zeros < state.zeros_allowed:
        books.channels.allow_zeros(channel, zeros)
    allowed = max(1, int(listings * zero_share), state.zeros_allowed)
    if zeros <= allowed:
        return False
    reason = f"{zeros} of {listings} listings would go to zero at once; up to {allowed} go without asking"
    books.channels.hold(channel, reason)
    next_step = f"look at `onhand shadow`; `onhand offers resume {channel}` lets these {zeros} through"
    books.problems.raise_(Problem("channel held", channel, f"{channel}: {reason}", next_step), now)
    return True


def resume(books: Books, channel: str, now: datetime) -> None:
    """Take the channel off hold and off pause; a person has agreed to the zeros that wait now."""
    _, zeros = books.offers.count(channel)
    books.channels.pause(channel, paused=False)
    books.channels.hold(channel, None)
    books.channels.remove(channel, None)
    books.channels.allow_zeros(channel, zeros)
    books.problems.settle("channel held", channel, now)
