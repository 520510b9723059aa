"""The last unit, again and again: workers of several processes ask for it at the same moment, and one may get it."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from threading import Thread
from typing import NamedTuple

from onhand.bench.holds_doors import Door, Onhand, Peer, fill
from onhand.store import Store, open_store

Opens = Callable[[], AbstractContextManager[Door]]

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


def try_last_units(database: str, shop: str, workers: int, trials: int, *, peer: bool = False) -> Trials:
    """Have `workers` ask for the last unit of one item after the other; return what was granted.

    They are spread over processes, each with a store of its own, as several copies of `onhand serve --role web` are.
    With `peer` neveroversell is asked in onhand's place.
    """
    items = [f"{shop}-{number}" for number in range(trials)]
    if peer:
        with _peer(database) as other:
            other.fill(items, 1)
    else:
        with _store(database) as store:
            fill(store, shop, items, 1)
    processes = min(PROCESSES, workers)
    shares = [workers // processes + (number < workers % processes) for number in range(processes)]
    context = multiprocessing.get_context("spawn")
    between = Between(context.Barrier(workers), context.Queue())
    running = [
        context.Process(target=_work, args=(_door(database, shop, peer=peer), items, (number, share), between))
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


@contextmanager
def _store(database: str) -> Iterator[Store]:
    store = open_store(database)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _peer(database: str) -> Iterator[Peer]:
    peer = Peer(database)
    try:
        yield peer
    finally:
        peer.close()


@contextmanager
def _onhand(database: str, shop: str) -> Iterator[Onhand]:
    with _store(database) as store:
        yield Onhand(store, shop)


def _door(database: str, shop: str, *, peer: bool) -> Opens:
    """Return what opens the door in the process that asks."""
    return partial(_peer, database) if peer else partial(_onhand, database, shop)


def _work(opens: Opens, items: Sequence[str], me: tuple[int, int], between: Between) -> None:
    """Ask with several threads of one process, all at the same moment as the others; hand in what each item gave."""
    process, threads = me
    granted: list[list[bool]] = [[] for _ in range(threads)]
    with opens() as door:

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
