"""The same key is the same call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from onhand.sandbox.shopify.idempotency import Attempt, IdempotencyKeys
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.documents import ADJUST
from tests.sandbox_protocols.test_quantities import adjusting, change, written

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def codes(payload: Json) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def test_the_same_call_twice_takes_effect_once_and_answers_the_same(shop: Shop) -> None:
    before = shop.level().available
    first = written(shop, ADJUST, adjusting(change(shop)), key="k")
    second = written(shop, ADJUST, adjusting(change(shop)), key="k")
    assert first == second
    assert first["inventoryAdjustmentGroup"]["id"] == second["inventoryAdjustmentGroup"]["id"]
    assert shop.level().available == before - 2


def test_a_key_is_not_for_another_call(shop: Shop) -> None:
    written(shop, ADJUST, adjusting(change(shop)), key="k")
    before = shop.level().available
    other = written(shop, ADJUST, adjusting(change(shop, delta=-3)), key="k")
    assert codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert shop.level().available == before


def test_a_key_whose_call_was_refused_needs_a_successor(shop: Shop) -> None:
    before = shop.level().available
    stale = adjusting(change(shop, changeFromQuantity=before + 1))
    assert codes(written(shop, ADJUST, stale, key="k")) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert codes(written(shop, ADJUST, stale, key="k")) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert codes(written(shop, ADJUST, adjusting(change(shop, changeFromQuantity=before)), key="k2")) == []
    assert shop.level().available == before - 2


def test_a_call_with_the_key_of_one_in_progress_is_told_to_wait() -> None:
    with opened(replace(UNLIMITED, api_latency_s=0.3)) as shop, ThreadPoolExecutor(2) as pool:
        before = shop.level().available
        ask = adjusting(change(shop))
        both = [pool.submit(written, shop, ADJUST, ask, "k") for _ in range(2)]
        found = sorted(codes(one.result()) for one in both)
        assert found == [[], ["IDEMPOTENCY_CONCURRENT_REQUEST"]]
        assert shop.level().available == before - 2
        assert codes(written(shop, ADJUST, ask, key="k")) == []
        assert shop.level().available == before - 2


def test_a_key_is_kept_for_a_day() -> None:
    keys = IdempotencyKeys()
    attempt = Attempt(mutation="m", parameters="p", at=NOW, payload={"userErrors": []}, failed=False)
    keys.conclude("k", attempt)

    def asked(now: datetime) -> object:
        return keys.earlier("k", mutation="m", parameters="p", now=now)

    assert asked(NOW + timedelta(hours=23, minutes=59)) is attempt.payload
    assert asked(NOW + timedelta(hours=24)) is None


def test_a_call_that_is_over_holds_its_key_no_longer() -> None:
    keys = IdempotencyKeys()
    assert keys.begin("k", 1)
    assert not keys.begin("k", 2)
    keys.end(2)
    assert not keys.begin("k", 3)
    keys.end(1)
    assert keys.begin("k", 4)
