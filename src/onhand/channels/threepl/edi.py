"""What EDI documents say of stock: 846 inventory advice, 944 receipt, 945 shipping advice, 947 adjustment; and 997.

Source: ASC X12 004010. Partners differ in which QTY01 they mean and in their reason codes: both are configuration.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from onhand.channels.fields import MOST_ROWS, Troubles, moment_of
from onhand.channels.threepl.standard import Framed
from onhand.channels.threepl.x12 import Group, Interchange, Segment, TransactionSet, read_interchange
from onhand.domain.notices import Change, Kind, Notice, NoticeRow

QUANTITIES: Final[Mapping[str, str]] = {
    "33": "available",  # available for sale
    "17": "on_hand",
    "20": "damaged",  # unusable
    "63": "inbound",  # on order
}
"""What QTY01 means in an 846, unless a partner means something else by it."""

SKU_CODES: Final = ("SK", "VN", "BP", "IN")
GTIN_CODES: Final = ("UP", "EN", "UK")
"""Which ids of a product we know (X12 element 235): SKU, vendor's, buyer's part; UPC, EAN, GTIN of 14 digits."""

REPLIED: Final = "997"


@dataclass(frozen=True, kw_only=True, slots=True)
class EdiForm:
    """What a partner's codes mean. `complete`: what is not in an 846 is not there."""

    quantities: Mapping[str, str] = field(default_factory=lambda: QUANTITIES)
    damage_codes: frozenset[str] = frozenset()
    complete: bool = True


class _Document(NamedTuple):
    """A transaction set as its readers need it."""

    set: TransactionSet
    troubles: Troubles
    form: EdiForm
    framed: Framed


def read_edi(body: bytes, form: EdiForm, framed: Framed) -> list[Notice]:
    """Return the notices of an interchange, one a document. Raises UnreadableDelivery that names segment and element.

    The whole interchange is looked at before anything of it is used. Kinds that do not concern stock say nothing.
    """
    what = f"interchange {framed.message_id} of {framed.source}"
    interchange = read_interchange(body, what)
    troubles = Troubles(what)
    notices: list[Notice] = []
    readers = {"846": _read_846, "944": _read_944, "945": _read_945, "947": _read_947}
    for group in interchange.groups:
        for one in group.sets:
            if one.kind in readers:
                notice = readers[one.kind](_Document(one, troubles, form, framed), interchange)
                if len(notice.rows) > MOST_ROWS:
                    troubles.add(f"{one.kind} {one.control}", f"has more than {MOST_ROWS} rows")
                notices.append(notice)
    troubles.check()
    return notices


def acknowledge(interchange: Interchange, now: datetime, control: int, refusal: str | None = None) -> bytes:
    """Return the interchange with the 997 that a partner expects: one for each group, each document named.

    `control` numbers our interchanges. With a `refusal` everything in it is said to be rejected (code 5: the segments
    have errors), for nothing of it was used.
    """
    lines: list[str] = [_isa(interchange, now, control)]
    groups = [group for group in interchange.groups if group.sets and group.functional != "FA"]
    day, clock = f"{now:%Y%m%d}", f"{now:%H%M}"
    if groups:
        lines.append(f"GS*FA*{groups[0].receiver}*{groups[0].sender}*{day}*{clock}*{control}*X*004010")
    for number, group in enumerate(groups, start=1):
        lines += _functional_acknowledgement(group, number, refused=refusal is not None)
    if groups:
        lines.append(f"GE*{len(groups)}*{control}")
    lines.append(f"IEA*{int(bool(groups))}*{control:09d}")
    return "".join(f"{line}~\n" for line in lines).encode()


def _functional_acknowledgement(group: Group, number: int, *, refused: bool) -> list[str]:
    code, taken = ("R*5", 0) if refused else ("A", len(group.sets))
    body = [f"ST*997*{number:04d}", f"AK1*{group.functional}*{group.control}"]
    for one in group.sets:
        body += [f"AK2*{one.kind}*{one.control}", f"AK5*{code}"]
    body.append(f"AK9*{'R' if refused else 'A'}*{len(group.sets)}*{len(group.sets)}*{taken}")
    return [*body, f"SE*{len(body) + 1}*{number:04d}"]


