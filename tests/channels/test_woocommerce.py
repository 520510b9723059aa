"""WooCommerce's own ways, beside what every channel must do."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from onhand.config import load_config
from onhand.domain.orders import OrderPicture, Restock
from onhand.ports.channel import Applied, Offer, Rejected, Throttled, Wanted
from onhand.ports.errors import ConfigError
from onhand.sandbox.orders_by_hand import Line, fulfil, refund
from onhand.sandbox.world.woocommerce import FAILURES_MAX
from tests.channels.contract.stand import HOOKS, Stand, standing


@pytest.fixture
def stand() -> Iterator[Stand]:
    """A web shop of six products, two of them variations."""
    with standing("woocommerce") as made:
        yield made


def picture(stand: Stand, order: str) -> OrderPicture:
    (found,) = stand.channel.read(Wanted.ORDER, [order], 2, stand.lookup).report.pictures
    assert isinstance(found, OrderPicture)
    return found


def test_products_and_the_variations_of_each_product_go_by_paths_of_their_own(stand: Stand) -> None:
    packed = stand.channel.pack([Offer(row, 4, None) for row in stand.listings], "run")
    paths = {msgspec.json.decode(parcel.body)["path"]: len(carried) for parcel, carried in packed}
    parent = stand.sandbox.world.woocommerce.parent_id
    assert paths == {"products/batch": 4, f"products/{parent}/variations/batch": 2}
    assert all(isinstance(stand.channel.send(parcel), Applied) for parcel, _ in packed)
    assert {stand.shown(place) for place in range(6)} == {4}


def test_more_rows_than_a_call_takes_go_in_several(stand: Stand) -> None:
    many = [Offer(replace(stand.listings[0], listing=str(number)), 1, None) for number in range(1, 251)]
    assert [len(carried) for _, carried in stand.channel.pack(many, "run")] == [100, 100, 50]


def test_a_variation_that_was_made_a_product_of_its_own_is_refused_with_the_way_out(stand: Stand) -> None:
    moved = replace(stand.listings[0], group="999999")
    ((parcel, _),) = stand.channel.pack([Offer(moved, 3, None)], "run")
    outcome = stand.channel.send(parcel)
    assert isinstance(outcome, Rejected)
    assert outcome.rows == (0,)
    assert "onhand sync" in outcome.reason


def test_credentials_that_are_not_taken_blame_no_listing(stand: Stand) -> None:
    (parcel,) = stand.parcels(3)
    outcome = stand.again(consumer_secret="cs_wrong").send(parcel)
    assert isinstance(outcome, Throttled)
    assert outcome.trouble is not None
    assert "consumer_key" in outcome.trouble


def test_what_is_refunded_before_it_was_shipped_is_set_free_and_only_the_rest_waits(stand: Stand) -> None:
    order = stand.order(3)
    refund(stand.sandbox.world, order, _lines(stand, 1), restock=False, location=None, now=stand.now())
    shown = picture(stand, order)
    assert [(row.units, row.restock) for row in shown.refunded] == [(1, Restock.CANCEL)]
    assert [row.units for row in shown.placed] == [2]
    listing = stand.listings[0]
    assert stand.channel.read_shown([listing])[listing.listing].committed_units == 2


@pytest.mark.parametrize(("restock", "became"), [(True, Restock.RETURN), (False, Restock.NONE)])
def test_what_is_refunded_after_it_was_shipped_is_back_where_the_merchant_says_so(
    stand: Stand, restock: bool, became: Restock
) -> None:
    order = stand.order(3)
    fulfil(stand.sandbox.world, order, None, now=stand.now())
    refund(stand.sandbox.world, order, _lines(stand, 2), restock=restock, location=None, now=stand.now())
    shown = picture(stand, order)
    assert [row.units for row in shown.shipped] == [3]
    assert [(row.units, row.restock) for row in shown.refunded] == [(2, became)]
    assert shown.placed == ()


def _lines(stand: Stand, units: int) -> list[Line]:
    return [Line(sku=stand.listings[0].sku or "", units=units)]


@pytest.mark.parametrize(
    ("status", "waiting", "freed"),
    [("pending", 0, 2), ("processing", 2, 0), ("on-hold", 2, 0), ("cancelled", 0, 2), ("failed", 0, 2)],
)
def test_stock_is_held_as_the_status_says(stand: Stand, status: str, waiting: int, freed: int) -> None:
    order = stand.order(2)
    stand.sandbox.world.woocommerce.orders[int(order)].status = status  # type: ignore[assignment] # one of its words
    shown = picture(stand, order)
    assert sum(row.units for row in shown.placed) == waiting
    assert sum(row.units for row in shown.refunded) == freed


def test_a_status_of_a_plugin_keeps_its_units_and_a_person_is_told(stand: Stand) -> None:
    order = stand.order(2)
    stand.sandbox.world.woocommerce.orders[int(order)].status = "awaiting-pickup"  # type: ignore[assignment] # a plugin's
    reading = stand.channel.read(Wanted.ORDER, [order], 2, stand.lookup)
    (problem,) = reading.problems
    assert "awaiting-pickup" in problem.message
    assert [row.units for row in picture(stand, order).placed] == [2]


def test_a_webhook_that_was_disabled_after_failures_is_made_active_again(stand: Stand) -> None:
    stand.channel.ensure_webhooks(HOOKS)
    shop = stand.sandbox.world.woocommerce
    hook = next(one for one in shop.hooks.values() if one.topic == "order.created")
    for _ in range(FAILURES_MAX):
        shop.hook_answered(hook.id, False)
    assert hook.status == "disabled"
    stand.order()
    assert stand.requests() == []
    stand.channel.ensure_webhooks(HOOKS)
    stand.order()
    assert len(stand.requests()) == 1


def test_credentials_are_never_sent_over_plain_http(tmp_path: Path) -> None:
    (tmp_path / "onhand.toml").write_text(
        """
[[shop]]
domain = "tees.myshopify.com"
client_id = "a"
client_secret = "env:S"
[[channel]]
name = "woocommerce"
locations = ["Warehouse"]
url = "http://shop.example.com"
consumer_key = "ck"
consumer_secret = "env:S"
webhook_secret = "env:S"
"""
    )
    with pytest.raises(ConfigError, match="must begin with https://"):
        load_config(tmp_path / "onhand.toml", {"S": "canary"})
