"""Limits: the points of each plan, the age of orders, the length of counts, the shape of what is too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from onhand.sandbox.__main__ import _options
from onhand.sandbox.account.plans import PLANS
from onhand.sandbox.account.scopes import SCOPES
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.shopify.answers import cost_extension, throttled
from onhand.sandbox.shopify.bucket import ThrottleStatus
from onhand.sandbox.shopify.fields import MAX_COUNT
from onhand.sandbox.state import Settings
from tests.sandbox_protocols.clients import Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.documents import ADJUST
from tests.sandbox_protocols.test_quantities import adjusting, change, written
from tests.sandbox_protocols.test_reading import online

OLD = timedelta(days=60, minutes=1)
ONE_ORDER = """query O($id: ID!) { order(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id }
  orders(first: 5) { nodes { id } } ordersCount { count precision } }"""


@pytest.mark.parametrize(
    ("plan", "maximum", "rate"),
    [("standard", 2_000, 100), ("advanced", 4_000, 200), ("plus", 20_000, 1_000), ("enterprise", 40_000, 2_000)],
)
def test_each_plan_has_its_own_bucket(plan: str, maximum: int, rate: int) -> None:
    with opened(replace(UNLIMITED, **PLANS[plan]._asdict())) as shop:
        status = shop.admin.answer("{ shop { name } }")["extensions"]["cost"]["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (maximum, rate)


def test_a_plan_is_named_on_the_command_line() -> None:
    assert _options(["--plan", "plus"]).plan == "plus"
    assert Settings().bucket_points == PLANS["standard"].bucket_points


def test_a_throttle_says_what_was_asked_and_what_is_there_and_that_nothing_ran() -> None:
    status = ThrottleStatus(maximum_points=2_000.0, available_points=66.6, restore_points_per_s=100.0)
    body = throttled(752, status)
    assert "data" not in body
    assert body["errors"] == [
        {
            "message": "Throttled",
            "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
        }
    ]
    assert body["extensions"] == cost_extension(752, None, status)
    assert body["extensions"]["cost"] == {
        "requestedQueryCost": 752,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 2_000.0, "currentlyAvailable": 66, "restoreRate": 100.0},
    }


def test_the_bucket_is_the_apps_and_not_the_tokens() -> None:
    settings = replace(UNLIMITED, bucket_points=12.0, restore_points_per_s=0.001)
    with opened(settings) as shop:
        shop.admin.data("{ a: shop { name } b: shop { name } c: shop { name } }")
        secrets = shop.running.sandbox.secrets
        asked = {
            "client_id": secrets.client_id,
            "client_secret": secrets.client_secret,
            "grant_type": "client_credentials",
        }
        other = shop.admin.http.post(f"{shop.admin.url}/admin/oauth/access_token", json=asked).json()["access_token"]
        assert other != shop.admin.token
        shop.admin.token = other
        answer = shop.admin.answer("{ " + " ".join(f"s{number}: shop {{ name }}" for number in range(10)) + " }")
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 9


def test_a_throttled_call_leaves_its_key_free() -> None:
    with opened(replace(UNLIMITED, bucket_points=10.0, restore_points_per_s=200.0)) as shop:
        before = shop.level().available
        ask = {"input": adjusting(change(shop)), "key": "k"}
        shop.admin.data(ADJUST, ask | {"key": "first"})
        codes = []
        while True:
            answer = shop.admin.answer(ADJUST, ask)
            if "errors" not in answer:
                break
            codes.append(answer["errors"][0]["extensions"]["code"])
        assert set(codes) <= {"THROTTLED"}
        assert answer["data"]["inventoryAdjustQuantities"]["userErrors"] == []
        assert shop.level().available == before - 4


def grown_old(shop: Shop) -> str:
    """Return the id of an order that is more than sixty days old."""
    order = online(shop, 1)
    order.created_at -= OLD
    return f"gid://shopify/Order/{order.id}"


def test_an_order_older_than_sixty_days_is_not_shown(shop: Shop) -> None:
    old, young = grown_old(shop), f"gid://shopify/Order/{online(shop, 1).id}"
    found = shop.admin.data(ONE_ORDER, {"id": old})
    assert (found["order"], found["node"], found["nodes"]) == (None, None, [None])
    assert found["orders"]["nodes"] == [{"id": young}]
    assert found["ordersCount"] == {"count": 1, "precision": "EXACT"}


def test_read_all_orders_shows_every_order_whatever_its_age() -> None:
    with opened(replace(UNLIMITED, scopes=(*SCOPES, "read_all_orders"))) as shop:
        old = grown_old(shop)
        found = shop.admin.data(ONE_ORDER, {"id": old})
    assert (found["order"], found["node"], found["nodes"]) == ({"id": old}, {"id": old}, [{"id": old}])
    assert found["orders"]["nodes"] == [{"id": old}]
    assert found["ordersCount"]["count"] == 1


def test_a_count_stops_where_it_is_told_to_and_says_so(shop: Shop) -> None:
    for _ in range(3):
        online(shop, 1)
    found = shop.admin.data("{ a: ordersCount { count precision } b: ordersCount(limit: 2) { count precision } }")
    assert found["a"] == {"count": 3, "precision": "EXACT"}
    assert found["b"] == {"count": 2, "precision": "AT_LEAST"}
    assert MAX_COUNT == 25_000


def test_a_key_is_the_apps_and_outlives_the_call(shop: Shop) -> None:
    first = written(shop, ADJUST, adjusting(change(shop)), key="k")
    shop.admin.data("{ shop { name } }")
    assert written(shop, ADJUST, adjusting(change(shop)), key="k") == first


def test_a_sandbox_without_options_is_a_standard_shop() -> None:
    with SandboxThread(Options(items=1)) as running:
        assert running.sandbox.settings.bucket_points == 2_000
        assert running.sandbox.settings.restore_points_per_s == 100
