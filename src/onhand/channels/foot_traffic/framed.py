"""What stands around a message of a sensor, and what every form of it has in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Literal

from onhand.channels.fields import Troubles, shown
from onhand.domain.traffic import DoorCount, Reading

JsonForm = Literal["standard", "axis", "butlr"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """How files with a row an interval are written: its length, and the headings of our fields."""

    minutes: int = 60
    delimiter: str = ","
    encoding: str = "utf-8"
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensors:
    """Sensors of one sender. `places` leads from its names of places to the shop's names of locations.

    `keys` sign its webhooks. `zone` is that of times that name none, and of midnights; `zones` are those of places that
    lie elsewhere. `staff` are doors that only staff use, as sensor or sensor/zone.
    """

    name: str
    places: Mapping[str, str]
    keys: tuple[bytes, ...] = ()
    form: JsonForm = "standard"
    zone: tzinfo
    zones: Mapping[str, tzinfo] = field(default_factory=dict)
    staff: frozenset[str] = frozenset()
    hours: Hours = field(default_factory=Hours)

    def is_staff(self, door: str) -> bool:
        """Return whether only staff use a door."""
        return door in self.staff or door.partition("/")[0] in self.staff


@dataclass(frozen=True, kw_only=True, slots=True)
class Framed:
    """One message. `place` and `sensor` are what its address or its topic names, None where it names none."""

    sensors: Sensors
    message_id: str
    received_at: datetime
    place: str | None = None
    sensor: str | None = None

    @property
    def what(self) -> str:
        """How people call the message."""
        return f"message {self.message_id} of {self.sensors.name}"

    def place_of(self, told: str | None, troubles: Troubles, where: str) -> str:
        """Return the sender's name of the place; a strange or an unnamed one is a trouble."""
        places = self.sensors.places
        if self.place and told and told != self.place and places.get(told) != places.get(self.place, self.place):
            troubles.add(where, f"is {shown(told)}, and the address says {shown(self.place)}")
        name = self.place or told or (next(iter(places)) if len(places) == 1 else None)
        if name in places:
            return str(name)
        near = next((key for key, location in places.items() if location == name), None)
        if near is None:
            known = ", ".join(sorted(places)) or "none"
            troubles.add(
                where, f"is {shown(name)}, places known are {known}: name it in `places`, replay this delivery"
            )
        return near or ""

    def zone_of(self, place: str) -> tzinfo:
        """Return the time zone of a place, by the sender's name of it."""
        return self.sensors.zones.get(place, self.sensors.zone)

    def moment(self, troubles: Troubles, where: str, value: object, zone: tzinfo) -> datetime | None:
        """Return a time in UTC; of two that a clock which was set back shows alike, the one nearer to its coming."""
        at = troubles.moment(where, value, zone)
        if at is None or not isinstance(value, str):
            return at
        local = at.astimezone(zone).replace(tzinfo=None)
        try:
            named = datetime.fromisoformat(value.strip()).tzinfo is not None
        except ValueError:  # told as a trouble
            return at
        if named:
            return at
        other = troubles.moment(where, local.replace(fold=1, tzinfo=zone).isoformat(), zone)
        if other is None or abs(at - self.received_at) <= abs(other - self.received_at):
            return at
        return other

    def count(self, place: str, door: str, reading: Reading) -> DoorCount:
        """Return what a reading says of a door at a place."""
        return DoorCount(
            place=self.sensors.places.get(place, place),
            door=door,
            staff=self.sensors.is_staff(door),
            zone=self.zone_of(place),
            reading=reading,
        )


def people(troubles: Troubles, where: str, value: Any) -> int | None:
    """Return people, None where nobody counted them; fewer than none is a trouble."""
    number = troubles.units(where, value)
    if number is not None and number < 0:
        troubles.add(where, f"{number} people are fewer than none")
        return None
    return number
