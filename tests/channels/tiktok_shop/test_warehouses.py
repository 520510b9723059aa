"""Several warehouses: every one is in each call, with the units of its location, and shown by location."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from onhand.ports.channel import Applied, Offer, Rejected
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from onhand.sandbox.world.world import WorldSettings
from tests.channels.tiktok_shop.shop import Shop, open_shop

UNLIMITED = Settings(tiktok_reads_per_s=None, tiktok_writes_per_s=None)
FIRST, SECOND, THIRD = (f"706800000000000000{number}" for number in (1, 2, 3))


@pytest.fixture
def running() -> Iterator[Running]:
    """A shop with three warehouses; two locations stand behind them."""
    world = WorldSettings(tiktok_warehouses=3)
    with SandboxThread(Options(items=3, locations=3, settings=UNLIMITED, world=world)) as sandbox:
        yield sandbox


@pytest.fixture
def shop(running: Running, http: httpx.Client) -> Shop:
    mapped = {FIRST: "A", SECOND: "B", THIRD: "B"}
    return open_shop(running, http, warehouses=mapped, default_location="A")


def tell(shop: Shop, units: int, **spread: int) -> object:
    offer = Offer(shop.listings[0], units, None, tuple(spread.items()))
    ((parcel, _),) = shop.channel.pack([offer], "run")
    return shop.channel.send(parcel)


def there(shop: Shop) -> list[int]:
    sku = shop.running.sandbox.world.tiktok.skus[shop.listings[0].listing]
    return [sku.units_in(place) for place in (FIRST, SECOND, THIRD)]


def test_a_channel_with_several_locations_says_so(shop: Shop) -> None:
    able = shop.channel.capabilities
    assert (able.a_number_a_location, able.kept_in) == (True, ("A", "B"))


def test_every_warehouse_is_told_the_units_of_its_location(shop: Shop) -> None:
    assert isinstance(tell(shop, 7, A=4, B=3), Applied)
    assert there(shop) == [4, 3, 0]
    seen = shop.channel.read_shown([shop.listings[0]])[shop.listings[0].listing]
    assert (seen.available_units, seen.spread) == (7, {"A": 4, "B": 3})


def test_what_stands_where_there_is_no_warehouse_is_sold_from_the_first(shop: Shop) -> None:
    assert isinstance(tell(shop, 9, A=4, B=3, C=2), Applied)
    assert there(shop) == [6, 3, 0]
    assert isinstance(tell(shop, 5), Applied)  # not spread at all
    assert there(shop) == [5, 0, 0]


def test_a_warehouse_that_is_left_out_or_added_is_refused(shop: Shop) -> None:
    few = replace(shop.listings[0], place=f"{FIRST},{SECOND}")
    ((parcel, _),) = shop.channel.pack([Offer(few, 3, None)], "run")
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert "onhand sync" in outcome.reason


def test_an_order_leaves_from_the_warehouse_that_has_it(shop: Shop) -> None:
    tell(shop, 3, A=1, B=2)
    order = shop.order((0, 2))
    assert shop.running.sandbox.world.tiktok.orders[order].warehouse_id == SECOND
    assert there(shop) == [1, 0, 0]
    shop.do("cancel", order=order)
    assert there(shop) == [1, 2, 0]
