"""Ten thousand random lives, after which books and Shopify agree in every state at every location, with a cause."""

import os

import pytest

from onhand.simulator.lives import play

LIVES = 10_000
PARTS = 20
FIRST_SEED = int(os.environ.get("SIM_SEED", "1000"))
SEEDS_A_PART = 1_000


@pytest.mark.parametrize("part", range(PARTS))
def test_d11_after_random_lives_over_a_hostile_network_books_equal_shopify_everywhere(part: int) -> None:
    seed = FIRST_SEED + part * SEEDS_A_PART
    lived = 0
    reports: list[str] = []
    while lived < LIVES / PARTS:
        outcome = play(seed)
        lived += outcome.lives
        if outcome.failures:
            reports.append(outcome.report())
        seed += 1
    assert not reports, "\n\n".join(reports)
