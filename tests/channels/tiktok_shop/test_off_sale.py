"""A shop that takes no 0: what has run out is taken off sale, and put on sale again when units return."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from onhand.channels.tiktok_shop import TikTokShopChannel
from onhand.channels.tiktok_shop.off_sale import NO_ZERO
from onhand.channels.tiktok_shop.telling import Row, Stock, without_zeros
from onhand.ports.channel import Applied, Offer, Outcome, Rejected, Unknown
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from onhand.sandbox.world.world import WorldSettings
from tests.channels.contract.stand import Drawer
from tests.channels.tiktok_shop.shop import Shop, open_shop

UNLIMITED = Settings(tiktok_reads_per_s=None, tiktok_writes_per_s=None)


@pytest.fixture
def running() -> Iterator[Running]:
    """A shop whose TikTok Shop wants one unit at least."""
    world = WorldSettings(tiktok_least_units=1)
    with SandboxThread(Options(items=6, settings=UNLIMITED, world=world)) as sandbox:
        yield sandbox


@pytest.fixture
def shop(running: Running, http: httpx.Client) -> Shop:
    return open_shop(running, http)


def tell(shop: Shop, *offers: Offer) -> list[Outcome]:
    return [shop.channel.send(parcel) for parcel, _ in shop.channel.pack(offers, "run")]


def status(shop: Shop, place: int) -> str:
    return shop.running.sandbox.world.tiktok.products[shop.listings[place].group or ""].status


def shown(shop: Shop, place: int) -> int:
    return shop.channel.read_shown([shop.listings[place]])[shop.listings[place].listing].available_units


def with_a_sibling(shop: Shop) -> None:
    """Put the second listing into the first one's product, as a second SKU of it."""
    tiktok = shop.running.sandbox.world.tiktok
    first, second = (tiktok.skus[shop.listings[place].listing] for place in (0, 1))
    tiktok.products.pop(second.product_id)
    second.product_id = first.product_id
    tiktok.products[first.product_id].sku_ids.append(second.sku_id)
    shop.listings = [
        replace(listing, group=first.product_id) if listing.listing == second.sku_id else listing
        for listing in shop.listings
    ]


def test_a_refused_zero_is_learned_and_the_product_is_taken_off_sale_in_the_same_go(shop: Shop) -> None:
    assert shop.channel.take_census(2, shop.lookup).problems == ()
    (outcome,) = tell(shop, shop.offer(0, 0))
    assert isinstance(outcome, Applied)
    assert "taken off sale" in outcome.note
    assert (status(shop, 0), shown(shop, 0)) == ("SELLER_DEACTIVATED", 0)
    (problem,) = shop.channel.take_census(3, shop.lookup).problems
    assert problem.kind == NO_ZERO
    assert "1 are off sale now" in problem.message
    before = len(shop.running.sandbox.log.calls)
    (outcome,) = tell(shop, shop.offer(2, 0))
    assert isinstance(outcome, Applied)
    refused = [call for call in list(shop.running.sandbox.log.calls)[before:] if call.outcome == "errors"]
    assert refused == []  # 0 is not tried again
    assert (status(shop, 2), shown(shop, 2)) == ("SELLER_DEACTIVATED", 0)


def test_what_was_taken_off_sale_is_put_on_sale_with_its_units(shop: Shop) -> None:
    tell(shop, shop.offer(0, 0))
    (outcome,) = tell(shop, shop.offer(0, 7))
    assert isinstance(outcome, Applied)
    assert (status(shop, 0), shown(shop, 0), shop.shown(0)) == ("ACTIVATE", 7, 7)
    (problem,) = shop.channel.take_census(2, shop.lookup).problems
    assert "0 are off sale now" in problem.message


def test_what_somebody_else_took_off_sale_is_left_so(shop: Shop) -> None:
    tell(shop, shop.offer(1, 0))  # so that it is known that 0 is refused
    shop.do("set_listing", sku=shop.listings[0].sku, on_sale=False)
    tell(shop, shop.offer(0, 0), shop.offer(0, 5))
    assert status(shop, 0) == "SELLER_DEACTIVATED"


