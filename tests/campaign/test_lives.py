"""Ten thousand random lives, after which books and Shopify agree in every state at every location, with a cause."""

import json
import os
from collections import Counter
from collections.abc import Callable

import pytest

from onhand.simulator.lives import play

LIVES = int(os.environ.get("SIM_LIVES", "10000"))
PARTS = 20
FIRST_SEED = int(os.environ.get("SIM_SEED", "1000"))
SEEDS_A_PART = 1_000


@pytest.mark.parametrize("part", range(PARTS))
def test_d11_after_random_lives_over_a_hostile_network_books_equal_shopify_everywhere(
    part: int, record_property: Callable[[str, object], None]
) -> None:
    first = seed = FIRST_SEED + part * SEEDS_A_PART
    lived = 0
    counts: Counter[str] = Counter()
    acts: set[str] = set()
    reports: list[str] = []
    while lived < LIVES / PARTS:
        outcome = play(seed)
        lived += outcome.lives
        counts += outcome.counts
        acts.update(outcome.acts)
        if outcome.failures:
            reports.append(outcome.report())
        seed += 1
    told = {"lives": lived, "worlds": seed - first, "failed": len(reports), "wanted": LIVES}
    record_property("campaign", json.dumps({**told, "counts": counts, "acts": sorted(acts)}))
    assert not reports, "\n\n".join(reports)
