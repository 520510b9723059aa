"""The demo's sensors follow its tills, and what they counted is compared in the end."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from onhand.config.traffic import TrafficConfig
from onhand.demo.visitors import wait_for_visitors
from onhand.sandbox.door_sensors import PEOPLE_A_BASKET, slug
from tests.flow.merchant import BOSTON, Choices, Merchant, open_shop
from tests.flow.test_foot_traffic import DOORS
from tests.support.waiting import until


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with open_shop(tmp_path_factory.mktemp("doors"), Choices(traffics=(everywhere(),))) as merchant:
        yield merchant


def everywhere() -> TrafficConfig:
    names = ("Boston", "Portland", "Warehouse")
    return replace(DOORS, places={slug(name): name for name in names})


def test_visitors_follow_the_till_and_a_count_that_was_lost_is_made_good(merchant: Merchant) -> None:
    feeds = f"{merchant.serving.addresses['webhooks']}/feeds/foot-traffic/{merchant.shop}"
    merchant.do("door_sensors", address=feeds, every_s=3600)
    merchant.booked()
    merchant.fault("lose", 1.0)
    for _ in range(3):
        merchant.sale(merchant.tee)
    merchant.do("heal")
    came = {place: row["in"] for place, row in merchant.do("close_doors").items()}
    assert came[BOSTON] == 3 * PEOPLE_A_BASKET
    visitors = wait_for_visitors(merchant.app, merchant.shop, came)
    assert (visitors.counted, visitors.booked) == (12, 12)
    dashboard = str(merchant.serving.addresses["dashboard"])
    until(lambda: "Boston 12" in httpx.get(dashboard).text, "the dashboard shows who came")
