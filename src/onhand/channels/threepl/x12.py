"""EDI X12 as it travels: one interchange of groups of transaction sets, taken apart and counted again.

Source: ASC X12 004010, interchange control structures. The delimiters stand in the ISA segment itself, which is 106
characters long: elements are parted by the 4th, components by the 105th, segments by the 106th, which may be a newline.
"""

from typing import Final, NamedTuple

from onhand.ports.errors import UnreadableDelivery

ISA_CHARACTERS: Final = 106
ISA_ELEMENTS: Final = 16
MOST_SEGMENTS: Final = 1_000_000


class Segment(NamedTuple):
    """One segment: its number in the interchange, from 1, its name, and its elements."""

    number: int
    name: str
    elements: tuple[str, ...]

    def at(self, place: int) -> str:
        """Return an element by its place from 1, without blanks around it; empty where the segment ends before."""
        return self.elements[place - 1].strip() if place <= len(self.elements) else ""

    def where(self, place: int | None = None) -> str:
        """Return how a message names this segment, or one of its elements as X12 does: QTY02."""
        return f"segment {self.number}, {self.name}{'' if place is None else f'{place:02d}'}"


class TransactionSet(NamedTuple):
    """One document: its kind (846), its control number, and its segments between ST and SE."""

    kind: str
    control: str
    segments: tuple[Segment, ...]


class Group(NamedTuple):
    """Documents of one kind. `functional` is its code: IB for an 846."""

    functional: str
    sender: str
    receiver: str
    control: str
    version: str
    sets: tuple[TransactionSet, ...]


class Interchange(NamedTuple):
    """What one trading partner sent another at once. `day` and `clock` are as in ISA09 and ISA10."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    day: str
    clock: str
    control: str
    version: str
    usage: str
    groups: tuple[Group, ...]


class _Reader:
    """Takes segments one by one, and knows what must come next."""

    def __init__(self, segments: list[Segment], what: str) -> None:
        self._segments, self._what = segments, what
        self._next = 0

    def peek(self) -> str:
        return self._segments[self._next].name if self._next < len(self._segments) else ""

    def take(self, name: str) -> Segment:
        if self._next >= len(self._segments):
            raise self.trouble(f"ends where {name} must stand")
        segment = self._segments[self._next]
        if segment.name != name:
            raise self.trouble(f"segment {segment.number} must be {name}, got {segment.name[:8]!r}")
        self._next += 1
        return segment

    def take_body(self) -> list[Segment]:
        begin = self._next
        while self._next < len(self._segments) and self.peek() not in ("SE", "ST", "GE", "GS", "IEA", "ISA"):
            self._next += 1
        return self._segments[begin : self._next]

    def check_count(self, segment: Segment, count: int, of_what: str) -> None:
        said = segment.at(1)
        if not said.isascii() or not said.isdigit() or len(said) > 9 or int(said) != count:
            raise self.trouble(f"{segment.where(1)} counts {said[:12]!r} {of_what}, there are {count}")

    def check_control(self, segment: Segment, control: str) -> None:
        if segment.at(2) != control:
            raise self.trouble(f"{segment.where(2)} is {segment.at(2)[:12]!r}, it began as {control[:12]!r}")

    def trouble(self, words: str) -> UnreadableDelivery:
        return UnreadableDelivery(f"{self._what}: {words}: nothing of it is used")

    @property
    def done(self) -> bool:
        return self._next == len(self._segments)


def read_interchange(body: bytes, what: str) -> Interchange:
    """Return an interchange, its counts and controls checked. Raises UnreadableDelivery that names the segment."""
    segments = _split(body, what)
    reader = _Reader(segments, what)
    isa = reader.take("ISA")
    if len(isa.elements) != ISA_ELEMENTS:
        raise reader.trouble(f"ISA has {len(isa.elements)} elements, it must have {ISA_ELEMENTS}")
    groups = []
    while reader.peek() == "GS":
        groups.append(_read_group(reader))
    iea = reader.take("IEA")
    reader.check_count(iea, len(groups), "groups")
    reader.check_control(iea, isa.at(13))
    if not reader.done:
        raise reader.trouble("goes on behind IEA: one file holds one interchange")
    return Interchange(
        sender=(isa.at(5), isa.at(6)),
        receiver=(isa.at(7), isa.at(8)),
        day=isa.at(9),
        clock=isa.at(10),
        control=isa.at(13),
        version=isa.at(12),
        usage=isa.at(15),
        groups=tuple(groups),
    )


def _read_group(reader: _Reader) -> Group:
    gs = reader.take("GS")
    sets = []
    while reader.peek() == "ST":
        st = reader.take("ST")
        body = reader.take_body()
        se = reader.take("SE")
        reader.check_count(se, len(body) + 2, "segments")
        reader.check_control(se, st.at(2))
        sets.append(TransactionSet(kind=st.at(1), control=st.at(2), segments=tuple(body)))
    ge = reader.take("GE")
    reader.check_count(ge, len(sets), "transaction sets")
    reader.check_control(ge, gs.at(6))
    return Group(
        functional=gs.at(1),
        sender=gs.at(2),
        receiver=gs.at(3),
        control=gs.at(6),
        version=gs.at(8),
        sets=tuple(sets),
    )


def _split(body: bytes, what: str) -> list[Segment]:
    """Return the segments of an interchange. Line ends around segments are no part of them."""
    try:
        text = body.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError:
        text = body.decode("latin-1").lstrip()
    if not text.startswith("ISA") or len(text) < ISA_CHARACTERS:
        raise UnreadableDelivery(f"{what}: is no X12 interchange: it must begin with an ISA of 106 characters")
    element, segment = text[3], text[ISA_CHARACTERS - 1]
    if segment == "\r":  # of a file that ends its segments with a line end of two characters
        segment = "\n"
        text = text.replace("\r\n", "\n")
    if element.isalnum() or segment.isalnum() or element == segment:
        raise UnreadableDelivery(f"{what}: ISA parts elements by {element!r} and segments by {segment!r}: cut off")
    parts = [part.strip("\r\n") for part in text.split(segment, MOST_SEGMENTS + 1)]
    if len(parts) > MOST_SEGMENTS:
        raise UnreadableDelivery(f"{what}: has more than {MOST_SEGMENTS} segments: nothing of it is used")
    segments = []
    for number, part in enumerate((part for part in parts if part.strip()), start=1):
        name, *elements = part.split(element)
        segments.append(Segment(number, name.strip(), tuple(elements)))
    return segments
