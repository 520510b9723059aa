"""What is written to Shopify's levels is known by its answer: no reading, no riddle, nothing told twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onhand.ports.level_writes import Stocking
from onhand.sandbox.world.world import WorldSettings
from tests.flow.merchant import BOSTON, PORTLAND, WAREHOUSE, Choices, Merchant, open_shop
from tests.support.parity import differences


def readings(merchant: Merchant) -> int:
    """Return how often levels were read since the test began."""
    return len(merchant.calls("nodes"))


def test_an_order_from_elsewhere_is_told_and_its_picture_agrees_without_a_reading(patient: Merchant) -> None:
    reserved = patient.at_shopify(patient.tee, WAREHOUSE, "reserved")
    patient.order("tiktok_shop", patient.tee, 2)
    patient.until_equal(lambda: patient.at_shopify(patient.tee, WAREHOUSE, "reserved"), reserved + 2)
    patient.quiet()
    assert patient.drift_of(patient.tee, WAREHOUSE) is None
    assert not differences(patient.app, patient.shop, patient.truth())
    assert readings(patient) == 0


def test_a_level_is_disconnected_and_connected_when_somebody_wants_it(patient: Merchant) -> None:
    steps, key = patient.app.steps(patient.shop), patient.key(patient.cap, PORTLAND)
    world = patient.running.sandbox.world
    level = world.levels.get(int(key.item), int(key.location))
    assert level is not None
    for number, stocked in enumerate((False, True)):
        assert steps.want([Stocking(key.item, key.location, stocked=stocked)], f"wish-{number}") == 1
        patient.until_equal(lambda: level.active, stocked)
        patient.quiet()


@pytest.fixture(params=[True, False], ids=["all or none", "row by row"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Merchant]:
    """A shop whose Shopify refuses a whole call for one stale row, and one that refuses only the row."""
    with open_shop(tmp_path, Choices(world=WorldSettings(stale_row_fails_call=request.param))) as merchant:
        yield merchant


def test_a_stale_row_costs_nobody_a_unit_whatever_it_makes_fail(either: Merchant) -> None:
    """Nobody knows whether one stale row fails the call: orders come in while the tills sell the same things."""
    for _ in range(4):
        for sku in (either.tee, either.cap, either.hoodie):
            either.order("tiktok_shop", sku, 1)
            either.order("online_store", sku, 1)
        either.sale(either.tee, 1, at=BOSTON)
    either.quiet()
    assert either.adopted(either.tee, either.cap, either.hoodie) == []
    assert [either.at_shopify(sku, WAREHOUSE, "reserved") for sku in (either.tee, either.cap, either.hoodie)] == [
        4,
        4,
        4,
    ]
    assert not differences(either.app, either.shop, either.truth())
