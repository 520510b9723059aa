"""Bundles: what they are made of, now and since when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from onhand.domain.bundles import Bundle, Bundled, Component
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.times import from_us, to_us


class Bundles:
    """The bundles of one shop. An item that is no bundle any more loses its components when it is put."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def put(self, bundles: Iterable[Bundle], now: datetime) -> None:
        """Keep what bundles are made of now; a composition that changed goes into the history."""
        by_item = {bundle.item: bundle for bundle in bundles}
        before = self.components(by_item)
        for bundle in by_item.values():
            if bundle.components and before.get(bundle.item) != tuple(sorted(bundle.components)):
                self._replace(bundle, before.get(bundle.item, ()), to_us(now))

    def _replace(self, bundle: Bundle, before: Iterable[Component], now_us: int) -> None:
        kept = {component.item for component in bundle.components}
        gone = [(self._shop, bundle.item, row.item) for row in before if row.item not in kept]
        self._sql.run_many("drop_component", gone)
        rows = [(self._shop, bundle.item, row.item, row.units, now_us) for row in bundle.components]
        self._sql.run_many("put_component", rows)
        self._sql.run("forget_composition", (self._shop, bundle.item, now_us))
        history = [(self._shop, bundle.item, now_us, row.item, row.units) for row in bundle.components]
        self._sql.run_many("put_composition", history)

    def components(self, bundles: Iterable[str]) -> dict[str, tuple[Component, ...]]:
        """Return what some bundles are made of now; items that are no bundles are left out."""
        found: defaultdict[str, list[Component]] = defaultdict(list)
        for bundle, item, units in self._sql.rows("components", (self._shop, texts(bundles))):
            found[bundle].append(Component(item, units))
        return {bundle: tuple(components) for bundle, components in found.items()}

    def compositions(self, bundles: Iterable[str]) -> dict[str, list[tuple[datetime, tuple[Component, ...]]]]:
        """Return everything that some bundles were made of, each with the time from which on, oldest first."""
        found: dict[str, dict[int, list[Component]]] = {}
        for bundle, since_at, item, units in self._sql.rows("compositions", (self._shop, texts(bundles))):
            found.setdefault(bundle, {}).setdefault(since_at, []).append(Component(item, units))
        return {
            bundle: [(from_us(since_at), tuple(components)) for since_at, components in since.items()]
            for bundle, since in found.items()
        }

    def made_of(self, items: Iterable[str]) -> set[str]:
        """Return the bundles that any of these items is a component of."""
        return {bundle for (bundle,) in self._sql.rows("bundles_of_items", (self._shop, texts(items)))}

    def bundled(self, cause: str) -> dict[str, Bundled]:
        """Return how an order counts for listings beyond what it moves, as it was kept last."""
        rows = self._sql.rows("bundled_of_cause", (self._shop, cause))
        return {item: Bundled(open_units, taken_units) for item, open_units, taken_units in rows}

    def put_bundled(self, cause: str, origin: str, counts: Mapping[str, Bundled]) -> None:
        """Keep how an order counts for listings beyond what it moves."""
        rows = [(self._shop, cause, item, origin, *count) for item, count in counts.items()]
        self._sql.run_many("put_bundled", rows)

    def open_units(self, origin: str, items: Iterable[str]) -> dict[str, int]:
        """Return what the open orders of a channel count for listings beyond what they hold, by item."""
        return dict(self._sql.rows("open_in_bundles", (self._shop, texts(items), origin)))
