"""What the law demands of one shop's data: numbers whose bodies must go, and that everything must."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from onhand.store.engine import Sql
from onhand.store.json_text import dump, load
from onhand.store.times import from_us, to_us


class Redaction(NamedTuple):
    """Numbers of a customer and of orders; raw bodies that name one of them must go."""

    ids: tuple[str, ...]
    asked_at: datetime


class Redactions:
    """The requests to forget customers of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def ask(self, ids: Sequence[str], at: datetime) -> None:
        """Have bodies forgotten that name one of these numbers."""
        self._sql.run("ask_redaction", (self._shop, dump(sorted(set(ids))), to_us(at)))

    def open(self) -> list[Redaction]:
        """Return the requests that are not done yet, oldest first."""
        return [
            Redaction(tuple(load(ids)), from_us(asked_at))
            for ids, asked_at in self._sql.rows("open_redactions", (self._shop,))
        ]

    def end(self, redaction: Redaction, forgotten: int, at: datetime) -> None:
        """Call a request done, with how many bodies went."""
        row = {"done_at": to_us(at), "forgotten": forgotten, "shop": self._shop}
        self._sql.run("end_redaction", {**row, "ids": dump(list(redaction.ids)), "asked_at": to_us(redaction.asked_at)})


class Erasure:
    """Whether everything of one shop must go. While it is asked for, its movements may be removed."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def ask(self, because: str, at: datetime) -> None:
        """Have the shop erased; the first reason stays."""
        self._sql.run("ask_erasure", (self._shop, because, to_us(at)))

    def because(self) -> str | None:
        """Return why the shop must be erased, or None where nobody asked for it."""
        row = self._sql.row("erasure", (self._shop,))
        return row[0] if row else None
