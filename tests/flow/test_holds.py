"""A till that no platform knows holds units by our API: every platform stops selling them, and all agree afterwards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flow.merchant import WAREHOUSE, Choices, Merchant, open_shop
from tests.flow.test_sales import told_to_shopify

UNITS = 2


class Till:
    """A program at the dashboard's address: each request has a key of its own."""

    def __init__(self, client: httpx.Client, sku: str) -> None:
        self._client, self._sku, self._requests = client, sku, 0

    def hold(self, **asked: Any) -> dict[str, Any]:
        return self._post("/api/v1/holds", 201, {"sku": self._sku, "location": WAREHOUSE, "units": UNITS, **asked})

    def end(self, hold: dict[str, Any], how: str) -> dict[str, Any]:
        return self._post(f"/api/v1/holds/{hold['id']}/{how}", 200)

    def look(self, hold: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._client.get(f"/api/v1/holds/{hold['id']}").json()
        return found

    def _post(self, path: str, status: int, body: dict[str, Any] | None = None) -> dict[str, Any]:
        self._requests += 1
        key = f"{self._sku} {self._requests}"
        answer = self._client.post(path, json=body, headers={"idempotency-key": key})
        assert answer.status_code == status, answer.text
        shown: dict[str, Any] = answer.json()
        return shown


@pytest.fixture
def till(merchant: Merchant) -> Iterator[Till]:
    with httpx.Client(base_url=merchant.serving.addresses["dashboard"], timeout=60) as client:
        yield Till(client, merchant.tee)


def test_what_is_held_is_taken_off_every_platform_and_given_back_when_it_is_released(
    merchant: Merchant, till: Till
) -> None:
    sku = merchant.tee
    before, listed, shown = merchant.ats_everywhere(sku), merchant.at_tiktok(sku), merchant.at_shopify(sku, WAREHOUSE)
    hold = till.hold()
    assert hold["untold_because"] is None
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), tuple(units - UNITS for units in before))
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), shown - UNITS)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), listed - UNITS)
    merchant.quiet()
    assert merchant.at_shopify(sku, WAREHOUSE, "reserved") == merchant.level(sku, WAREHOUSE, "reserved") == UNITS
    till.end(hold, "release")
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), before)
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), shown)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), listed)
    merchant.quiet()
    assert [changes for _, changes in told_to_shopify(merchant, sku)] == [
        {"available": -UNITS, "reserved": UNITS},
        {"available": UNITS, "reserved": -UNITS},
    ]


def test_a_confirmed_hold_is_a_sale_that_shopify_is_told_once(merchant: Merchant, till: Till) -> None:
    sku = merchant.tee
    shown = merchant.at_shopify(sku, WAREHOUSE)
    hold = till.hold()
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), shown - UNITS)
    merchant.quiet()
    assert till.end(hold, "confirm") == till.end(hold, "confirm")
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 0)
    merchant.quiet()
    assert merchant.at_shopify(sku, WAREHOUSE) == merchant.level(sku, WAREHOUSE) == shown - UNITS
    assert merchant.level(sku, WAREHOUSE, "customer") == UNITS
    assert merchant.unexplained(sku) == (0, 0)
    assert [changes for _, changes in told_to_shopify(merchant, sku)] == [
        {"available": -UNITS, "reserved": UNITS},
        {"reserved": -UNITS},
    ]


def test_a_sale_whose_telling_lost_its_answer_is_told_once_all_the_same(tmp_path: Path) -> None:
    with (
        open_shop(tmp_path, Choices(answers_within_s=0.3)) as merchant,
        httpx.Client(base_url=merchant.serving.addresses["dashboard"], timeout=60) as client,
    ):
        till, sku = Till(client, merchant.tee), merchant.tee
        shown = merchant.at_shopify(sku, WAREHOUSE)
        merchant.fault("timeout_after_apply", platform="shopify")
        till.end(till.hold(), "confirm")
        merchant.until(lambda: merchant.intents("shopify")[:1] != [], "it is told")
        merchant.until(lambda: merchant.intents("shopify")[0].status == "unknown", "nobody knows what became of it")
        merchant.do("heal")
        merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), shown - UNITS)
        merchant.quiet()
        assert merchant.at_shopify(sku, WAREHOUSE) == merchant.level(sku, WAREHOUSE) == shown - UNITS
        assert merchant.at_shopify(sku, WAREHOUSE, "reserved") == merchant.level(sku, WAREHOUSE, "reserved") == 0
        assert merchant.unexplained(sku) == (0, 0)


def test_a_hold_that_nobody_confirms_is_given_back_by_the_clock(merchant: Merchant, till: Till) -> None:
    sku = merchant.tee
    before, shown = merchant.ats_everywhere(sku), merchant.at_shopify(sku, WAREHOUSE)
    hold = till.hold(for_s=1)
    merchant.until_equal(lambda: till.look(hold)["status"], "expired")
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), before)
    merchant.quiet()
    assert merchant.at_shopify(sku, WAREHOUSE) == shown
    assert merchant.level(sku, WAREHOUSE, "reserved") == 0
    assert till.end(hold, "confirm")["status"] == "confirmed"
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), shown - UNITS)


def test_in_shadow_a_hold_is_booked_and_shopify_is_told_once_it_may_be(merchant: Merchant, till: Till) -> None:
    sku = merchant.tee
    shown = merchant.at_shopify(sku, WAREHOUSE)
    merchant.app.arm(merchant.shop, "shopify", armed=False)
    try:
        hold = till.hold()
        assert "shadow" in hold["untold_because"]
        merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE), shown - UNITS)
        merchant.booked()
        assert merchant.at_shopify(sku, WAREHOUSE) == shown
        assert told_to_shopify(merchant, sku) == []
    finally:
        merchant.app.arm(merchant.shop, "shopify", armed=True)
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), shown - UNITS)
    assert till.look(hold)["untold_because"] is None
