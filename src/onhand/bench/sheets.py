"""A day of changes reaching the workbook in Google Sheets, on a clock moved by hand.

Books, work, workbook and Google's client are the product's own, on SQLite; the service is the sandbox with Google's
quota, in this process. Changes come as a shop's day brings them, most by day, and in the middle of it a bulk edit.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any, Final

import httpx
import msgspec

from onhand import answers
from onhand.answers import stock
from onhand.app.sheet import build_keeper
from onhand.bench.shop import SHOP, BenchShop, build_bench_shop
from onhand.config import Config, GoogleSheetsConfig, Secret, ShopConfig
from onhand.demo.sheet import compare_books
from onhand.domain.stock import Bin, Movement, State
from onhand.publish.recalculate import recalculate
from onhand.sandbox.faults import Faults
from onhand.sandbox.sheets import start
from onhand.sandbox.sheets.desk import answer_in_process
from onhand.sandbox.sheets.people import show
from onhand.sandbox.sheets.service import SheetsService
from onhand.serve.sheeting import Sheeting
from onhand.simulator.clock import ManualClock
from onhand.simulator.drive import memory_folder

CHANGES: Final = 50_000
"""In a day. Fewer changes come at the same rate, in less of a day."""

BOUNDED_CHANGES: Final = 1_000
"""How many there are where this is one bench of many."""

ITEMS: Final = 2_000
"""The bulk edit changes each at two locations: with what three channels may sell, these are 10,000 rows."""

DAY_S: Final = 86_400
FLUSH_EVERY_S: Final = 5.0
URL: Final = "http://google.invalid"
HOURS: Final = (1, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 10, 9, 9, 9, 10, 10, 8, 6, 4, 2, 1)
"""How busy each hour of the day is, beside the others."""

_PATIENCE_S: Final = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetsResult:
    """What the service saw of `changes` changes in `simulated_s`, and of a bulk edit of `bulk_rows` rows.

    `behind_s` is how long changes had waited until they stood in the sheet: of each flush the one that waited longest.
    `bulk_s` is how long the bulk edit took until all of it stood there. `differing` counts rows that are not as
    `onhand levels` and `onhand ats` say at the end; `ats_rows` of them are those that `onhand ats --json` prints, and
    `ats_differing` those whose units are not to be read in the sheet. `seconds` are the machine's.
    """

    changes: int
    rows: int
    simulated_s: float
    flush_every_s: float
    writes: int
    reads: int
    refused: int
    writes_a_minute_max: int
    reads_a_minute_max: int
    write_bytes_max: int
    behind_s: dict[str, float]
    bulk_rows: int
    bulk_s: float
    differing: int
    ats_rows: int
    ats_differing: int
    seconds: float


class _Google(httpx.BaseTransport):
    """The service in this process, and when it was called."""

    def __init__(self, service: SheetsService, clock: ManualClock) -> None:
        self._service, self._clock = service, clock
        self.times: dict[str, list[float]] = {"write": [], "read": []}
        self.statuses: Counter[int] = Counter()
        self.bytes_max = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        body = request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = answer_in_process(self._service, request.method, request.url.raw_path.decode(), headers, body)
        assert reply is not None, "nobody else is called here"
        if "spreadsheets" in request.url.path:
            kind = "write" if request.url.path.endswith("atchUpdate") else "read"
            self.times[kind].append(self._clock.seconds())
            self.statuses[reply.status] += 1
            self.bytes_max = max(self.bytes_max, len(body))
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body, request=request)

    def a_minute_max(self, kind: str) -> int:
        """Return the most calls of a kind in any sixty seconds."""
        most = first = 0
        times = self.times[kind]
        for last, at in enumerate(times):
            while times[first] <= at - 60:
                first += 1
            most = max(most, last - first + 1)
        return most


def bench_sheets(changes: int = CHANGES, items: int = ITEMS, seed: int = 1) -> SheetsResult:
    """Let so many changes of so many items reach a sheet. Raises RuntimeError where it comes to no end."""
    began = perf_counter()
    with memory_folder() as folder:
        day = _Day(folder, items, seed)
        try:
            day.settle()
            day.google.times = {"write": [], "read": []}
            simulated_s = day.play(changes)
            bulk_s = day.bulk_edit()
            return day.result(changes, simulated_s, bulk_s, perf_counter() - began)
        finally:
            day.close()


def _differing_from(printed: Sequence[Mapping[str, Any]], shown: Mapping[str, Any]) -> int:
    """Return how many rows of `onhand ats --json` the sheet shows otherwise, or not at all, and those it has beside."""
    (book,) = shown.values()
    (tab,) = (tab for tab in book["tabs"] if tab["title"] == "ATS by channel")
    headings, *rows = tab["values"]
    key, units = headings.index("onhand"), headings.index("Available to sell")
    standing: dict[str, object] = {row[key]: row[units] for row in rows if len(row) > max(key, units) and row[key]}
    wanted: dict[str, object] = {
        f"{row['item']}|{row['channel']}|{row['listing']}": "" if row["units"] is None else row["units"]
        for row in printed
    }
    differing = sum(bool(standing.get(name) != number) for name, number in wanted.items())
    return differing + len(standing.keys() - wanted.keys())


class _Day:
    """A shop, its sheet, and the work between them."""

    def __init__(self, folder: Path, items: int, seed: int) -> None:
        self._rng = random.Random(f"sheets {seed}")
        self._clock = ManualClock(datetime.now(UTC))
        faults = Faults(random.Random(seed), self._clock.now)
        service = start.start(self._clock.now, faults, random.Random(seed), lambda: URL, per_minute=60)
        if service is None:
            raise RuntimeError("bench sheets needs Google's client: pip install 'onhand[google-sheets]'")
        self._service = service
        self.google = _Google(service, self._clock)
        self._http = httpx.Client(transport=self.google)
        self._shop: BenchShop = build_bench_shop(folder, items, self._http)
        self._items = [str(1_000_000 + number) for number in range(items)]
        self._moves = 0
        self._behind_s: list[float] = []
        self._waits_since_s: float | None = None
        address: Any = start.address(service)
        sheets = GoogleSheetsConfig(
            spreadsheet=address["spreadsheet"],
            credentials=Secret.of(msgspec.json.encode(address["credentials"]).decode()),
            api_url=address["url"],
        )
        config = Config(
            database="", log="", shops=(ShopConfig(domain=SHOP, client_secret=Secret.of("s")),), google_sheets=sheets
        )
        pace = self._clock.pace()
        keeper = build_keeper(
            config, SHOP, self._shop.store, self._http, ("tiktok_shop",), clock=self._clock, pace=pace
        )
        assert keeper is not None, "it is configured"
        self._keeper = keeper
        self._work = Sheeting(keeper, self._shop.store, self._clock, FLUSH_EVERY_S)

    def play(self, changes: int) -> float:
        """Let changes come in their time; return how long that took, in seconds of the simulated clock."""
        began_s = self._clock.seconds()
        due = sorted(self._times(changes))
        at = 0
        while at < len(due):
            passed_s = self._clock.seconds() - began_s
            now = at
            while at < len(due) and due[at] <= passed_s:
                at += 1
            if at > now:
                self._book(
                    [(self._rng.choice(self._items), self._rng.choice(self._shop.locations)) for _ in range(at - now)]
                )
            self._step()
        self.settle()
        return round(self._clock.seconds() - began_s, 1)

    def bulk_edit(self) -> float:
        """Change five rows of every item at once; return after how many seconds all of it stood in the sheet."""
        began_s = self._clock.seconds()
        self._book([(item, place) for item in self._items for place in self._shop.locations[:2]])
        self.settle()
        return round(self._clock.seconds() - began_s, 1)

    def settle(self) -> None:
        """Go on until the sheet shows what the books say."""
        ends_s = self._clock.seconds() + _PATIENCE_S
        while True:
            self._step()
            if self._work.last is not None and not self._keeper.waiting()[0] and not self._differing():
                return
            if self._clock.seconds() > ends_s:
                raise RuntimeError(f"after {_PATIENCE_S} s {self._keeper.waiting()[0]} rows still wait")

    def result(self, changes: int, simulated_s: float, bulk_s: float, seconds: float) -> SheetsResult:
        """Return what the service saw of it."""
        cuts = quantiles(self._behind_s, n=100, method="inclusive")
        with self._shop.store.reading() as session:
            books, shown = session.of(SHOP), show(self._service)
            compared = compare_books(books, SHOP, shown)
            printed = answers.as_json(stock.ats(books, SHOP))
        return SheetsResult(
            changes=changes,
            rows=compared.rows,
            simulated_s=simulated_s,
            flush_every_s=FLUSH_EVERY_S,
            writes=len(self.google.times["write"]),
            reads=len(self.google.times["read"]),
            refused=self.google.statuses[429],
            writes_a_minute_max=self.google.a_minute_max("write"),
            reads_a_minute_max=self.google.a_minute_max("read"),
            write_bytes_max=self.google.bytes_max,
            behind_s={"p50": round(cuts[49], 2), "p99": round(cuts[98], 2), "max": round(max(self._behind_s), 2)},
            bulk_rows=len(self._items) * 5,
            bulk_s=bulk_s,
            differing=compared.differing,
            ats_rows=len(printed),
            ats_differing=_differing_from(printed, shown),
            seconds=round(seconds, 1),
        )

    def close(self) -> None:
        """Put everything away."""
        self._shop.close()
        self._http.close()

    def _differing(self) -> int:
        with self._shop.store.reading() as session:
            return compare_books(session.of(SHOP), SHOP, show(self._service)).differing

    def _step(self) -> None:
        before = self._work.last
        self._work.turn()
        last = self._work.last
        if self._waits_since_s is not None and last is not before and not self._keeper.waiting()[0]:
            self._behind_s.append(self._clock.seconds() - self._waits_since_s)
            self._waits_since_s = None
        self._clock.advance(self._work.idle_s)

    def _times(self, changes: int) -> Iterator[float]:
        """Yield when changes come, in seconds: by the day's hours, or at an even rate where it is less than a day."""
        span_s = DAY_S * changes / CHANGES
        if changes < CHANGES:
            yield from (self._rng.uniform(0, span_s) for _ in range(changes))
            return
        hours = self._rng.choices(range(24), weights=HOURS, k=changes)
        yield from ((hour + self._rng.random()) * 3_600 for hour in hours)

    def _book(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Sell, or receive, some units of each item at a place, and compute what may be sold as the worker does."""
        now = self._clock.now()
        if self._waits_since_s is None:
            self._waits_since_s = self._clock.seconds()
        rows = [self._movement(item, place, now) for item, place in wanted]
        with self._shop.store.writing() as session:
            books = session.of(SHOP)
            books.ledger.append(rows, now)
            while recalculate(books, now):
                pass

    def _movement(self, item: str, place: str, now: datetime) -> Movement:
        self._moves += 1
        sold = self._rng.random() < 0.9
        here, outside = Bin(place, State.AVAILABLE), Bin("", State.CUSTOMER if sold else State.SUPPLIER)
        return Movement(
            id=f"bench/{self._moves}",
            item=item,
            source=here if sold else outside,
            target=outside if sold else here,
            units=self._rng.randint(1, 3),
            cause=f"bench/{self._moves}",
            origin="shopify",
            reason="bench",
            occurred_at=now - timedelta(seconds=1),
        )
