"""Sensors at the doors of locations: people pass them, and they tell what they have counted when they are asked to.

They count what happens in the world and nothing else. `POST /control/door_sensors` lets them follow the tills of a day:
behind every basket come a few people who buy nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from onhand.sandbox import third_party
from onhand.sandbox.control_asks import Ask
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.outbox import Delivery

Row = dict[str, object]

TOPIC = "traffic.v1"

PEOPLE_A_BASKET = 4
"""About a quarter of the people who come into a shop buy something."""


class PassDoor(Ask, frozen=True):
    """Let people come into a location, and go out again."""

    location: str
    came: int = 0
    left: int = 0


class TellDoor(Ask, frozen=True):
    """Send what the sensor of a location has counted: since it last told (interval), or since ever (cumulative)."""

    location: str
    address: str
    mode: Literal["interval", "cumulative"] = "interval"
    secret: str = third_party.SECRET


class TellAgain(Ask, frozen=True):
    """Send a message again, as it was."""

    message: str


class StartSensors(Ask, frozen=True):
    """Let every location with a till tell its visitors every so often; `address` is what stands before its name."""

    address: str
    every_s: float = 5.0
    secret: str = third_party.SECRET


class CloseDoors(Ask, frozen=True):
    """Let the sensors stop after a last count."""


@dataclass(slots=True)
class _Door:
    since: datetime
    came: int = 0
    left: int = 0
    told_came: int = 0
    told_left: int = 0
    baskets: int = 0


@dataclass
class DoorSensors:
    """What the sensors of one sandbox have counted and told, by location."""

    sandbox: Sandbox
    doors: dict[str, _Door] = field(default_factory=dict)
    messages: list[Delivery] = field(default_factory=list)
    following: StartSensors | None = None
    task: asyncio.Task[None] | None = None

    def pass_door(self, ask: PassDoor, now: datetime) -> Row:
        """Count people who pass."""
        door = self._door(ask.location, now)
        door.came += ask.came
        door.left += ask.left
        return {"in": door.came, "out": door.left}

    def tell(self, ask: TellDoor, now: datetime) -> Row:
        """Send what was counted and return it."""
        door = self._door(ask.location, now)
        name = f"door-{len(self.messages) + 1}"
        told: Row = {
            "schema": TOPIC,
            "message_id": name,
            "source": "sandbox",
            "sensor": f"door of {ask.location}",
            "end": now.isoformat(),
        }
        if ask.mode == "interval":
            counted = {"in": door.came - door.told_came, "out": door.left - door.told_left}
            told |= {"start": door.since.isoformat(), **counted, "counter": {"mode": "interval"}}
        else:
            told |= {"in": door.came, "out": door.left, "counter": {"mode": "cumulative", "reset": "never"}}
        door.told_came, door.told_left, door.since = door.came, door.left, now
        body = msgspec.json.encode(told)
        self.messages.append(message_of(name, body, address=ask.address, secret=ask.secret, now=now))
        self._post(self.messages[-1])
        return told

    def tell_again(self, ask: TellAgain, _now: datetime) -> Row:
        """Send a message again."""
        found = next((message for message in self.messages if message.delivery_id == ask.message), None)
        if found is None:
            raise Refused("unknown_message", f"no sensor has told {ask.message}; {len(self.messages)} were told")
        self._post(found)
        return {"message": ask.message}

    def start(self, ask: StartSensors, now: datetime) -> Row:
        """Let the sensors follow the tills from now on."""
        if ask.every_s <= 0:
            raise Refused("bad_pace", f"every_s must be more than 0, got {ask.every_s}")
        if self.task is not None:
            self.task.cancel()
        places = self._places()
        baskets = self._baskets()
        for place in places:
            self._door(place, now).baskets = baskets.get(place, 0)
        self.following = ask
        self._tell_all(now)
        self.task = asyncio.create_task(self._follow(ask.every_s))
        return {"locations": places}

    def close(self, _ask: CloseDoors, now: datetime) -> Row:
        """Let the sensors follow the tills no more, and tell a last time what they have counted."""
        if self.following is None:
            raise Refused("unknown_sensors", "no sensors follow the tills; POST /control/door_sensors begins that")
        if self.task is not None:
            self.task.cancel()
            self.task = None
        self._look()
        self._tell_all(now)
        return self.state()

    def state(self) -> Row:
        """Return who has passed each door so far."""
        return {place: {"in": door.came, "out": door.left} for place, door in self.doors.items()}

    async def _follow(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            self._look()
            self._tell_all(self.sandbox.clock())

    def _look(self) -> None:
        """Let the people come who stand behind the baskets sold since the last look; who was inside then has left."""
        baskets, now = self._baskets(), self.sandbox.clock()
        for place in self._places():
            door = self._door(place, now)
            inside = door.came - door.left
            door.came += (baskets.get(place, 0) - door.baskets) * PEOPLE_A_BASKET
            door.left += inside
            door.baskets = baskets.get(place, 0)

    def _tell_all(self, now: datetime) -> None:
        """Tell counters: one that is lost on its way is made good by the next."""
        ask = self.following
        assert ask is not None, "nobody tells before somebody said where"
        for place in self._places():
            address = f"{ask.address}/{slug(place)}"
            self.tell(TellDoor(location=place, address=address, mode="cumulative", secret=ask.secret), now)

    def _places(self) -> list[str]:
        return [location.name for location in self.sandbox.world.catalog.locations.values() if location.has_till]

    def _baskets(self) -> dict[str, int]:
        """Return how many baskets were sold over each counter so far."""
        world = self.sandbox.world
        found: dict[str, int] = {}
        for order in world.orders.by_id.values():
            if order.retail_location_id is not None:
                name = world.catalog.locations[order.retail_location_id].name
                found[name] = found.get(name, 0) + 1
        return found

    def _door(self, location: str, now: datetime) -> _Door:
        self.sandbox.world.catalog.location_of_name(location)
        return self.doors.setdefault(location, _Door(now - timedelta(seconds=1)))

    def _post(self, message: Delivery) -> None:
        outbox = self.sandbox.world.outbox
        outbox.waiting.append(message)
        if outbox.on_queued is not None:
            outbox.on_queued()


def slug(location: str) -> str:
    """Return a location's name as it stands in an address."""
    return location.replace(" ", "-")


def message_of(name: str, body: bytes, *, address: str, secret: str, now: datetime) -> Delivery:
    """Return a message that a sensor sends to an address, signed at `now`."""
    return Delivery(
        platform="third_party",
        topic=TOPIC,
        address=address,
        subscription_id=None,
        delivery_id=name,
        event_id=name,
        triggered_at=now,
        api_version="",
        body=body,
        level=None,
        include_fields=(),
        subscription_name=secret,
    )
