"""What people read: problems that wait for them, and the results of audits."""

from datetime import datetime
from typing import Any, NamedTuple

from onhand.ports.channel import Problem
from onhand.store.engine import Sql
from onhand.store.json_text import dump, load
from onhand.store.times import from_us, to_us


class OpenProblem(NamedTuple):
    """A problem that nobody has settled, first met at `opened_at`."""

    kind: str
    key: str
    message: str
    next_step: str
    opened_at: datetime


class Problems:
    """What a person must settle in one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def raise_(self, problem: Problem, at: datetime) -> None:
        """Show a problem. The same kind and key stays one problem, with the newest words and the first time."""
        self._sql.run("raise_problem", {"shop": self._shop, **problem._asdict(), "at": to_us(at)})

    def settle(self, kind: str, key: str, at: datetime) -> None:
        """Take a problem away; met again, it comes back as a new one."""
        self._sql.run("settle_problem", {"shop": self._shop, "kind": kind, "key": key, "at": to_us(at)})

    def keys(self, kind: str) -> set[str]:
        """Return the keys of the open problems of a kind."""
        return {key for (key,) in self._sql.rows("open_problem_keys", (self._shop, kind))}

    def open(self) -> list[OpenProblem]:
        """Return the problems that nobody has settled, oldest first."""
        return [
            OpenProblem(kind, key, message, next_step, from_us(opened_at))
            for kind, key, message, next_step, opened_at in self._sql.rows("open_problems", (self._shop,))
        ]


class Audit(NamedTuple):
    """An audit that ran, and what it found."""

    id: int
    started_at: datetime
    seconds: float
    result: dict[str, Any]


class Audits:
    """The audits of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def record(self, started_at: datetime, seconds: float, result: dict[str, Any]) -> int:
        """Keep the result of an audit and return its number."""
        row = {"shop": self._shop, "started_at": to_us(started_at), "seconds": float(seconds)}
        found = self._sql.row("record_audit", {**row, "result": dump(result)})
        assert found is not None
        return int(found[0])

    def latest(self) -> Audit | None:
        """Return the newest audit, or None before the first."""
        row = self._sql.row("latest_audit", (self._shop,))
        if row is None:
            return None
        id_, started_at, seconds, result = row
        return Audit(id_, from_us(started_at), seconds, load(result))
