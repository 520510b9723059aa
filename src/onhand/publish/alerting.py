"""Alerting: listeners of ours are told of problems that a person must see, and of those that were settled.

States are told, not events: what a listener has last heard of a problem is compared with what it is now. So a problem
is told once however often it is met, one that comes and goes within a moment is not told at all, and the queue is never
longer than there are problems. One digest at a time is on its way; a repeat has the same id and the same words.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from onhand.ports.channel import Problem
from onhand.ports.listeners import Heard
from onhand.publish.announcing import WAITS_S
from onhand.store import Books
from onhand.store.alerts import Digest, Tells
from onhand.store.people import OpenProblem

UNDELIVERED: Final = "alerts cannot be delivered"
"""The kind of problem that is about a listener which does not take its alerts; its key is the listener's name."""

STANDS: Final = timedelta(seconds=10)
"""A problem that is younger may settle by itself; those that come together are told together."""

COOLDOWN: Final = timedelta(minutes=15)
"""Between two tellings about the same problem: what flaps is told four times an hour at most."""

FORGET: Final = timedelta(days=30)
MOST_ROWS: Final = 50
"""Problems in one digest; the others follow in the next one, once this one was taken."""


class Told(msgspec.Struct, frozen=True):
    """A problem in a digest. `where` is what it is about, `owner` who looks after what this listener hears."""

    kind: str
    where: str
    message: str
    next_step: str
    owner: str | None
    opened_at: datetime


class Settled(msgspec.Struct, frozen=True):
    """A problem that a listener was told of, and that is none any more."""

    kind: str
    where: str
    owner: str | None


class Digested(msgspec.Struct, frozen=True):
    """What a listener is told at once. `open` is how many problems are open, `more` how many changes follow later."""

    shop: str
    sequence: int
    opened: list[Told]
    settled: list[Settled]
    open: int
    more: int


def plan(
    books: Books, shop: str, webhook: str, *, kinds: Collection[str] | None, owner: str | None, now: datetime
) -> Digest | None:
    """Return the digest that may be told now, a new one where none is on its way. Needs a transaction."""
    if webhook in books.announcements.stopped():
        return None
    sequence, underway = books.alerts.digest(webhook)
    if underway is not None:
        return underway if underway.due_at <= now else None
    wanted = {
        (row.kind, row.key): row
        for row in books.problems.open()
        if (kinds is None or row.kind in kinds) and (row.kind, row.key) != (UNDELIVERED, webhook)
    }
    changes = _changes(books, webhook, wanted, now)
    if not changes:
        return None
    tells = tuple(changes[:MOST_ROWS])
    told = Digested(
        shop=shop,
        sequence=sequence + 1,
        opened=[_told(wanted[row.kind, row.key], owner) for row in tells if row.open],
        settled=[Settled(row.kind, row.key, owner) for row in tells if not row.open],
        open=len(wanted),
        more=len(changes) - len(tells),
    )
    body = msgspec.json.encode({"type": "problems.changed", "timestamp": now, "data": told}).decode()
    digest = Digest(webhook, sequence + 1, body, tells, 0, now, None)
    books.alerts.put(digest)
    return digest


def message_of(shop: str, digest: Digest) -> tuple[str, bytes]:
    """Return the id of a digest, the same for a repeat, and its body."""
    name = f"{shop}\n{digest.webhook}\nproblems\n{digest.sequence}"
    return f"msg_{hashlib.sha256(name.encode()).hexdigest()[:32]}", digest.body.encode()


def conclude(books: Books, digest: Digest, heard: Heard, now: datetime) -> None:
    """Write down what became of one telling. Needs a transaction."""
    if heard.ending == "taken":
        books.alerts.note(digest, now, now - FORGET)
        books.alerts.end(digest)
        books.problems.settle(UNDELIVERED, digest.webhook, now)
        return
    tries = digest.attempts + 1
    if heard.ending == "gone":
        books.announcements.stop(digest.webhook, heard.trouble)
        books.alerts.end(digest)
        _tell_a_person(books, digest, f"{heard.trouble}: it is told nothing more", now)
        return
    if digest.attempts >= len(WAITS_S):  # what is open then is told anew, in a digest of its own
        books.alerts.end(digest)
    else:
        due_at = now + timedelta(seconds=WAITS_S[digest.attempts])
        books.alerts.put(digest._replace(attempts=tries, due_at=due_at, trouble=heard.trouble))
    _tell_a_person(books, digest, f"{heard.trouble}: tried {tries} time{'s' * (tries > 1)}", now)


def _changes(books: Books, webhook: str, wanted: dict[tuple[str, str], OpenProblem], now: datetime) -> list[Tells]:
    """Return what a listener does not know yet, the oldest problems first, then what was settled."""
    told = books.alerts.told(webhook)
    ready = {name for name, (_, told_at) in told.items() if told_at + COOLDOWN <= now}
    known = {name for name, (is_open, _) in told.items() if is_open}
    opened = [
        Tells(row.kind, row.key, open=True)
        for name, row in wanted.items()
        if name not in known and (name not in told or name in ready) and row.opened_at + STANDS <= now
    ]
    settled = [Tells(*name, open=False) for name in sorted(known) if name not in wanted and name in ready]
    return opened + settled


def _told(row: OpenProblem, owner: str | None) -> Told:
    return Told(row.kind, row.key, row.message, row.next_step, owner, row.opened_at)


def _tell_a_person(books: Books, digest: Digest, trouble: str, now: datetime) -> None:
    message = f"webhook {digest.webhook} does not take its alerts: {trouble}; look at this page until it does"
    next_step = f"mend what listens there, then `onhand webhooks replay {digest.webhook}`"
    books.problems.raise_(Problem(UNDELIVERED, digest.webhook, message, next_step), now)
