"""Pools: what selling needs to know of items at their locations, read in a few quick queries."""

from collections.abc import Sequence

from onhand.domain.selling import PoolLevel
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.statements import Parameters


class Pools:
    """The available units of one shop's items: booked, observed, and not told yet."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def of(self, items: Sequence[str], source: str = "shopify") -> dict[str, list[PoolLevel]]:
        """Return what is known of each item at each location, by item; unknown locations are left out.

        The names of the levels are the locations' ids.
        """
        asked = (self._shop, texts(items))
        booked = self._units("available_units", asked)
        observed = self._units("observed_available_units", (*asked, source))
        untold = self._units("untold_available_units", asked)
        aside = self._units("aside_of_items", asked)
        inactive = set(self._sql.rows("inactive_levels_of_items", asked))
        pools: dict[str, list[PoolLevel]] = {item: [] for item in items}
        for key in {**booked, **observed, **untold}:
            item, location = key
            pools[item].append(
                PoolLevel(
                    location,
                    location,
                    booked.get(key, 0),
                    observed.get(key),
                    untold.get(key, 0),
                    key not in inactive,
                    aside.get(key, 0),
                )
            )
        return pools

    def _units(self, name: str, asked: Parameters) -> dict[tuple[str, str], int]:
        """Return units by item and location."""
        return {(item, location): units for item, location, units in self._sql.rows(name, asked)}
