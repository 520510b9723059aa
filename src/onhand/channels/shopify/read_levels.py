"""Reading levels back, by their own ids where these are known, by item and location where not."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from onhand.channels.shopify.answers import stock as answers
from onhand.channels.shopify.answers.stock import Level
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import gid, is_number
from onhand.channels.shopify.settings import NAME
from onhand.domain.drift import Observation
from onhand.domain.stock import KEPT_STATES, LevelKey
from onhand.ports.channel import Catalog, Contradiction, Reading, Report


def seen_at(changed_at: datetime, read_at: datetime | None) -> datetime:
    """Return when a level was observed.

    `read_at` is a time on Shopify's clock before which it was not read. The later of it and the level's last change
    it is: never before a change that it holds, never after one that it does not, in whole seconds.
    """
    return changed_at.astimezone(UTC) if read_at is None or changed_at > read_at else read_at


def observe(key: LevelKey, level: Level, reading: int, read_at: datetime | None) -> Observation:
    """Return what a level shows."""
    return Observation(
        source=NAME,
        item=key.item,
        location=key.location,
        units=level.units(),
        observed_at=seen_at(level.updated_at, read_at),
        reading=reading,
    )


def observe_nothing(key: LevelKey, reading: int, read_at: datetime) -> Observation:
    """Return what is shown where an item was never stocked: no units in any state."""
    units = dict.fromkeys(KEPT_STATES, 0)
    return Observation(
        source=NAME, item=key.item, location=key.location, units=units, observed_at=read_at, reading=reading
    )


class _Row(NamedTuple):
    """A level that was asked for; None where the item was never stocked."""

    key: LevelKey
    level: Level | None
    tracked: bool
    read_at: datetime | None


class LevelReader:
    """Reads levels of one shop. It remembers level ids that it learned by reading."""

    def __init__(self, client: GraphqlClient, most: int) -> None:
        self._client = client
        self._by_id = BatchSize(load("levels"), most)
        self._by_item = BatchSize(load("levels_at"), most)

    def read(self, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return observations of levels, named `item@location`. Raises as `GraphqlClient.ask` does."""
        wanted = {key: level for key in keys if (level := _level_key(key)) is not None}
        found: dict[LevelKey, Level] = {}
        observations: list[Observation] = []
        contradictions: list[Contradiction] = []
        counted: set[LevelKey] = set()
        for row in self._read(list(wanted.values()), catalog):
            if row.level is None:
                if row.tracked and row.read_at is not None:
                    observations.append(observe_nothing(row.key, reading, row.read_at))
                continue
            found[row.key] = row.level
            if not row.tracked or row.key in counted:
                continue
            counted.add(row.key)
            odd = row.level.contradiction()
            if odd is None:
                observations.append(observe(row.key, row.level, reading, row.read_at))
            else:
                contradictions.append(Contradiction(row.key, *odd))
        return Reading(
            report=Report(
                observations=tuple(observations),
                level_ids={key: level.id for key, level in found.items()},
                inactive_levels=frozenset(key for key, level in found.items() if not level.is_active),
                contradictions=tuple(contradictions),
            ),
            missing=tuple(key for key in keys if wanted.get(key) not in found),
        )

    def _read(self, keys: Sequence[LevelKey], catalog: Catalog) -> list[_Row]:
        key_of_id: dict[str, LevelKey] = {}
        for key in keys:
            level_id = catalog.level_id_of(key.item, key.location)
            if level_id is not None:
                key_of_id[level_id] = key
        rows: list[_Row] = []
        for _, answer in ask_in_batches(self._client, self._by_id, list(key_of_id), by_ids, answers.LevelNodes):
            for node in answer.data.nodes:
                if node is not None and node.id in key_of_id:
                    tracked = node.item is None or node.item.tracked
                    rows.append(_Row(key_of_id[node.id], node, tracked, answer.read_at))
        # An id that leads nowhere may be an old one: look again by item.
        known = {row.key for row in rows}
        by_item = self._read_by_item([key for key in keys if key not in known])
        # Where a level was known and is not shown any more, that is no observation: its location may be gone.
        rows += [row for row in by_item if row.level is not None or row.key not in key_of_id.values()]
        return rows

    def _read_by_item(self, keys: Sequence[LevelKey]) -> list[_Row]:
        items_at: dict[str, list[str]] = defaultdict(list)
        for key in dict.fromkeys(keys):
            items_at[key.location].append(key.item)
        rows: list[_Row] = []
        for location, items in items_at.items():
            place = gid("Location", location)
            item_of_id = {gid("InventoryItem", item): item for item in items}

            def variables(batch: Sequence[str], place: str = place) -> Mapping[str, Any]:
                return {"items": list(batch), "location": place}

            batches = ask_in_batches(self._client, self._by_item, list(item_of_id), variables, answers.ItemLevelNodes)
            for _, answer in batches:
                for node in answer.data.nodes:
                    if node is not None and node.id in item_of_id:
                        key = LevelKey(item_of_id[node.id], location)
                        rows.append(_Row(key, node.inventory_level, node.tracked, answer.read_at))
        return rows


def _level_key(key: str) -> LevelKey | None:
    item, _, location = key.partition("@")
    return LevelKey(item, location) if is_number(item) and is_number(location) else None
