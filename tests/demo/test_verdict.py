"""The verdict can fail: one number that differs anywhere is found, and every broken promise is named."""

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from onhand.demo.latency import latency_s
from onhand.demo.verdict import broken_promises, compare_platforms, compare_with_truth, count_drifts, together
from tests.flow.merchant import BOSTON, NEVER_BY_ITSELF, WAREHOUSE, Choices, open_shop

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat()


def test_one_unit_in_any_state_or_listing_is_found(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(items=5, audit=NEVER_BY_ITSELF, subscribed=False)) as merchant:
        truth = merchant.truth()
        checked, differing = compare_with_truth(merchant.app, merchant.shop, truth)
        assert (checked, differing) == (5 * 3 * 7 - differing_levels(truth) + 5, 0)
        for table, row, name in (
            ("shopify", 0, "available"),
            ("shopify", 3, "reserved"),
            ("tiktok_shop", 2, "available"),
        ):
            other = copy.deepcopy(truth)
            other[table][row][name] += 1
            assert compare_with_truth(merchant.app, merchant.shop, other) == (checked, 1)


def test_one_unit_in_a_web_shop_or_on_a_third_partys_shelf_is_found(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(items=5, web_items=4, audit=NEVER_BY_ITSELF, subscribed=False)) as merchant:
        truth, kept = merchant.truth(), {BOSTON: "acme"}
        equal = compare_platforms(merchant.app, merchant.shop, truth, kept)
        assert set(equal) == {"shopify", "tiktok_shop", "woocommerce", "acme"}
        assert together(equal).differing == 0
        at = next(number for number, row in enumerate(truth["physical"]) if row["location"] == BOSTON)
        for platform, table, row, name in (
            ("woocommerce", "woocommerce", 1, "available"),
            ("acme", "physical", at, "units"),
        ):
            other = copy.deepcopy(truth)
            other[table][row][name] += 1
            found = compare_platforms(merchant.app, merchant.shop, other, kept)
            assert {name: one.differing for name, one in found.items() if one.differing} == {platform: 1}


def differing_levels(truth: dict[str, Any]) -> int:
    """Return how many numbers are not there because an item is not stocked at every location."""
    return 7 * (5 * 3 - len(truth["shopify"]))


def test_drifts_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(items=12, audit=NEVER_BY_ITSELF)) as merchant:
        merchant.do("receive", location=WAREHOUSE, sku=merchant.tee, units=3)
        steps = merchant.app.steps(merchant.shop)
        merchant.until(lambda: steps.judge(grace_s=0.0, adopt=False), "the units that nobody reported are found")
        assert count_drifts(merchant.app, merchant.shop)._asdict() == {
            "opened": 1, "explained": 0, "healed": 0, "wrong": 0, "open": 1
        }  # fmt: skip

        def healed() -> bool:
            steps.judge(grace_s=0.0, adopt=True)
            return count_drifts(merchant.app, merchant.shop).healed == 1

        merchant.until(healed, "they are adopted")
        assert count_drifts(merchant.app, merchant.shop)._asdict() == {
            "opened": 1, "explained": 0, "healed": 1, "wrong": 0, "open": 0
        }  # fmt: skip


def test_every_broken_promise_is_named_with_its_number() -> None:
    facts = {"numbers that differ from the platforms": 2, "drifts left open": 0, "deliveries parked": 1}
    assert broken_promises(facts, ["3 listings are untold"]) == (
        "numbers that differ from the platforms: 2",
        "deliveries parked: 1",
        "3 listings are untold",
    )
    assert broken_promises({"drifts left open": 0}, []) == ()


TRUTH: dict[str, Any] = {
    "orders": [
        {"id": 1, "locations": ["Warehouse"], "lines": [{"sku": "TEE"}]},
        {"id": 2, "locations": ["Warehouse"], "lines": [{"sku": "TEE"}, {"sku": "CAP"}]},
        {"id": 3, "locations": ["Boston"], "lines": [{"sku": "CAP"}]},
        {"id": 4, "lines": [{"sku": "CAP"}]},
    ],
    "tiktok_shop": [{"sku_id": "t-tee", "sku": "TEE"}, {"sku_id": "t-cap", "sku": "CAP"}],
}


def answered(order: str, seconds: float, *, status: int = 200, topic: str = "orders/create") -> dict[str, Any]:
    """Return a webhook that was triggered a tenth of a second before it was answered."""
    return {
        "order": order,
        "status": status,
        "topic": topic,
        "triggered_at": at(seconds - 0.1),
        "answered_at": at(seconds),
    }


def updated(listing: str, seconds: float, outcome: str = "done") -> dict[str, Any]:
    return {
        "platform": "tiktok_shop",
        "operation": "POST /product/202309/products/{product_id}/inventory/update",
        "outcome": outcome,
        "started_at": at(seconds),
        "detail": {"body": '{"skus":[{"id":"' + listing + '","inventory":[]}]}'},
    }


def test_the_delay_runs_from_the_first_answered_sale_to_the_update_that_it_needed() -> None:
    log = {
        "deliveries": [
            answered("1", 0.0),
            answered("1", 0.5),  # a repeat of it
            answered("2", 1.0, status=503),
            answered("2", 4.0),
            answered("3", 2.0),  # sold at Boston: TikTok Shop is not concerned
            answered("4", 2.0),  # TikTok Shop's own
            answered("1", 6.0, topic="orders/updated"),
        ],
        "calls": [updated("t-tee", 1), updated("t-tee", 1.5), updated("t-tee", 2, "throttle"), updated("t-cap", 7)],
    }
    assert latency_s(log, TRUTH, "Warehouse") == {"p50": 2.0, "p99": 2.98}


def test_a_sale_that_was_known_before_its_webhook_was_answered_is_no_sample() -> None:
    log = {"deliveries": [answered("1", 1.0)], "calls": [updated("t-tee", 0.95), updated("t-tee", 9.0)]}
    assert latency_s(log, TRUTH, "Warehouse") == {}


def test_without_two_updates_there_is_no_delay_to_speak_of() -> None:
    log = {"deliveries": [answered("1", 0.0)], "calls": [updated("t-tee", 1)]}
    assert latency_s(log, TRUTH, "Warehouse") == {}
