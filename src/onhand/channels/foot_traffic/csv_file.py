"""A file with a row an interval and sensor, as FootfallCam and many others export it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from onhand.channels.csv_lines import read_lines
from onhand.channels.fields import MOST_ROWS, Troubles
from onhand.channels.foot_traffic.framed import Framed, Hours, people
from onhand.domain.traffic import DoorCount, Mode, Reading
from onhand.ports.errors import UnreadableDelivery

HEADINGS: Final = {
    "time": "ValueDateTime",
    "in": "ValueIn",
    "out": "ValueOut",
    "sensor": "CounterId",
    "location": "Location",
}
"""FootfallCam's own, but for the location: its export has none."""

_NEEDED: Final = ("time", "in", "sensor")


def read_csv(body: bytes, hours: Hours, framed: Framed) -> list[DoorCount]:
    """Return the counts of a file. Raises UnreadableDelivery that names row and field; nothing of it is used then.

    A time is the beginning of its interval, local where it names no zone. In the hour that a clock shows twice, the
    second row of the same time is the later one. A row without people is a gap.
    """
    troubles = Troubles(framed.what)
    lines = read_lines(body, framed.what, hours.encoding, hours.delimiter)
    heading = next(lines, None)
    if heading is None:
        raise UnreadableDelivery(f"{framed.what}: is empty: nothing of it is used")
    columns = _columns(heading, hours, troubles)
    troubles.check()
    seen: set[tuple[str, datetime]] = set()
    found: list[DoorCount] = []
    length = timedelta(minutes=hours.minutes)
    for number, cells in enumerate(lines, start=2):
        if number > MOST_ROWS:
            raise UnreadableDelivery(f"{framed.what}: has more than {MOST_ROWS} rows: nothing of it is used")
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            troubles.add(f"row {number}", f"has {len(cells)} cells, the heading has {len(heading)}")
            continue
        told = {name: cells[place] for name, place in columns.items()}
        count = _read_row(f"row {number}", told, troubles, framed, length=length, seen=seen)
        if count is not None:
            found.append(count)
    troubles.check()
    return found


def _columns(heading: list[str], hours: Hours, troubles: Troubles) -> dict[str, int]:
    titles = [title.strip() for title in heading]
    columns: dict[str, int] = {}
    for name, usual in HEADINGS.items():
        title = hours.columns.get(name, usual)
        if titles.count(title) > 1:
            troubles.add("row 1", f"names the column {title!r} {titles.count(title)} times")
        elif title in titles:
            columns[name] = titles.index(title)
        elif name in _NEEDED or name in hours.columns:
            troubles.add("row 1", f"has no column {title!r} for {name}: `columns` says what it is called")
    return columns


def _read_row(
    row: str,
    told: Mapping[str, str],
    troubles: Troubles,
    framed: Framed,
    *,
    length: timedelta,
    seen: set[tuple[str, datetime]],
) -> DoorCount | None:
    place = framed.place_of(troubles.name(f"{row}, location", told.get("location")), troubles, f"{row}, location")
    sensor = troubles.name(f"{row}, sensor", told["sensor"])
    begin = troubles.moment(f"{row}, time", told["time"], framed.zone_of(place))
    came, left = people(troubles, f"{row}, in", told["in"]), people(troubles, f"{row}, out", told.get("out"))
    if sensor is None:
        troubles.add(f"{row}, sensor", "is missing: doors add up, so each has a name")
    if begin is None:
        troubles.add(f"{row}, time", "is missing or is none")
    if begin is None or sensor is None:
        return None
    begin = _which(row, told["time"], begin, framed.zone_of(place), troubles, again=(sensor, begin) in seen)
    if (sensor, begin) in seen:
        troubles.add(f"{row}, time", f"stands there twice for sensor {sensor}")
    seen.add((sensor, begin))
    if came is None and left is None:
        return None
    reading = Reading(mode=Mode.INTERVAL, begin=begin, end=begin + length, in_people=came, out_people=left)
    return framed.count(place, sensor, reading)


def _which(row: str, text: str, begin: datetime, zone: tzinfo, troubles: Troubles, *, again: bool) -> datetime:
    """Return which moment a local time means: some come twice a year, some not at all."""
    naive = datetime.fromisoformat(text.strip())
    if naive.tzinfo is not None:
        return begin
    if begin.astimezone(zone).replace(tzinfo=None, fold=0) != naive:
        troubles.add(f"{row}, time", f"there was no {naive:%H:%M} on {naive:%Y-%m-%d} there: clocks were set forward")
    later = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return later if again and later > begin else begin
