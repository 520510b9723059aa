"""A shop's books, a sandbox's spreadsheet, and the work that keeps one equal to the other, on one clock."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from onhand.answers import stock
from onhand.app.sheet import SheetKeeper, build_keeper
from onhand.config import Config, GoogleSheetsConfig, Secret, ShopConfig
from onhand.config.model import LocationConfig
from onhand.domain.catalog import Item, Location
from onhand.domain.selling import SellingRule
from onhand.domain.stock import Bin, Movement, State
from onhand.publish.recalculate import recalculate
from onhand.sandbox.faults import Faults
from onhand.sandbox.sheets import start
from onhand.sandbox.sheets.desk import answer_in_process
from onhand.sandbox.sheets.people import Act, SheetAct, act, show
from onhand.serve.sheeting import Sheeting
from onhand.simulator.clock import ManualClock
from onhand.store import open_store

SHOP = "tees.myshopify.com"
BEGAN_AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
WAREHOUSE, BOSTON = "101", "102"
CHANNELS = ("tiktok_shop",)
URL = "http://google.invalid"


class Google(httpx.BaseTransport):
    """Google in this process. `before` is called with each request before it is answered."""

    def __init__(self, service: Any) -> None:
        self._service = service
        self.before: Callable[[httpx.Request], None] = lambda _: None
        self.calls: list[tuple[str, int, int]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.read()
        reply = answer_in_process(self._service, request.method, request.url.raw_path.decode(), headers, body)
        assert reply is not None, request.url
        self.calls.append((request.url.path.rpartition("/")[2], reply.status, len(body)))
        if reply.lost:
            raise httpx.ReadTimeout("no answer came", request=request)
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body, request=request)

    def writes(self) -> list[tuple[str, int, int]]:
        """Return the calls that wrote."""
        return [call for call in self.calls if call[0].endswith("atchUpdate")]


class SheetShop:
    """Everything a test needs; close it."""

    def __init__(
        self, folder: Path, skus: Sequence[str] = ("TEE", "CAP", "=IMPORTXML(1)"), per_minute: int | None = 60
    ) -> None:
        self.clock = ManualClock(BEGAN_AT)
        self.faults = Faults(random.Random("faults"), self.clock.now)
        service = start.start(self.clock.now, self.faults, random.Random("sheets"), lambda: URL, per_minute=per_minute)
        assert service is not None
        self.service = service
        self.google = Google(service)
        self.http = httpx.Client(transport=self.google)
        self.store = open_store(str(folder / "onhand.db"))
        self.items = {sku: f"item-{number:05d}" for number, sku in enumerate(skus)}
        self.locations: tuple[LocationConfig, ...] = ()
        self._moves = 0
        self._fill(skus)
        self.keeper = self.new_keeper()
        self.work = self.new_work()

    def new_keeper(self) -> SheetKeeper:
        """Return a keeper as a process that starts has it."""
        address: Any = start.address(self.service)
        sheets = GoogleSheetsConfig(
            spreadsheet=address["spreadsheet"],
            credentials=Secret.of(msgspec.json.encode(address["credentials"]).decode()),
            api_url=address["url"],
        )
        shop = ShopConfig(domain=SHOP, client_id=Secret.of("id"), client_secret=Secret.of("secret"))
        config = Config(database="", log="", shops=(shop,), locations=self.locations, google_sheets=sheets)
        pace = self.clock.pace()
        keeper = build_keeper(config, SHOP, self.store, self.http, CHANNELS, clock=self.clock, pace=pace)
        assert keeper is not None
        return keeper

    def new_work(self) -> Sheeting:
        """Return the work as a process that starts has it."""
        return Sheeting(self.keeper, self.store, self.clock, 5.0)

    def close(self) -> None:
        """Close what was opened."""
        self.http.close()
        self.store.close()

    def _fill(self, skus: Sequence[str]) -> None:
        now = self.clock.now()
        with self.store.writing() as session:
            session.add_shop(SHOP, now)
            books = session.of(SHOP)
            places = [
                Location(location=place, name=name, active=True, fulfils_online=True)
                for place, name in ((WAREHOUSE, "Warehouse"), (BOSTON, "Boston"))
            ]
            books.catalog.put_locations(places, now)
            books.catalog.put_items([Item(item=self.items[sku], sku=sku, title=f"Title {sku}") for sku in skus], now)
            rules = [
                SellingRule(channel=name, locations=(WAREHOUSE, BOSTON)) for name in ("online_store", "shopify_pos")
            ]
            books.channels.set_rules([*rules, SellingRule(channel="tiktok_shop", locations=(WAREHOUSE,))], now)
            channels = ("online_store", "shopify_pos", "tiktok_shop")
            books.offers.ensure([(name, item, item) for name in channels for item in self.items.values()], now)
        self.move([(sku, place, 10) for sku in skus for place in (WAREHOUSE, BOSTON)])

    def move(self, moves: Sequence[tuple[str, str, int]]) -> None:
        """Book units coming in, or (negative) sold."""
        booked = []
        for sku, place, units in moves:
            self._moves += 1
            here, outside = Bin(place, State.AVAILABLE), Bin("", State.SUPPLIER if units > 0 else State.CUSTOMER)
            booked.append(
                Movement(
                    id=f"move/{self._moves}",
                    item=self.items[sku],
                    source=outside if units > 0 else here,
                    target=here if units > 0 else outside,
                    units=abs(units),
                    cause=f"cause/{self._moves}",
                    origin="shopify",
                    reason="test",
                    occurred_at=self.clock.now(),
                )
            )
        with self.store.writing() as session:
            session.of(SHOP).ledger.append(booked, self.clock.now())
        self.compute()

    def compute(self) -> None:
        """Compute what may be sold, as the worker does."""
        with self.store.writing() as session:
            while recalculate(session.of(SHOP), self.clock.now()):
                pass

    def run(self, for_s: float = 8.0) -> None:
        """Let the work take its turns for so many seconds."""
        ends = self.clock.seconds() + for_s
        while self.clock.seconds() < ends:
            self.work.turn()
            self.clock.advance(self.work.idle_s)

    def person(self, what: Act, **more: Any) -> None:
        """Let somebody do something in the spreadsheet."""
        act(self.service, SheetAct(act=what, **more))

    def tabs(self) -> dict[str, dict[str, Any]]:
        """Return every tab as the sandbox shows it."""
        (book,) = (each for each in show(self.service).values())
        shown: Any = book
        return {tab["title"]: tab for tab in shown["tabs"]}

    def table(self, title: str) -> list[dict[str, Any]]:
        """Return the rows of a tab by heading; rows that hold nothing are left out."""
        heading, *rows = self.tabs()[title]["values"]
        return [dict(zip(heading, [*row, *[""] * (len(heading) - len(row))], strict=False)) for row in rows if any(row)]

    def row_of(self, title: str, sku: str, where: str) -> tuple[int, dict[str, Any]]:
        """Return the number (from 1) and the cells of the row of a SKU at a location, or on a channel."""
        for number, row in enumerate(self.tabs()[title]["values"], start=1):
            if sku in row and where in row:
                heading = self.tabs()[title]["values"][0]
                return number, dict(zip(heading, [*row, *[""] * (len(heading) - len(row))], strict=False))
        raise AssertionError(f"no row of {sku} and {where} in {title}")

    def differences(self, levels: str = "Levels", ats: str = "ATS by channel") -> list[str]:
        """Return what the sheet shows otherwise than the books, numbers by SKU and place."""
        with self.store.reading() as session:
            books = session.of(SHOP)
            sellable = {
                (row.sku, row.channel): (row.units, "" if row.published_units is None else row.published_units)
                for row in stock.ats(books, SHOP)
            }
            names = {location.location: location.name for location in books.catalog.locations()}
            skus = {item: sku for sku, item in self.items.items()}
            kept = {
                (skus[item], names[bin_.location]): units
                for (item, bin_), units in books.ledger.all_levels().items()
                if bin_.state is State.AVAILABLE
            }
        shown = {
            (row["SKU"], row["Channel"]): (row["Available to sell"], row["Published"])
            for row in self.table(ats)
            if row["onhand"]
        }
        standing = {
            (row["SKU"], row["Location"]): row["Available"]
            for row in self.table(levels)
            if row["onhand"] and row["Available"]
        }
        return [*_differ(sellable, shown), *_differ({key: units for key, units in kept.items() if units}, standing)]


def _differ(wanted: Mapping[Any, Any], shown: Mapping[Any, Any]) -> list[str]:
    return [
        f"{key}: books {wanted.get(key)}, sheet {shown.get(key)}"
        for key in sorted(wanted.keys() | shown.keys(), key=str)
        if wanted.get(key) != shown.get(key)
    ]


__all__ = ["BOSTON", "WAREHOUSE", "SheetShop"]
