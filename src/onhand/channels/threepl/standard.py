"""The canonical notice as JSON, schema `3pl.stock.v1`: what a third party without a form of its own should send."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from onhand.channels.fields import Troubles, read_json, shown, table, table_rows
from onhand.domain.notices import Change, Notice, NoticeRow

SCHEMA = "3pl.stock.v1"

NUMBERS = ("on_hand", "available", "committed", "damaged", "inbound", "delta")
"""The fields of a row that hold units."""


class Framed(NamedTuple):
    """What stands around a body and is no part of it: who sent it, under which id, when, for which place.

    `damage_reasons` and `receipt_reasons` are the words of this sender for goods that were damaged, or came in.
    """

    source: str
    message_id: str
    received_at: datetime
    location: str | None
    zone: tzinfo
    damage_reasons: frozenset[str] = frozenset({"damage", "damaged"})
    receipt_reasons: frozenset[str] = frozenset({"receipt", "received"})

    def change_of(self, reason: str) -> Change:
        """Return what a sender's reason means; a word that nobody has explained is a plain adjustment."""
        word = reason.casefold()
        if word in self.receipt_reasons:
            return Change.RECEIPT
        return Change.DAMAGE if word in self.damage_reasons else Change.ADJUSTMENT


def read_standard(body: bytes, framed: Framed) -> Notice:
    """Return the notice of a body in schema `3pl.stock.v1`. Raises UnreadableDelivery that names row and field.

    `source` of the body is not believed: the signature says who sent it.
    """
    what = f"notice {framed.message_id} of {framed.source}"
    troubles = Troubles(what)
    top = table(read_json(body, what), troubles, "the body")
    if top.get("schema", SCHEMA) != SCHEMA:
        troubles.add("schema", f"must be {SCHEMA}, got {shown(top.get('schema'))}")
    kind = top.get("kind")
    if kind not in ("snapshot", "delta"):
        troubles.add("kind", f"must be snapshot or delta, got {shown(kind)}")
    as_of = troubles.moment("as_of", top.get("as_of"), framed.zone)
    if as_of is None:
        troubles.add("as_of", "is missing: a count is true at a time")
    complete = top.get("complete", False)
    if not isinstance(complete, bool):
        troubles.add("complete", f"must be true or false, got {shown(complete)}")
    rows = [
        read_row(number, row, troubles, framed, is_delta=kind == "delta")
        for number, row in table_rows(top.get("items"), troubles, "items")
    ]
    if not rows:
        troubles.add("items", "has no row: an empty count is no count")
    message = troubles.name("message_id", top.get("message_id"))
    sequence = troubles.units("sequence", top.get("sequence"))
    location = troubles.name("location", top.get("location"))
    troubles.check()
    assert as_of is not None, "told as a trouble"
    return Notice(
        kind="delta" if kind == "delta" else "snapshot",
        source=framed.source,
        message_id=message or framed.message_id,
        sequence=sequence,
        as_of=as_of,
        location=framed.location or location,
        complete=complete is True,
        rows=tuple(rows),
    )


def read_row(
    number: int,
    told: Mapping[str, Any],
    troubles: Troubles,
    framed: Framed,
    *,
    is_delta: bool,
    decimal: str = ".",
) -> NoticeRow:
    """Return a row of a count or of changes from its fields by our names; what is wrong goes to `troubles`."""
    where = f"row {number}"
    sku = troubles.name(f"{where}, sku", told.get("sku"))
    gtin = troubles.name(f"{where}, gtin", told.get("gtin"))
    if sku is None and gtin is None:
        troubles.add(where, "names no sku and no gtin")
    units = {name: troubles.units(f"{where}, {name}", told.get(name), decimal) for name in NUMBERS}
    reason = troubles.name(f"{where}, reason", told.get("reason")) or ""
    if is_delta and units["delta"] is None:
        troubles.add(f"{where}, delta", "is missing in a delta")
    if not is_delta and units["on_hand"] is None and units["available"] is None:
        troubles.add(where, "says neither on_hand nor available")
    return NoticeRow(
        row=number,
        sku=sku,
        gtin=gtin,
        on_hand_units=units["on_hand"],
        available_units=units["available"],
        committed_units=units["committed"],
        damaged_units=units["damaged"],
        inbound_units=units["inbound"],
        delta_units=units["delta"],
        change=framed.change_of(reason),
        reason=reason,
    )
