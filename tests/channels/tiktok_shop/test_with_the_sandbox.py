"""The channel against a simulated TikTok Shop that checks every signature: listings, stock, orders, tokens."""

import json
import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import httpx
import pytest

from onhand.channels.tiktok_shop import TikTokShopChannel, Tokens, facts, listings
from onhand.domain.orders import OrderPicture, Placed
from onhand.ports.channel import Applied, Rejected, Shown, Throttled, Unknown, Wanted
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.tiktok_shop.shop import Shop, connect, open_shop
from tests.support.waiting import until_equal


def test_the_census_finds_every_listing_with_its_product_and_warehouse(shop: Shop) -> None:
    world = shop.running.sandbox.world
    assert world.tiktok.warehouse is not None
    assert {row.listing for row in shop.listings} == set(world.tiktok.skus)
    first = shop.listings[0]
    sku = world.tiktok.skus[first.listing]
    assert (first.channel, first.sku, first.group) == ("tiktok_shop", sku.seller_sku, sku.product_id)
    assert first.place == world.tiktok.warehouse.id


def test_the_census_is_dated_by_the_platforms_clock_and_knows_no_trouble(shop: Shop) -> None:
    census = shop.channel.take_census(2, shop.lookup)
    assert census.complete
    assert census.problems == ()
    assert abs(datetime.now(UTC) - census.read_at) < timedelta(seconds=5)


