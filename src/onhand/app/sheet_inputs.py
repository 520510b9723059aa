"""What people ask for in the input tab: each row is judged, and says so."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from onhand.answers.lookup import NotKnown, find_items
from onhand.channels.google_sheets import InputRow
from onhand.store import Books
from onhand.store.item_buffers import ItemBuffer

SAID_BY = "the Inputs tab of the workbook"
DEFAULT = "default"
MOST_UNITS = 1_000_000
"""Above that a number is a slip of the hand."""

NO_COUNTS = "counts cannot be taken from the sheet in this release; enter it in Shopify's admin, and onhand compares it"


class Wish(NamedTuple):
    """A buffer that a row asks for; `units` None: the channel's own again."""

    channel: str
    item: str
    units: int | None


class Judged(NamedTuple):
    """Verdicts by row that differ from what stands there, and the buffers to be kept by (channel, item)."""

    verdicts: Mapping[int, str]
    buffers: Mapping[tuple[str, str], ItemBuffer | None]


class _Refused(Exception):
    """A row that asks for what cannot be."""


def judge_inputs(books: Books, rows: Sequence[InputRow], channels: Sequence[str]) -> Judged:
    """Return what becomes of each row. Rows that contradict each other are all left undone, and say so.

    A buffer stays until a row says another one: deleting a row, or the tab, never lets more be sold.
    """
    wishes: dict[int, Wish] = {}
    verdicts: dict[int, str] = {}
    for row in rows:
        try:
            if row.blank:
                verdicts[row.row] = ""
            else:
                wishes[row.row] = _read_wish(books, row, channels)
        except (_Refused, NotKnown) as refused:
            verdicts[row.row] = f"refused: {refused}"
    buffers: dict[tuple[str, str], ItemBuffer | None] = {}
    for number, wish in wishes.items():
        others = [
            f"row {other + 1} says {_said(each.units)}"
            for other, each in wishes.items()
            if (each.channel, each.item) == (wish.channel, wish.item) and each.units != wish.units
        ]
        if others:
            verdicts[number] = f"conflict: {', '.join(others)} for the same item and channel; nothing is changed"
            continue
        buffers[wish.channel, wish.item] = None if wish.units is None else ItemBuffer(wish.units, SAID_BY)
        verdicts[number] = f"accepted: {_said(wish.units)} kept back from {wish.channel}"
    standing = {row.row: row.verdict for row in rows}
    kept = books.item_buffers.all()
    return Judged(
        {number: verdict for number, verdict in verdicts.items() if standing[number] != verdict},
        {key: buffer for key, buffer in buffers.items() if kept.get(key) != buffer},
    )


def _said(units: int | None) -> str:
    return "the channel's own buffer is" if units is None else f"{units} are"


def _read_wish(books: Books, row: InputRow, channels: Sequence[str]) -> Wish:
    if row.buffer != "" and row.counted != "":
        raise _Refused("a row is either a buffer or a count; use two rows")
    if row.counted != "":
        raise _Refused(NO_COUNTS)
    if row.buffer == "":
        raise _Refused("fill in Buffer units")
    if not row.sku:
        raise _Refused("fill in SKU")
    if not row.channel:
        raise _Refused(f"fill in Channel: {' or '.join(channels) or 'no channel here is told a number'}")
    if row.location:
        raise _Refused("a buffer is kept back from a channel, not at a location; leave Location blank")
    if row.channel not in channels:
        known = " or ".join(channels) or "none"
        raise _Refused(f"onhand tells no number to {row.channel!r}; it does to {known}")
    units = _units(row.buffer)
    items = find_items(books, row.sku)
    if len(items) > 1:
        raise _Refused(f"{len(items)} items carry SKU {row.sku!r}; make them differ in Shopify")
    if items[0].bundle:
        raise _Refused(f"{row.sku} is a bundle: set buffers for its components")
    return Wish(row.channel, items[0].item, units)


def _units(given: str | float | bool) -> int | None:
    if isinstance(given, str) and given.strip().casefold() == DEFAULT:
        return None
    text = given.strip() if isinstance(given, str) else ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else given
    if isinstance(number, bool | str) or not 0 <= number <= MOST_UNITS or number != int(number):
        raise _Refused(f"Buffer units must be a whole number from 0 to {MOST_UNITS}, or {DEFAULT!r}; got {given!r:.60}")
    return int(number)
