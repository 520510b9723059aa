"""What sensors publish to a broker, and files with their counts, goes into the log like any delivery."""

import logging
from collections import deque
from typing import Final

from onhand.app import App
from onhand.app.traffic import build_broker
from onhand.channels.drop_folder import DropFolder
from onhand.channels.dropped import Dropped
from onhand.channels.foot_traffic.door import content_id, delivery_of
from onhand.channels.foot_traffic.mqtt import Arrived, Session
from onhand.config.traffic import TrafficConfig
from onhand.intake.receive import KEEP_BYTES
from onhand.log import GroupCommit, ThreadCommit
from onhand.ports.channel import Problem
from onhand.ports.delivery import Append, Delivery
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, LogUnavailable

logger = logging.getLogger(__name__)

NOT_REACHED: Final = "sensors not reached"
"""The kind of problem that a broker or a folder is which cannot be used; settled by the next look that can."""

WAIT_S: Final = 0.5
FIRST_AGAIN_S: Final = 1.0
LONGEST_AGAIN_S: Final = 60.0
TRIES_BEFORE_TOLD: Final = 3
FILES: Final = 20

PUSHED_OUT_TIMES: Final = 3
PUSHED_OUT_WITHIN_S: Final = 60.0
QUIET_S: Final = 10.0
"""A connection that stands so long is not about to be ended again: two that push each other out do so every second."""


class _Work:
    """What both have in common: a sender, its log, and the problem it may be."""

    name: str
    idle_s: float

    def __init__(self, app: App, config: TrafficConfig, append: Append) -> None:
        self._app, self._config = app, config
        self._append = append
        self._told: bool | None = None  # None: a problem of an earlier process may still be open

    def _file(self, trouble: Exception) -> None:
        logger.warning("%s: %s", self.name, trouble)
        self._told = True
        way_out = "mend what the message names; it is tried again by itself, and nothing that was published is lost"
        with self._app.store.writing() as session:
            problem = Problem(NOT_REACHED, self.name, str(trouble), way_out)
            session.of(self._config.shop).problems.raise_(problem, self._app.clock.now())

    def _settle(self) -> None:
        if self._told is False:
            return
        with self._app.store.writing() as session:
            session.of(self._config.shop).problems.settle(NOT_REACHED, self.name, self._app.clock.now())
        self._told = False


class Listening(_Work):
    """One session at a broker. A message is acknowledged once it lies durably in the log; a repeat is known there."""

    def __init__(self, app: App, config: TrafficConfig, append: Append, broker: Session) -> None:
        super().__init__(app, config, append)
        self._broker = broker
        self.name = f"broker of {config.name}"
        self._called = config.broker.client_id if config.broker is not None else config.name
        self._ended_at_s: deque[float] = deque(maxlen=PUSHED_OUT_TIMES)
        self.idle_s = 0.0
        self._tries = 0

    def turn(self) -> bool:
        """Take what was published, keep it, acknowledge it; a broker that is away is tried again ever more slowly."""
        listened = self._broker.is_listening
        try:
            arrived = self._broker.fetch(WAIT_S)
            if arrived:
                self._append([self._delivery(message) for message in arrived])
                self._broker.acknowledge(arrived)
        except LogUnavailable:
            self._broker.close()  # what was not acknowledged comes again with the next session
            raise
        except (ChannelRefused, ChannelUnavailable) as trouble:
            self.idle_s = min(LONGEST_AGAIN_S, FIRST_AGAIN_S * 2**self._tries)
            self._tries = min(self._tries + 1, 10)
            if listened:
                self._note_end(trouble)
            if self._tries >= TRIES_BEFORE_TOLD or isinstance(trouble, ChannelRefused):
                self._file(trouble)
            return False
        if self._broker.is_listening:
            self._tries, self.idle_s = 0, 0.0
            if not self._ended_at_s or self._app.monotonic_s() - self._ended_at_s[-1] >= QUIET_S:
                self._settle()
        return bool(arrived)

    def _note_end(self, trouble: ChannelRefused | ChannelUnavailable) -> None:
        """Say that we are pushed out where that happens again and again: a broker ends the older of two, and not why.

        MQTT 3.1.1, 3.1.4: a server must disconnect a client that is connected with the same client identifier.
        """
        now_s = self._app.monotonic_s()
        self._ended_at_s.append(now_s)
        within_s = now_s - self._ended_at_s[0]
        if len(self._ended_at_s) == PUSHED_OUT_TIMES and within_s <= PUSHED_OUT_WITHIN_S:
            self._file(
                ChannelUnavailable(
                    f"{trouble}, {PUSHED_OUT_TIMES} times within {within_s:.0f} s after it had let us in: as a rule "
                    f"another client is called {self._called!r} there, and each pushes the other out; give every "
                    "[[traffic]], and every other program, a client_id of its own"
                )
            )

    def _delivery(self, message: Arrived) -> Delivery:
        body = message.body
        if len(body) > KEEP_BYTES:
            body = f"body dropped: {len(body)} bytes came, {KEEP_BYTES} are kept at most".encode()
        return delivery_of(
            self._config.shop,
            self._config.name,
            wire=self._config.form,
            place=message.place,
            sensor=message.sensor,
            message_id=content_id(message.topic.encode(), message.body),
            body=body,
            sent_at=None,
            received_at=self._app.clock.now(),
        )


class DroppedHours(_Work):
    """Files in a folder: kept in the log, then put away."""

    idle_s = 5.0

    def __init__(self, app: App, config: TrafficConfig, append: Append) -> None:
        super().__init__(app, config, append)
        assert config.folder is not None
        self.name = f"folder of {config.name}"
        self._folder = DropFolder(config.folder)

    def turn(self) -> bool:
        """Keep the files that are ready."""
        try:
            more = self._folder.take(FILES, self._keep)
        except ChannelRefused as trouble:
            self._file(trouble)
            return False
        self._settle()
        return more

    def _keep(self, dropped: Dropped) -> None:
        delivery = delivery_of(
            self._config.shop,
            self._config.name,
            wire="csv",
            place="",
            message_id=content_id(dropped.body),
            body=dropped.body,
            sent_at=dropped.written_at,
            received_at=self._app.clock.now(),
        )
        new = self._append([delivery])
        logger.info("%s: %s is %s", self.name, dropped.name, "kept" if new[0] else "a repeat")


def traffic_works(app: App, commit: GroupCommit) -> list[Listening | DroppedHours]:
    """Return what must be fetched from sensors: one work a broker, one a folder. Raises ConfigError."""
    configs = app.config.traffics
    return [
        *(
            Listening(app, config, ThreadCommit(commit).keep, build_broker(config.broker))
            for config in configs
            if config.broker is not None
        ),
        *(DroppedHours(app, config, ThreadCommit(commit).keep) for config in configs if config.folder is not None),
    ]
