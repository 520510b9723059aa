"""Keeping the mark at a shop: look at it, replace it, and know whether this copy of onhand may write."""

import logging
import threading
from datetime import datetime, timedelta
from typing import Final

from onhand.app.steps import Steps
from onhand.config import SHOPIFY
from onhand.ports.channel import Problem
from onhand.ports.clock import Clock
from onhand.ports.errors import ChannelRefused, ChannelUnavailable
from onhand.publish import copies
from onhand.store import Store

logger = logging.getLogger(__name__)

EVERY_S: Final = 30.0
"""How long two copies may both write before one of them notices; each look costs 12 of a shop's points."""

AGAIN_S: Final = 5.0
"""How soon a look that got no answer is repeated."""

ROUNDS: Final = 3
"""Looks in a row while the mark changes under our hands: the third finds ours, or another's."""


class MarkKeeper:
    """Keeps the mark of one shop for those who write to its channels. Safe for threads.

    Until the first look has succeeded nothing may be written. Later a platform that does not answer keeps nobody from
    writing, but for who has a `doubt`: it waits until the mark was seen.
    """

    def __init__(self, store: Store, steps: Steps, clock: Clock) -> None:
        self._store = store
        self._steps = steps
        self._parts = steps.parts
        self._clock = clock
        self._lock = threading.Lock()
        self._due_at: datetime | None = None
        self._doubted = True

    def check(self) -> None:
        """Look whether another copy writes, where it is time to; if one does, every channel is held then.

        Raises ChannelUnavailable while nobody knows.
        """
        with self._lock:
            now = self._clock.now()
            if not self._doubted and self._due_at is not None and now < self._due_at:
                return
            self._due_at = now + timedelta(seconds=AGAIN_S)
            try:
                ours = self._look()
            except ChannelUnavailable as trouble:
                if self._doubted:
                    raise
                logger.warning("%s: not looked whether another copy writes: %s", self._parts.shop, trouble)
                return
            self._due_at = now + timedelta(seconds=EVERY_S)
            self._doubted = not ours

    def doubt(self) -> None:
        """Have the next check look: something was written that was not expected."""
        self._doubted = True

    def _look(self) -> bool:
        """Return whether this copy may write; False, too, where it writes to nothing."""
        shop, shopify = self._parts.shop, self._parts.shopify
        channels = [SHOPIFY, *(seller.name for seller in self._parts.sellers)]
        with self._store.reading() as session:
            if not copies.writes(session.of(shop), channels):
                return False
        try:
            for _ in range(ROUNDS):
                seen = shopify.read_mark()
                with self._store.writing() as session:
                    wanted = copies.claim(session.of(shop), shop, seen.value, channels, self._clock.now())
                if wanted is None:
                    logger.error("%s: another copy of onhand writes to it: this one writes nothing any more", shop)
                    return False
                try:
                    ours = shopify.replace_mark(seen, wanted)
                except ChannelUnavailable:
                    continue  # carried out or not: the next look shows it
                if ours:
                    self._catch_up()
                    with self._store.writing() as session:
                        books = session.of(shop)
                        copies.hold(books, wanted)
                        books.problems.settle(copies.UNTOLD, shop, self._clock.now())
                    return True
        except ChannelRefused as refusal:
            self._file(shop, refusal)
            return True
        raise ChannelUnavailable(f"{shop}: the mark of this copy could not be left in {ROUNDS} tries")

    def _catch_up(self) -> None:
        """Read what the copy that wrote until now has left, where this one takes over. Raises ChannelUnavailable."""
        shop = self._parts.shop
        with self._store.reading() as session:
            if not session.of(shop).marks.get().takes_any:
                return
        caught_up = self._steps.catch_up()
        with self._store.reading() as session:
            books = session.of(shop)
            keys = books.owed.open(2 * books.owed.count())
        if not caught_up or not self._steps.read_levels(keys):
            raise ChannelUnavailable(f"{shop}: what the other copy has left could not be read")
        with self._store.writing() as session:
            told = copies.note_told(session.of(shop), self._parts.shopify.name, keys, self._clock.now())
        logger.info("%s: taken over; of %s levels to be told %s were told by the other copy", shop, len(keys), told)

    def _file(self, shop: str, refusal: ChannelRefused) -> None:
        message = f"{shop}: a second copy of onhand at work would not be noticed: {refusal}"
        next_step = "mend what the message names; until then see to it that no other copy of this machine runs"
        with self._store.writing() as session:
            session.of(shop).problems.raise_(Problem(copies.UNTOLD, shop, message, next_step), self._clock.now())
