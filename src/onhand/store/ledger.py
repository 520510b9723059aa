"""The ledger of one shop: movements in a chain of hashes, and the levels that follow from them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from onhand.domain.shortages import Claim
from onhand.domain.stock import Bin, LevelKey, Movement
from onhand.ports.errors import MovementConflict
from onhand.store.engine import Sql
from onhand.store.json_text import pairs, texts
from onhand.store.proof import Verified, verify
from onhand.store.rows import read_levels, read_movement
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us

NO_LIMIT = 2**63 - 1

_encode = msgspec.json.Encoder().encode


def genesis(shop: str) -> bytes:
    """Return the hash before a shop's first movement: a chain cannot be passed off as another shop's."""
    return hashlib.sha256(b"onhand ledger of " + shop.encode()).digest()


def link(before: bytes, columns: Sequence[str | int]) -> bytes:
    """Return the hash of a movement: SHA-256 over the hash before it and its columns as compact JSON.

    `columns` in this order: sequence, id, item, source location and state, target location and state, units, cause,
    origin, reason, occurred_at, recorded_at; times in microseconds since 1970.
    """
    return hashlib.sha256(before + _encode(columns)).digest()


Heads = dict[int, tuple[int, bytes]]
"""Sequence and hash of the newest movement by shop, as one transaction knows them. Whoever takes back empties it."""


class Standing(NamedTuple):
    """Units of one item at one location: `available` to sell there, and `on_hand` in whatever state."""

    location: str
    item: str
    available_units: int
    on_hand_units: int


class Ledger:
    """Movements, levels, and opening balances."""

    def __init__(self, sql: Sql, shop_id: int, shop: str, heads: Heads) -> None:
        self._sql, self._shop, self._name, self._heads = sql, shop_id, shop, heads

    def append(self, movements: Sequence[Movement], recorded_at: datetime) -> int:
        """Book movements and return how many were new; levels and stale marks follow by themselves.

        A movement that is booked already with the same content is skipped. Raises MovementConflict where its id is
        booked with other content.
        """
        if not movements:
            return 0
        return self.append_new(self._leave_out_booked([_columns(movement) for movement in movements]), recorded_at)

    def append_new(self, movements: Iterable[Row], recorded_at: datetime) -> int:
        """Book movements that cannot be booked already, as their columns, and return how many there were.

        The columns are id, item, source location and state, target location and state, units, cause, origin, reason and
        occurred_at in microseconds since 1970.
        """
        sequence, head = self.head()
        recorded_us = to_us(recorded_at)
        rows: list[Row] = []
        for columns in movements:
            sequence += 1
            linked = (sequence, *columns, recorded_us)
            head = link(head, linked)
            rows.append((self._shop, *linked, head))
        if rows:
            self._sql.run_many("append_movement", rows)
            self._heads[self._shop] = sequence, head
        return len(rows)

    def _leave_out_booked(self, wanted: list[Row]) -> list[Row]:
        ids = [columns[0] for columns in wanted]
        booked = {row[0]: tuple(row) for row in self._sql.rows("movements_by_id", (self._shop, texts(ids)))}
        if not booked and len(set(ids)) == len(ids):
            return wanted
        fresh: list[Row] = []
        for columns in wanted:
            other = booked.setdefault(columns[0], columns)
            if other is columns:
                fresh.append(columns)
            elif other != columns:
                raise MovementConflict(
                    f"movement {columns[0]} of {self._name} is booked as {read_movement(other)}, "
                    f"asked to book {read_movement(columns)}: nothing was booked; a person must say which one is right"
                )
        return fresh

    def caused_by(self, cause: str) -> list[Movement]:
        """Return the movements of one cause in the order of booking."""
        return [read_movement(row) for row in self._sql.rows("movements_by_cause", (self._shop, cause))]

    def count_caused_by(self, cause: str) -> int:
        """Return how many movements a cause has booked."""
        return _number(self._sql.row("count_movements_by_cause", (self._shop, cause)))

    def levels(self, items: Iterable[str]) -> dict[tuple[str, Bin], int]:
        """Return units in every bin of some items; empty bins are left out."""
        return read_levels(self._sql.rows("levels_of_items", (self._shop, texts(items))))

    def all_levels(self, item: str | None = None, location: str | None = None) -> dict[tuple[str, Bin], int]:
        """Return units in every bin, of one item or at one location where they are given; empty bins are left out."""
        if item is not None:
            return read_levels(self._sql.rows("levels_of_item", (self._shop, item, location)))
        return read_levels(self._sql.rows("all_levels", {"shop": self._shop, "location": location}))

    def standing_at(self, locations: Iterable[str]) -> list[Standing]:
        """Return what stands at some locations, item by item; items of which nothing is on hand are left out."""
        rows = self._sql.rows("standing_at", (self._shop, texts(locations)))
        return [Standing(location, item, int(available), int(on_hand)) for location, item, available, on_hand in rows]

    def standing_behind(self, item: str, bins: int) -> list[Standing]:
        """Return what stands of the next items behind one, where anything ever stood; none are left where it is empty.

        They are whole items with about `bins` bins, by item and location.
        """
        rows = self._sql.rows("standing_behind", (self._shop, item, bins))
        return [Standing(location, item, int(available), int(on_hand)) for location, item, available, on_hand in rows]

    def below_zero(self) -> dict[LevelKey, int]:
        """Return levels of which less than nothing is available, with that number."""
        rows = self._sql.rows("below_zero", (self._shop,))
        return {LevelKey(item, location): units for item, location, units in rows}

    def holders(self, key: LevelKey) -> list[Claim]:
        """Return who holds units of a level (committed or reserved), the newest claim first."""
        rows = self._sql.rows("holders", {"shop": self._shop, "item": key.item, "location": key.location})
        return [Claim(cause, origin, units, from_us(at)) for cause, origin, units, at in rows]

    def levels_at(self, at: datetime, item: str | None = None) -> dict[tuple[str, Bin], int]:
        """Return units in every bin as they were known here at a time: the fold of what was recorded until then."""
        if item is None:
            return read_levels(self._sql.rows("levels_at", {"shop": self._shop, "at": to_us(at)}))
        wanted = {"shop": self._shop, "item": item, "at": to_us(at)}
        return read_levels(self._sql.rows("levels_of_item_at", wanted))

    def history(
        self, item: str, limit: int, before_sequence: int | None = None
    ) -> list[tuple[int, Movement, datetime]]:
        """Return up to `limit` movements of an item with their sequence and recording time, newest first.

        `before_sequence` goes on where an earlier page ended.
        """
        before = NO_LIMIT if before_sequence is None else before_sequence
        rows = self._sql.rows("movements_of_item", (self._shop, item, before, limit))
        return [(row[-2], read_movement(row), from_us(row[-1])) for row in rows]

    def moved_after(self, sequence: int, limit: int) -> list[tuple[int, str]]:
        """Return up to `limit` (sequence, item) of movements behind a sequence, oldest first."""
        rows = self._sql.rows("moved_after", (self._shop, sequence, limit))
        return [(position, item) for position, item in rows]

    def head(self) -> tuple[int, bytes]:
        """Return sequence and hash of the newest movement; 0 and the shop's first hash before there is one."""
        head = self._heads.get(self._shop)
        if head is None:
            row = self._sql.row("head", (self._shop,))
            head = self._heads[self._shop] = (row[0], row[1]) if row else (0, genesis(self._name))
        return head

    def verify(self, anchors: Sequence[tuple[int, bytes]]) -> Verified:
        """Return what a full recomputation finds: chain, levels against their fold, conservation, anchors.

        `anchors` are (sequence, hash) pairs that were kept outside this database. Reads everything: use a snapshot.
        """
        return verify(self._sql, self._shop, start=genesis(self._name), link=link, anchors=anchors)

    def rebuild(self, at: datetime) -> int:
        """Fold levels and held units anew from the movements, mark every offer stale; return the number of bins."""
        for name in ("forget_levels", "fold_levels", "forget_held", "fold_held"):
            self._sql.run(name, {"shop": self._shop})
        self._sql.run("touch_every_item", {"shop": self._shop, "at": to_us(at)})
        return _number(self._sql.row("count_levels", (self._shop,)))

    def unexplained_units(self) -> tuple[int, int]:
        """Return the units that ever moved to or from `unexplained`, and their balance there.

        A positive balance is units that went missing, a negative one units that were found.
        """
        row = self._sql.row("unexplained_units", (self._shop,))
        assert row is not None
        return row[0], row[1]

    def reserved_by_origin(self, item: str) -> dict[tuple[str, str], int]:
        """Return what stands in state reserved of an item, by (origin, location): the orders of which channel."""
        rows = self._sql.rows("reserved_by_origin", {"shop": self._shop, "item": item})
        return {(origin, location): units for origin, location, units in rows}

    def cuts(self, items: Iterable[str]) -> dict[LevelKey, datetime]:
        """Return when the opening balances of some items were read, by level."""
        rows = self._sql.rows("cuts", (self._shop, texts(items)))
        return {LevelKey(item, location): from_us(cut_at) for item, location, cut_at in rows}

    def set_cut(self, key: LevelKey, cut_at: datetime) -> None:
        """Keep when the opening balance of a level was read: what happened until then is in it."""
        self.set_cuts({key: cut_at})

    def set_cuts(self, cuts: Mapping[LevelKey, datetime], era: int = 0) -> None:
        """Keep when the opening balances of some levels were read; `era` is above 0 where counting began again."""
        rows = [(self._shop, key.item, key.location, to_us(cut_at), era) for key, cut_at in cuts.items()]
        self._sql.run_many("set_cut", rows)

    def known(self, keys: Iterable[LevelKey]) -> set[LevelKey]:
        """Return those levels that were opened, even with nothing, or in which any movement began or ended."""
        wanted = set(keys)
        opened = wanted & self.cuts(sorted({key.item for key in wanted})).keys()
        return opened | self.touched(wanted - opened)

    def touched(self, keys: Iterable[LevelKey]) -> set[LevelKey]:
        """Return those levels in which any movement began or ended."""
        rows = self._sql.rows("touched_levels", (self._shop, pairs(keys)))
        return {LevelKey(item, location) for item, location in rows}


def _columns(movement: Movement) -> Row:
    source, target = movement.source, movement.target
    return (
        movement.id,
        movement.item,
        source.location,
        source.state.value,
        target.location,
        target.state.value,
        movement.units,
        movement.cause,
        movement.origin,
        movement.reason,
        to_us(movement.occurred_at),
    )


def _number(row: Row | None) -> int:
    assert row is not None
    return int(row[0])
