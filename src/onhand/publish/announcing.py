"""Announcing: listeners of ours are told of every number that changed, until they take it.

Levels are told, not events: a newer number replaces one that was not taken yet. Each item and channel has one message
under way at a time, so its numbers come in order; a repeat has the same id.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from onhand.ports.channel import Problem
from onhand.ports.listeners import Heard
from onhand.store import Books
from onhand.store.announcements import Announcement

WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Before each further try: three days and some hours in all, as Standard Webhooks advises."""

BATCH = 50
UNHEARD = "listener is not reached"
"""The kind of problem that is about an address which does not take what it is told."""


class Telling(msgspec.Struct, frozen=True):
    """What a listener is told. `sequence` grows with every number of the item on that channel.

    `offered` False: the channel has no number for it any more, and nothing of it may be sold by ours.
    """

    shop: str
    item: str
    sku: str | None
    channel: str
    units: int
    offered: bool
    computed_at: datetime
    sequence: int


def plan(
    books: Books,
    webhook: str,
    *,
    channels: Sequence[str] | None,
    skus: Sequence[str] | None,
    since: datetime,
    now: datetime,
    withdraw: bool = False,
) -> list[Announcement]:
    """Note what changed since a time, and return what may be told now. Needs a transaction.

    With `withdraw` what has no number any more is looked for, too, over all that was ever told.
    """
    sold_by = [rule.channel for rule in books.channels.rules()]
    wanted = [channel for channel in sold_by if channels is None or channel in channels]
    books.announcements.note(webhook, wanted, skus, since, now)
    if withdraw:
        books.announcements.withdraw(webhook, wanted, now)
    if webhook in books.announcements.stopped():  # what changes meanwhile is told once somebody listens again
        return []
    return books.announcements.due(webhook, now, BATCH)


def message_of(shop: str, row: Announcement) -> tuple[str, bytes]:
    """Return the id of a message, the same for a repeat, and its body. An item that got another SKU is no repeat."""
    name = f"{shop}\n{row.webhook}\n{row.channel}\n{row.item}\n{row.sequence}\n{row.sku}"
    told = Telling(shop, row.item, row.sku, row.channel, row.units, row.offered, row.computed_at, row.sequence)
    body = {"type": "ats.changed", "timestamp": row.computed_at, "data": told}
    return f"msg_{hashlib.sha256(name.encode()).hexdigest()[:32]}", msgspec.json.encode(body)


def conclude(books: Books, row: Announcement, heard: Heard, now: datetime) -> None:
    """Write down what became of one telling. Needs a transaction."""
    if heard.ending == "taken":
        books.announcements.conclude(row, delivered=True, due_at=None, trouble=None)
        books.problems.settle(UNHEARD, row.webhook, now)
        return
    if heard.ending == "gone":
        books.announcements.stop(row.webhook, heard.trouble)
        _tell_a_person(books, row.webhook, f"{heard.trouble}: it is told nothing more", now)
        return
    if row.attempts >= len(WAITS_S):
        books.announcements.conclude(row, delivered=False, due_at=None, trouble=heard.trouble)
        _tell_a_person(
            books, row.webhook, f"{heard.trouble}: a number was given up after {row.attempts + 1} tries", now
        )
        return
    due_at = now + timedelta(seconds=WAITS_S[row.attempts])
    books.announcements.conclude(row, delivered=False, due_at=due_at, trouble=heard.trouble)
    if row.attempts:
        _tell_a_person(books, row.webhook, f"{heard.trouble}: tried {row.attempts + 1} times", now)


def _tell_a_person(books: Books, webhook: str, trouble: str, now: datetime) -> None:
    next_step = f"mend what listens there, then `onhand webhooks replay {webhook}`"
    books.problems.raise_(Problem(UNHEARD, webhook, f"webhook {webhook}: {trouble}", next_step), now)
