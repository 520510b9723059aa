"""Webhooks that lie in a queue are fetched, kept in the log, and only then taken away there."""

import logging
from typing import Final

from onhand.app import App
from onhand.app.sources import Intake
from onhand.intake.receive import receive
from onhand.log import GroupCommit, ThreadCommit
from onhand.ports.channel import Problem
from onhand.ports.delivery import Request
from onhand.ports.errors import ChannelRefused

logger = logging.getLogger(__name__)

FETCHERS = 2
"""Threads a queue: while one keeps what it got, the other waits for more."""

REFUSED: Final = "queue refused"
"""The kind of problem that a queue's refusal is; settled by the next reading that succeeds."""

AGAIN_S = 30.0


class Fetching:
    """One thread at one queue. A message that is kept and not removed comes again, and is known by its id."""

    def __init__(self, app: App, intake: Intake, commit: GroupCommit, number: int) -> None:
        self.name = f"fetcher {number} {intake.queue.name}"
        self.idle_s = 0.0
        self._app = app
        self._intake = intake
        self._commit = ThreadCommit(commit)
        self._refused: bool | None = None  # None: a problem of an earlier process may still be open

    def turn(self) -> bool:
        """Fetch what lies there, keep it, remove it. Raises ChannelUnavailable, LogUnavailable: then it comes again."""
        queue, door, shops = self._intake
        try:
            fetched = queue.fetch()
            self.idle_s = 0.0
            if fetched:
                now = self._app.clock.now()
                self._commit.keep([receive(Request(shops[0], None, {}, each.body), door, now) for each in fetched])
                left = queue.remove([each.receipt for each in fetched])
                if left:
                    logger.warning("%s: %s messages are kept and come again: repeats are known", self.name, left)
        except ChannelRefused as trouble:
            self._file(trouble)
            self.idle_s = AGAIN_S
            return False
        self._settle()
        return bool(fetched)

    def _file(self, trouble: ChannelRefused) -> None:
        logger.warning("%s: %s", self.name, trouble)
        self._refused = True
        next_step = "mend what the message names; it is tried every half minute, and orders are polled meanwhile"
        with self._app.store.writing() as session:
            for shop in self._intake.shops:
                problem = Problem(REFUSED, self._intake.queue.name, str(trouble), next_step)
                session.of(shop).problems.raise_(problem, self._app.clock.now())

    def _settle(self) -> None:
        if self._refused is False:
            return
        with self._app.store.writing() as session:
            for shop in self._intake.shops:
                session.of(shop).problems.settle(REFUSED, self._intake.queue.name, self._app.clock.now())
        self._refused = False
