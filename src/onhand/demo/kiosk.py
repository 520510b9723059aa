"""A kiosk that onhand knows nothing of but its key.

It holds over HTTP, as from another machine, and then sells, gives back, or forgets.
"""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from time import monotonic, sleep
from typing import Final, NamedTuple

import httpx

from onhand.app import App
from onhand.app.api_keys import make_key
from onhand.demo.options import KEPT_AT, KioskDay
from onhand.demo.sandbox import SandboxProcess
from onhand.domain.api_keys import May
from onhand.domain.holds import ORIGIN, Hold, HoldStatus
from onhand.domain.stock import Bin, Movement, State

NAME: Final = "kiosk"
HOST: Final = "stock.demo.example"
"""The name under which a proxy would lead to onhand."""

EVERY_S: Final = 0.2
WARES: Final = 40
"""So few that some of them run out."""

KEPT_S, FORGOTTEN_S = 600, 2
CONFIRMED, RELEASED = 0.6, 0.8
"""Shares of holds: up to the first they are sold, up to the second given back, and the others are forgotten."""

WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.2
_MOST = 1_000_000


class Ware(NamedTuple):
    """Something the kiosk sells, and where it takes it from."""

    item: str
    sku: str
    location: str


class Kiosk:
    """One till in a thread of its own. It counts what it was answered; the books are asked later."""

    def __init__(self, dashboard: str, key: str, sandbox: SandboxProcess, wares: Sequence[Ware], seed: int) -> None:
        headers = {"host": HOST, "x-forwarded-for": "203.0.113.20", "authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=dashboard, headers=headers, timeout=60.0)
        self._sandbox, self._wares, self._rng = sandbox, wares, random.Random(seed)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="demo-kiosk", daemon=True)
        self.counted: Counter[str] = Counter()

    def open(self) -> None:
        """Begin to sell."""
        self._thread.start()

    def close(self) -> None:
        """Serve the last shopper and stop."""
        self._stopped.set()
        self._thread.join(WITHIN_S)
        self._http.close()

    def _work(self) -> None:
        while not self._stopped.wait(EVERY_S):
            try:
                self._serve()
            except httpx.HTTPError:
                self.counted["unexpected"] += 1

    def _serve(self) -> None:
        """Hold for one shopper, who buys, thinks better of it, or walks away."""
        ware, units, fate = self._rng.choice(self._wares), self._rng.choice((1, 1, 2)), self._rng.random()
        self.counted["asked"] += 1
        wish = {
            "item": ware.item,
            "location": ware.location,
            "units": units,
            "for_s": KEPT_S if fate < RELEASED else FORGOTTEN_S,
            "reference": f"{NAME} basket {self.counted['asked']}",
        }
        answer = self._post("/api/v1/holds", wish)
        if answer.status_code == 409:
            self.counted["refused"] += 1
        elif answer.status_code != 201:
            self.counted["unexpected"] += 1
        elif fate >= RELEASED:
            self.counted["expired"] += 1
        else:
            self._end(ware, units, answer.headers["location"], "confirm" if fate < CONFIRMED else "release")

    def _end(self, ware: Ware, units: int, hold: str, how: str) -> None:
        answer = self._post(f"{hold}/{how}", None)
        if answer.status_code != 200:
            self.counted["unexpected"] += 1
            return
        self.counted[f"{how}ed" if how == "confirm" else "released"] += 1
        if how == "confirm":
            asked = {"sku": ware.sku, "location": ware.location, "units": units}
            handed = int(self._sandbox.post("hand_over", asked)["handed_over_units"])
            self.counted["handed_units"] += handed
            self.counted["missing_units"] += units - handed

    def _post(self, path: str, body: object) -> httpx.Response:
        self.counted["requests"] += 1
        return self._http.post(path, json=body, headers={"idempotency-key": str(self.counted["requests"])})


def open_kiosk(app: App, shop: str, sandbox: SandboxProcess, dashboard: str, seed: int) -> Kiosk:
    """Make the kiosk its key and let it sell at locations that are the merchant's own."""
    with app.store.writing() as session:
        books = session.of(shop)
        _, key = make_key(books, NAME, [May.HOLDS], app.clock.now())
        places = [row.name for row in books.catalog.locations() if row.active and row.name != KEPT_AT]
        skus = Counter(item.sku for item in books.catalog.items())
        sold = [item for item in books.catalog.items() if item.counted and item.sku and skus[item.sku] == 1]
    rng = random.Random(seed)
    chosen = rng.sample(sorted(sold, key=lambda item: item.item), min(WARES, len(sold)))
    wares = [Ware(item.item, item.sku or "", rng.choice(places)) for item in chosen]
    kiosk = Kiosk(dashboard, key, sandbox, wares, seed)
    kiosk.open()
    return kiosk


def wait_for_late_holds(app: App, shop: str) -> None:
    """Wait until what was forgotten has been given back."""
    gives_up_at = monotonic() + WITHIN_S
    while any(hold.status is HoldStatus.HELD for hold in _holds(app, shop)) and monotonic() < gives_up_at:
        sleep(_LOOK_AGAIN_S)


def judge_kiosk(app: App, shop: str, kiosk: Kiosk | None) -> KioskDay:
    """Return what the kiosk was answered beside what the books say."""
    if kiosk is None:
        return KioskDay()
    counted, holds = kiosk.counted, _holds(app, shop)
    booked = Counter(hold.status.value for hold in holds)
    told = {status.value: counted[status.value] for status in HoldStatus}
    sold_units = sum(hold.wish.units for hold in holds if hold.status is HoldStatus.CONFIRMED)
    return KioskDay(
        asked=counted["asked"],
        granted=len(holds),
        refused=counted["refused"],
        confirmed=counted["confirmed"],
        released=counted["released"],
        expired=counted["expired"],
        sold_units=sold_units,
        unexpected=counted["unexpected"],
        differing=sum(abs(booked[status] - told[status]) for status in told),
        differing_units=abs(sold_units - counted["handed_units"] - counted["missing_units"]),
        overheld=_overheld(app, shop, {hold.wish.item for hold in holds}),
    )


def _holds(app: App, shop: str) -> list[Hold]:
    with app.store.reading() as session:
        return session.of(shop).holds.behind(0, _MOST, app.clock.now())


def _overheld(app: App, shop: str, items: set[str]) -> int:
    """Return how many holds took more than was there: the ledger is folded once more, movement by movement."""
    with app.store.reading() as session:
        ledger = session.of(shop).ledger
        return sum(
            count_overheld([movement for _, movement, _ in reversed(ledger.history(item, _MOST))])
            for item in sorted(items)
        )


def count_overheld(movements: Sequence[Movement]) -> int:
    """Return after how many holds fewer than no units were available, by an item's movements, oldest first."""
    available: Counter[str] = Counter()
    overheld = 0
    for movement in movements:
        _add(available, movement.source, -movement.units)
        _add(available, movement.target, movement.units)
        holds = movement.origin == ORIGIN and movement.target.state is State.RESERVED
        overheld += holds and available[movement.source.location] < 0
    return overheld


def _add(available: Counter[str], bin_: Bin, units: int) -> None:
    if bin_.state is State.AVAILABLE:
        available[bin_.location] += units
