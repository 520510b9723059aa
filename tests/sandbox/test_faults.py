"""Faults are drawn by a seed, each with its share, and counted."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from onhand.sandbox.faults import Faults
from tests.sandbox.shop import NOW


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> object:
        return self.now


def faults(clock: Clock | None = None) -> Faults:
    chosen = clock or Clock()
    return Faults(random.Random(1), lambda: chosen.now)


def test_every_kind_keeps_its_own_share() -> None:
    drawn = faults()
    drawn.set("duplicate", share=0.05)
    drawn.set("reorder", share=0.05)
    drawn.set("lose", share=0.01)
    drawn.set("throttle", share=0.5)
    for _ in range(10_000):
        drawn.delivery("shopify")
    assert 400 < drawn.done["duplicate"] < 600
    assert 400 < drawn.done["reorder"] < 600
    assert 60 < drawn.done["lose"] < 140
    assert drawn.done["throttle"] == 0


def test_a_fault_ends_by_itself_or_when_healed() -> None:
    clock = Clock()
    drawn = faults(clock)
    drawn.set("outage", share=1.0, for_s=5)
    drawn.set("throttle", share=1.0, platform="tiktok_shop")
    assert drawn.api("shopify") == "outage"
    clock.now = NOW + timedelta(seconds=6)
    assert drawn.api("shopify") is None
    assert drawn.api("tiktok_shop") == "throttle"
    drawn.heal()
    assert drawn.api("tiktok_shop") is None
    assert dict(drawn.done) == {"outage": 1, "throttle": 1}


def test_a_seed_draws_the_same_faults_again() -> None:
    one, two = faults(), faults()
    for drawn in (one, two):
        drawn.set("error_5xx", share=0.3)
    assert [one.api("shopify") for _ in range(50)] == [two.api("shopify") for _ in range(50)]


def test_a_share_that_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, got 1\.5"):
        faults().set("lose", share=1.5)
