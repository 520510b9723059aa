"""What people ask for in the input tab: each row is judged, and says so."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from onhand.answers.lookup import NotKnown, find_items
from onhand.app.sheet_counts import CountWish, Waiting, read_count, standing_verdicts, take_counts
from onhand.app.sheet_words import Refused, whole_units
from onhand.channels.google_sheets import InputRow
from onhand.store import Books
from onhand.store.item_buffers import ItemBuffer

SAID_BY = "the Inputs tab of the workbook"
DEFAULT = "default"


class Wish(NamedTuple):
    """A buffer that a row asks for; `units` None: the channel's own again."""

    channel: str
    item: str
    units: int | None


class Judged(NamedTuple):
    """Verdicts by row that differ from what stands there, and the buffers to be kept by (channel, item)."""

    verdicts: Mapping[int, str]
    buffers: Mapping[tuple[str, str], ItemBuffer | None]


def judge_inputs(
    books: Books,
    rows: Sequence[InputRow],
    channels: Sequence[str],
    *,
    authorities: Mapping[str, str],
    waiting: Waiting,
    now: datetime,
) -> Judged:
    """Return what becomes of each row; counts that are new are booked. Needs a transaction.

    Rows that contradict each other are all left undone, and say so. A buffer stays until a row says another one:
    deleting a row, or the tab, never lets more be sold. `authorities` are who is believed, by location's name;
    `waiting` remembers counts that could not be taken.
    """
    buffers: dict[int, Wish] = {}
    counts: dict[int, CountWish] = {}
    verdicts: dict[int, str] = {}
    for row in rows:
        try:
            if row.blank:
                verdicts[row.row] = ""
            elif row.counted != "":
                counts[row.row] = _read_count(books, row, authorities)
            else:
                buffers[row.row] = _read_wish(books, row, channels)
        except (Refused, NotKnown) as refused:
            verdicts[row.row] = f"refused: {refused}"
    by_row = {row.row: row for row in rows}
    late = {number: said for number in counts if (said := waiting.too_long(by_row[number], now)) is not None}
    verdicts |= _judge_counts(books, counts, late, now)
    left = [row for row in rows if row.counted != "" and not verdicts[row.row].startswith("accepted")]
    waiting.note(left, now)
    wanted = _judge_buffers(buffers, verdicts)
    standing = {row.row: row.verdict for row in rows}
    kept = books.item_buffers.all()
    return Judged(
        {number: verdict for number, verdict in verdicts.items() if standing[number] != verdict},
        {key: buffer for key, buffer in wanted.items() if kept.get(key) != buffer},
    )


def _judge_buffers(wishes: Mapping[int, Wish], verdicts: dict[int, str]) -> dict[tuple[str, str], ItemBuffer | None]:
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
    return buffers


def _judge_counts(
    books: Books, wishes: Mapping[int, CountWish], late: Mapping[int, str], now: datetime
) -> dict[int, str]:
    verdicts: dict[int, str] = dict(late)
    for number, wish in wishes.items():
        others = [
            f"row {other + 1} says {each.units}"
            for other, each in wishes.items()
            if each.key == wish.key and each.units != wish.units
        ]
        if others:
            verdicts[number] = f"conflict: {', '.join(others)} for the same item and location; nothing is changed"
    by_key = standing_verdicts(books, list(wishes.values()))
    new = {wish.key: wish for number, wish in wishes.items() if number not in verdicts and wish.key not in by_key}
    by_key |= take_counts(books, list(new.values()), now)
    return {number: verdicts.get(number) or by_key[wish.key] for number, wish in wishes.items()}


def _read_count(books: Books, row: InputRow, authorities: Mapping[str, str]) -> CountWish:
    if row.buffer != "":
        raise Refused("a row is either a buffer or a count; use two rows")
    return read_count(books, row, authorities)


def _said(units: int | None) -> str:
    return "the channel's own buffer is" if units is None else f"{units} are"


def _read_wish(books: Books, row: InputRow, channels: Sequence[str]) -> Wish:
    if row.buffer == "":
        raise Refused("fill in Buffer units, or Counted units")
    if not row.sku:
        raise Refused("fill in SKU")
    if not row.channel:
        raise Refused(f"fill in Channel: {' or '.join(channels) or 'no channel here is told a number'}")
    if row.location:
        raise Refused("a buffer is kept back from a channel, not at a location; leave Location blank")
    if row.channel not in channels:
        known = " or ".join(channels) or "none"
        raise Refused(f"onhand tells no number to {row.channel!r}; it does to {known}")
    units = _units(row.buffer)
    items = find_items(books, row.sku)
    if len(items) > 1:
        raise Refused(f"{len(items)} items carry SKU {row.sku!r}; make them differ in Shopify")
    if items[0].bundle:
        raise Refused(f"{row.sku} is a bundle: set buffers for its components")
    return Wish(row.channel, items[0].item, units)


def _units(given: str | float | bool) -> int | None:
    if isinstance(given, str) and given.strip().casefold() == DEFAULT:
        return None
    return whole_units(given, "Buffer units", f", or {DEFAULT!r}")