def test_a_large_catalog_is_read_page_by_page_and_window_by_window(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlimited = Settings(tiktok_reads_per_s=None)
    with SandboxThread(Options(items=130, settings=unlimited)) as running:
        products = list(running.sandbox.world.tiktok.products.values())
        for number, product in enumerate(products):  # as if they had been listed over two months
            product.updated_at -= timedelta(hours=12 * number)
        channel = connect(running, http)
        whole = channel.take_census(1, open_shop(running, http).lookup).listings
        monkeypatch.setattr(listings, "RESULTS_A_SEARCH", 25)
        by_halves = channel.take_census(1, open_shop(running, http).lookup).listings
    assert len(whole) == len(running.sandbox.world.tiktok.skus) > 100
    assert set(by_halves) == set(whole)


def test_stock_is_told_and_read_back(shop: Shop) -> None:
    offers = [shop.offer(0, 17), shop.offer(1, 0)]
    parcels = shop.channel.pack(offers, "run-1")
    assert [carried for _, carried in parcels] == [(offers[0],), (offers[1],)]
    assert [parcel.key for parcel, _ in parcels] == ["run-1/0", "run-1/1"]
    assert [type(shop.channel.send(parcel)) for parcel, _ in parcels] == [Applied, Applied]
    assert (shop.shown(0), shop.shown(1)) == (17, 0)
    shown = shop.channel.read_shown(shop.listings[:2])
    assert shown == {shop.listings[0].listing: Shown(17, 0), shop.listings[1].listing: Shown(0, 0)}


def test_skus_of_one_product_go_in_one_parcel_and_each_answer_counts(shop: Shop) -> None:
    same = replace(shop.listings[0], listing="999", item="x")
    offers = [shop.offer(0, 5), shop.offer(1, 6), shop.offer(0, 1)._replace(listing=same)]
    parcels = shop.channel.pack(offers, "run")
    assert [[offer.listing.listing for offer in carried] for _, carried in parcels] == [
        [shop.listings[0].listing, "999"],
        [shop.listings[1].listing],
    ]
    outcome = shop.channel.send(parcels[0][0])
    assert isinstance(outcome, Rejected)
    assert outcome.rows == (1,)
    assert "999" in outcome.reason
    assert shop.shown(0) == 5  # the other SKU of the product took its number


def test_a_warehouse_that_is_gone_is_refused_with_the_way_out(shop: Shop) -> None:
    moved = replace(shop.listings[0], place="4711")
    ((parcel, _),) = shop.channel.pack([shop.offer(0, 3)._replace(listing=moved)], "run")
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert "4711" in outcome.reason
    assert "onhand sync" in outcome.reason


def test_a_frozen_product_is_refused_and_left_out_of_the_census(shop: Shop) -> None:
    product = shop.running.sandbox.world.tiktok.products[shop.listings[0].group or ""]
    ((parcel, _),) = shop.channel.pack([shop.offer(0, 3)], "run")
    product.status = "FREEZE"
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert outcome.rows == ()
    assert shop.listings[0].listing not in {row.listing for row in shop.channel.take_census(2, shop.lookup).listings}


def test_every_warehouse_of_a_sku_is_in_the_call(shop: Shop) -> None:
    two = replace(shop.listings[0], place="W1,W2")
    ((parcel, _),) = shop.channel.pack([shop.offer(0, 3)._replace(listing=two)], "run")
    (sku,) = json.loads(parcel.body)["request"]["skus"]
    assert sku["inventory"] == [{"warehouse_id": "W1", "quantity": 3}, {"warehouse_id": "W2", "quantity": 0}]


def test_an_order_is_read_as_it_goes_on(shop: Shop) -> None:
    order = shop.order((0, 2), (1, 1), status="ON_HOLD")
    reading = shop.channel.read(Wanted.ORDER, [order, "404"], 2, shop.lookup)
    (picture,) = reading.report.pictures
    assert isinstance(picture, OrderPicture)
    location = shop.channel.settings.default_location
    assert reading.missing == ("404",)
    assert picture.cause == f"tiktok_shop/order/{order}"
    assert sorted(picture.placed) == sorted(
        [Placed(shop.listings[0].listing, location, 2), Placed(shop.listings[1].listing, location, 1)]
    )
    other = shop.order((2, 1))
    shop.do("fulfil", order=other)
    (shipped,) = shop.channel.read(Wanted.ORDER, [other], 3, shop.lookup).report.pictures
    assert isinstance(shipped, OrderPicture)
    assert [row.units for row in shipped.shipped] == [1]
    assert shipped.version.at >= picture.version.at
    assert shipped.version.reading == 3
    shop.do("cancel", order=order)
    (cancelled,) = shop.channel.read(Wanted.ORDER, [order], 4, shop.lookup).report.pictures
    assert isinstance(cancelled, OrderPicture)
    assert sum(row.units for row in cancelled.refunded) == 3
    assert cancelled.placed == ()


def test_an_open_order_shows_as_committed(shop: Shop) -> None:
    before = shop.channel.read_shown([shop.listings[0]])[shop.listings[0].listing]
    shop.order((0, 1))
    after = shop.channel.read_shown([shop.listings[0]])[shop.listings[0].listing]
    assert after == Shown(before.available_units - 1, before.committed_units + 1)


def test_listings_that_are_gone_are_not_shown(shop: Shop) -> None:
    gone = replace(shop.listings[0], listing="404")
    assert set(shop.channel.read_shown([gone, shop.listings[1]])) == {shop.listings[1].listing}


def test_changed_orders_come_oldest_first_over_many_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_ORDERS_A_PAGE", 3)
    since = datetime.now(UTC) - timedelta(minutes=1)
    place = max(range(len(shop.listings)), key=shop.shown)
    orders = [shop.order((place, 1)) for _ in range(8)]
    changed = list(shop.channel.changed(since))
    assert sorted(row.key for row in changed) == sorted(orders)
    assert [row.changed_at for row in changed] == sorted(row.changed_at for row in changed if row.changed_at)
    assert {row.cause for row in changed} == {f"tiktok_shop/order/{order}" for order in orders}
    assert list(shop.channel.changed(datetime.now(UTC) + timedelta(minutes=1))) == []


def test_what_is_no_order_or_return_is_somebody_elses_to_read(shop: Shop) -> None:
    assert [shop.channel.batch_size(wanted) for wanted in Wanted] == [
        {Wanted.ORDER: 50, Wanted.RETURN: 50, Wanted.RIGHTS: 1}.get(wanted, 0) for wanted in Wanted
    ]
    with pytest.raises(ValueError, match="level"):
        shop.channel.read(Wanted.LEVEL, ["1@2"], 1, shop.lookup)


def test_whether_the_seller_still_authorizes_the_app_can_be_read(
    shop: Shop, running: Running, http: httpx.Client
) -> None:
    reading = shop.channel.read(Wanted.RIGHTS, ["all"], 1, shop.lookup)
    assert reading.report.note == "onhand sandbox (US) authorizes the app"
    assert ("disconnected", "tiktok_shop") in reading.settled
    with pytest.raises(ChannelRefused, match="has not authorized"):
        connect(running, http, shop_id="1").read(Wanted.RIGHTS, ["all"], 2, shop.lookup)


def test_the_shop_names_itself(shop: Shop, running: Running, http: httpx.Client) -> None:
    assert shop.channel.ping() == "onhand sandbox (US)"
    with pytest.raises(ChannelRefused, match="shop_id 1 has not authorized"):
        connect(running, http, shop_id="1").ping()


def test_without_a_cipher_it_is_asked_for_once(running: Running, http: httpx.Client) -> None:
    open_shop(running, http, shop_cipher=None)
    asked = [call.operation for call in running.sandbox.log.calls]
    assert asked.count("GET /authorization/202309/shops") == 1
    with pytest.raises(ChannelRefused, match="shop_id 1 has not authorized"):
        open_shop(running, http, shop_cipher=None, shop_id="1")


def test_tokens_that_have_expired_are_renewed_and_kept_before_they_are_used(http: httpx.Client) -> None:
    settings = Settings(tiktok_reads_per_s=None, tiktok_token_life_s=1)
    with SandboxThread(Options(items=3, settings=settings)) as running:
        kept: list[Tokens] = []
        calls_then: list[int] = []

        class Notes:
            """A vault that notes how many calls there had been."""

            def read(self) -> Tokens | None:
                return kept[-1] if kept else None

            def keep(self, tokens: Tokens) -> None:
                kept.append(tokens)
                calls_then.append(len(running.sandbox.log.calls))

            def alone(self, _wait_s: float) -> AbstractContextManager[bool]:
                return nullcontext(True)

        expired = replace(connect(running, http).settings, access_token="ROW_stale")
        channel = TikTokShopChannel(expired, http, Notes())
        channel.ping()
        assert len(kept) == 1
        assert kept[0].access_token not in ("ROW_stale", connect(running, http).settings.access_token)
        assert kept[0].refresh_token != connect(running, http).settings.refresh_token
        assert kept[0].access_expires_at is not None
        assert calls_then == [1]  # the refused call; the repeated one came after
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        while len(kept) < 2 and datetime.now(UTC) < deadline:
            channel.ping()
        assert len(kept) == 2
        restarted = replace(expired, access_token=None, refresh_token=kept[-1].refresh_token)
        assert TikTokShopChannel(restarted, http).ping()


def test_without_a_refresh_token_a_person_is_told(running: Running, http: httpx.Client) -> None:
    channel = connect(running, http, access_token="ROW_stale", refresh_token=None)
    with pytest.raises(NotConnected, match="no refresh_token is known; connect the shop again"):
        channel.ping()
    with pytest.raises(NotConnected, match="connect the shop again"):
        connect(running, http, access_token=None, refresh_token="ROW_void").ping()


def test_two_writes_a_second_are_kept_to(http: httpx.Client) -> None:
    patient = Settings(tiktok_reads_per_s=None, tiktok_writes_per_s=None)
    with SandboxThread(Options(items=12, settings=patient)) as running:
        shop = open_shop(running, http, writes_per_s=2.0, reads_per_s=10_000.0)
        outcomes = []
        began = monotonic()
        for units in range(6):
            ((parcel, _),) = shop.channel.pack([shop.offer(0, units)], f"run-{units}")
            outcomes.append(shop.channel.send(parcel))
        took_s = monotonic() - began
        assert [type(outcome) for outcome in outcomes] == [Applied] * 6
        assert took_s >= 4 / 2.0  # those of the first second go at once; a slow machine only takes longer


def test_who_writes_too_fast_is_throttled_and_slows_down(http: httpx.Client) -> None:
    slow = Settings(tiktok_writes_per_s=0.01)  # one, and then none while the test lasts
    with SandboxThread(Options(items=12, settings=slow)) as running:
        shop = open_shop(running, http, write_wait_s=0.1)
        outcomes = []
        for units in range(4):
            ((parcel, _),) = shop.channel.pack([shop.offer(0, units)], f"run-{units}")
            outcomes.append(shop.channel.send(parcel))
        throttled = [outcome for outcome in outcomes if isinstance(outcome, Throttled)]
        assert throttled
        assert throttled[0].retry_after_s >= 1
        applied = sum(isinstance(outcome, Applied) for outcome in outcomes)
        assert shop.shown(0) == applied - 1


@pytest.mark.parametrize(("fault", "writing"), [("throttle", Throttled), ("error_5xx", Unknown), ("outage", Unknown)])
def test_faults_of_the_platform_have_their_names(shop: Shop, fault: str, writing: type) -> None:
    ((parcel, _),) = shop.channel.pack([shop.offer(0, 3)], "run")
    shop.do("fault", kind=fault, share=1.0, for_s=60)
    assert isinstance(shop.channel.send(parcel), writing)
    with pytest.raises(ChannelUnavailable) as caught:
        shop.channel.read_shown([shop.listings[0]])
    assert caught.value.retry_after_s is not None


def test_a_write_that_was_carried_out_without_an_answer_is_unknown(running: Running, http: httpx.Client) -> None:
    shop = open_shop(running, http, request_timeout_s=0.4)
    ((parcel, _),) = shop.channel.pack([shop.offer(0, 33)], "run")
    shop.do("fault", kind="timeout_after_apply", share=1.0, for_s=60)
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Unknown)
    until_equal(lambda: shop.shown(0), 33)


