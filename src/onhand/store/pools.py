"""Pools: what selling needs to know of items at their locations, read in a few quick queries."""

from collections import defaultdict
from collections.abc import Sequence

from onhand.domain.selling import PoolLevel
from onhand.store.engine import Sql
from onhand.store.json_text import texts


class Pools:
    """The available units of one shop's items: booked, observed, and not told yet."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def of(self, items: Sequence[str], source: str = "shopify") -> dict[str, list[PoolLevel]]:
        """Return what is known of each item at each location, by item; unknown locations are left out.

        The names of the levels are the locations' ids.
        """
        asked = texts(items)
        known: defaultdict[tuple[str, str], list[int | None]] = defaultdict(lambda: [0, None, 0])
        for item, location, units in self._sql.rows("available_units", (self._shop, asked)):
            known[item, location][0] = units
        for item, location, units in self._sql.rows("observed_available_units", (self._shop, asked, source)):
            known[item, location][1] = units
        for item, location, units in self._sql.rows("untold_available_units", (self._shop, asked)):
            known[item, location][2] = units
        rows = self._sql.rows("inactive_levels_of_items", (self._shop, asked))
        inactive = {(item, location) for item, location in rows}
        aside = {(item, place): units for item, place, units in self._sql.rows("aside_of_items", (self._shop, asked))}
        pools: dict[str, list[PoolLevel]] = {item: [] for item in items}
        for (item, location), (booked, observed, untold) in known.items():
            active = (item, location) not in inactive
            ours = aside.get((item, location), 0)
            pools[item].append(PoolLevel(location, location, booked or 0, observed, untold or 0, active, ours))
        return pools
