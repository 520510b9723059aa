"""The canonical message as JSON, schema `traffic.v1`: what a sensor without a form of its own should send."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from onhand.channels.fields import Troubles, read_json, shown, table, table_rows
from onhand.channels.foot_traffic.framed import Framed, people
from onhand.domain.traffic import MOST_SPAN, WHOLE_PPM, DoorCount, Mode, Reading

SCHEMA: Final = "traffic.v1"
_RESETS: Final = ("daily", "never")
_STATES: Final = ("ok", "partial", "missing")


def read_standard(body: bytes, framed: Framed) -> list[DoorCount]:
    """Return the counts of a body in schema `traffic.v1`: one, or several under `counts`.

    Raises UnreadableDelivery that names row and field. `source` of the body is not believed: the signature says who
    sent it.
    """
    troubles = Troubles(framed.what)
    top = table(read_json(body, framed.what), troubles, "the body")
    if top.get("schema", SCHEMA) != SCHEMA:
        troubles.add("schema", f"must be {SCHEMA}, got {shown(top.get('schema'))}")
    rows = table_rows(top["counts"], troubles, "counts") if "counts" in top else [(0, top)]
    if not rows:
        troubles.add("counts", "has no row: an empty message counts nobody")
    found = [_read_row(f"row {number}, " if number else "", row, troubles, framed) for number, row in rows]
    troubles.check()
    return [count for count in found if count is not None]


def _read_row(before: str, row: Mapping[str, Any], troubles: Troubles, framed: Framed) -> DoorCount | None:
    place = framed.place_of(troubles.name(f"{before}location", row.get("location")), troubles, f"{before}location")
    door = _door_of(before, row, troubles, framed)
    counter = table(row.get("counter", {}), troubles, f"{before}counter")
    mode = counter.get("mode", "interval")
    if mode not in tuple(Mode):
        troubles.add(f"{before}counter.mode", f"must be interval, cumulative or passing, got {shown(mode)}")
        return None
    covered_ppm = _covered(before, row, troubles)
    came, left = people(troubles, f"{before}in", row.get("in")), people(troubles, f"{before}out", row.get("out"))
    if covered_ppm == 0:
        came = left = None
    elif came is None and left is None:
        troubles.add(f"{before}in", "is missing, and out too; a gap has quality.status missing")
    times = _times(before, row, troubles, framed, mode=Mode(mode), zone=framed.zone_of(place))
    reset = counter.get("reset", "daily")
    if reset not in _RESETS:
        troubles.add(f"{before}counter.reset", f"must be daily or never, got {shown(reset)}")
    most = troubles.units(f"{before}counter.max", counter.get("max"))
    if most is not None and most < 1:
        troubles.add(f"{before}counter.max", f"must be 1 or more, got {most}")
    revision = troubles.units(f"{before}revision", row.get("revision")) or 0
    if times is None:
        return None
    reading = Reading(
        mode=Mode(mode),
        begin=times[0],
        end=times[1],
        in_people=came,
        out_people=left,
        covered_ppm=covered_ppm,
        daily=mode == Mode.CUMULATIVE and reset == "daily",
        most=most if mode == Mode.CUMULATIVE else None,
        revision=revision,
        mark=framed.message_id if mode == Mode.PASSING else "",
    )
    return framed.count(place, door, reading)


def _door_of(before: str, row: Mapping[str, Any], troubles: Troubles, framed: Framed) -> str:
    """Return the door: the sensor, and the zone where it counts several. An address without a sensor needs one."""
    sensor = troubles.name(f"{before}sensor", row.get("sensor"))
    if framed.sensor is not None and sensor is not None and sensor != framed.sensor:
        troubles.add(f"{before}sensor", f"is {shown(sensor)}, and the topic says {shown(framed.sensor)}")
    sensor = framed.sensor or sensor
    if sensor is None:
        troubles.add(f"{before}sensor", "is missing: doors add up, so each has a name")
    zone = troubles.name(f"{before}zone", row.get("zone"))
    return f"{sensor}/{zone}" if zone else f"{sensor}"


def _covered(before: str, row: Mapping[str, Any], troubles: Troubles) -> int:
    quality = table(row.get("quality", {}), troubles, f"{before}quality")
    status, coverage = quality.get("status", "ok"), quality.get("coverage")
    if status not in _STATES:
        troubles.add(f"{before}quality.status", f"must be ok, partial or missing, got {shown(status)}")
    if status == "missing":
        return 0
    if coverage is None:
        if status == "partial":
            troubles.add(f"{before}quality.coverage", "is missing: how much of a partial count is there, 0 to 1?")
        return WHOLE_PPM
    if isinstance(coverage, bool) or not isinstance(coverage, int | float) or not 0 <= coverage <= 1:
        troubles.add(f"{before}quality.coverage", f"must be a number from 0 to 1, got {shown(coverage)}")
        return WHOLE_PPM
    return round(coverage * WHOLE_PPM)


def _times(
    before: str, row: Mapping[str, Any], troubles: Troubles, framed: Framed, *, mode: Mode, zone: tzinfo
) -> tuple[datetime, datetime] | None:
    """Return from when until when a row counts; a counter and a passing have one time only, their `end`."""
    end = framed.moment(troubles, f"{before}end", row.get("end"), zone)
    begin = framed.moment(troubles, f"{before}start", row.get("start"), zone) if mode is Mode.INTERVAL else end
    for name, moment in (("start", begin), ("end", end)):
        if moment is None and (name == "end" or mode is Mode.INTERVAL):
            troubles.add(f"{before}{name}", "is missing: people are counted at a time")
    if begin is None or end is None:
        return None
    if mode is Mode.INTERVAL and not begin < end <= begin + MOST_SPAN:
        hours = MOST_SPAN.total_seconds() / 3600
        troubles.add(f"{before}end", f"must be after start by {hours:g} hours at most, got {begin} to {end}")
        return None
    return begin, end
