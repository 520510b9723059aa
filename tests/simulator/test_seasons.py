"""Seasons: the real works in a storm, and what must hold when it is calm. `onhand simulate` plays thousands."""

from collections import Counter
from pathlib import Path

import httpx
import pytest

from onhand.sandbox.reply import Reply
from onhand.simulator.campaign import NEW_SEEDS, new_seed
from onhand.simulator.coverage import ENOUGH, RARE, SITUATIONS, never_met
from onhand.simulator.options import BURSTS, EAGERNESS, FAULTS, LEAST_FAULTS, Options, draw
from onhand.simulator.season import broken_off, play, playing, script

KEPT = [line.split()[0] for line in Path(__file__).with_name("seeds.txt").read_text().splitlines() if line[0] != "#"]


@pytest.mark.parametrize("seed", KEPT)
def test_a_season_that_has_failed_once_holds(seed: str) -> None:
    outcome = play(int(seed))
    assert not outcome.failures, outcome.report()


def test_the_same_seed_gives_the_same_trace_twice() -> None:
    first, again, other = play(3), play(3), play(4)
    assert first.hash == again.hash
    assert first.situations == again.situations
    assert other.hash != first.hash


def test_a_season_has_two_hundred_deliveries_and_five_kinds_of_fault() -> None:
    outcome = play(5)
    assert outcome.deliveries >= 200
    assert outcome.faults >= 5


def test_every_kind_of_fault_is_on_in_some_season() -> None:
    drawn = [draw(seed) for seed in range(60)]
    assert {fault for options in drawn for fault in options.faults} == set(FAULTS)
    assert all(len(options.faults) >= LEAST_FAULTS for options in drawn)


def test_each_season_has_its_own_slow_works_and_its_own_bursts() -> None:
    drawn = [draw(seed) for seed in range(120)]
    assert {options.burst for options in drawn} == set(BURSTS)
    for kind, shares in EAGERNESS.items():
        assert {options.eagerness[kind] for options in drawn} == set(shares)


def test_a_work_that_is_not_eager_leaves_turns_to_others() -> None:
    turns = {}
    for eagerness in (0.1, 1.0):
        with playing(Options(seed=4, eagerness={"auditor": eagerness}, burst=2)) as season:
            season.open()
            lines: list[str] = []
            season.stage.trace.listener = lines.append
            for _ in range(60):
                season.tick()
            turns[eagerness] = sum("turn auditor" in line for line in lines)
            season.calm()
            assert season.verdict() == []
    assert 0 < turns[0.1] < turns[1.0] / 3


def test_a_long_run_in_which_something_never_happens_does_not_hold() -> None:
    met = Counter(dict.fromkeys((*SITUATIONS, *FAULTS), 1))
    assert never_met(met, ENOUGH) == []
    del met["crash"], met["workbook put right"]
    assert never_met(met, ENOUGH - 1) == []
    assert never_met(met, ENOUGH) == ["crash"]
    assert never_met(met, RARE["workbook put right"]) == ["workbook put right", "crash"]


def test_new_seeds_hang_on_the_code_and_on_nothing_else() -> None:
    assert new_seed() == new_seed() < NEW_SEEDS


def test_a_scenario_can_be_written_down_step_by_step() -> None:
    steps = ["act", "act", "wait 5", "worker", "crash", "worker", "reader", "poison", "lapse", "subscriber", "calm"]
    assert script(Options(seed=1), steps) == []


def test_a_season_without_onhand_working_does_not_hold() -> None:
    """The verdict can fail: books that nobody keeps differ from the platform."""
    with playing(Options(seed=2)) as season:
        season.open()
        for _ in range(20):
            season.business.act()
        assert season.verdict()


def test_a_season_that_breaks_off_is_reported_with_its_seed() -> None:
    """An error that nobody foresaw ends neither the run nor what is known of how to see it again."""
    report = broken_off(17, ValueError("2 units called off, 1 promised")).report()
    assert "onhand simulate --seed 17" in report
    assert "2 units called off, 1 promised" in report


@pytest.mark.parametrize("path", ["/inventory/update", "/graphql.json"], ids=["a number told", "a movement told"])
def test_what_a_failing_database_has_not_taken_of_outcomes_is_kept_at_the_next_turn(path: str) -> None:
    with playing(Options(seed=3, business=("tiktok",))) as season:
        season.open()
        stage, judge = season.stage, season.stage.platforms.watch
        refused: list[httpx.Request] = []

        def fail_once(request: httpx.Request, reply: Reply) -> None:
            judge(request, reply)
            wrote = path in request.url.path and (b"@idempotent" in request.content or "inventory" in path)
            if wrote and not refused:
                refused.append(request)
                stage.points.disturb("broken", 0, 1)

        stage.platforms.watch = fail_once
        for _ in range(120):
            season.tick()
        assert refused
        assert any("simulated: broken" in trouble for trouble in stage.house.troubles)
        season.calm()
        assert season.verdict() == []
