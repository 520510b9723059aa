"""Sensors at the doors of the demo's shops: visitors follow the tills, and what was counted is compared in the end."""

from datetime import timedelta
from time import monotonic, sleep

from onhand.app import App
from onhand.demo.options import Visitors
from onhand.demo.sandbox import SandboxProcess
from onhand.domain.traffic import BIN

EVERY_S = 5.0
WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.2


class Doors:
    """The sensors, as the demo lets them work: they tell counters, so the next one makes a lost one good."""

    def __init__(self, sandbox: SandboxProcess, feeds: str) -> None:
        self._sandbox, self._feeds = sandbox, feeds
        self._opened = False

    def open(self) -> None:
        """Let the sensors follow the tills; the first count goes out before anything goes wrong."""
        self._sandbox.post("door_sensors", {"address": self._feeds, "every_s": EVERY_S})
        self._opened = True

    def close(self) -> dict[str, int]:
        """Let them tell a last time; return who came in, by location."""
        if not self._opened:
            return {}
        return {str(place): int(row["in"]) for place, row in self._sandbox.post("close_doors", {}).items()}


def wait_for_visitors(app: App, shop: str, came: dict[str, int]) -> Visitors:
    """Return how many people the sensors counted and how many of them the bins hold, once they are the same."""
    gives_up_at = monotonic() + WITHIN_S
    while True:
        booked = _booked(app, shop, came)
        if booked == sum(came.values()) or monotonic() > gives_up_at:
            return Visitors(counted=sum(came.values()), booked=booked)
        sleep(_LOOK_AGAIN_S)


def _booked(app: App, shop: str, places: dict[str, int]) -> int:
    now = app.clock.now()
    with app.store.reading() as session:
        books = session.of(shop)
        ids = [row.location for row in books.catalog.locations() if row.name in places]
        bins = [row for place in ids for row in books.traffic.at(place, now - timedelta(days=2), now + BIN)]
    return sum(row.in_people or 0 for row in bins)
