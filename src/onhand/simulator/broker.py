"""A broker as its clients see it, in process: what was published stays until it is acknowledged (MQTT's QoS 1)."""

import random
from collections.abc import Callable

from onhand.channels.foot_traffic.mqtt import Arrived
from onhand.ports.errors import ChannelUnavailable

ONLY_PART = 0.3
"""How often a client gets part of what waits, in another order: the rest comes with its next look."""


class PublishedMessages:
    """What sensors have published for one session that is not clean, over all the connections it will have."""

    def __init__(self, rng: random.Random, is_away: Callable[[], bool]) -> None:
        self._rng = rng
        self._is_away = is_away
        self._count = 0
        self.waiting: dict[int, Arrived] = {}
        self.acknowledged: set[bytes] = set()

    def publish(self, place: str, sensor: str, body: bytes) -> None:
        """Take a message; the same one again is another message."""
        self._count += 1
        topic = f"retail/{place}/{sensor}/count"
        self.waiting[self._count] = Arrived(self._count, topic, place, sensor, body)

    def connect(self) -> "InProcessSession":
        """Return a new connection of the session: what was given to another one and not acknowledged comes again."""
        return InProcessSession(self)

    def give(self, given: set[int]) -> list[Arrived]:
        """Return what waits and was not `given` yet. Raises ChannelUnavailable where the broker is away."""
        if self._is_away():
            raise ChannelUnavailable("the broker cannot be reached")
        rows = [row for number, row in self.waiting.items() if number not in given]
        if len(rows) > 1 and self._rng.random() < ONLY_PART:
            rows = self._rng.sample(rows, self._rng.randint(1, len(rows)))
        return rows


class InProcessSession:
    """One connection of one process to a broker: see `channels.foot_traffic.mqtt.Session`."""

    def __init__(self, messages: PublishedMessages) -> None:
        self._messages = messages
        self._given: set[int] = set()
        self.is_listening = False

    def fetch(self, wait_s: float) -> list[Arrived]:
        """Return what waits and did not come over this connection yet."""
        del wait_s  # somebody else moves the clock
        try:
            rows = self._messages.give(self._given)
        except ChannelUnavailable:
            self.close()
            raise
        self.is_listening = True
        self._given |= {row.number for row in rows}
        return rows

    def acknowledge(self, messages: list[Arrived]) -> None:
        """Have the broker forget messages."""
        for message in messages:
            del self._messages.waiting[message.number]
            self._messages.acknowledged.add(message.body)

    def close(self) -> None:
        """End the connection."""
        self._given.clear()
        self.is_listening = False
