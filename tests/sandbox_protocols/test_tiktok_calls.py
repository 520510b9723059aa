"""TikTok Shop: signatures, tokens, shop ciphers, limits and faults."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from onhand.sandbox.state import Settings, draw_secrets
from onhand.sandbox.tiktok.limiter import RateLimit
from onhand.sandbox.tiktok.replies import CallRefused
from onhand.sandbox.tiktok.signing import request_signature
from onhand.sandbox.tiktok.tokens import Tokens
from tests.sandbox_protocols.clients import Seller, Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHOPS = "/authorization/202309/shops"
WAREHOUSES = "/logistics/202309/warehouses"
INVENTORY = "/product/202309/inventory/search"


def test_the_signature_is_the_one_of_the_published_example() -> None:
    query = {"app_key": "29a39d", "timestamp": "1623812664"}
    expected = "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"
    assert request_signature("e59af819cc", SHOPS, query, b"") == expected
    assert request_signature("e59af819cc", SHOPS, query | {"sign": "x", "access_token": "y"}, b"") == expected


def test_every_byte_of_a_call_is_signed() -> None:
    query = {"app_key": "29a39d", "timestamp": "1623812664", "page_token": "a/b+c="}
    signs = {
        request_signature("e59af819cc", SHOPS, query, b'{"a": 1}'),
        request_signature("e59af819cc", SHOPS, query, b'{"a":1}'),
        request_signature("e59af819cc", WAREHOUSES, query, b'{"a": 1}'),
        request_signature("e59af819cc", SHOPS, query | {"page_token": "a/b c="}, b'{"a": 1}'),
        request_signature("e59af819cd", SHOPS, query, b'{"a": 1}'),
    }
    assert len(signs) == 5


def test_the_sellers_shops_are_told_without_a_cipher(quiet_shop: Shop) -> None:
    shops = replace(quiet_shop.seller, cipher=None).data("GET", SHOPS)["shops"]
    assert [(row["id"], row["cipher"]) for row in shops] == [
        (quiet_shop.world.tiktok.shop_id, quiet_shop.seller.cipher)
    ]


def test_the_warehouse_that_sells_is_told_apart_from_the_one_for_returns(quiet_shop: Shop) -> None:
    rows = quiet_shop.seller.data("GET", WAREHOUSES)["warehouses"]
    warehouse = quiet_shop.world.tiktok.warehouse
    assert warehouse is not None
    sales = [(row["id"], row["name"]) for row in rows if row["type"] == "SALES_WAREHOUSE"]
    assert sales == [(warehouse.id, "Warehouse")]
    assert len({row["id"] for row in rows}) == 2


def refused(seller: Seller, path: str = WAREHOUSES, **changed: object) -> tuple[int, str]:
    timestamp = changed.get("timestamp")
    sign = changed.get("sign")
    response = seller.call(
        "GET",
        path,
        timestamp=timestamp if isinstance(timestamp, int) else None,
        sign=sign if isinstance(sign, str) else None,
    )
    held = response.json()
    assert held["data"] is None
    assert held["request_id"]
    return held["code"], held["message"]


def test_a_wrong_signature_is_refused(quiet_shop: Shop) -> None:
    assert refused(quiet_shop.seller, sign="0" * 64)[0] == 106001
    assert refused(replace(quiet_shop.seller, app_secret="other"))[0] == 106001


def test_a_body_that_was_changed_on_the_way_is_refused(quiet_shop: Shop) -> None:
    seller = quiet_shop.seller
    body = {"sku_ids": ["1"]}
    query = {"app_key": seller.app_key, "timestamp": str(int(time.time())), "shop_cipher": str(seller.cipher)}
    sign = seller.sign(INVENTORY, query, b'{"sku_ids": ["1"]}')
    assert seller.call("POST", INVENTORY, body=body, timestamp=int(query["timestamp"]), sign=sign).json()["code"] == 0
    other = seller.call("POST", INVENTORY, body={"sku_ids": ["2"]}, timestamp=int(query["timestamp"]), sign=sign)
    assert (other.status_code, other.json()["code"]) == (401, 106001)


@pytest.mark.parametrize("seconds", [-310, 45])
def test_a_call_that_is_too_old_or_ahead_is_refused(quiet_shop: Shop, seconds: int) -> None:
    code, message = refused(quiet_shop.seller, timestamp=int(time.time()) + seconds)
    assert code == 36009004
    assert "timestamp" in message


@pytest.mark.parametrize("seconds", [-290, 25])
def test_a_call_within_the_window_is_served(quiet_shop: Shop, seconds: int) -> None:
    response = quiet_shop.seller.call("GET", WAREHOUSES, timestamp=int(time.time()) + seconds)
    assert response.json()["code"] == 0


def test_a_foreign_app_key_is_refused(quiet_shop: Shop) -> None:
    code, message = refused(replace(quiet_shop.seller, app_key="other"))
    assert (code, "app_key" in message) == (36009004, True)


def test_a_token_that_is_not_of_this_seller_is_refused(quiet_shop: Shop) -> None:
    code, message = refused(replace(quiet_shop.seller, token="ROW_other"))
    assert (code, "access_token" in message) == (36009004, True)


def test_the_cipher_stands_where_it_is_wanted_and_nowhere_else(quiet_shop: Shop) -> None:
    assert refused(replace(quiet_shop.seller, cipher=None))[0] == 106013
    assert refused(replace(quiet_shop.seller, cipher="ROW_other"))[0] == 101000
    code, message = refused(quiet_shop.seller, SHOPS)
    assert (code, "Unexpected identifier" in message) == (36009004, True)


def test_unknown_parameters_and_fields_are_refused(quiet_shop: Shop) -> None:
    seller = quiet_shop.seller
    assert seller.code("GET", WAREHOUSES, {"page_size": "10"}) == 36009004
    assert seller.code("POST", INVENTORY, body={"skus": ["1"]}) == 36009004
    assert seller.code("POST", INVENTORY, body={"sku_ids": "1"}) == 36009004
    assert seller.code("POST", INVENTORY, body=[1]) == 36009004


def test_an_expired_token_says_so() -> None:
    secrets = draw_secrets(random.Random(1))
    tokens = Tokens(secrets=secrets, life_s=60, rng=random.Random(1), now=NOW)
    tokens.check(secrets.tiktok_access_token, NOW + timedelta(seconds=59))
    with pytest.raises(CallRefused) as caught:
        tokens.check(secrets.tiktok_access_token, NOW + timedelta(seconds=60))
    assert caught.value.code == 105002


def test_an_expired_token_is_refused_over_http_and_a_refreshed_one_works() -> None:
    with opened(replace(UNLIMITED, tiktok_token_life_s=1)) as shop:
        time.sleep(1.05)
        response = shop.seller.call("GET", WAREHOUSES)
        assert (response.status_code, response.json()["code"]) == (401, 105002)
        token = exchange(shop, "refresh", refresh_token=refresh_token(shop), grant_type="refresh_token")
        assert token.json()["code"] == 0
        replace(shop.seller, token=token.json()["data"]["access_token"]).data("GET", WAREHOUSES)


def refresh_token(shop: Shop) -> str:
    addresses = shop.running.addresses["tiktok_shop"]
    assert isinstance(addresses, dict)
    return str(addresses["refresh_token"])


def exchange(shop: Shop, path: str, **query: str) -> httpx.Response:
    addresses = shop.running.addresses["tiktok_shop"]
    assert isinstance(addresses, dict)
    full = {"app_key": shop.seller.app_key, "app_secret": shop.seller.app_secret} | query
    return shop.seller.http.get(f"{addresses['auth_url']}/api/v2/token/{path}", params=full)


def test_both_tokens_rotate_and_a_refresh_token_works_once(shop: Shop) -> None:
    old = refresh_token(shop)
    first = exchange(shop, "refresh", refresh_token=old, grant_type="refresh_token").json()["data"]
    assert first["refresh_token"] != old
    assert first["access_token"] != shop.seller.token
    # The names say "in"; the values are moments.
    assert abs(first["access_token_expire_in"] - time.time() - 7 * 86_400) < 60
    replace(shop.seller, token=first["access_token"]).data("GET", WAREHOUSES)
    assert exchange(shop, "refresh", refresh_token=old, grant_type="refresh_token").json()["code"] != 0
    again = exchange(shop, "refresh", refresh_token=first["refresh_token"], grant_type="refresh_token").json()
    assert again["code"] == 0


def test_an_authorization_code_works_once(shop: Shop) -> None:
    code = shop.running.sandbox.secrets.tiktok_auth_code
    held = exchange(shop, "get", auth_code=code, grant_type="authorized_code").json()
    assert held["code"] == 0
    assert "seller.product.write" in held["data"]["granted_scopes"]
    assert exchange(shop, "get", auth_code=code, grant_type="authorized_code").json()["code"] != 0
    assert exchange(shop, "get", auth_code=code, grant_type="authorization_code").json()["code"] == 36009004
    assert (
        exchange(shop, "get", auth_code=code, grant_type="authorized_code", app_secret="x").json()["code"] == 36009004
    )


def test_reads_beyond_the_limit_get_429_and_are_told_when_to_come_back() -> None:
    with opened(Settings(tiktok_reads_per_s=5.0)) as shop:
        responses = [shop.seller.call("GET", WAREHOUSES) for _ in range(8)]
        limited = [one for one in responses if one.status_code == 429]
        assert 1 <= len(limited) <= 3
        assert all((one.json()["code"], one.headers["Retry-After"]) == (36009002, "1") for one in limited)


def test_writes_have_a_limit_of_their_own() -> None:
    with opened(Settings(tiktok_reads_per_s=None, tiktok_writes_per_s=2.0)) as shop:
        sku = next(shop.world.tiktok.listings())
        path = f"/product/202309/products/{sku.product_id}/inventory/update"
        body = {"skus": [{"id": sku.sku_id, "inventory": [{"quantity": 3}]}]}
        codes = [shop.seller.code("POST", path, body=body) for _ in range(4)]
        assert codes == [0, 0, 36009002, 36009002]
        assert [shop.seller.code("GET", WAREHOUSES) for _ in range(9)] == [0] * 9


def test_the_limit_lets_one_call_through_for_each_share_of_a_second() -> None:
    limit = RateLimit(2.0, NOW)
    assert [limit.wait_s(NOW) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert limit.wait_s(NOW + timedelta(seconds=0.5)) == 0.0
    assert limit.wait_s(NOW + timedelta(seconds=0.5)) == 0.5
    assert [RateLimit(None, NOW).wait_s(NOW) for _ in range(99)] == [0.0] * 99


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("outage", 503, 36009003), ("error_5xx", 500, 36009003), ("throttle", 200, 36009002)],
)
def test_a_faulty_platform_applies_nothing(shop: Shop, kind: str, status: int, code: int) -> None:
    sku = next(shop.world.tiktok.listings())
    before = sku.available_units
    faults = shop.running.sandbox.faults
    match kind:
        case "outage":
            faults.set("outage", share=1.0)
        case "error_5xx":
            faults.set("error_5xx", share=1.0)
        case _:
            faults.set("throttle", share=1.0)
    body = {"skus": [{"id": sku.sku_id, "inventory": [{"quantity": 1}]}]}
    response = shop.seller.call("POST", f"/product/202309/products/{sku.product_id}/inventory/update", body=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert sku.available_units == before


def test_a_lost_answer_leaves_the_stock_set_and_unconfirmed(shop: Shop) -> None:
    sku = next(shop.world.tiktok.listings())
    shop.running.sandbox.faults.set("timeout_after_apply", share=1.0, platform="tiktok_shop")
    impatient = replace(shop.seller, http=httpx.Client(timeout=0.3))
    body = {"skus": [{"id": sku.sku_id, "inventory": [{"quantity": 0}]}]}
    with impatient.http, pytest.raises(httpx.ReadTimeout):
        impatient.call("POST", f"/product/202309/products/{sku.product_id}/inventory/update", body=body)
    assert sku.available_units == 0
    assert [entry.kind for entry in shop.world.confirmations.entries] == ["told"]
