"""How many orders a second become books and ATS on one core: from the log, through everything, to the offers.

Every order is a till sale of three lines as Shopify sends it (about 5 KB). A till sale arrives complete, so no platform
is read: that is said in the result. Beside it stands the machine's limit: the same movements written to the same tables
by the database alone, already decided.
"""

import random
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import httpx

from onhand.bench.shop import BenchShop, build_bench_shop
from onhand.bench.till import till_delivery
from onhand.domain.stock import Movement
from onhand.intake.process import BATCH, process
from onhand.publish.recalculate import recalculate
from onhand.serve.works import BACKLOG_BATCHES
from onhand.store import open_store


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessResult:
    """Orders a second of wall time and of processor time (one core), medians of `runs`, beside the database alone."""

    orders: int
    items: int
    runs: int
    orders_per_s: float
    orders_per_cpu_s: float
    microseconds_an_order: float
    booking_share: float
    database_alone_orders_per_s: float
    ratio_to_database_alone: float
    platform_reads: int


def bench_process(orders: int = 20_000, items: int = 2_000, runs: int = 3, seed: int = 1) -> ProcessResult:
    """Measure, on a fresh store each run, and return medians."""
    times: list[tuple[float, float, float, float]] = []
    for run in range(runs):
        folder = Path(tempfile.mkdtemp(prefix="onhand-bench-"))
        try:
            times.append(_run_once(folder, orders, items, random.Random(seed + run)))
        finally:
            shutil.rmtree(folder)
    wall_s, cpu_s, booking_s, alone_s = (median(column) for column in zip(*times, strict=True))
    return ProcessResult(
        orders=orders,
        items=items,
        runs=runs,
        orders_per_s=round(orders / wall_s),
        orders_per_cpu_s=round(orders / cpu_s),
        microseconds_an_order=round(wall_s / orders * 1e6, 1),
        booking_share=round(booking_s / wall_s, 2),
        database_alone_orders_per_s=round(orders / alone_s),
        ratio_to_database_alone=round(alone_s / wall_s, 2),
        platform_reads=0,
    )


def _run_once(folder: Path, orders: int, items: int, chance: random.Random) -> tuple[float, float, float, float]:
    with httpx.Client() as http:
        shop = build_bench_shop(folder, items, http)
        began_at = datetime.now(UTC)
        for start in range(0, orders, 1_000):
            shop.log.append(
                [till_delivery(shop, number, began_at, chance) for number in range(start, min(start + 1_000, orders))]
            )
        wall, cpu = perf_counter(), process_time()
        booking_s = _book_all(shop)
        wall_s, cpu_s = perf_counter() - wall, process_time() - cpu
        _check(shop, orders)
        movements = _movements_of(shop, orders)
        shop.close()
    return wall_s, cpu_s, booking_s, _write_alone(folder / "alone.db", movements)


def _book_all(shop: BenchShop) -> float:
    """Book and recalculate until nothing is left; return the seconds that booking alone took."""
    booking_s = 0.0
    waiting = True
    while waiting:
        now, began = datetime.now(UTC), perf_counter()
        for _ in range(BACKLOG_BATCHES):
            waiting = waiting and process(shop.store, shop.log, shop.senders, now).waiting
        booking_s += perf_counter() - began
        computed = 1
        while computed:
            with shop.store.writing() as session:
                computed = recalculate(session.of(shop.name), now)
    return booking_s


def _check(shop: BenchShop, orders: int) -> None:
    with shop.store.reading() as session:
        books = session.of(shop.name)
        counts = books.deliveries.counts()
        stale = books.offers.stale(1)
    if counts.get("done") != orders or stale:
        raise RuntimeError(f"{orders} orders were sent, the books have {counts} and {len(stale)} stale offers")


def _movements_of(shop: BenchShop, orders: int) -> list[list[Movement]]:
    """Return what was booked, an order a list, so that the database alone can write the same."""
    with shop.store.reading() as session:
        books = session.of(shop.name)
        return [books.ledger.caused_by(f"shopify/order/{number + 1}") for number in range(orders)]


def _write_alone(path: Path, orders: list[list[Movement]]) -> float:
    """Return the seconds that the store takes to append the movements, with nothing to read or decide."""
    store = open_store(str(path))
    now = datetime.now(UTC)
    with store.writing() as session:
        session.add_shop("bench.myshopify.com", now)
    began = perf_counter()
    for start in range(0, len(orders), BATCH):
        with store.writing() as session:
            books = session.of("bench.myshopify.com")
            books.ledger.append([movement for order in orders[start : start + BATCH] for movement in order], now)
    seconds = perf_counter() - began
    store.close()
    return seconds