def test_no_secret_reaches_the_logs(running: Running, http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.INFO, logger="httpx"):  # commands turn httpx down
        channel = connect(running, http, access_token="ROW_stale")
        channel.ping()
        with pytest.raises(ChannelRefused):
            connect(running, http, app_secrets=("wrong-canary",)).ping()
    at: Any = running.addresses["tiktok_shop"]
    assert "HTTP Request" in caplog.text
    for secret in (
        at["app_secret"],
        at["refresh_token"],
        at["access_token"],
        at["shop_cipher"],
        "wrong-canary",
        "sign=",
    ):
        assert secret not in caplog.text


def test_a_virtual_bundle_is_told_nothing_and_shows_what_its_components_are_enough_for(shop: Shop) -> None:
    skus = shop.running.sandbox.world.tiktok.skus
    bundle, first, second = (skus[row.listing] for row in shop.listings[:3])
    first.available_units, second.available_units = 9, 7
    bundle.combined = ((first.sku_id, 2), (second.sku_id, 1))
    ((parcel, _),) = shop.channel.pack([shop.offer(0, 3)], "run")
    outcome = shop.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert (outcome.rows, outcome.computed_there, outcome.of_the_number) == ((0,), True, False)
    assert "12052850" in outcome.reason
    assert shop.channel.read_shown(shop.listings[:1])[bundle.sku_id].available_units == 4
