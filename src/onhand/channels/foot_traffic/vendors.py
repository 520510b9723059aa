"""What two vendors' sensors send, as readings: examples of a mapping that is a few lines.

Axis People Counter, live-sum: who passed since midnight, the time local and without a zone. Butlr, webhook TRAFFIC:
each passing by itself, in any order; what its `metadata` holds is not published, so a sensor is named there only where
it says `sensor_id`, and the place is the door otherwise.
"""

import re
from collections.abc import Mapping
from typing import Any

from onhand.channels.fields import Troubles, read_json, shown, table
from onhand.channels.foot_traffic.framed import Framed, people
from onhand.domain.traffic import DoorCount, Mode, Reading

_AXIS_TIME = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})")


def read_axis(body: bytes, framed: Framed) -> list[DoorCount]:
    """Return the count of Axis's `live-sum.json`. Raises UnreadableDelivery that names the field."""
    troubles, top = _open(body, framed)
    place = framed.place_of(None, troubles, "the place")
    sensor = framed.sensor or troubles.name("serial", top.get("serial"))
    if sensor is None:
        troubles.add("serial", "is missing: doors add up, so each has a name")
    match = _AXIS_TIME.fullmatch(str(top.get("timestamp", "")))
    if match is None:
        troubles.add("timestamp", f"must be a local time such as 20261123112756, got {shown(top.get('timestamp'))}")
    text = "{}-{}-{}T{}:{}:{}".format(*match.groups()) if match else None
    at = framed.moment(troubles, "timestamp", text, framed.zone_of(place))
    came, left = _both(top, troubles, "")
    troubles.check()
    assert at is not None, "told as a trouble"
    reading = Reading(mode=Mode.CUMULATIVE, begin=at, end=at, in_people=came, out_people=left, daily=True)
    return [framed.count(place, str(sensor), reading)]


def read_butlr(body: bytes, framed: Framed) -> list[DoorCount]:
    """Return the passing of a Butlr webhook, none for another type of it. Raises UnreadableDelivery."""
    troubles, top = _open(body, framed)
    kind = troubles.name("type", top.get("type"))
    if kind is None:
        troubles.add("type", "is missing: TRAFFIC is what counts people")
    if kind is not None and kind.upper() != "TRAFFIC":
        troubles.check()
        return []
    place = framed.place_of(None, troubles, "the place")
    metadata = table(top.get("metadata", {}), troubles, "metadata")
    sensor = framed.sensor or troubles.name("metadata.sensor_id", metadata.get("sensor_id"))
    mark = troubles.name("id", top.get("id")) or framed.message_id
    at = framed.moment(troubles, "timestamp", _seconds(top.get("timestamp")), framed.zone_of(place))
    if at is None:
        troubles.add("timestamp", "is missing: people are counted at a time")
    came, left = _both(table(top.get("data"), troubles, "data"), troubles, "data.")
    troubles.check()
    assert at is not None, "told as a trouble"
    reading = Reading(mode=Mode.PASSING, begin=at, end=at, in_people=came, out_people=left, mark=mark)
    return [framed.count(place, sensor or place, reading)]


def _open(body: bytes, framed: Framed) -> tuple[Troubles, Mapping[str, Any]]:
    troubles = Troubles(framed.what)
    return troubles, table(read_json(body, framed.what), troubles, "the body")


def _both(row: Mapping[str, Any], troubles: Troubles, before: str) -> tuple[int | None, int | None]:
    came, left = people(troubles, f"{before}in", row.get("in")), people(troubles, f"{before}out", row.get("out"))
    if came is None and left is None:
        troubles.add(f"{before}in", "is missing, and out too: nobody is counted")
    return came, left


def _seconds(value: object) -> object:
    """Return a time that may be in milliseconds since 1970 in seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > 10**11:
        return value / 1000 if abs(value) < 10**15 else None
    return value