def _isa(interchange: Interchange, now: datetime, control: int) -> str:
    ours, theirs = interchange.receiver, interchange.sender
    usage = interchange.usage if interchange.usage in ("P", "T") else "P"
    return "*".join(
        [
            "ISA", "00", " " * 10, "00", " " * 10, f"{ours[0]:<2.2}", f"{ours[1]:<15.15}", f"{theirs[0]:<2.2}",
            f"{theirs[1]:<15.15}", f"{now:%y%m%d}", f"{now:%H%M}", "U", "00401", f"{control:09d}", "0", usage, ">",
        ]
    )  # fmt: skip


def _read_846(document: _Document, interchange: Interchange) -> Notice:
    as_of, number = _header(document, interchange, "BIA", day=4, clock=5, reference=3)
    rows: list[NoticeRow] = []
    current: Segment | None = None
    units: dict[str, int] = defaultdict(int)
    for segment in (*document.set.segments, None):
        if current is not None and (segment is None or segment.name in ("LIN", "CTT")):
            rows.append(_counted_row(document, len(rows) + 1, current, units))
            current, units = None, defaultdict(int)
        if segment is None:
            break
        if segment.name == "LIN":
            current = segment
        elif segment.name == "QTY" and current is not None:
            _add_quantity(document, segment, units)
        elif segment.name == "DTM" and current is None:
            as_of = moment_of(segment.at(2), segment.at(3), document.framed.zone) or as_of
    return _notice(document, "snapshot", as_of, number, rows, complete=document.form.complete)


def _add_quantity(document: _Document, segment: Segment, units: dict[str, int]) -> None:
    meaning = document.form.quantities.get(segment.at(1))
    if meaning is None:
        return
    if meaning in units:
        document.troubles.add(segment.where(1), f"says {meaning} of one product twice")
        return
    much = document.troubles.units(segment.where(2), segment.at(2))
    if much is None and not segment.at(2):
        document.troubles.add(segment.where(2), "is empty")
    units[meaning] = much or 0


def _counted_row(document: _Document, number: int, line: Segment, units: Mapping[str, int]) -> NoticeRow:
    sku, gtin = _product(document, line, first=2)
    if "on_hand" not in units and "available" not in units:
        known = ", ".join(sorted(document.form.quantities))
        document.troubles.add(line.where(), f"no QTY of it says on_hand or available (QTY01 known: {known})")
    return NoticeRow(
        row=number,
        sku=sku,
        gtin=gtin,
        on_hand_units=units.get("on_hand"),
        available_units=units.get("available"),
        damaged_units=units.get("damaged"),
        inbound_units=units.get("inbound"),
    )


def _read_944(document: _Document, interchange: Interchange) -> Notice:
    as_of, number = _header(document, interchange, "W17", day=2, clock=None, reference=3)
    rows: list[NoticeRow] = []
    for segment in document.set.segments:
        if segment.name == "W07":
            product = _product(document, segment, first=4)
            row = _changed_row(
                document, len(rows) + 1, segment, place=1, product=product, change=Change.RECEIPT, reason="received"
            )
            rows.append(row)
    return _notice(document, "delta", as_of, number, rows)


def _read_947(document: _Document, interchange: Interchange) -> Notice:
    as_of, number = _header(document, interchange, "W15", day=1, clock=None, reference=2)
    rows: list[NoticeRow] = []
    for segment in document.set.segments:
        if segment.name == "W19":
            code = segment.at(1)
            change = Change.DAMAGE if code in document.form.damage_codes else Change.ADJUSTMENT
            product = _product(document, segment, first=5)
            said = f"947 reason {code}"
            row = _changed_row(document, len(rows) + 1, segment, place=2, product=product, change=change, reason=said)
            rows.append(row)
    return _notice(document, "delta", as_of, number, rows)


