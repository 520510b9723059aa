"""The books of one shop: every table by its noun."""

from collections.abc import Sequence

from onhand.domain.stock import LevelKey, State
from onhand.store.announcements import Announcements
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
from onhand.store.workbook import Workbook


class Books:
    """What is kept of one shop. Nothing here sees another shop."""

    def __init__(self, sql: Sql, shop_id: int, shop: str, heads: Heads) -> None:
        self._sql, self._shop = sql, shop_id
        self.ledger = Ledger(sql, shop_id, shop, heads)
        self.pictures = Pictures(sql, shop_id)
        self.openings = Openings(sql, shop_id)
        self.returned = Returned(sql, shop_id)
        self.observations = Observations(sql, shop_id)
        self.census_levels = CensusLevels(sql, shop_id)
        self.owed = OwedUnits(sql, shop_id)
        self.offers = Offers(sql, shop_id)
        self.pools = Pools(sql, shop_id)
        self.intents = Intents(sql, shop_id)
        self.asks = Asks(sql, shop_id)
        self.aside = Aside(sql, shop_id)
        self.deliveries = Deliveries(sql, shop_id)
        self.catalog = Catalog(sql, shop_id)
        self.bundles = Bundles(sql, shop_id)
        self.channels = Channels(sql, shop_id)
        self.item_buffers = ItemBuffers(sql, shop_id)
        self.workbook = Workbook(sql, shop_id)
        self.announcements = Announcements(sql, shop_id)
        self.marks = Marks(sql, shop_id)
        self.counts = Counts(sql, shop_id)
        self.doubts = Doubts(sql, shop_id)
        self.drifts = Drifts(sql, shop_id)
        self.fixes = Fixes(sql, shop_id)
        self.problems = Problems(sql, shop_id)
        self.audits = Audits(sql, shop_id)
        self.subscriptions = Subscriptions(sql, shop_id)
        self.arrivals = Arrivals(sql, shop_id)
        self.redactions = Redactions(sql, shop_id)
        self.erasure = Erasure(sql, shop_id)

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
