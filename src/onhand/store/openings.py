"""The openings of one shop's levels, as a fact sees them, and what they hold of it."""

from collections.abc import Iterable

from onhand.domain.openings import Opened
from onhand.domain.pictures import Seen
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

    def _held(self, cause: str) -> Levels:
        rows = self._sql.rows("contained", (self._shop, cause))
        return {(item, Bin(location, State(state))): units for item, location, state, units in rows}
