"""Subscriptions that lapsed: found, told to a person, made good by reading what was missed, then settled."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from onhand.ports.channel import Problem
from onhand.ports.errors import ChannelRefused
from onhand.ports.subscriptions import TopicState
from onhand.store import Books
from onhand.store.subscriptions import Lapse, Rhythm

LAPSED = "webhooks lapsed"
"""The kind of problem that a lapse is."""

REFUSED = "subscriptions refused"
"""The kind of problem that a platform's refusal to subscribe is; settled by the next time that it does."""

SHOWN = 4
FEWEST_DELIVERIES = 20
FEWEST_DAYS = 2
"""Below these nobody can say what is usual."""
LONGER_THAN_EVER = 2.0
SHORTEST_SILENCE = timedelta(minutes=30)
"""A topic is silent when it has not come for twice its longest silence of two weeks, and for half an hour at least."""


class Missed(NamedTuple):
    """What must be read to make `lapses` good: changes since a time, or everything."""

    since: datetime
    whole: bool
    lapses: tuple[Lapse, ...]


def note_survey(
    books: Books, channel: str, states: Sequence[TopicState], began_at: datetime, patience: timedelta
) -> int:
    """Write down how topics were found by a survey that began at `began_at`; return how many had lapsed.

    A topic that never was right is missing for the first time: what came before was read by the first sync. Only where
    nothing was read for longer than `patience` is that a lapse, too. Needs a transaction.
    """
    right_at = {seen.topic: seen.right_at for seen in books.subscriptions.seen(channel)}
    audit = books.audits.latest()
    read_at = audit.started_at if audit else books.channels.get(channel).cursor_at
    lapsed = 0
    for state in states:
        since = right_at.get(state.topic)
        if since is None and read_at is not None and began_at - read_at > patience:
            since = read_at
        books.subscriptions.keep(channel, state, began_at)
        if not state.is_right and since is not None:
            books.subscriptions.lapse(channel, state, since, began_at)
            lapsed += 1
    if lapsed:
        books.problems.raise_(_problem(books, channel, began_at), began_at)
    return lapsed


def note_mended(
    books: Books, channel: str, states: Sequence[TopicState], refused: Mapping[str, str], now: datetime
) -> None:
    """Write down that every topic comes again from here on, but for those `refused`. Needs a transaction.

    Lapses of those end, too: what they would have told is read, and lapses again until the next time.
    """
    for state in states:
        if state.topic not in refused:
            books.subscriptions.keep(channel, state._replace(state="held"), now)
    books.subscriptions.mend_lapses(channel, now)
    if refused:
        books.problems.raise_(_left_out(channel, refused), now)
    else:
        books.problems.settle(REFUSED, channel, now)


def refused(channel: str, trouble: ChannelRefused) -> Problem:
    """Return the problem that a platform's refusal to subscribe is."""
    next_step = "mend what the message names; it is tried again every few minutes, and orders are polled meanwhile"
    return Problem(REFUSED, channel, str(trouble), next_step)


def _left_out(channel: str, refused: Mapping[str, str]) -> Problem:
    topics = sorted(refused)
    more = f" and {len(topics) - SHOWN} more topics" if len(topics) > SHOWN else ""
    message = f"{channel} will not send {', '.join(topics[:SHOWN])}{more}: {refused[topics[0]]}"
    next_step = "grant the app the scope that `onhand doctor` names; until then what they tell is found by audits only"
    return Problem(REFUSED, channel, message, next_step)


def missed(books: Books, channel: str) -> Missed | None:
    """Return what must be read because topics had lapsed, or None; a lapse that goes on is left for later."""
    over = [lapse for lapse in books.subscriptions.open_lapses(channel) if lapse.mended_at is not None]
    if not over:
        return None
    return Missed(min(lapse.since_at for lapse in over), any(lapse.whole for lapse in over), tuple(over))


def note_made_good(books: Books, channel: str, missed: Missed, now: datetime) -> None:
    """Write down that everything was read that had been missed when the reading began. Needs a transaction."""
    books.subscriptions.fill_lapses(channel, missed.lapses, now)
    if not books.subscriptions.open_lapses(channel):
        books.problems.settle(LAPSED, channel, now)


def silent(rhythms: Sequence[Rhythm], now: datetime) -> list[Rhythm]:
    """Return the topics that have not come for longer than the shop's rhythm allows."""
    return [
        rhythm
        for rhythm in rhythms
        if rhythm.deliveries >= FEWEST_DELIVERIES
        and rhythm.days >= FEWEST_DAYS
        and now - rhythm.last_at > max(LONGER_THAN_EVER * rhythm.silence, SHORTEST_SILENCE)
    ]


def _problem(books: Books, channel: str, now: datetime) -> Problem:
    lapses = books.subscriptions.open_lapses(channel)
    since = min(lapse.since_at for lapse in lapses)
    again = books.subscriptions.count_lapses(channel, now - timedelta(days=1)) - len(lapses)
    often = f"; {again} more were found within a day" if again > 0 else ""
    message = (
        f"{channel}: {_told(lapses)} since {since:%Y-%m-%d %H:%M} UTC at the latest{often}; they are made "
        "again, and what changed meanwhile is read"
    )
    next_step = (
        "nothing, if this settles by itself; if it comes back, see whether the address answers within five seconds "
        "(eight failures in a row delete a subscription) and whether another onhand uses the same app"
    )
    return Problem(LAPSED, channel, message, next_step)


def _told(lapses: Sequence[Lapse]) -> str:
    names = [f"{lapse.topic} ({lapse.state})" for lapse in lapses[:SHOWN]]
    more = f" and {len(lapses) - SHOWN} more topics" if len(lapses) > SHOWN else ""
    return f"{', '.join(names)}{more} did not come to us"
