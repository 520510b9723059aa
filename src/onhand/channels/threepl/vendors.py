"""The forms of vendors, as data: where each keeps the rows and the numbers that a notice needs.

What a vendor calls a change is read as the count that it ends in: ShipHero sends an Inventory Change for every parcel
that leaves, too, and Shopify's fulfilment has moved those units already. A count cannot count twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from onhand.channels.fields import Troubles, read_json, table, table_rows
from onhand.channels.threepl.standard import Framed
from onhand.domain.notices import Notice, NoticeRow

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """Where a vendor's JSON keeps things. A path leads through objects; an empty `rows` means the body is one row.

    `inside` leads from a row to where its numbers stand; `places` is a list in each row of its numbers by place, of
    which the place of the notice is taken, found by one of `place_names`. A number is the sum of its `plus` less the
    sum of its `minus`; it is None where the first of `plus` is missing.
    """

    rows: Path = ()
    whole_list: bool = False
    sku: str = "sku"
    inside: Path = ()
    places: str | None = None
    place_names: tuple[str, ...] = ()
    location: Path = ()
    as_of: Path = ()
    reason: Path = ()
    numbers: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)


FORMS: Final[Mapping[str, Form]] = {
    # Inventory Update (developer.shiphero.com, 2026-11). Numbers may be texts; inventory = on_hand - allocated +
    # sell_ahead - reserve: units that are sold ahead are on no shelf and never counted.
    "shiphero_update": Form(
        rows=("inventory",),
        inside=("updated_warehouse",),
        location=("updated_warehouse", "identifier"),
        as_of=("timestamp",),
        numbers={
            "on_hand": (("on_hand",), ()),
            "available": (("inventory",), ("sell_ahead",)),
            "damaged": (("non_sellable",), ()),
        },
    ),
    # Inventory Change (same source): `quantity` and `old_quantity` are of one bin, `previous_on_hand` of the whole
    # place; its timestamp has no zone.
    "shiphero_change": Form(
        location=("warehouse_id",),
        as_of=("timestamp",),
        reason=("reason",),
        numbers={"on_hand": (("previous_on_hand", "quantity"), ("old_quantity",))},
    ),
    # GET /2026-01/inventory-level/locations (developer.shipbob.com): components, never bundles.
    "shipbob": Form(
        rows=("items",),
        places="locations",
        place_names=("name", "location_id"),
        numbers={
            "on_hand": (("on_hand_quantity",), ()),
            "available": (("fulfillable_quantity",), ()),
            "committed": (("committed_quantity",), ()),
            "inbound": (("awaiting_quantity",), ()),
        },
    ),
}

SHIPHERO_KINDS: Final = {"inventory update": "shiphero_update", "inventory change": "shiphero_change"}


def read_vendor(body: bytes, vendor: str, framed: Framed) -> Notice:
    """Return the notice of a vendor's body. Raises UnreadableDelivery that names row and field.

    What these vendors send is never complete: a SKU that is not in it is somewhere else in their pages.
    """
    what = f"{vendor} notice {framed.message_id} of {framed.source}"
    troubles = Troubles(what)
    loaded = read_json(body, what)
    top = loaded if isinstance(loaded, list) else table(loaded, troubles, "the body")
    form = _form_of(vendor, top, troubles)
    rows: list[NoticeRow] = []
    as_of, location = framed.received_at, framed.location
    told = _rows_of(form, top, troubles)
    if not told:
        troubles.add(".".join(form.rows) or "the body", "has no row: an empty count is no count")
    for number, row in told:
        where = f"row {number}"
        said_at = troubles.moment(f"{where}, {'.'.join(form.as_of)}", _at(row, form.as_of), framed.zone)
        as_of = min(as_of, said_at) if said_at is not None else as_of
        location = location or troubles.name(f"{where}, {'.'.join(form.location)}", _at(row, form.location))
        read = _read_row(number, row, form, troubles, location)
        if read is not None:
            rows.append(read)
    troubles.check()
    return Notice(
        kind="snapshot",
        source=framed.source,
        message_id=framed.message_id,
        as_of=as_of,
        location=location,
        rows=tuple(rows),
    )


def _form_of(vendor: str, top: object, troubles: Troubles) -> Form:
    if vendor != "shiphero":
        return FORMS[vendor]
    said = top.get("webhook_type") if isinstance(top, dict) else None
    kind = SHIPHERO_KINDS.get(str(said).replace("_", " ").casefold())
    if kind is None:
        troubles.add("webhook_type", f"must be Inventory Update or Inventory Change, got {str(said)[:40]!r}")
    troubles.check()
    return FORMS[kind or "shiphero_update"]


def _rows_of(form: Form, top: object, troubles: Troubles) -> list[tuple[int, Mapping[str, Any]]]:
    if isinstance(top, list):
        return table_rows(top, troubles, "the body")
    if not form.rows:
        return [(1, table(top, troubles, "the body"))]
    return table_rows(_at(top, form.rows), troubles, ".".join(form.rows))


def _read_row(
    number: int, row: Mapping[str, Any], form: Form, troubles: Troubles, location: str | None
) -> NoticeRow | None:
    where = f"row {number}"
    sku = troubles.name(f"{where}, {form.sku}", row.get(form.sku))
    if sku is None:
        troubles.add(where, f"names no {form.sku}")
    holder: object = row
    if form.places is not None:
        holder = _place_of(row, form, troubles, where, location)
        if holder is None:
            return None
    elif form.inside and form.inside[0] in row:
        holder = _at(row, form.inside)
    numbers = table(holder, troubles, f"{where}, {'.'.join(form.inside) or 'the row'}")
    units = {name: _number(numbers, plus, minus, troubles, where) for name, (plus, minus) in form.numbers.items()}
    if units.get("on_hand") is None:
        troubles.add(where, f"says no {form.numbers['on_hand'][0][0]}")
    return NoticeRow(
        row=number,
        sku=sku,
        on_hand_units=units.get("on_hand"),
        available_units=units.get("available"),
        committed_units=units.get("committed"),
        damaged_units=units.get("damaged"),
        inbound_units=units.get("inbound"),
        reason=troubles.name(f"{where}, reason", _at(row, form.reason)) or "" if form.reason else "",
    )


def _place_of(
    row: Mapping[str, Any], form: Form, troubles: Troubles, where: str, location: str | None
) -> Mapping[str, Any] | None:
    """Return the numbers of the place that a notice is about; None where the row has none there."""
    assert form.places is not None
    for number, place in table_rows(row.get(form.places), troubles, f"{where}, {form.places}"):
        names = [troubles.name(f"{where}, {form.places} {number}, {key}", place.get(key)) for key in form.place_names]
        if location in names:
            return place
    return None


def _number(
    row: Mapping[str, Any], plus: tuple[str, ...], minus: tuple[str, ...], troubles: Troubles, where: str
) -> int | None:
    first = troubles.units(f"{where}, {plus[0]}", row.get(plus[0]))
    if first is None:
        return None
    more = sum(troubles.units(f"{where}, {name}", row.get(name)) or 0 for name in plus[1:])
    return first + more - sum(troubles.units(f"{where}, {name}", row.get(name)) or 0 for name in minus)


def _at(value: object, path: Path) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if path else None
