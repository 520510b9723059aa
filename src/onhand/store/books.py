"""The books of one shop: every table by its noun."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

from onhand.domain.stock import LevelKey, State
from onhand.store.alerts import Alerts
from onhand.store.announcements import Announcements
from onhand.store.api_keys import ApiKeys
from onhand.store.aside import Aside
from onhand.store.asks import Asks
from onhand.store.bundles import Bundles
from onhand.store.catalog import Catalog
from onhand.store.census_levels import CensusLevels
from onhand.store.channels import Channels
from onhand.store.counted import Counts
from onhand.store.deliveries import Deliveries
from onhand.store.doubts import Doubts
from onhand.store.drifts import Drifts
from onhand.store.engine import Sql
from onhand.store.fixes import Fixes
from onhand.store.holds import Holds
from onhand.store.intents import Intents
from onhand.store.item_buffers import ItemBuffers
from onhand.store.json_text import STATES, pairs
from onhand.store.law import Erasure, Redactions
from onhand.store.ledger import Heads, Ledger
from onhand.store.marks import Marks
from onhand.store.observations import Observations
from onhand.store.offers import Offers
from onhand.store.openings import Openings
from onhand.store.owed import OwedUnits
from onhand.store.people import Audits, Problems
from onhand.store.pictures import Pictures
from onhand.store.pools import Pools
from onhand.store.returned import Returned
from onhand.store.subscriptions import Arrivals, Subscriptions
from onhand.store.traffic import Traffic
from onhand.store.twins import Twins
from onhand.store.workbook import Workbook

_Table = TypeVar("_Table")


def _table(kind: Callable[[Sql, int], _Table]) -> cached_property[_Table]:
    """Return a table that is there once somebody asks for it: a transaction needs a few of them."""
    return cached_property(lambda books: kind(books._sql, books._shop))


class Books:
    """What is kept of one shop. Nothing here sees another shop."""

    def __init__(self, sql: Sql, shop_id: int, shop: str, heads: Heads) -> None:
        self._sql, self._shop = sql, shop_id
        self.ledger = Ledger(sql, shop_id, shop, heads)

    pictures = _table(Pictures)
    openings = _table(Openings)
    holds = _table(Holds)
    api_keys = _table(ApiKeys)
    returned = _table(Returned)
    twins = _table(Twins)
    observations = _table(Observations)
    census_levels = _table(CensusLevels)
    owed = _table(OwedUnits)
    offers = _table(Offers)
    pools = _table(Pools)
    intents = _table(Intents)
    asks = _table(Asks)
    aside = _table(Aside)
    deliveries = _table(Deliveries)
    catalog = _table(Catalog)
    bundles = _table(Bundles)
    channels = _table(Channels)
    item_buffers = _table(ItemBuffers)
    workbook = _table(Workbook)
    announcements = _table(Announcements)
    alerts = _table(Alerts)
    marks = _table(Marks)
    traffic = _table(Traffic)
    counts = _table(Counts)
    doubts = _table(Doubts)
    drifts = _table(Drifts)
    fixes = _table(Fixes)
    problems = _table(Problems)
    audits = _table(Audits)
    subscriptions = _table(Subscriptions)
    arrivals = _table(Arrivals)
    redactions = _table(Redactions)
    erasure = _table(Erasure)

    def expected(self, keys: Sequence[LevelKey]) -> dict[LevelKey, dict[State, int]]:
        """Return what Shopify should show of each level: the kept states of the books, less what it is still owed.

        Every key is in the answer; states that hold nothing are left out.
        """
        units: dict[LevelKey, dict[State, int]] = {key: {} for key in keys}
        for item, location, state, much in self._sql.rows("levels_of_keys", (self._shop, pairs(keys))):
            units[LevelKey(item, location)][STATES[state]] = much
        for key, owed in self.owed.units(keys).items():
            states = units[key]
            for state, much in owed.items():
                left = states.pop(state, 0) - much
                if left:
                    states[state] = left
        return units

    def count(self, name: str, by: int = 1) -> int:
        """Add to a counter and return it."""
        row = self._sql.row("count", {"shop": self._shop, "name": name, "units": by})
        assert row is not None
        return int(row[0])

    def counter(self, name: str) -> int:
        """Return a counter; 0 where nothing was ever counted."""
        row = self._sql.row("counter", {"shop": self._shop, "name": name})
        return row[0] if row else 0
