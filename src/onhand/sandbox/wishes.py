"""What shoppers want on a day, drawn from a seed before the shop opens: no platform's answer changes it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from onhand.sandbox.build import is_scarce
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World

ShopChannel = Literal["shopify_pos", "online_store", "tiktok_shop", "woocommerce"]
PlantKind = Literal["theft", "adjust", "receive", "cancel_without_restock", "damage"]

# How much of the day's trade each channel has.
CHANNEL_SHARES: tuple[tuple[ShopChannel, float], ...] = (
    ("shopify_pos", 0.4),
    ("online_store", 0.35),
    ("tiktok_shop", 0.25),
)
# What a web shop on WooCommerce adds to the trade of the others, where there is one.
WEB_SHARE = 0.1
# Popularity falls with an item's rank as 1 / rank ** 0.9: a few items make most of the trade.
POPULARITY_EXPONENT = 0.9
# Both channels' shoppers for a scarce item come within this time of each other.
CONTEST_WINDOW_S = 4.0
# Contests make at most this share of the day's shoppers, so that a short day stays a day.
CONTEST_SHARE_MAX = 0.3
_CONTESTANTS = 5  # two or three on each of two channels


@dataclass(frozen=True, kw_only=True)
class DayPlan:
    """A day in real seconds: `orders_per_s` shoppers on average over all channels, for `for_s`.

    `plant` names what else happens that no order explains, about once every `plant_every_s`; empty plants nothing.
    """

    seed: int
    for_s: float
    orders_per_s: float = 12.0
    plant: tuple[PlantKind, ...] = ()
    plant_every_s: float = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A shopper: `location_id` is the store entered, None online. `fate` and `pace` (0 to 1) decide what follows."""

    at_s: float
    channel: ShopChannel
    location_id: int | None
    wishes: tuple[Wish, ...]
    fate: float
    pace: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Planted:
    """Something that no order explains, to happen at a time; `draw` (0 to 1) decides where and how much."""

    at_s: float
    kind: PlantKind
    draw: float


def draw_day(world: World, plan: DayPlan) -> list[Arrival]:
    """Return the day's shoppers in order of arrival, those of the contests for scarce items among them."""
    rng = random.Random(f"day {plan.seed}")
    shoppers = [*_stream(world, plan, rng), *_contests(world, plan, rng), *_on_web(world, plan)]
    return sorted(shoppers, key=lambda one: one.at_s)


def draw_planted(plan: DayPlan) -> list[Planted]:
    """Return what is planted in the day, in order of time; nothing when the plan plants nothing."""
    if not plan.plant:
        return []
    rng = random.Random(f"planted {plan.seed}")
    planted: list[Planted] = []
    at_s = 0.0
    while True:
        at_s += rng.expovariate(1.0 / plan.plant_every_s)
        if at_s >= plan.for_s:
            return planted
        planted.append(Planted(at_s=at_s, kind=rng.choice(plan.plant), draw=rng.random()))


def _stream(world: World, plan: DayPlan, rng: random.Random) -> Iterator[Arrival]:
    """Yield shoppers at random times, independent of each other: a Poisson stream."""
    everything = [item.inventory_item_id for item in world.catalog]
    plenty = [item_id for index, item_id in enumerate(everything) if not is_scarce(index)] or everything
    listed = [item_id for item_id in plenty if item_id in world.tiktok.sku_of_item]
    stores = [till.location_id for till in world.catalog.tills.values()]
    channels = [
        (name, share)
        for name, share in CHANNEL_SHARES
        if (name != "shopify_pos" or stores) and (name != "tiktok_shop" or listed)
    ]
    popular = {
        "shopify_pos": _Popularity(plenty),
        "online_store": _Popularity(plenty),
        "tiktok_shop": _Popularity(listed),
    }
    names, shares = [name for name, _ in channels], [share for _, share in channels]
    at_s = 0.0
    while True:
        at_s += rng.expovariate(plan.orders_per_s)
        if at_s >= plan.for_s:
            return
        channel = rng.choices(names, shares)[0]
        lines = rng.choices((1, 2, 3), (0.6, 0.28, 0.12))[0]
        wanted: dict[int, int] = {}
        for _ in range(lines):
            wanted[popular[channel].draw(rng)] = rng.choices((1, 2, 3), (0.82, 0.14, 0.04))[0]
        yield Arrival(
            at_s=at_s,
            channel=channel,
            location_id=rng.choice(stores) if channel == "shopify_pos" else None,
            wishes=tuple(Wish(item_id=item_id, units=units) for item_id, units in wanted.items()),
            fate=rng.random(),
            pace=rng.random(),
        )


def _on_web(world: World, plan: DayPlan) -> Iterator[Arrival]:
    """Yield the shoppers of a web shop on WooCommerce, drawn apart: the others are the same with it and without."""
    listed = list(world.woocommerce.product_of_item)
    if not listed:
        return
    rng, popular = random.Random(f"web {plan.seed}"), _Popularity(listed)
    at_s = 0.0
    while (at_s := at_s + rng.expovariate(plan.orders_per_s * WEB_SHARE)) < plan.for_s:
        wish = Wish(item_id=popular.draw(rng), units=rng.choices((1, 2), (0.85, 0.15))[0])
        yield Arrival(
            at_s=at_s, channel="woocommerce", location_id=None, wishes=(wish,), fate=rng.random(), pace=rng.random()
        )


def _contests(world: World, plan: DayPlan, rng: random.Random) -> Iterator[Arrival]:
    """Yield, for scarce items, shoppers of two channels who want the few units at the same time."""
    scarce = [
        item
        for index, item in enumerate(world.catalog)
        if is_scarce(index) and item.inventory_item_id in world.tiktok.sku_of_item
    ]
    contests = int(plan.for_s * plan.orders_per_s * CONTEST_SHARE_MAX / _CONTESTANTS)
    for item in rng.sample(scarce, min(len(scarce), contests)):
        begins_s = rng.uniform(0.0, max(0.0, plan.for_s - CONTEST_WINDOW_S))
        for channel in ("online_store", "tiktok_shop"):
            for _ in range(rng.randint(2, 3)):
                yield Arrival(
                    at_s=begins_s + rng.uniform(0.0, min(CONTEST_WINDOW_S, plan.for_s)),
                    channel=channel,
                    location_id=None,
                    wishes=(Wish(item_id=item.inventory_item_id, units=1),),
                    fate=rng.random(),
                    pace=rng.random(),
                )


class _Popularity:
    """Draws items so that the first ones in the list are wanted most."""

    def __init__(self, item_ids: Sequence[int]) -> None:
        self._item_ids = item_ids
        ranks = range(1, len(item_ids) + 1)
        self._weights = list(accumulate(1.0 / rank**POPULARITY_EXPONENT for rank in ranks))

    def draw(self, rng: random.Random) -> int:
        return rng.choices(self._item_ids, cum_weights=self._weights)[0]
