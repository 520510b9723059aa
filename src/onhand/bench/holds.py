"""Holds a second, of many items and of one that everybody wants; and whether the last unit goes to exactly one asker.

Askers are threads that each wait for their answer; every answer is on the disk before it is given. Beside onhand stands
`neveroversell`, a library of the same promise that keeps counters in PostgreSQL, where it is installed and a PostgreSQL
is named: it does nothing else, while a hold of onhand is a movement in the ledger that every channel is told of.
What follows from a hold (numbers computed anew, platforms told) is not in the figure: other threads do that.
"""

import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, time_ns

from onhand.bench.holds_doors import Door, Onhand, Peer, fill, has_peer
from onhand.bench.holds_http import served
from onhand.bench.holds_trials import Trials, try_last_units
from onhand.ports.errors import ConfigError
from onhand.store import open_store
from onhand.store.postgres import is_postgres

PLENTY = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """Holds a second and milliseconds an answer, medians of the runs: of many items, and of one hot one."""

    items_holds_per_s: int
    items_p50_ms: float
    items_p99_ms: float
    hot_holds_per_s: int
    hot_p50_ms: float
    hot_p99_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How much is measured."""

    workers: int = 64
    trials: int = 200
    items: int = 10_000
    holds: int = 10_000
    runs: int = 3


USUAL = Sizes()
BOUNDED = Sizes(trials=20, items=1_000, holds=2_000, runs=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldsResult:
    """What was measured; None where no PostgreSQL was named, or no peer asked for. Ratios are ours to theirs."""

    sizes: Sizes
    sqlite_last_units: Trials
    postgresql_last_units: Trials | None
    neveroversell_last_units: Trials | None
    sqlite: Rate
    sqlite_http: Rate
    postgresql: Rate | None
    postgresql_http: Rate | None
    neveroversell: Rate | None
    ratio_items: float | None
    ratio_hot: float | None
    ratio_items_on_defaults: float | None
    ratio_hot_on_defaults: float | None


def bench_holds(sizes: Sizes = USUAL, database: str | None = None, *, peers: bool = False) -> HoldsResult:
    """Measure on SQLite in a folder of its own, and on the PostgreSQL at `database` where one is named.

    Raises ConfigError for peers without a PostgreSQL, or that are not installed.
    """
    _check(database, peers=peers)
    folder = Path(tempfile.mkdtemp(prefix="onhand-bench-"))
    try:
        sqlite_last_units = try_last_units(str(folder / "last.db"), _shop("last"), sizes.workers, sizes.trials)
        sqlite, sqlite_http = _rates_of_onhand(str(folder / "onhand.db"), sizes)
    finally:
        shutil.rmtree(folder)
    postgresql = postgresql_http = last_units = other = their_last_units = None
    if database is not None:
        last_units = try_last_units(database, _shop("last"), sizes.workers, sizes.trials)
        postgresql, postgresql_http = _rates_of_onhand(database, sizes)
        if peers:
            their_last_units = try_last_units(database, _shop("last"), sizes.workers, sizes.trials, peer=True)
            other = _rate_of_peer(database, sizes)
    return HoldsResult(
        sizes=sizes,
        sqlite_last_units=sqlite_last_units,
        postgresql_last_units=last_units,
        neveroversell_last_units=their_last_units,
        sqlite=sqlite,
        sqlite_http=sqlite_http,
        postgresql=postgresql,
        postgresql_http=postgresql_http,
        neveroversell=other,
        ratio_items=_ratio(postgresql, other, _items),
        ratio_hot=_ratio(postgresql, other, _hot),
        ratio_items_on_defaults=_ratio(sqlite, other, _items),
        ratio_hot_on_defaults=_ratio(sqlite, other, _hot),
    )


def _check(database: str | None, *, peers: bool) -> None:
    if database is not None and not is_postgres(database):
        raise ConfigError(f"--database {database}: holds are measured on SQLite anyway; name a postgresql:// address")
    if peers and database is None:
        raise ConfigError("--peers: neveroversell needs a PostgreSQL: --database postgresql://…")
    if peers and not has_peer():
        raise ConfigError("--peers: neveroversell is not installed: pip install -r requirements/peers.txt")


def _rates_of_onhand(database: str, sizes: Sizes) -> tuple[Rate, Rate]:
    """Return the rate of askers inside the process, and of those that ask another one over HTTP."""
    store, shop = open_store(database), _shop("rate")
    items = [str(1_000_000 + number) for number in range(sizes.items)]
    try:
        fill(store, shop, items, PLENTY)
        inside = _measure(Onhand(store, shop), items, sizes)
    finally:
        store.close()
    with served(database, shop) as door:
        return inside, _measure(door, items, sizes)


def _rate_of_peer(database: str, sizes: Sizes) -> Rate:
    peer, run = Peer(database), time_ns()
    items = [f"{run}-{number}" for number in range(sizes.items)]
    try:
        peer.fill(items, PLENTY)
        return _measure(peer, items, sizes)
    finally:
        peer.close()


def _measure(door: Door, items: Sequence[str], sizes: Sizes) -> Rate:
    """Ask for many items and for one, in turns, so that what else goes on meets both."""
    many: list[tuple[float, list[float]]] = []
    hot: list[tuple[float, list[float]]] = []
    for run in range(sizes.runs):
        drawn = random.Random(run).choices(items, k=sizes.holds)
        many.append(_ask_all(door, drawn, f"many {run}", sizes.workers))
        hot.append(_ask_all(door, [items[0]] * sizes.holds, f"hot {run}", sizes.workers))
    return Rate(
        items_holds_per_s=round(median(sizes.holds / seconds for seconds, _ in many)),
        items_p50_ms=_middle(many, 50),
        items_p99_ms=_middle(many, 99),
        hot_holds_per_s=round(median(sizes.holds / seconds for seconds, _ in hot)),
        hot_p50_ms=_middle(hot, 50),
        hot_p99_ms=_middle(hot, 99),
    )


def _ask_all(door: Door, wanted: Sequence[str], run: str, workers: int) -> tuple[float, list[float]]:
    """Return the seconds that all took, and each asker's own wait. Raises RuntimeError where one was refused."""

    def ask(number: int) -> float:
        began = perf_counter()
        if not door.ask(wanted[number], f"{run} {number}"):
            raise RuntimeError(f"{wanted[number]} was refused, and there are {PLENTY} of it")
        return perf_counter() - began

    with ThreadPoolExecutor(workers) as askers:
        began = perf_counter()
        waits = list(askers.map(ask, range(len(wanted))))
        return perf_counter() - began, waits


def _middle(runs: Sequence[tuple[float, list[float]]], percent: int) -> float:
    """Return a percentile of the waits, the median of the runs, in milliseconds."""
    return round(median(quantiles(waits, n=100)[percent - 1] for _, waits in runs) * 1_000, 1)


def _ratio(ours: Rate | None, theirs: Rate | None, figure: Callable[[Rate], int]) -> float | None:
    return None if ours is None or theirs is None else round(figure(ours) / figure(theirs), 2)


def _items(rate: Rate) -> int:
    return rate.items_holds_per_s


def _hot(rate: Rate) -> int:
    return rate.hot_holds_per_s


def _shop(what: str) -> str:
    """Return a shop that no run had before: a database may be measured on twice."""
    return f"{what}-{time_ns()}.myshopify.com"
