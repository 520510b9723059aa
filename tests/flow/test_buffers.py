"""The Online Store's buffer, enforced: units stand aside where no till sells, and come back to the last one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from onhand.config.model import ChannelConfig
from onhand.ports.errors import ConfigError
from tests.flow.merchant import BOSTON, PORTLAND, WAREHOUSE, Choices, Merchant, open_shop
from tests.support.parity import differences

BUFFER = 3
ENFORCED = (
    ChannelConfig(shop="", name="online_store", buffer_units=BUFFER, enforce_buffer=True),
    ChannelConfig(shop="", name="shopify_pos", locations=(BOSTON, PORTLAND)),
)


@pytest.fixture
def buffered(tmp_path: Path) -> Iterator[Merchant]:
    """A shop whose warehouse serves no till and keeps back three units of everything from the web."""
    with open_shop(tmp_path, Choices(more_channels=ENFORCED)) as merchant:
        merchant.quiet()
        yield merchant


def at_warehouse(merchant: Merchant, sku: str) -> tuple[int, int]:
    """Return what Shopify sells there, and what stands there as safety stock."""
    return merchant.at_shopify(sku, WAREHOUSE), merchant.at_shopify(sku, WAREHOUSE, "safety_stock")


def stop_enforcing(merchant: Merchant) -> None:
    """Take the option out, as a restart with another configuration does."""
    with merchant.app.store.writing() as session:
        channels = session.of(merchant.shop).channels
        rules = [replace(rule, enforced_in=() if rule.enforced_in else rule.enforced_in) for rule in channels.rules()]
        channels.set_rules(rules, merchant.app.clock.now())


def test_three_units_of_everything_stand_aside_and_books_and_platform_agree(buffered: Merchant) -> None:
    assert at_warehouse(buffered, buffered.tee)[1] == BUFFER
    assert buffered.at_shopify(buffered.tee, BOSTON, "safety_stock") == 0
    assert not differences(buffered.app, buffered.shop, buffered.truth())
    online, _, tiktok = buffered.ats_everywhere(buffered.tee)
    warehouse, boston = buffered.at_shopify(buffered.tee, WAREHOUSE), buffered.at_shopify(buffered.tee, BOSTON)
    assert (online, tiktok) == (warehouse + boston, warehouse)
    assert buffered.app.audit(buffered.shop).drifts == 0


def test_the_web_cannot_sell_the_buffer_and_it_shrinks_only_with_the_stock(buffered: Merchant) -> None:
    sku = buffered.tee
    for_sale, _ = at_warehouse(buffered, sku)
    buffered.order("tiktok_shop", sku, for_sale)
    buffered.quiet()
    assert at_warehouse(buffered, sku) == (0, BUFFER)
    assert buffered.ats(sku, "tiktok_shop") == buffered.at_tiktok(sku) == 0
    buffered.do("receive", location=WAREHOUSE, sku=sku, units=5)
    buffered.until_equal(lambda: at_warehouse(buffered, sku), (5, BUFFER))


def test_what_somebody_takes_out_of_the_safety_stock_is_put_aside_again(buffered: Merchant) -> None:
    sku = buffered.cap
    for_sale, _ = at_warehouse(buffered, sku)
    buffered.do("adjust", location=WAREHOUSE, sku=sku, units=-2, state="safety_stock")
    buffered.do("adjust", location=WAREHOUSE, sku=sku, units=2)
    buffered.until_equal(lambda: at_warehouse(buffered, sku), (for_sale, BUFFER))
    buffered.quiet()
    assert not differences(buffered.app, buffered.shop, buffered.truth())


def test_while_it_is_enforced_nothing_is_released(buffered: Merchant) -> None:
    with pytest.raises(ConfigError, match="set it to false first"):
        buffered.app.give_back(buffered.shop)
    assert at_warehouse(buffered, buffered.tee)[1] == BUFFER


def test_the_way_back_is_exact_whatever_the_merchant_moved_meanwhile(buffered: Merchant) -> None:
    plain, added, taken = buffered.tee, buffered.cap, buffered.hoodie
    before = {sku: at_warehouse(buffered, sku) for sku in (plain, added, taken)}
    stop_enforcing(buffered)
    buffered.do("adjust", location=WAREHOUSE, sku=added, units=4, state="safety_stock")
    buffered.do("adjust", location=WAREHOUSE, sku=taken, units=-2, state="safety_stock")
    given = buffered.app.give_back(buffered.shop)
    assert given.untold == 0
    gone = {row.key: row.gone_units for row in given.rows if row.gone_units}
    assert gone == {buffered.key(taken, WAREHOUSE): 2}
    assert at_warehouse(buffered, plain) == (before[plain][0] + BUFFER, 0)
    assert at_warehouse(buffered, added) == (before[added][0] + BUFFER, 4)
    assert at_warehouse(buffered, taken) == (before[taken][0] + 1, 0)
    assert buffered.app.give_back(buffered.shop).rows == ()
    buffered.quiet()
    assert at_warehouse(buffered, plain) == (before[plain][0] + BUFFER, 0)
    assert not differences(buffered.app, buffered.shop, buffered.truth())
