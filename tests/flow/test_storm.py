"""A short storm: repeats, reordering, delays and losses all at once; then it heals, and all numbers agree."""

from collections.abc import Iterator

import pytest

from onhand.config.model import AuditConfig
from tests.flow.merchant import WAREHOUSE, Choices, Merchant, open_shop
from tests.support.parity import differences

STORMY = AuditConfig(every_s=3600.0, poll_every_s=1.0, grace_s=1.0)


@pytest.fixture(scope="module")
def shared_stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with open_shop(tmp_path_factory.mktemp("stormy"), Choices(items=20, audit=STORMY)) as merchant:
        yield merchant


@pytest.fixture
def stormy(shared_stormy: Merchant) -> Merchant:
    """A shop whose changed orders are polled every second."""
    shared_stormy.begin()
    return shared_stormy


def play(merchant: Merchant, for_s: float, orders_per_s: float) -> int:
    """Play a day to its end and return how many orders it had."""
    merchant.do("play", for_s=for_s, orders_per_s=orders_per_s, baseline=False, seed=11)
    merchant.until(lambda: merchant.see("play")["done"], "the day is over")
    return int(merchant.see("play")["orders"])


def accepted_deliveries_are_booked_once(merchant: Merchant) -> None:
    answered = {row["delivery_id"] for row in merchant.log()["deliveries"] if row["status"] == 200}
    booked = merchant.booked_deliveries()
    assert answered == set(booked)
    assert set(booked.values()) == {1}
    assert merchant.app.log.counts().accepted == len(booked)


def test_after_a_storm_of_webhooks_everything_agrees_and_nothing_is_unexplained(stormy: Merchant) -> None:
    for kind, share in (("duplicate", 0.1), ("reorder", 0.1), ("delay", 0.1), ("lose", 0.05)):
        stormy.fault(kind, share)
    orders = play(stormy, for_s=4.0, orders_per_s=18.0)
    stormy.do("heal")
    done = stormy.log()["faults"]["done"]
    assert orders > 40
    assert all(done.get(kind, 0) > 0 for kind in ("duplicate", "reorder", "delay", "lose"))
    stormy.quiet()
    assert stormy.app.audit(stormy.shop).drifts == 0
    stormy.quiet()
    found = differences(stormy.app, stormy.shop, stormy.truth())
    assert not found, "\n".join(found)
    assert stormy.unexplained() == (0, 0)
    accepted_deliveries_are_booked_once(stormy)
    assert stormy.app.log.counts().duplicates > 0
    assert stormy.truth()["sold_after_confirmed_zero_units"] == 0


def test_every_delivery_twice_changes_nothing(stormy: Merchant) -> None:
    before = stormy.app.log.counts().duplicates
    stormy.fault("duplicate")
    orders = play(stormy, for_s=1.5, orders_per_s=10.0)
    stormy.do("heal")
    stormy.quiet()
    assert orders > 5
    assert stormy.app.log.counts().duplicates - before > orders
    assert not differences(stormy.app, stormy.shop, stormy.truth())
    accepted_deliveries_are_booked_once(stormy)


def test_webhooks_of_one_order_in_any_order_end_in_the_same_books(merchant: Merchant) -> None:
    tiktok = merchant.ats(merchant.tee, "tiktok_shop")
    merchant.fault("reorder")
    first = merchant.order("online_store", merchant.tee, 4)
    merchant.do("edit", order=first, remove=[{"sku": merchant.tee, "units": 1}])
    merchant.do("fulfil", order=first, lines=[{"sku": merchant.tee, "units": 1}])
    second = merchant.order("tiktok_shop", merchant.tee, 2)
    merchant.do("cancel", order=second)
    merchant.do("refund", order=first, lines=[{"sku": merchant.tee, "units": 1}], restock="cancel")
    merchant.do("heal")
    merchant.quiet()
    assert (
        merchant.level(merchant.tee, WAREHOUSE, "committed")
        == merchant.at_shopify(merchant.tee, WAREHOUSE, "committed")
        == 1
    )
    assert merchant.ats(merchant.tee, "tiktok_shop") == merchant.at_tiktok(merchant.tee) == tiktok - 2
    assert merchant.unexplained(merchant.tee) == (0, 0)


def test_what_comes_a_while_late_is_taken_for_what_it_is(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The delayed webhook of a sale arrives after its order was polled, shipped and told again."""
    monkeypatch.setattr("onhand.sandbox.sender._DELAY_BY_S", (600.0, 600.0))  # until it heals
    merchant.fault("delay", platform="shopify")
    order = merchant.order("online_store", merchant.tee, 3)
    merchant.do("fault", kind="delay", share=0.0, platform="shopify")
    steps = merchant.app.steps(merchant.shop)
    merchant.until(lambda: steps.sweep(steps.parts.shopify), "polling finds it")
    merchant.until_equal(lambda: merchant.level(merchant.tee, WAREHOUSE, "committed"), 3)
    merchant.next_second()
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: merchant.level(merchant.tee, WAREHOUSE, "committed"), 0)
    merchant.do("heal")
    merchant.quiet()
    assert not differences(merchant.app, merchant.shop, merchant.truth())
    with merchant.app.store.reading() as session:
        notes = [row.note for row in session.of(merchant.shop).deliveries.rows(limit=1000)]
    assert any("older, not news" in note for note in notes)
