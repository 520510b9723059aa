"""Asks: pictures that we want from a channel, until a reading that began after the asking has answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from onhand.ports.channel import Ask, Wanted
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.times import from_us, to_us


class Waiting(NamedTuple):
    """An ask that is not answered, and how often it was put off."""

    channel: str
    ask: Ask
    asked_at: datetime
    due_at: datetime
    attempts: int


class Asks:
    """The open asks of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def add(self, channel: str, asks: Sequence[Ask], now: datetime, delay_s: float = 0.0) -> None:
        """Ask a channel for pictures, due after `delay_s`.

        What is asked already stays one ask: due at the earlier of both times, and answered only by a reading that
        begins after this call.
        """
        now_us, due_us = to_us(now), to_us(now + timedelta(seconds=delay_s))
        self._sql.run_many(
            "ask",
            [(self._shop, channel, ask.wanted.value, ask.key, ask.because, now_us, due_us) for ask in asks],
        )

    def due(self, channel: str, wanted: Wanted, limit: int, now: datetime) -> list[Ask]:
        """Return up to `limit` asks of one kind that are due, longest due first."""
        found = {"shop": self._shop, "channel": channel, "wanted": wanted.value, "limit": limit, "now": to_us(now)}
        return [Ask(wanted, key, because) for key, because in self._sql.rows("due_asks", found)]

    def due_kinds(self, channel: str, kinds: Iterable[Wanted], now: datetime) -> set[Wanted]:
        """Return those of some kinds of which something is due."""
        wanted = texts(kind.value for kind in kinds)
        return {Wanted(kind) for (kind,) in self._sql.rows("due_kinds", (self._shop, channel, wanted, to_us(now)))}

    def all(self, channel: str, wanted: Wanted, limit: int) -> list[Ask]:
        """Return up to `limit` asks of one kind whenever they are due, next due first."""
        rows = self._sql.rows("all_asks", (self._shop, channel, wanted.value, limit))
        return [Ask(wanted, key, because) for key, because in rows]

    def attempts(self, channel: str, wanted: Wanted, keys: Iterable[str]) -> int:
        """Return how often the one of these asks was put off that was put off most; 0 where there are none."""
        row = self._sql.row("most_attempts", (self._shop, channel, wanted.value, texts(keys)))
        assert row is not None
        return int(row[0])

    def next_reading(self) -> int:
        """Return the number of a reading that begins now, one more than the last."""
        row = self._sql.row("count", {"shop": self._shop, "name": "reading", "units": 1})
        assert row is not None
        return int(row[0])

    def answered(self, channel: str, wanted: Wanted, keys: Iterable[str], reading: int) -> None:
        """Strike off asks that a reading has answered; what was asked while it ran stays."""
        self._sql.run("answered", (self._shop, channel, wanted.value, texts(keys), reading))

    def postpone(self, channel: str, wanted: Wanted, keys: Iterable[str], due_at: datetime) -> None:
        """Put asks off until a time and count the attempt."""
        row = {"shop": self._shop, "channel": channel, "wanted": wanted.value, "keys": texts(keys)}
        self._sql.run("postpone", {**row, "due_at": to_us(due_at)})

    def asked_before(self, channel: str, wanted: Wanted, key: str, reading: int) -> bool:
        """Return whether an ask is open that is older than a reading."""
        return self._sql.row("asked_before", (self._shop, channel, wanted.value, key, reading)) is not None

    def of(self, channel: str, wanted: Wanted, keys: Iterable[str]) -> set[str]:
        """Return those of some keys that are asked for, whenever that is due."""
        row = {"shop": self._shop, "channel": channel, "wanted": wanted.value, "keys": texts(keys)}
        return {key for (key,) in self._sql.rows("asks_of", row)}

    def make_due(self, now: datetime) -> None:
        """Let everything be due that was put off."""
        self._sql.run("ask_at_once", {"shop": self._shop, "now": to_us(now)})

    def waiting(self) -> list[Waiting]:
        """Return every open ask, next due first."""
        return [
            Waiting(channel, Ask(Wanted(wanted), key, because), from_us(asked_at), from_us(due_at), attempts)
            for channel, wanted, key, because, asked_at, due_at, attempts in self._sql.rows(
                "waiting_asks", (self._shop,)
            )
        ]

    def count(self) -> int:
        """Return how many asks are open."""
        row = self._sql.row("count_asks", (self._shop,))
        assert row is not None
        return int(row[0])

    def next_due_at(self) -> datetime | None:
        """Return when the next ask falls due, or None where nothing is asked."""
        row = self._sql.row("next_due_at", (self._shop,))
        return None if row is None or row[0] is None else from_us(row[0])
