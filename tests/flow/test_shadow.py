"""Nothing is written before a channel is armed, and what guards the writing stops it in time."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from onhand import answers
from onhand.config.model import GuardConfig
from tests.flow.merchant import (
    NEVER_BY_ITSELF,
    WAREHOUSE,
    Choices,
    Merchant,
    open_shop,
)

SHADOW = Choices(armed=(), audit=NEVER_BY_ITSELF)
STRICT = Choices(items=40, armed=(), audit=NEVER_BY_ITSELF, guard=GuardConfig())


@pytest.fixture(scope="module")
def shared_shadow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with open_shop(tmp_path_factory.mktemp("shadow"), SHADOW) as merchant:
        yield merchant


@pytest.fixture
def shadow(shared_shadow: Merchant) -> Merchant:
    """A shop in which nothing is armed."""
    for name in ("shopify", "tiktok_shop"):
        shared_shadow.app.arm(shared_shadow.shop, name, armed=False)
    shared_shadow.begin()
    return shared_shadow


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Merchant]:
    """Forty items, of which two may go to zero without asking."""
    with open_shop(tmp_path, STRICT) as merchant:
        yield merchant


def writes(merchant: Merchant) -> list[str]:
    """Return the writes of ours that reached a platform."""
    words = ("inventoryMove", "inventoryAdjust", "inventorySet", "inventory/update")
    return [call["operation"] for word in words for call in merchant.calls(word)]


def would_sell(merchant: Merchant, sku: str) -> int:
    return merchant.ats(sku, "tiktok_shop")


def sell_out(merchant: Merchant, sku: str) -> None:
    """Let someone count zero in the warehouse, where TikTok Shop sells from."""
    merchant.do("adjust", location=WAREHOUSE, sku=sku, units=-merchant.at_shopify(sku, WAREHOUSE))
    merchant.until_equal(lambda: would_sell(merchant, sku), 0)


def test_in_shadow_everything_is_computed_and_shown_and_nothing_is_written(shadow: Merchant) -> None:
    tiktok, listed = would_sell(shadow, shadow.tee), shadow.at_tiktok(shadow.tee)
    shadow.order("online_store", shadow.tee, 2)
    shadow.order("tiktok_shop", shadow.tee, 1)
    shadow.until_equal(lambda: would_sell(shadow, shadow.tee), tiktok - 3)
    shadow.booked()
    assert writes(shadow) == []
    assert shadow.at_tiktok(shadow.tee) == listed - 1  # its own order
    assert shadow.at_shopify(shadow.tee, WAREHOUSE, "reserved") == 0
    with shadow.app.store.reading() as session:
        rows = answers.shadow(session.of(shadow.shop), shadow.shop, 50)
    assert rows


def test_channels_are_armed_one_by_one(shadow: Merchant) -> None:
    tiktok = would_sell(shadow, shadow.tee)
    shadow.order("online_store", shadow.tee, 2)
    shadow.order("tiktok_shop", shadow.tee, 1)
    shadow.until_equal(lambda: would_sell(shadow, shadow.tee), tiktok - 3)
    shadow.app.arm(shadow.shop, "tiktok_shop", armed=True)
    shadow.until_equal(lambda: shadow.at_tiktok(shadow.tee), tiktok - 3)
    assert not [write for write in writes(shadow) if "inventoryMove" in write]
    shadow.app.arm(shadow.shop, "shopify", armed=True)
    shadow.until_equal(lambda: shadow.at_shopify(shadow.tee, WAREHOUSE, "reserved"), 1)


def test_a_disarmed_channel_is_told_nothing_more(merchant: Merchant) -> None:
    tiktok = would_sell(merchant, merchant.tee)
    merchant.app.arm(merchant.shop, "tiktok_shop", armed=False)
    merchant.order("online_store", merchant.tee, 2)
    merchant.until_equal(lambda: would_sell(merchant, merchant.tee), tiktok - 2)
    merchant.booked()
    assert merchant.at_tiktok(merchant.tee) == tiktok
    merchant.app.arm(merchant.shop, "tiktok_shop", armed=True)
    merchant.until_equal(lambda: merchant.at_tiktok(merchant.tee), tiktok - 2)


def test_b24_a_pause_stops_the_next_write_and_loses_nothing(merchant: Merchant) -> None:
    tiktok, cap = would_sell(merchant, merchant.tee), would_sell(merchant, merchant.cap)
    merchant.app.pause(merchant.shop, "tiktok_shop", paused=True)
    for _ in range(3):
        merchant.order("online_store", merchant.tee)
    merchant.order("online_store", merchant.cap)
    merchant.until_equal(
        lambda: (would_sell(merchant, merchant.tee), would_sell(merchant, merchant.cap)), (tiktok - 3, cap - 1)
    )
    merchant.booked()
    assert writes(merchant) == []
    merchant.app.pause(merchant.shop, "tiktok_shop", paused=False)
    merchant.until_equal(
        lambda: (merchant.at_tiktok(merchant.tee), merchant.at_tiktok(merchant.cap)), (tiktok - 3, cap - 1)
    )
    merchant.quiet()
    assert len(merchant.calls("inventory/update")) == 2  # levels are told, not commands: one write a listing


def test_a_paused_platform_still_owes_its_levels_and_gets_them_afterwards(merchant: Merchant) -> None:
    at_shopify = merchant.at_shopify(merchant.tee, WAREHOUSE)
    merchant.app.pause(merchant.shop, "shopify", paused=True)
    first = merchant.order("tiktok_shop", merchant.tee, 2)
    merchant.order("tiktok_shop", merchant.tee, 1)
    merchant.until_equal(lambda: merchant.level(merchant.tee, WAREHOUSE, "reserved"), 3)
    merchant.do("cancel", order=first)
    merchant.until_equal(lambda: merchant.level(merchant.tee, WAREHOUSE, "reserved"), 1)
    assert merchant.at_shopify(merchant.tee, WAREHOUSE) == at_shopify
    merchant.app.pause(merchant.shop, "shopify", paused=False)
    merchant.until_equal(lambda: merchant.at_shopify(merchant.tee, WAREHOUSE, "reserved"), 1)
    merchant.quiet()
    assert merchant.at_shopify(merchant.tee, WAREHOUSE) == at_shopify - 1
    assert len(merchant.calls("inventoryMove")) == 1


def test_a_run_that_would_empty_a_channel_stops_and_asks_and_resuming_lets_just_that_through(
    strict: Merchant,
) -> None:
    skus = [strict.sku() for _ in range(8)]
    first, later, other = skus[:4], skus[4:7], skus[7]
    for sku in first:
        sell_out(strict, sku)
    listed = [strict.at_tiktok(sku) for sku in first]
    strict.app.arm(strict.shop, "tiktok_shop", armed=True)
    (problem,) = strict.until(strict.problems, "a person is asked")
    assert problem == "tiktok_shop: 4 of 40 listings would go to zero at once; up to 2 go without asking"
    assert [strict.at_tiktok(sku) for sku in first] == listed
    assert writes(strict) == []
    strict.app.pause(strict.shop, "tiktok_shop", paused=False)  # onhand offers resume tiktok_shop
    strict.until_equal(lambda: [strict.at_tiktok(sku) for sku in first], [0, 0, 0, 0])
    strict.until(lambda: all(strict.offer(sku, "tiktok_shop").told_units == 0 for sku in first), "told and concluded")
    assert strict.problems() == []

    strict.app.arm(strict.shop, "tiktok_shop", armed=False)
    for sku in later:
        sell_out(strict, sku)
    strict.app.arm(strict.shop, "tiktok_shop", armed=True)
    (problem,) = strict.until(strict.problems, "what was agreed to once is no leave for the next run")
    assert "3 of 40" in problem
    strict.order("online_store", other, 1)
    strict.booked()
    assert all(strict.at_tiktok(sku) > 0 for sku in later)


def test_items_that_sell_out_one_after_the_other_are_told_without_asking(strict: Merchant) -> None:
    strict.app.arm(strict.shop, "tiktok_shop", armed=True)
    for sku in [strict.sku() for _ in range(4)]:
        sell_out(strict, sku)
        strict.until_equal(lambda: strict.at_tiktok(sku), 0)  # noqa: B023 - waited for at once
    assert strict.problems() == []


def test_a_buffer_changes_what_may_be_sold_at_once_and_is_told(merchant: Merchant) -> None:
    online, tills, tiktok = merchant.ats_everywhere(merchant.hoodie)
    for buffer_units in (7, 0):  # the shop is other tests' too: it ends as it was
        with merchant.app.store.writing() as session:
            channels = session.of(merchant.shop).channels
            rules = [
                replace(rule, buffer_units=buffer_units) if rule.channel == "tiktok_shop" else rule
                for rule in channels.rules()
            ]
            channels.set_rules(rules, merchant.app.clock.now())
        told = tiktok - buffer_units
        merchant.until_equal(lambda: merchant.ats_everywhere(merchant.hoodie), (online, tills, told))
        merchant.until_equal(lambda: merchant.at_tiktok(merchant.hoodie), told)


def test_a_configured_buffer_is_kept_back_from_the_first_day_on(tmp_path: Path) -> None:
    choices = replace(SHADOW, armed=("tiktok_shop",), buffers={"tiktok_shop": 3})
    with open_shop(tmp_path, choices) as merchant:
        stands_there = merchant.at_shopify(merchant.hoodie, WAREHOUSE)
        assert would_sell(merchant, merchant.hoodie) == stands_there - 3
        merchant.until_equal(lambda: merchant.at_tiktok(merchant.hoodie), stands_there - 3)
        with merchant.app.store.reading() as session:
            (explained,) = answers.explain(session.of(merchant.shop), merchant.shop, merchant.hoodie, "tiktok_shop")
        assert sum(term.units for term in explained.terms) == explained.units == stands_there - 3


def test_while_it_is_unknown_who_imports_tiktok_orders_shopify_is_not_told_of_them(tmp_path: Path) -> None:
    with open_shop(tmp_path, replace(SHADOW, armed=("shopify", "tiktok_shop"), imported="auto")) as merchant:
        online, tills, tiktok = merchant.ats_everywhere(merchant.tee)
        merchant.order("tiktok_shop", merchant.tee, 2)
        merchant.until_equal(lambda: merchant.ats_everywhere(merchant.tee), (online - 2, tills - 2, tiktok - 2))
        caps = would_sell(merchant, merchant.cap)
        merchant.order("online_store", merchant.cap, 1)  # the publisher is at work
        merchant.until_equal(lambda: merchant.at_tiktok(merchant.cap), caps - 1)
        merchant.booked()
        assert merchant.at_shopify(merchant.tee, WAREHOUSE, "reserved") == 0
        assert not [write for write in writes(merchant) if "inventoryMove" in write]
