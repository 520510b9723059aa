"""Holds: what further tills and sites keep aside for their shoppers, and what became of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from onhand.domain.holds import Hold, HoldStatus, HoldWish, Kept
from onhand.store.engine import Sql
from onhand.store.json_text import dump, load, texts
from onhand.store.rows import time_of
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us, to_us_or_none


class Held(NamedTuple):
    """How many holds keep units at a moment, and how many units."""

    holds: int
    units: int


class Holds:
    """The holds of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def add(self, holds: Iterable[Hold]) -> None:
        """Keep new holds."""
        self._sql.run_many("add_hold", [self._columns(hold) for hold in holds])

    def end(self, holds: Iterable[Hold]) -> None:
        """Keep how holds have ended, and what they had kept by then."""
        rows = [
            {
                "kept": dump(hold.kept),
                "status": hold.status.value,
                "ended_at": to_us_or_none(hold.ended_at),
                "shop": self._shop,
                "id": hold.id,
            }
            for hold in holds
        ]
        self._sql.run_many("end_hold", rows)

    def get(self, id_: int) -> Hold | None:
        """Return a hold as it was last written down, None where there is none of this number."""
        row = self._sql.row("one_hold", (self._shop, id_))
        return _read(row) if row else None

    def of_keys(self, keys: Iterable[str]) -> dict[str, Hold]:
        """Return the holds that were asked for by some names, by name."""
        return {hold.wish.key: hold for hold in self._read_all("holds_of_keys", (self._shop, texts(keys)))}

    def due(self, now: datetime, limit: int) -> list[Hold]:
        """Return up to `limit` holds whose time is over and that nobody has ended, the oldest first."""
        return self._read_all("due_holds", (self._shop, to_us(now), limit))

    def tally(self, now: datetime) -> Held:
        """Return how much is held."""
        row = self._sql.row("tally_of_holds", {"shop": self._shop, "now": to_us(now)})
        assert row is not None
        return Held(*map(int, row))

    def of_item(self, item: str) -> list[Hold]:
        """Return the holds that keep units of an item, those of its bundles too, as they were last written down."""
        return self._read_all("holds_of_item", {"shop": self._shop, "item": item})

    def behind(
        self, after: int, limit: int, now: datetime, *, status: HoldStatus | None = None, item: str | None = None
    ) -> list[Hold]:
        """Return up to `limit` holds behind a number, oldest first: of a status or an item where they are given."""
        wanted: dict[str, Any] = {"shop": self._shop, "after": after, "item": item, "now": to_us(now), "limit": limit}
        if status is HoldStatus.HELD:
            return self._read_all("holds_held", wanted)
        return self._read_all("holds_behind", {**wanted, "status": status.value if status else None})

    def _read_all(self, name: str, parameters: Sequence[Any] | dict[str, Any]) -> list[Hold]:
        return [_read(row) for row in self._sql.rows(name, parameters)]

    def _columns(self, hold: Hold) -> Row:
        wish = hold.wish
        return (
            self._shop,
            hold.id,
            wish.key,
            wish.asked,
            wish.item,
            wish.units,
            wish.for_s,
            wish.channel,
            wish.location,
            wish.reference,
            dump(hold.kept),
            hold.status.value,
            to_us(hold.made_at),
            to_us(hold.expires_at),
            to_us_or_none(hold.ended_at),
        )


def _read(row: Row) -> Hold:
    id_, key, asked, item, units, for_s, channel, location, reference, kept, status, made_at, expires_at, _ = row
    return Hold(
        id=id_,
        wish=HoldWish(key, asked, item, units, for_s, channel, location, reference),
        kept=tuple(Kept(*each) for each in load(kept)),
        status=HoldStatus(status),
        made_at=from_us(made_at),
        expires_at=from_us(expires_at),
        ended_at=time_of(row, 13),
    )
