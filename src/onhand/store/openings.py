"""The openings of one shop's levels, as a fact sees them, and what they hold of it."""

from collections.abc import Iterable, Mapping

from onhand.domain.openings import Opened
from onhand.domain.pictures import Seen
from onhand.domain.reservations import LEAVING
from onhand.domain.stock import Bin, LevelKey, Levels, State
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.times import from_us


class Openings:
    """What opening balances hold of facts."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def of(self, cause: str, seen: Seen | None, items: Iterable[str]) -> Opened:
        """Return the openings of some items, and what they hold of a fact; `seen` is its newest picture."""
        held = self._held(cause) if seen is not None and seen.holds else {}
        wanted = sorted({*items, *(item for item, _ in held)})
        rows = self._sql.rows("openings", (self._shop, texts(wanted)))
        cuts = {LevelKey(item, location): from_us(cut_at) for item, location, cut_at, _ in rows}
        eras = {item: era for item, _, _, era in rows if era}
        anew = frozenset(eras)
        if seen is None or seen.known_at is None:
            return Opened(cuts=cuts, anew=anew)
        known_at = {item: seen.known_at for item in wanted if eras.get(item, 0) <= seen.era}
        return Opened(cuts=cuts, held=held, known_at=known_at, anew=anew)

    def keep(self, cause: str, seen: Seen | None, held: Levels) -> None:
        """Keep what the openings hold of a fact, in the place of what they held by the picture before."""
        if seen is not None and seen.holds:
            self._sql.run("forget_contained", (self._shop, cause))
        if held:
            rows = [
                (self._shop, cause, item, bin_.location, bin_.state.value, units)
                for (item, bin_), units in held.items()
            ]
            self._sql.run_many("put_contained", rows)

    def somewhere(self, items: Iterable[str], state: State) -> list[tuple[str, str, int]]:
        """Return (item, cause, units) of what openings hold of facts at a location nobody has named."""
        wanted = {"shop": self._shop, "items": texts(items), "state": state.value}
        return [(item, cause, units) for item, cause, units in self._sql.rows("contained_somewhere", wanted) if units]

    def show_release(self, cause: str, key: LevelKey, units: int) -> None:
        """Keep that a level has shown where its opening held units that a draft had reserved."""
        there = {Bin(key.location, State.RESERVED): units, Bin(key.location, State.AVAILABLE): -units}
        self.shift(cause, key.item, {LEAVING: -units, **there})

    def shift(self, cause: str, item: str, units: Mapping[Bin, int]) -> None:
        """Add to what the openings hold of an item of a fact, by bin; less than nothing is taken off."""
        rows = [(self._shop, cause, item, bin_.location, bin_.state.value, much) for bin_, much in units.items()]
        self._sql.run_many("add_contained", rows)
        self._sql.run("mark_contained", {"shop": self._shop, "cause": cause, "holds": True})

    def _held(self, cause: str) -> Levels:
        rows = self._sql.rows("contained", (self._shop, cause))
        return {(item, Bin(location, State(state))): units for item, location, state, units in rows if units}
