"""Many seasons, side by side in processes of their own, and what they came to together."""

import gc
import hashlib
import logging
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from time import monotonic, process_time

from onhand.simulator.coverage import never_met
from onhand.simulator.season import Outcome, broken_off, play

PACKAGE = Path(__file__).resolve().parent.parent

NEW_SEEDS = 2**40

SEASONS_A_PROCESS = 150
"""A process that has played so many makes room for another: what a season leaves behind is never quite nothing."""

SEASONS_BETWEEN_COLLECTIONS = 20
"""What seasons leave behind is taken away now and then: memory that grows and grows costs more than that."""

_PLAYED = count(1)

COLLECT_EVERY = 100_000
"""Objects made between two looks of the garbage collector: a season leaves its cycles behind when it ends."""


def new_seed() -> int:
    """Return the first of seeds that hang on the code itself: other code plays others, the same code the same ones."""
    code = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".sql", ".graphql"):
            code.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return int.from_bytes(code.digest()[:8]) % NEW_SEEDS


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What a run of seasons came to. `situations`: how many seasons met each; `never` met, though it was long enough.

    `failed` are the reports of those that do not hold, `processor_s` what all of them took together.
    """

    seasons: int
    first_seed: int
    failed: list[str]
    deliveries: int
    situations: dict[str, int]
    never: list[str]
    seconds: float
    processor_s: float

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return not self.failed and not self.never


@dataclass(kw_only=True)
class _Tally:
    seasons: int = 0
    deliveries: int = 0
    processor_s: float = 0.0
    failed: list[str] = field(default_factory=list)
    situations: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome, took_s: float) -> None:
        self.seasons += 1
        self.deliveries += outcome.deliveries
        self.processor_s += took_s
        self.situations.update(outcome.situations.keys())
        if outcome.failures:
            self.failed.append(outcome.report())


def run(seeds: Iterable[int], jobs: int | None = None, on_outcome: Callable[[Outcome], None] | None = None) -> Campaign:
    """Play a season for each seed, in `jobs` processes (None: one a core); `on_outcome` is told each as it comes."""
    wanted, tally, began_s = list(seeds), _Tally(), monotonic()
    jobs = min(jobs or os.cpu_count() or 1, max(1, len(wanted)))
    with multiprocessing.get_context("spawn").Pool(jobs, _begin, maxtasksperchild=SEASONS_A_PROCESS) as pool:
        played = SimpleQueue[tuple[Outcome, float]]()
        for seed in wanted:  # one by one: in the end no core waits for another
            pool.apply_async(_play, (seed,), callback=played.put, error_callback=_broken_off(seed, played))
        for _ in wanted:
            outcome, took_s = played.get()
            tally.add(outcome, took_s)
            if on_outcome is not None:
                on_outcome(outcome)
    return Campaign(
        seasons=tally.seasons,
        first_seed=min(wanted, default=0),
        failed=tally.failed,
        deliveries=tally.deliveries,
        situations=dict(sorted(tally.situations.items())),
        never=never_met(tally.situations, tally.seasons),
        seconds=round(monotonic() - began_s, 1),
        processor_s=round(tally.processor_s, 1),
    )


def _broken_off(seed: int, played: SimpleQueue[tuple[Outcome, float]]) -> Callable[[BaseException], None]:
    """Return what is called with the error that has ended a season: the others go on."""
    return lambda error: played.put((broken_off(seed, error), 0.0))


def _begin() -> None:
    logging.disable(logging.CRITICAL)  # a season is full of trouble: thousands of warnings that mean nothing
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)


def _play(seed: int) -> tuple[Outcome, float]:
    began_s = process_time()
    outcome = play(seed)
    if next(_PLAYED) % SEASONS_BETWEEN_COLLECTIONS == 0:
        gc.collect()
    return outcome, process_time() - began_s
