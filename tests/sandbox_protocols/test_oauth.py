"""How an app gets tokens from the sandbox, and how they end: as Shopify's pages on access tokens say."""

from __future__ import annotations

import hashlib
import hmac
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from onhand.sandbox.account.tokens import Grant, Lives, Tokens
from tests.sandbox_protocols.clients import Json, Shop

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "shpss_1"
SCOPES = ("read_inventory", "read_orders")
DAY = timedelta(days=1)


def tokens() -> Tokens:
    lives = Lives(credentials_s=86_399, offline_s=3_600, refresh_s=90 * 86_400)
    return Tokens(first="first", secret=SECRET, scopes=SCOPES, lives=lives, rng=random.Random(1), now=NOW)


def pair(held: Tokens, now: datetime = NOW) -> Grant:
    return held.offline(SCOPES, SECRET, now, expiring=True)


def refreshed(held: Tokens, token: str | None, now: datetime = NOW) -> Grant | None:
    assert token is not None
    return held.of_refresh_token(token, SECRET, now)


def works(held: Tokens, grant: Grant, now: datetime, *secrets: str) -> bool:
    return held.access(grant.access_token, secrets or (SECRET,), now) is not None


def test_a_token_expires_and_one_that_was_not_asked_to_expire_does_not() -> None:
    held = tokens()
    expiring, lasting = pair(held), held.offline(SCOPES, SECRET, NOW, expiring=False)
    assert works(held, expiring, NOW + timedelta(seconds=3_599))
    assert not works(held, expiring, NOW + timedelta(seconds=3_600))
    assert works(held, lasting, NOW + 400 * DAY)
    assert (lasting.refresh_token, lasting.expires_in_s) == (None, None)
    assert held.access("first", (SECRET,), NOW + timedelta(seconds=86_399)) is None


def test_a_refresh_token_works_again_until_its_replacement_is_used() -> None:
    held = tokens()
    first = pair(held)
    second = refreshed(held, first.refresh_token)
    again = refreshed(held, first.refresh_token, NOW + 29 * DAY)
    assert second is not None
    assert again is not None
    assert refreshed(held, again.refresh_token, NOW + 29 * DAY) is not None
    assert refreshed(held, first.refresh_token, NOW + 29 * DAY) is None


def test_a_refresh_token_is_repeatable_for_thirty_days_and_lives_ninety() -> None:
    held = tokens()
    used, unused = pair(held), pair(held)
    assert refreshed(held, used.refresh_token) is not None
    assert refreshed(held, used.refresh_token, NOW + 30 * DAY) is None
    assert refreshed(held, unused.refresh_token, NOW + 90 * DAY) is None


def test_revoking_a_secret_ends_the_tokens_it_asked_for() -> None:
    held = tokens()
    old = pair(held)
    new = held.of_refresh_token(str(old.refresh_token), "shpss_2", NOW)
    assert new is not None
    assert works(held, old, NOW, SECRET, "shpss_2")
    assert not works(held, old, NOW, "shpss_2")
    assert works(held, new, NOW, "shpss_2")


def test_uninstalling_ends_every_token() -> None:
    held = tokens()
    gone = pair(held)
    held.void(NOW + DAY)
    assert not works(held, gone, NOW)
    assert refreshed(held, gone.refresh_token, NOW + DAY) is None
    assert works(held, pair(held, NOW + DAY), NOW + DAY)


def connect(shop: Shop, **changed: str) -> httpx.Response:
    address = shop.running.addresses["shopify"]
    assert isinstance(address, dict)
    asked = {
        "client_id": address["client_id"],
        "scope": "read_inventory,read_orders",
        "redirect_uri": "http://127.0.0.1:4711/connected",
        "state": "0123456789abcdef",
    }
    return shop.admin.http.get(f"{shop.admin.url}/admin/oauth/authorize?{urlencode(asked | changed)}")


def buy(shop: Shop, **given: str | int) -> httpx.Response:
    address = shop.running.addresses["shopify"]
    assert isinstance(address, dict)
    body = {"client_id": address["client_id"], "client_secret": shop.running.sandbox.secrets.client_secret, **given}
    return shop.admin.http.post(f"{shop.admin.url}/admin/oauth/access_token", json=body)


def come_back(shop: Shop) -> dict[str, str]:
    response = connect(shop)
    assert response.status_code == 302
    back = urlsplit(response.headers["location"])
    assert (back.hostname, back.path) == ("127.0.0.1", "/connected")
    return dict(parse_qsl(back.query))


def scopes_seen(shop: Shop, token: str) -> set[str]:
    query = "{ currentAppInstallation { accessScopes { handle } } }"
    shop.admin.token = token
    return {row["handle"] for row in shop.admin.data(query)["currentAppInstallation"]["accessScopes"]}


def test_the_merchant_is_sent_back_with_a_signed_code_that_works_once(shop: Shop) -> None:
    back = come_back(shop)
    claimed = back.pop("hmac")
    secret = shop.running.sandbox.secrets.client_secret
    message = "&".join(f"{name}={value}" for name, value in sorted(back.items()))
    assert claimed == hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    assert (back["state"], back["shop"]) == ("0123456789abcdef", "tees.myshopify.com")
    granted: Json = buy(shop, code=back["code"], expiring="1").json()
    assert (granted["expires_in"], granted["refresh_token_expires_in"]) == (3_600, 7_776_000)
    assert scopes_seen(shop, granted["access_token"]) == {"read_inventory", "read_orders"}
    again = buy(shop, code=back["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")
    fresh = buy(shop, grant_type="refresh_token", refresh_token=granted["refresh_token"]).json()
    assert fresh["access_token"] != granted["access_token"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": "another"}, "api_key"),
        ({"redirect_uri": "https://thief.example.com/"}, "not whitelisted"),
        ({"scope": "read_inventory,write_everything"}, "write_everything"),
    ],
)
def test_a_wrong_wish_is_refused_before_the_merchant_sees_it(
    quiet_shop: Shop, changed: dict[str, str], said: str
) -> None:
    response = connect(quiet_shop, **changed)
    assert response.status_code == 400
    assert said in response.text


def test_a_secret_is_rotated_and_the_old_one_revoked_over_the_control(shop: Shop) -> None:
    control = str(shop.running.addresses["control"])
    rotated = shop.admin.http.post(f"{control}/rotate_secret").json()
    assert shop.admin.http.post(f"{control}/rotate_secret").status_code == 409
    new = buy(shop, grant_type="client_credentials", client_secret=rotated["client_secret"]).json()["access_token"]
    assert shop.admin.data("{ shop { name } }")  # the first token was asked for with the old secret
    assert shop.admin.http.post(f"{control}/revoke_secret").json() == {"client_secret": rotated["client_secret"]}
    assert shop.admin.post("{ shop { name } }").status_code == 401
    shop.admin.token = new
    assert shop.admin.data("{ shop { name } }")
    assert shop.admin.http.post(f"{control}/void_tokens").status_code == 200
    assert shop.admin.post("{ shop { name } }").status_code == 401
