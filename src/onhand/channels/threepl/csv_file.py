"""A count as a CSV file: no two third parties write the same one, so the configuration says what its columns mean."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from onhand.channels.csv_lines import read_lines
from onhand.channels.fields import MOST_ROWS, Troubles
from onhand.channels.threepl.standard import NUMBERS, Framed, read_row
from onhand.domain.notices import Notice, NoticeRow
from onhand.ports.errors import UnreadableDelivery

FIELDS: Final = ("sku", "gtin", "location", *NUMBERS, "reason", "as_of")
"""What a column may mean. A file whose columns have a `delta` tells changes, any other one is a count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvForm:
    """How a third party writes its files. `columns` gives its heading for each of our fields; those left out are
    looked for under our own names. `complete`: what is not in a file is not there.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    complete: bool = True


def read_csv(body: bytes, form: CsvForm, framed: Framed) -> list[Notice]:
    """Return the notices of a file, one a place that it names. Raises UnreadableDelivery that names row and field.

    The whole file is looked at before anything of it is used. Row 1 is the heading, as a spreadsheet numbers them. The
    oldest `as_of` of its rows counts for all of them; without one it is true when it came. Changes are known by their
    bytes: the same file sent again tells nothing new, whenever it comes.
    """
    what = f"file {framed.message_id} of {framed.source}"
    troubles = Troubles(what)
    lines = read_lines(body, what, form.encoding, form.delimiter)
    heading = next(lines, None)
    if heading is None:
        raise UnreadableDelivery(f"{what}: is empty: nothing of it is used")
    places = _places_of(heading, form, troubles)
    troubles.check()
    is_delta = "delta" in places
    rows: dict[str | None, list[NoticeRow]] = {}
    as_of: dict[str | None, datetime] = {}
    for number, cells in enumerate(lines, start=2):
        if number > MOST_ROWS:
            raise UnreadableDelivery(f"{what}: has more than {MOST_ROWS} rows: nothing of it is used")
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            troubles.add(f"row {number}", f"has {len(cells)} cells, the heading has {len(heading)}")
            continue
        told = {name: cells[place] for name, place in places.items()}
        place = framed.location or troubles.name(f"row {number}, location", told.get("location"))
        row = read_row(number, told, troubles, framed, is_delta=is_delta, decimal=form.decimal)
        rows.setdefault(place, []).append(row)
        moment = troubles.moment(f"row {number}, as_of", told.get("as_of"), framed.zone) or framed.received_at
        as_of[place] = min(as_of.get(place, moment), moment)
    troubles.check()
    if not rows:
        raise UnreadableDelivery(f"{what}: has a heading and no row: an empty count is no count, nothing of it is used")
    return [
        Notice(
            kind="delta" if is_delta else "snapshot",
            source=framed.source,
            message_id=hashlib.sha256(body).hexdigest() if is_delta else framed.message_id,
            as_of=as_of[place],
            location=place,
            complete=form.complete and not is_delta,
            rows=tuple(rows[place]),
        )
        for place in rows
    ]


def _places_of(heading: list[str], form: CsvForm, troubles: Troubles) -> dict[str, int]:
    """Return where each field stands. A column that nobody has a use for is left alone."""
    titles = [title.strip() for title in heading]
    places: dict[str, int] = {}
    for name in FIELDS:
        title = form.columns.get(name, name)
        if titles.count(title) > 1:
            troubles.add("row 1", f"names the column {title!r} {titles.count(title)} times")
        elif title in titles:
            places[name] = titles.index(title)
        elif name in form.columns:
            troubles.add("row 1", f"has no column {title!r} for {name}")
    if not {"sku", "gtin"} & places.keys():
        troubles.add("row 1", "has no column for sku and none for gtin: name them in `columns`")
    if not {"on_hand", "available", "delta"} & places.keys():
        troubles.add("row 1", "has no column for on_hand, available or delta: name them in `columns`")
    return places
