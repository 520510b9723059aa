"""The workbook in Google Sheets is kept equal to the books."""

import logging
from datetime import timedelta

from onhand.app.sheet import Flushed, SheetKeeper
from onhand.ports.channel import Problem
from onhand.ports.clock import Clock
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected, OutcomeUnknown
from onhand.store import Store

logger = logging.getLogger(__name__)

PAUSED = "google sheet"
"""The kind of problem that keeps the workbook from being written; settled by the next flush that succeeds."""

AGAIN_S = 60.0
"""After a refusal: a person may have shared the sheet again, or taken it out of the bin."""

SOON_S = 5.0
STEPS = {
    NotConnected: "share the spreadsheet with {email} as Editor (or take it out of the bin); onhand tries each minute",
    ChannelRefused: "look for a protected range, or a spreadsheet that is full; onhand tries each minute",
}


class Sheeting:
    """Changes are gathered for a few seconds, then written together, within Google's quota.

    Where the sheet refuses us the work rests with a problem, and goes on by itself; nothing else waits for it.
    """

    idle_s = 1.0

    def __init__(self, keeper: SheetKeeper, store: Store, clock: Clock, flush_every_s: float) -> None:
        self.name = f"sheet {keeper.shop}"
        self._keeper, self._store, self._clock = keeper, store, clock
        self._every = timedelta(seconds=flush_every_s)
        self._next_at = clock.now()
        self._paused: bool | None = None  # None: a problem of an earlier process may still be open
        self.last: Flushed | None = None

    def turn(self) -> bool:
        """Gather and flush, when it is time and the quota has room."""
        if self._clock.now() < self._next_at or not self._keeper.may_flush():
            return False
        began = self._clock.now()
        try:
            self._keeper.gather()
            self.last = self._keeper.flush()
        except (NotConnected, ChannelRefused) as refused:
            self._pause(refused)
        except OutcomeUnknown as unknown:
            logger.warning("%s: %s", self.name, unknown)
            self._keeper.look_again()
            self._rest(self.idle_s)
        except ChannelUnavailable as trouble:
            logger.warning("%s: %s", self.name, trouble)
            self._rest(trouble.retry_after_s or SOON_S)
        else:
            self._go_on()
            # A workbook that was just made, or had to be put right, is filled at once.
            soon = self.last.made_anew or self.last.edits
            self._next_at = self._clock.now() if soon else began + self._every
        return False

    def _rest(self, for_s: float) -> None:
        self._next_at = self._clock.now() + timedelta(seconds=for_s)

    def _pause(self, refused: ChannelRefused) -> None:
        step = STEPS[NotConnected if isinstance(refused, NotConnected) else ChannelRefused]
        problem = Problem(PAUSED, self._keeper.spreadsheet, str(refused), step.format(email=self._keeper.email))
        if self._paused is not True:
            logger.warning("%s rests: %s", self.name, refused)
        self._paused = True
        with self._store.writing() as session:
            session.of(self._keeper.shop).problems.raise_(problem, self._clock.now())
        self._keeper.look_again()
        self._rest(AGAIN_S)

    def _go_on(self) -> None:
        if self._paused is False:
            return
        self._paused = False
        with self._store.writing() as session:
            session.of(self._keeper.shop).problems.settle(PAUSED, self._keeper.spreadsheet, self._clock.now())
