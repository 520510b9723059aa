"""A site of the merchant's own that no platform knows of: it sells what our webhooks say, when it answers at all."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from onhand.ports.listeners import Heard
from onhand.simulator.crash import CrashPoints
from onhand.simulator.house import House
from onhand.simulator.platforms import GOOD_ROADS, InProcessPlatforms
from onhand.simulator.trace import Trace
from onhand.store import Books

CLOSED_SHARE = 0.01
"""How often the site says that nobody listens there (410), and is right about it until somebody opens it again."""


class Told(NamedTuple):
    """The newest number of an item on a channel, as the site heard it."""

    sequence: int
    message: str
    units: int
    offered: bool


class OwnSite:
    """Hears what a channel may sell (`ports.listeners.Listener`), over ways as bad as those to the platforms.

    `breaches` has a sentence for each message that it must never get: another one under a known id, or an older number.
    """

    name = "own site"

    def __init__(
        self, platforms: InProcessPlatforms, points: CrashPoints, rng: random.Random, trace: Trace, met: Counter[str]
    ) -> None:
        self._platforms = platforms
        self._points = points
        self._rng = rng
        self._trace = trace
        self._met = met
        self._bodies: dict[str, bytes] = {}
        self.closed = False
        self.newest: dict[tuple[str, str], Told] = {}
        self.breaches: list[str] = []

    def tell(self, message: str, body: bytes, at_s: int) -> Heard:
        """Take a message, or not: lost on the way, taken and not answered, refused for good. Raises Crash."""
        del at_s
        self._points.check()  # whose power went while it wrote goes on until its next step, and must not be heard
        self._points.reach("call")
        fate = "cut_off" if self._platforms.cut_off else self._platforms.draw_fate()
        self._trace.note(f"our webhook {message} {fate or 'well'}")
        if fate in ("cut_off", "unreachable", "unasked"):
            return Heard("again", f"the site is not reached: {fate}")
        if self._platforms.roads is not GOOD_ROADS and self._rng.random() < CLOSED_SHARE:
            self.closed = True
        if self.closed:
            self._met["own site was closed"] += 1
            return Heard("gone", "the site answered 410")
        self._hear(message, body)
        self._points.reach("answer")
        if fate in ("unanswered", "cut_short"):
            return Heard("again", f"the site's answer is lost: {fate}")
        return Heard("taken", "")

    def _hear(self, message: str, body: bytes) -> None:
        if self._bodies.setdefault(message, body) != body:
            self.breaches.append(f"our webhook {message} said {body!r}, and before {self._bodies[message]!r}")
        data: Mapping[str, Any] = msgspec.json.decode(body)["data"]
        key = (data["channel"], data["item"])
        told = Told(data["sequence"], message, data["units"], data["offered"])
        before = self.newest.get(key)
        if before is not None and told.message != before.message:
            same = told._replace(message=before.message) == before  # its item got another SKU between two tries
            if told.sequence < before.sequence or (told.sequence == before.sequence and not same):
                self.breaches.append(f"{key} was told as {before}, and then as {told}")
            self._met["own site told a newer number"] += told.sequence > before.sequence
        self._met["own site told again"] += before == told
        self._met["own site told of what is not offered"] += not told.offered
        self.newest[key] = told


def misheard(house: House, site: OwnSite) -> list[str]:
    """Return where the site would sell other numbers than the books say, and what it must never hear."""
    with house.app.store.reading() as session:
        offered = _offered(session.of(house.shop))
    heard = {key: told.units for key, told in site.newest.items()}
    left = [key for key in heard.keys() - offered.keys() if heard[key] or site.newest[key].offered]
    return [
        *site.breaches,
        *(
            f"item {item} on {channel}: our own site was told {heard.get((channel, item))} units, the books say {units}"
            for (channel, item), units in sorted(offered.items())
            if heard.get((channel, item)) != units
        ),
        *(
            f"item {item} on {channel}: our own site goes on selling {heard[channel, item]} units of what is gone"
            for channel, item in sorted(left)
        ),
    ]


def _offered(books: Books) -> dict[tuple[str, str], int]:
    """Return what each channel may sell of each item, the most of all its listings."""
    found: dict[tuple[str, str], int] = {}
    for rule in books.channels.rules():
        for row in books.offers.rows(channel=rule.channel):
            if row.units is not None:
                key = (rule.channel, row.item)
                found[key] = max(row.units, found.get(key, row.units))
    return found
