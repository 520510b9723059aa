"""A seeded day, and the same day with a sync that polls every fifteen minutes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from onhand.sandbox.build import ShopPlan, build_shop, is_scarce
from onhand.sandbox.polling import NaiveSync, polled, twin
from onhand.sandbox.shoppers import Day
from onhand.sandbox.truth import orders, totals
from onhand.sandbox.wishes import DayPlan, PlantKind, draw_day
from onhand.sandbox.world.world import World, WorldSettings
from tests.sandbox.shop import NOW, WAREHOUSE, listen, make_shop, ordered_on_tiktok, units, wish

PLAN = DayPlan(seed=7, for_s=30)


def shop(seed: int = 7) -> World:
    return build_shop(ShopPlan(seed=seed, items=60), settings=WorldSettings(), now=NOW)


def played(world: World, plan: DayPlan) -> Day:
    day = Day(world, plan)
    while (at_s := day.next_at_s()) is not None:
        day.step(NOW + timedelta(seconds=at_s))
    return day


def test_a_seed_gives_the_same_day_again() -> None:
    one, two, other = shop(), shop(), shop()
    assert played(one, PLAN).counts == played(two, PLAN).counts
    assert orders(one) == orders(two)
    played(other, DayPlan(seed=8, for_s=30))
    assert orders(one) != orders(other)


def test_shoppers_come_at_the_rate_asked_for_on_three_channels() -> None:
    arrivals = draw_day(shop(), DayPlan(seed=7, for_s=200, orders_per_s=12))
    channels = Counter(one.channel for one in arrivals)
    assert 11.0 < len(arrivals) / 200 < 13.5
    assert min(channels.values()) > 0.2 * len(arrivals)
    assert all(1 <= len(one.wishes) <= 3 for one in arrivals)


def test_one_item_in_five_is_scarce_and_wanted_on_two_channels_at_once() -> None:
    world = shop()
    arrivals = draw_day(world, PLAN)
    items = list(world.catalog)
    scarce = [item.inventory_item_id for index, item in enumerate(items) if is_scarce(index)]
    assert len(scarce) * 5 == len(items)
    for item_id in scarce:
        assert 1 <= sum(level.available for level in world.levels.of_item(item_id)) <= 3
        wanted = [one for one in arrivals if any(wish.item_id == item_id for wish in one.wishes)]
        assert {"online_store", "tiktok_shop"} <= {one.channel for one in wanted}
        assert max(one.at_s for one in wanted) - min(one.at_s for one in wanted) <= 4.0


def test_a_plain_day_plants_nothing_that_no_order_explains() -> None:
    world = shop()
    listen(world, "inventory_levels/update", "orders/create", "orders/updated", "refunds/create")
    day = played(world, PLAN)
    assert not any(name.startswith("planted") for name in day.counts)
    assert world.shelf.stolen_units == 0
    assert world.shelf.thrown_away_units == 0
    assert day.counts["orders shopify_pos"] > 20
    assert day.counts["cancelled"] > 0
    assert day.counts["returned"] > 0
    assert day.counts["edited"] > 0


@pytest.mark.parametrize("kind", ["theft", "adjust", "receive", "cancel_without_restock", "damage"])
def test_what_is_planted_happens(kind: PlantKind) -> None:
    day = played(shop(), DayPlan(seed=7, for_s=30, plant=(kind,), plant_every_s=3))
    assert day.counts[f"planted {kind}"] >= 3


def test_polling_oversells_what_two_channels_want_at_once() -> None:
    world = shop()
    rarely, often = polled(world, PLAN, now=NOW), polled(world, PLAN, now=NOW, speed=60_000)
    assert rarely == polled(world, PLAN, now=NOW)
    assert rarely.polls == 2
    assert rarely.oversold_units > 10
    assert often.oversold_units <= 2


def test_the_baseline_plays_on_a_copy_and_leaves_the_shop_as_it_is() -> None:
    world = shop()
    listen(world, "orders/create", "inventory_levels/update")
    before = totals(world)
    polled(world, PLAN, now=NOW)
    assert totals(world) == before
    assert len(world.outbox.waiting) == 0
    assert twin(world).outbox.subscriptions == {}
    assert len(world.outbox.subscriptions) == 2


def test_a_poll_books_tiktok_orders_and_copies_what_is_left() -> None:
    world = make_shop(listed=99)
    sync = NaiveSync(world)
    sync.poll(NOW)
    tee = world.tiktok.skus[world.tiktok.sku_of_item[world.catalog.item_of_sku("TEE").inventory_item_id]]
    assert tee.available_units == 10
    ordered_on_tiktok(world, wish(world, "TEE", 4))
    sync.poll(NOW)
    sync.poll(NOW)
    assert units(world, "TEE", WAREHOUSE)["available"] == 6 == tee.available_units


def test_lost_sales_are_units_that_stood_there_free_for_a_shopper_who_left() -> None:
    world = build_shop(ShopPlan(seed=7, items=60), settings=WorldSettings(), now=NOW)
    for sku in world.tiktok.skus.values():
        sku.available_units = 0
    played(world, PLAN)
    assert world.turned_away["tiktok_shop"].lost_units > 20
    assert totals(world)["oversold_units"] == 0
