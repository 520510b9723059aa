"""The file of a bulk operation: read once, proven whole, and only then used.

Source: Shopify, "Perform bulk operations with the GraphQL Admin API" (2026-10): JSONL, an object a line, the lines of
nested connections with `__parentId`, the order among them not promised.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from onhand.channels.shopify.answers import stock
from onhand.channels.shopify.gids import number_of
from onhand.channels.shopify.level_spool import LevelSpool
from onhand.channels.shopify.read_items import ItemRows
from onhand.channels.shopify.read_levels import seen_at
from onhand.domain.stock import LevelKey
from onhand.ports.channel import Contradiction, SeenLevel
from onhand.ports.errors import IncompleteReading

AGAIN = "nothing of it is used; run `onhand sync` or `onhand audit` again"
"""The way out of every file that cannot be proven whole."""

_LEVEL = "gid://shopify/InventoryLevel/"
_VARIANT = "gid://shopify/ProductVariant/"

_read_line = msgspec.json.Decoder(stock.BulkLine).decode


class BulkFile:
    """What the lines of one file hold. Read it, prove it, then take the rows; levels go to the spool as they come."""

    def __init__(self, shop: str, read_at: datetime, spool: LevelSpool) -> None:
        self._shop = shop
        self._read_at = read_at
        self._spool = spool
        self._lines = 0
        self._items: dict[str, stock.BulkLine] = {}
        self._variants: dict[str, stock.BulkLine] = {}
        # By item: its number, and a bit for each location at which a level was read. A million ids would not fit.
        self._numbers: dict[str, str] = {}
        self._read_at_locations: dict[str, int] = defaultdict(int)
        self._locations: dict[str, tuple[str, int]] = {}
        self._contradictions: list[Contradiction] = []

    def read(self, lines: Iterable[bytes]) -> None:
        """Read every line. Raises IncompleteReading for one that cannot be read, comes twice, or is no answer."""
        for line in lines:
            if line.isspace():
                continue
            self._lines += 1
            try:
                row = _read_line(line)
            except ValueError as error:
                raise self._refusal(f"line {self._lines} cannot be read: {error}") from error
            if row.parent_id is None:
                self._keep(self._items, row)
            elif row.id.startswith(_LEVEL):
                self._add_level(row, row.parent_id)
            elif row.id.startswith(_VARIANT):
                self._keep(self._variants, row)
            else:
                raise self._refusal(f"line {self._lines} is {row.id[:80]!r}, which nobody asked for")

    def prove(self, lines: int, roots: int) -> None:
        """Raise IncompleteReading unless the file holds what Shopify counted, and every parent that a line names."""
        self._prove("lines", self._lines, lines)
        self._prove("items", len(self._items), roots)
        for what, named in (
            ("variants", {row.parent_id or "" for row in self._variants.values()}),
            ("levels", self._read_at_locations.keys()),
        ):
            orphans = named - self._items.keys()
            if orphans:
                raise self._refusal(f"lacks {len(orphans)} items that its {what} name, one of them {min(orphans)}")

    def rows(self, currency: str) -> ItemRows:
        """Return items and listings with levels that do not add up, and tell the spool which items are not counted."""
        variants: dict[str, list[stock.Variant]] = defaultdict(list)
        for row in self._variants.values():
            variants[row.parent_id or ""].append(_variant(row))
        rows = ItemRows(currency=currency)
        uncounted: set[str] = set()
        for gid, item in self._items.items():
            number = number_of(gid)
            if number is None:
                continue
            if not rows.add(number, item, variants[gid]).counted:
                uncounted.add(number)
        rows.contradictions.extend(odd for odd in self._contradictions if odd.key.item not in uncounted)
        self._spool.finish(uncounted)
        return rows

    def _keep(self, kept: dict[str, stock.BulkLine], row: stock.BulkLine) -> None:
        if kept.setdefault(row.id, row) is not row:
            raise self._refusal(f"line {self._lines} repeats {row.id}")

    def _add_level(self, row: stock.BulkLine, parent_id: str) -> None:
        item = self._numbers.get(parent_id)
        if item is None:
            item = number_of(parent_id)
            if item is None:
                raise self._refusal(f"line {self._lines} names {parent_id[:80]!r} as its item, which is no id")
            self._numbers[parent_id] = item
        if row.location is None or row.updated_at is None:
            raise self._refusal(f"line {self._lines} is a level without its location or time")
        try:
            units, contradiction = row.shown()
        except ValueError as error:
            raise self._refusal(f"line {self._lines} cannot be read: {error}") from error
        place = self._locations.get(row.location.id)
        if place is None:
            place = self._locations[row.location.id] = (
                number_of(row.location.id) or row.location.id,
                1 << len(self._locations),
            )
        location, bit = place
        if self._read_at_locations[parent_id] & bit:
            raise self._refusal(f"line {self._lines} repeats the level of {parent_id} at {row.location.id}")
        self._read_at_locations[parent_id] |= bit
        seen = seen_at(row.updated_at, self._read_at)
        if contradiction is not None:
            self._contradictions.append(Contradiction(LevelKey(item, location), *contradiction))
        kept = units if contradiction is None else None
        self._spool.add(SeenLevel(item, location, row.id, row.is_active, kept, seen))

    def _prove(self, what: str, found: int, counted: int) -> None:
        if found != counted:
            raise self._refusal(f"holds {found} {what}, shopify counted {counted}")

    def _refusal(self, what: str) -> IncompleteReading:
        return IncompleteReading(f"the bulk file of {self._shop} {what}: {AGAIN}")


def _variant(row: stock.BulkLine) -> stock.Variant:
    return stock.Variant(
        id=row.id,
        display_name=row.display_name,
        price=row.price,
        inventory_policy=row.inventory_policy,
        requires_components=row.requires_components,
    )