def test_what_somebody_activates_shows_its_least_and_is_taken_off_again(shop: Shop) -> None:
    tell(shop, shop.offer(0, 0))
    shop.do("set_listing", sku=shop.listings[0].sku, on_sale=True)
    assert shown(shop, 0) == 1
    tell(shop, shop.offer(0, 0))
    assert (status(shop, 0), shown(shop, 0)) == ("SELLER_DEACTIVATED", 0)


def test_a_product_that_sells_other_skus_stays_and_the_empty_one_is_told_the_least(shop: Shop) -> None:
    with_a_sibling(shop)
    (outcome,) = tell(shop, shop.offer(0, 0), shop.offer(1, 5))
    assert isinstance(outcome, Rejected)
    assert (outcome.rows, outcome.of_the_number) == ((0,), True)
    assert "sells other SKUs" in outcome.reason
    assert (status(shop, 0), shown(shop, 0), shown(shop, 1)) == ("ACTIVATE", 1, 5)
    (outcome,) = tell(shop, shop.offer(1, 0))  # the other one stands at the least for nothing
    assert isinstance(outcome, Applied)
    assert (status(shop, 0), shown(shop, 0), shown(shop, 1)) == ("SELLER_DEACTIVATED", 0, 0)
    (outcome,) = tell(shop, shop.offer(0, 1))
    assert isinstance(outcome, Applied)
    assert (status(shop, 0), shown(shop, 0), shown(shop, 1)) == ("ACTIVATE", 1, 1)


def test_a_restart_remembers_what_was_taken_off_sale(running: Running, http: httpx.Client) -> None:
    shop, drawer = open_shop(running, http), Drawer()
    shop.channel = TikTokShopChannel(shop.channel.settings, http, learned=drawer)
    tell(shop, shop.offer(0, 0))
    shop.channel = TikTokShopChannel(shop.channel.settings, http, learned=drawer)
    assert shown(shop, 0) == 0
    tell(shop, shop.offer(0, 4))
    assert (status(shop, 0), shown(shop, 0)) == ("ACTIVATE", 4)


def test_an_answer_that_is_lost_in_between_is_unknown_and_read_back(shop: Shop) -> None:
    tell(shop, shop.offer(1, 0))
    shop.do("fault", kind="error_5xx", share=1.0)
    (outcome,) = tell(shop, shop.offer(0, 0))
    assert isinstance(outcome, Unknown)
    shop.do("heal")
    assert shown(shop, 0) == shop.shown(0)  # on sale, as before
    tell(shop, shop.offer(0, 0))
    assert (status(shop, 0), shown(shop, 0)) == ("SELLER_DEACTIVATED", 0)


def test_several_warehouses_are_told_the_least_each_and_the_sum_stays() -> None:
    row = without_zeros(Row("1", [Stock(5, "a"), Stock(0, "b"), Stock(2, "c")]))
    assert [stock.quantity for stock in row.inventory] == [4, 1, 2]


def test_locked_units_are_shown_with_whom_they_are_kept_for(shop: Shop) -> None:
    sku = shop.listings[0].sku
    tell(shop, shop.offer(0, 9))
    shop.do("lock_units", sku=sku, units=3, kind="campaign", name="Black Friday")
    shop.do("lock_units", sku=sku, units=2, kind="creator", name="ann")
    seen = shop.channel.read_shown([shop.listings[0]])[shop.listings[0].listing]
    assert (seen.available_units, seen.locked_units) == (9, 5)
    assert seen.locked_for == "campaign 'Black Friday' (3), creator 'ann' (2)"
    (outcome,) = tell(shop, shop.offer(0, 4))
    assert isinstance(outcome, Rejected)
    assert (outcome.rows, outcome.of_the_number) == ((0,), True)
    assert "promotion" in outcome.reason
    (outcome,) = tell(shop, shop.offer(0, 5))
    assert isinstance(outcome, Applied)
    assert shown(shop, 0) == 5
