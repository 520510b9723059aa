"""The file of a bulk operation: read once, proven whole, and only then used.

Source: Shopify, "Perform bulk operations with the GraphQL Admin API" (2026-10): JSONL, an object a line, the lines of
nested connections with `__parentId`, the order among them not promised.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from onhand.channels.shopify.answers import stock
from onhand.channels.shopify.gids import gid, number_of
from onhand.channels.shopify.level_spool import LevelSpool
from onhand.channels.shopify.read_items import ItemRows
from onhand.channels.shopify.read_levels import seen_at
from onhand.domain.stock import LevelKey
from onhand.ports.channel import Contradiction, SeenLevel
from onhand.ports.errors import IncompleteReading

AGAIN = "nothing of it is used; run `onhand sync` or `onhand audit` again"
"""The way out of every file that cannot be proven whole."""

_ITEM = "InventoryItem"
_LEVEL = "gid://shopify/InventoryLevel/"
_VARIANT = "gid://shopify/ProductVariant/"

_read_line = msgspec.json.Decoder(stock.BulkLine).decode
_read_item = msgspec.json.Decoder(stock.BulkItem).decode
_variants = msgspec.json.Decoder(stock.Variant)


class BulkFile:
    """What the lines of one file hold. Read it, prove it, then take the rows; levels go to the spool as they come.

    Items and variants are kept as the lines they came in, which takes a quarter of the room, until their rows are
    taken; of a level that was read only a bit is kept.
    """

    def __init__(self, shop: str, read_at: datetime, spool: LevelSpool) -> None:
        self._shop = shop
        self._read_at = read_at
        self._spool = spool
        self._lines = 0
        self._numbers: dict[str, str] = {}
        # By the item's number: its line, the lines of its variants, and a bit for each location of its levels.
        self._items: dict[str, bytes] = {}
        self._variants: dict[str, bytes] = {}
        self._read_at_locations: dict[str, int] = {}
        self._variant_ids: set[str] = set()
        self._locations: dict[str, tuple[str, int]] = {}
        self._contradictions: list[Contradiction] = []

    def read(self, lines: Iterable[bytes]) -> None:
        """Read every line. Raises IncompleteReading for one that cannot be read, comes twice, or is no answer."""
        for line in lines:
            if line.isspace():
                continue
            self._lines += 1
            try:
                self._add(line)
            except ValueError as error:
                raise self._refusal(f"line {self._lines} cannot be read: {error}") from error

    def prove(self, lines: int, roots: int) -> None:
        """Raise IncompleteReading unless the file holds what Shopify counted, and every parent that a line names."""
        self._prove("lines", self._lines, lines)
        self._prove("items", len(self._items), roots)
        for what, named in (("variants", self._variants), ("levels", self._read_at_locations)):
            orphans = named.keys() - self._items.keys()
            if orphans:
                orphan = gid(_ITEM, min(orphans))
                raise self._refusal(f"lacks {len(orphans)} items that its {what} name, one of them {orphan}")

    def rows(self, currency: str) -> ItemRows:
        """Return items and listings with levels that do not add up, and tell the spool which items are not counted."""
        rows = ItemRows(currency=currency)
        uncounted: set[str] = set()
        for number, line in self._items.items():
            variants = _variants.decode_lines(self._variants.get(number, b""))
            if not rows.add(number, _read_item(line), variants).counted:
                uncounted.add(number)
        rows.contradictions.extend(odd for odd in self._contradictions if odd.key.item not in uncounted)
        self._spool.finish(uncounted)
        return rows

    def _add(self, line: bytes) -> None:
        """Add what a line holds. Raises ValueError where it is not what was asked for."""
        row = _read_line(line)
        if row.parent_id is None:
            _read_item(line)
            item = self._number_of(row.id)
            if item in self._items:
                raise self._refusal(f"line {self._lines} repeats {row.id}")
            self._items[item] = line
        elif row.id.startswith(_LEVEL):
            self._add_level(row, self._number_of(row.parent_id))
        elif row.id.startswith(_VARIANT):
            _variants.decode(line)
            if row.id in self._variant_ids:
                raise self._refusal(f"line {self._lines} repeats {row.id}")
            self._variant_ids.add(row.id)
            item = self._number_of(row.parent_id)
            self._variants[item] = self._variants.get(item, b"") + line.rstrip() + b"\n"
        else:
            raise self._refusal(f"line {self._lines} is {row.id[:80]!r}, which nobody asked for")

    def _number_of(self, item_id: str) -> str:
        """Return the number in the id of an item that a line is, or names."""
        number = self._numbers.get(item_id)
        if number is None:
            number = number_of(item_id, _ITEM)
            if number is None:
                raise self._refusal(f"line {self._lines} names {item_id[:80]!r} as an item, which is no id of one")
            self._numbers[item_id] = number
        return number

    def _add_level(self, row: stock.BulkLine, item: str) -> None:
        if row.location is None or row.updated_at is None:
            raise self._refusal(f"line {self._lines} is a level without its location or time")
        units, contradiction = row.shown()
        place = self._locations.get(row.location.id)
        if place is None:
            place = self._locations[row.location.id] = (
                number_of(row.location.id) or row.location.id,
                1 << len(self._locations),
            )
        location, bit = place
        places = self._read_at_locations.get(item, 0)
        if places & bit:
            raise self._refusal(f"line {self._lines} repeats the level of item {item} at {row.location.id}")
        self._read_at_locations[item] = places | bit
        seen = seen_at(row.updated_at, self._read_at)
        if contradiction is not None:
            self._contradictions.append(Contradiction(LevelKey(item, location), *contradiction))
            units = None
        self._spool.add(SeenLevel(item, location, row.id, row.is_active, units, seen))

    def _prove(self, what: str, found: int, counted: int) -> None:
        if found != counted:
            raise self._refusal(f"holds {found} {what}, shopify counted {counted}")

    def _refusal(self, what: str) -> IncompleteReading:
        return IncompleteReading(f"the bulk file of {self._shop} {what}: {AGAIN}")
