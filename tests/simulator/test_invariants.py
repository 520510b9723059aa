"""Every checker finds the breach it is there for: planted one at a time in what a sound house left."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec
import pytest

from onhand.simulator.invariants import always
from onhand.simulator.invariants.budget import AGAIN_MOST, Budget, i12_points_within_the_bucket
from onhand.simulator.invariants.echoes import i9_echoes_are_neutral, newest_levels
from onhand.simulator.invariants.evidence import Evidence, Moved, Write
from onhand.simulator.invariants.writes import (
    Seen,
    Writes,
    i5_number_kept_before_it_is_told,
    i7_never_more_than_there_is,
)
from onhand.simulator.options import Options
from onhand.simulator.season import playing

SALE = Moved(1, "order/1/1", "tee", ("boston", "available"), ("boston", "customer"), 2)
BODY = msgspec.json.encode({"document": "move_quantities", "variables": {"key": "run-1/1", "input": {"units": 1}}})
TOLD = Write("run-1/1", "telling", "applied", BODY, "")
SOUND = Evidence(
    logged=[(1, "shopify", "a"), (2, "tiktok_shop", "a")],
    booked_up_to=1,
    finished=[1],
    moved=[SALE],
    levels={("tee", "boston", "available"): -2, ("tee", "boston", "customer"): 2},
    writes=[TOLD],
    pictures={"order/1": (50, 3)},
    observed={("tee", "boston", "shopify"): 50},
    adopted=[(1, "a hand", ["the level was read twice"], "adoption/1")],
    bystander="seven",
    asks=3,
    words=["drift for tee"],
)


def everything(seen: Evidence) -> list[str]:
    return [
        *always.i1_what_was_accepted_is_kept(seen, {"a"}),
        *always.i2_once(seen),
        *always.i3_levels_are_the_sum_of_movements(seen),
        *always.i4_units_neither_appear_nor_vanish(seen),
        *always.i6_outcomes_are_final(seen, {"run-1/1": "applied"}),
        *always.i10_newer_stays(seen, {"order/1": (50, 3)}, {("tee", "boston", "shopify"): 50}),
        *always.i11_nobody_elses_books(seen, "seven"),
        *always.i13_bounded(seen),
        *always.i15_adoptions_say_why(seen),
        *always.i16_no_secrets(seen, ("shpss_0",), ["worker: all is well"]),
    ]


BREACHES: Sequence[tuple[str, Callable[[Evidence], Evidence]]] = (
    ("I1", lambda seen: replace(seen, logged=[(1, "shopify", "b"), (2, "shopify", "c")])),
    ("I2", lambda seen: replace(seen, logged=[*seen.logged, (3, "shopify", "a")])),
    ("I2", lambda seen: replace(seen, moved=[SALE, SALE._replace(sequence=2)])),
    ("I2", lambda seen: replace(seen, booked_up_to=2)),
    ("I3", lambda seen: replace(seen, levels={**seen.levels, ("tee", "boston", "available"): -1})),
    ("I3", lambda seen: replace(seen, moved=[SALE._replace(sequence=2)])),
    ("I4", lambda seen: replace(seen, levels={("tee", "boston", "available"): -2})),
    ("I6", lambda seen: replace(seen, writes=[TOLD._replace(status="hoped")])),
    ("I6", lambda seen: replace(seen, writes=[TOLD._replace(status="unknown")])),
    ("I10", lambda seen: replace(seen, pictures={"order/1": (49, 4)})),
    ("I10", lambda seen: replace(seen, observed={("tee", "boston", "shopify"): 49})),
    ("I11", lambda seen: replace(seen, bystander="eight")),
    ("I13", lambda seen: replace(seen, asks=5_000)),
    ("I15", lambda seen: replace(seen, adopted=[(1, "a hand", [], "adoption/1")])),
    ("I16", lambda seen: replace(seen, words=["refused shpss_0123"])),
)


def test_a_sound_house_breaks_nothing() -> None:
    assert everything(SOUND) == []


@pytest.mark.parametrize(("name", "spoil"), BREACHES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(BREACHES)])
def test_what_is_spoilt_is_found(name: str, spoil: Callable[[Evidence], Evidence]) -> None:
    assert any(sentence.startswith(f"{name}:") for sentence in everything(spoil(SOUND)))


def call(units: int, key: str = "run-1/1") -> Seen:
    return Seen(query="mutation", variables={"key": key, "input": {"units": units}})


def test_a_write_is_kept_before_it_is_sent_and_its_key_means_one_thing() -> None:
    writes, kept = Writes(), {TOLD.key: TOLD}
    assert writes.i5_kept_before_it_is_sent(call(1), done=True, kept=kept) == []
    assert len(writes.i5_kept_before_it_is_sent(call(2), done=True, kept=kept)) == 2
    assert "never kept" in writes.i5_kept_before_it_is_sent(call(1, "run-2/1"), done=False, kept=kept)[0]


def test_what_counts_as_applied_was_carried_out() -> None:
    writes = Writes()
    assert writes.i6_applied_means_carried_out({TOLD.key: TOLD})
    writes.i5_kept_before_it_is_sent(call(1), done=True, kept={TOLD.key: TOLD})
    assert writes.i6_applied_means_carried_out({TOLD.key: TOLD}) == []


def test_a_number_is_kept_before_it_is_told_and_never_above_what_is_free() -> None:
    offer = Write("run-3/0", "offer", "sent", b'{"request":{"skus":[]}}', "")
    assert i5_number_kept_before_it_is_told(b'{"skus":[]}', {offer.key: offer}) == []
    assert i5_number_kept_before_it_is_told(b'{"skus":[1]}', {offer.key: offer})
    assert i7_never_more_than_there_is({"1": 3}, {"1": 3}) == []
    assert i7_never_more_than_there_is({"1": 4}, {"1": 3})
    assert i7_never_more_than_there_is({"1": 1}, {"1": -2})
    assert i7_never_more_than_there_is({"1": -1}, {"1": 3})


def test_a_call_that_is_made_over_and_over_is_found() -> None:
    patient, hasty = Budget(), Budget()
    for number in range(AGAIN_MOST * 2):
        assert patient.i12_tried_again_within_bounds("/graphql.json", b"levels", number * 1.0) == []
    found = [hasty.i12_tried_again_within_bounds("/graphql.json", b"levels", number / 10) for number in range(200)]
    assert found[AGAIN_MOST - 1] == []
    assert found[AGAIN_MOST]


def test_points_that_were_spent_beyond_the_bucket_are_found() -> None:
    called = {"call shopify nodes done": 90, "call shopify nodes throttled": 10, "call tiktok_shop POST throttle": 50}
    assert i12_points_within_the_bucket(called, 10) == []
    assert i12_points_within_the_bucket(called, 0)


def test_echoes_that_move_or_write_something_are_found() -> None:
    assert i9_echoes_are_neutral(SOUND, SOUND) == []
    again = SALE._replace(sequence=2, id="order/1/2")
    assert i9_echoes_are_neutral(SOUND, replace(SOUND, moved=[SALE, again]))
    assert i9_echoes_are_neutral(SOUND, replace(SOUND, levels={}))
    assert i9_echoes_are_neutral(SOUND, replace(SOUND, writes=[TOLD, TOLD._replace(key="run-2/1")]))


def test_every_season_ends_with_echoes_of_its_levels() -> None:
    with playing(Options(seed=6)) as season:
        season.open()
        for _ in range(30):
            season.tick()
        assert newest_levels(season.stage.network.captured)
        season.calm()
        assert season.verdict() == []
