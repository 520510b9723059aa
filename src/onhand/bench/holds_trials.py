"""The last unit, again and again: workers of several processes ask for it at the same moment, and one may get it."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from threading import Thread
from typing import NamedTuple

from onhand.bench.holds_doors import Onhand, fill
from onhand.store import open_store

PROCESSES = 4
WITHIN_S = 300.0
"""How long workers wait for one another: a busy machine makes them slow, one that died would keep them for ever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trials:
    """How often each number of grants occurred; all of them should have been one."""

    workers: int
    trials: int
    with_one_grant: int
    with_none: int
    with_several: int


class Between(NamedTuple):
    """What processes have in common: where they wait for one another, and where they hand in what they were given."""

    barrier: Barrier
    answers: "Queue[list[int]]"


def try_last_units(database: str, shop: str, workers: int, trials: int) -> Trials:
    """Have `workers` ask for the last unit of one item after the other; return what was granted.

    They are spread over processes, each with a store of its own, as several copies of `onhand serve --role web` are.
    """
    items = [f"{shop}-{number}" for number in range(trials)]
    store = open_store(database)
    fill(store, shop, items, 1)
    store.close()
    processes = min(PROCESSES, workers)
    shares = [workers // processes + (number < workers % processes) for number in range(processes)]
    context = multiprocessing.get_context("spawn")
    between = Between(context.Barrier(workers), context.Queue())
    running = [
        context.Process(target=_work, args=(database, shop, items, (number, share), between))
        for number, share in enumerate(shares)
    ]
    for process in running:
        process.start()
    try:
        grants = [0] * trials
        for _ in running:
            for trial, granted in enumerate(between.answers.get(timeout=WITHIN_S)):
                grants[trial] += granted
    finally:
        for process in running:
            process.join(WITHIN_S)
    return Trials(
        workers=workers,
        trials=trials,
        with_one_grant=grants.count(1),
        with_none=grants.count(0),
        with_several=sum(granted > 1 for granted in grants),
    )


def _work(database: str, shop: str, items: Sequence[str], me: tuple[int, int], between: Between) -> None:
    """Ask with several threads of one process, all at the same moment as the others; hand in what each item gave."""
    store = open_store(database)
    door, (process, threads) = Onhand(store, shop), me
    granted: list[list[bool]] = [[] for _ in range(threads)]

    def ask(thread: int) -> None:
        for item in items:
            between.barrier.wait(WITHIN_S)
            granted[thread].append(door.ask(item, f"{item} {process}.{thread}"))

    askers = [Thread(target=ask, args=(thread,)) for thread in range(threads)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    between.answers.put([sum(column) for column in zip(*granted, strict=True)])
    store.close()
