"""Alerts: what listeners were told of problems, and the digest that is on its way to each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from onhand.store.engine import Sql
from onhand.store.json_text import dump, load
from onhand.store.times import from_us, to_us


class Tells(NamedTuple):
    """A problem as a digest tells it: open, or settled."""

    kind: str
    key: str
    open: bool


class Digest(NamedTuple):
    """What is told to a listener at once. `body` is the same for every try; `attempts` were not taken yet."""

    webhook: str
    sequence: int
    body: str
    tells: tuple[Tells, ...]
    attempts: int
    due_at: datetime
    trouble: str | None


class Alerts:
    """The alerts of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def told(self, webhook: str) -> dict[tuple[str, str], tuple[bool, datetime]]:
        """Return what a listener has last heard of each problem, and when."""
        rows = self._sql.rows("told_problems", (self._shop, webhook))
        return {(kind, key): (bool(open_), from_us(told_at)) for kind, key, open_, told_at in rows}

    def digest(self, webhook: str) -> tuple[int, Digest | None]:
        """Return the number of the newest digest (0 before the first), and the one that is on its way, if any."""
        row = self._sql.row("digest", (self._shop, webhook))
        if row is None:
            return 0, None
        return int(row[0]), _read(webhook, row) if row[1] is not None else None

    def underway(self) -> list[Digest]:
        """Return the digests that were not taken yet."""
        return [_read(str(row[0]), row[1:]) for row in self._sql.rows("digests", (self._shop,))]

    def put(self, digest: Digest) -> None:
        """Keep a digest, or what became of a try."""
        self._put(digest, digest.body)

    def end(self, digest: Digest) -> None:
        """Let a digest be on its way no more."""
        self._put(digest, None)

    def note(self, digest: Digest, at: datetime, forget_before: datetime) -> None:
        """Note that a listener has heard what a digest tells; what was settled long ago is forgotten."""
        named = {"shop": self._shop, "webhook": digest.webhook}
        self._sql.run_many(
            "note_told_problem",
            [
                {**named, "kind": row.kind, "key": row.key, "open": int(row.open), "told_at": to_us(at)}
                for row in digest.tells
            ],
        )
        self._sql.run("forget_told_problems", {**named, "before": to_us(forget_before)})

    def hurry(self, webhook: str, now: datetime) -> int:
        """Have what was not taken told again at once; return how many digests that is."""
        return len(self._sql.rows("hurry_digest", {"shop": self._shop, "webhook": webhook, "now": to_us(now)}))

    def _put(self, digest: Digest, body: str | None) -> None:
        row = {"shop": self._shop, **digest._asdict(), "body": body, "due_at": to_us(digest.due_at)}
        self._sql.run("put_digest", {**row, "tells": dump([list(one) for one in digest.tells])})


def _read(webhook: str, row: Sequence[Any]) -> Digest:
    sequence, body, tells, attempts, due_at, trouble = row
    told = tuple(Tells(kind, key, bool(open_)) for kind, key, open_ in load(tells))
    return Digest(webhook, sequence, body, told, attempts, from_us(due_at), trouble)
