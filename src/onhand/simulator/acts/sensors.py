"""What happens at doors with sensors: people pass, sensors restart or see nobody, and tell of it when they like."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from onhand.sandbox.door_counter import DoorCounter, Form, Record
from onhand.simulator.acts.chance import Act, named, one_of

NAME: Final = "doors"
"""What onhand calls who sends all of their counts."""

Way = Literal["http", "mqtt", "file"]

Tell = Callable[["Door", Record, datetime], None]
"""Sends a record of a door on its way."""

MOST_PEOPLE: Final = 6


class Door(NamedTuple):
    """A sensor, and how what it says comes to onhand."""

    counter: DoorCounter
    way: Way


DOORS: Final[Sequence[tuple[str, str, Form, Way]]] = (
    ("Boston", "south", "interval", "http"),
    ("Boston", "north", "cumulative", "mqtt"),
    ("Boston", "side", "csv", "file"),
    ("Portland", "front", "cumulative", "http"),
    ("Portland", "back", "interval", "mqtt"),
)
"""Place, name, form and way of each door there is."""


class SensorActs:
    """Acts at doors of which a seed has some; `tell` brings what they say. `told` counts that by its way."""

    def __init__(self, rng: random.Random, now: datetime, tell: Tell) -> None:
        self._rng = rng
        self._bring = tell
        self.told: Counter[Way] = Counter()
        chosen = rng.sample(DOORS, rng.randint(2, len(DOORS)))
        self.doors = [Door(DoorCounter(place, name, form, now), way) for place, name, form, way in chosen]

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(
            self._pass, self._pass, self._pass, self._pass, self._write_down, self._write_down, self._tell, self._tell,
            self._tell, self._restart, self._stand_in_the_way,
        )  # fmt: skip

    def tell_at_last(self, now: datetime) -> None:
        """Let every sensor see again and say what it has counted, some of them everything that they ever said.

        A quarter of an hour at least must have passed since anything happened: else a file has no row.
        """
        for door in self.doors:
            if door.counter.is_blind:
                door.counter.stand_in_the_way(now)
            door.counter.write_down(now)
            again = door.counter.records if self._rng.random() < 0.5 else door.counter.records[-1:]
            for record in self._rng.sample(again, len(again)):
                self._say(door, record, now)

    def _pass(self, now: datetime) -> str:
        door = self._rng.choice(self.doors)
        came, left = self._rng.randint(0, MOST_PEOPLE), self._rng.randint(0, MOST_PEOPLE)
        door.counter.let_pass(came, left, now)
        return f"{came} people come in by {door.counter.name}, {left} go out"

    def _write_down(self, now: datetime) -> str:
        door = self._rng.choice(self.doors)
        return f"sensor {door.counter.name} writes down {door.counter.write_down(now).name}"

    def _tell(self, now: datetime) -> str:
        """Tell a record, the newest as often as any other: so they come late, twice, in any order, or never."""
        door = self._rng.choice(self.doors)
        records = door.counter.records
        record = one_of(self._rng, records if self._rng.random() < 0.5 else records[-1:], "it has written nothing yet")
        self._say(door, record, now)
        return f"sensor {door.counter.name} tells {record.name} by {door.way}"

    def _restart(self, now: datetime) -> str:
        door = self._rng.choice(self.doors)
        door.counter.restart(now)
        return f"sensor {door.counter.name} restarts"

    def _stand_in_the_way(self, now: datetime) -> str:
        seeing = [door for door in self.doors if door.counter.form != "cumulative"]
        door = one_of(self._rng, seeing, "a counter says nothing of what it does not see")
        return f"sensor {door.counter.name} is blind: {door.counter.stand_in_the_way(now)}"

    def _say(self, door: Door, record: Record, now: datetime) -> None:
        self._bring(door, record, now)
        self.told[door.way] += 1