def _read_945(document: _Document, interchange: Interchange) -> Notice:
    as_of, number = _header(document, interchange, "W06", day=3, clock=None, reference=4)
    head = next((segment for segment in document.set.segments if segment.name == "W06"), None)
    order = document.troubles.name(head.where(2), head.at(2)) if head is not None else None
    if head is not None and order is None:
        document.troubles.add(head.where(2), "is empty: it must name the order that was shipped")
    return _notice(document, "advice", as_of, number, (), orders=(order,) if order else ())


def _changed_row(
    document: _Document,
    number: int,
    segment: Segment,
    *,
    place: int,
    product: tuple[str | None, str | None],
    change: Change,
    reason: str,
) -> NoticeRow:
    units = document.troubles.units(segment.where(place), segment.at(place))
    if not segment.at(place):
        document.troubles.add(segment.where(place), "is empty")
    return NoticeRow(
        row=number,
        sku=product[0],
        gtin=product[1],
        delta_units=units,
        change=change,
        reason=document.troubles.name(segment.where(1), reason) or "",
    )


def _product(document: _Document, segment: Segment, first: int) -> tuple[str | None, str | None]:
    """Return SKU and GTIN of a segment whose pairs of code and id begin at an element."""
    ids = {
        code: name
        for place in range(first, min(len(segment.elements), first + 28), 2)
        if (code := segment.at(place)) in (*SKU_CODES, *GTIN_CODES)
        and (name := document.troubles.name(segment.where(place + 1), segment.at(place + 1))) is not None
    }
    sku = next((ids[code] for code in SKU_CODES if code in ids), None)
    gtin = next((ids[code] for code in GTIN_CODES if code in ids), None)
    if sku is None and gtin is None:
        document.troubles.add(segment.where(), f"names no product ({', '.join((*SKU_CODES, *GTIN_CODES))} are known)")
    return sku, gtin


def _header(
    document: _Document, interchange: Interchange, name: str, *, day: int, clock: int | None, reference: int
) -> tuple[datetime, str]:
    """Return the time and the number of a document. Without a time of day it is the interchange's, of the same day."""
    head = next((segment for segment in document.set.segments if segment.name == name), None)
    zone: tzinfo = document.framed.zone
    if head is None:
        document.troubles.add(f"{document.set.kind} {document.set.control}", f"has no {name}")
        return document.framed.received_at, document.set.control
    said_day, said_clock = head.at(day), head.at(clock) if clock is not None else ""
    if not said_clock and said_day[-6:] == interchange.day:
        said_clock = interchange.clock
    as_of = moment_of(said_day, said_clock, zone)
    if as_of is None:
        document.troubles.add(head.where(day), f"must be a date such as 20261123, got {said_day[:20]!r}")
    number = document.troubles.name(head.where(reference), head.at(reference))
    return as_of or document.framed.received_at, number or document.set.control


def _notice(
    document: _Document,
    kind: Kind,
    as_of: datetime,
    number: str,
    rows: Sequence[NoticeRow],
    *,
    complete: bool = False,
    orders: tuple[str, ...] = (),
) -> Notice:
    if kind != "advice" and not rows:
        document.troubles.add(f"{document.set.kind} {document.set.control}", "has no row: an empty count is no count")
    return Notice(
        kind=kind,
        source=document.framed.source,
        message_id=f"{document.set.kind}-{number}",
        as_of=as_of,
        location=document.framed.location or next(_named_places(document), None),
        complete=complete,
        rows=tuple(rows),
        orders=orders,
    )


def _named_places(document: _Document) -> Iterator[str]:
    """Yield the codes, then the names, of the places in N1 segments that say WH (warehouse) or SF (ship from)."""
    places = [row for row in document.set.segments if row.name == "N1" and row.at(1) in ("WH", "SF")]
    for place in (4, 2):
        for row in places:
            name = document.troubles.name(row.where(place), row.at(place))
            if name is not None:
                yield name
