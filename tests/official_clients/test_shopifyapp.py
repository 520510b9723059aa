"""The PyPI package shopifyapp, as published: webhooks, tokens and GraphQL of the sandbox, and an oracle for our own."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from time import monotonic, sleep

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopify_app import ShopifyApp
from shopify_app.types import RequestInput, TokenExchangeAccessToken

from onhand.channels.shopify.webhooks import Verifier
from onhand.ports.delivery import Request
from onhand.ports.errors import BadSignature
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.shopify.scripted import Asked, Platform, Reply, in_turn, platform
from tests.official_clients.conftest import ByTheirOwnNames, Json, opened

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CURRENT, OLD = "shpss_current", "shpss_old"
SHOP = "tees"
COMES_WITHIN_S = 60.0
NAMES = "{ shop { name myshopifyDomain } }"
SUBSCRIBE = """mutation S($uri: String!) {
  webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: $uri}) { userErrors { message } } }"""


def app_of(running: Running, **changed: str) -> ShopifyApp:
    """Return the official client with the app's credentials."""
    secrets = running.sandbox.secrets
    words = {"client_id": secrets.client_id, "client_secret": secrets.client_secret}
    return ShopifyApp(**(words | changed))


def asked_of(url: str, asked: Asked) -> RequestInput:
    """Return a request as the official client wants it."""
    return {"method": "POST", "url": url, "headers": asked.headers, "body": asked.body.decode()}


def one_webhook(running: Running, listening: Platform, app: ShopifyApp, http: httpx.Client) -> Asked:
    """Subscribe with the official client, sell something, and return the webhook that comes of it."""
    token = app.exchange_using_client_credentials(SHOP, http_client=http).access_token
    assert token is not None
    subscribed = app.admin_graphql_request(
        SUBSCRIBE,
        shop=SHOP,
        access_token=token.token,
        api_version="2026-10",
        variables={"uri": f"{listening.url}/webhooks/orders/create"},
        http_client=http,
    )
    assert subscribed.ok, subscribed.log
    sku = next(iter(running.sandbox.world.catalog)).sku
    sale = {"location": "Boston", "sku": sku}
    httpx.post(f"{running.addresses['control']}/sale", json=sale, timeout=60).raise_for_status()
    ends_at = monotonic() + COMES_WITHIN_S
    while not listening.asked:
        assert monotonic() < ends_at, "the webhook never came"
        sleep(0.02)
    return listening.asked[0]


@pytest.mark.parametrize("family", ["classic", "events"])
def test_a_webhook_of_the_sandbox_is_genuine_for_shopifys_own_client_and_for_ours(family: str) -> None:
    settings = replace(Settings(), webhook_headers=family)  # type: ignore[arg-type]  # a parameter is any text
    with opened(settings) as running, httpx.Client(transport=ByTheirOwnNames(running), timeout=60) as http:
        app = app_of(running)
        with platform(in_turn(Reply())) as listening:
            asked = one_webhook(running, listening, app, http)
            theirs = app.verify_webhook_req(asked_of(listening.url, asked))
            forged = app.verify_webhook_req(asked_of(listening.url, replace(asked, body=asked.body + b" ")))
    assert (theirs.ok, theirs.shop) == (True, SHOP)
    assert (forged.ok, forged.log.code) == (False, "invalid_hmac")
    assert ("x-shopify-hmac-sha256" in asked.headers) == (family == "classic")
    secret = running.sandbox.secrets.client_secret
    ours = Verifier([secret]).verify(Request("tees.myshopify.com", None, asked.headers, asked.body), NOW)
    assert (ours.topic, ours.body) == ("orders/create", asked.body)


def signature(secret: str, body: str) -> str:
    return b64encode(digest(secret.encode(), body.encode(), sha256)).decode()


header_names = st.sampled_from(["X-Shopify-Hmac-Sha256", "x-shopify-hmac-sha256", "shopify-hmac-sha256", "hmac"])
signers = st.sampled_from([CURRENT, OLD, "shpss_a_stranger's"])
bodies = st.text(max_size=40).map(lambda text: f'{{"id": "{text}"}}')
changes = st.sampled_from(["", "a letter more", "other case", "no padding", "a space"])


def changed(text: str, how: str) -> str:
    match how:
        case "a letter more":
            return text + "A"
        case "other case":
            return text.swapcase()
        case "no padding":
            return text.rstrip("=")
        case "a space":
            return text + " "
    return text


@given(name=header_names, signer=signers, body=bodies, sent=bodies, how=changes, rotating=st.booleans())
def test_we_take_for_genuine_what_shopifys_own_client_takes_for_genuine(
    name: str, signer: str, body: str, sent: str, how: str, *, rotating: bool
) -> None:
    headers = {name: changed(signature(signer, body), how)}
    app = ShopifyApp("id", CURRENT, OLD if rotating else None)
    theirs = app.verify_webhook_req({"method": "POST", "url": "/", "headers": headers, "body": sent}).ok
    lowered = {key.lower(): value for key, value in headers.items()}
    try:
        Verifier([CURRENT, *([OLD] if rotating else [])]).verify(Request(SHOP, None, lowered, sent.encode()), NOW)
        ours = True
    except BadSignature:
        ours = False
    assert ours == theirs


def test_both_secrets_count_while_one_is_rotated(running: Running, http: httpx.Client) -> None:
    control = running.addresses["control"]
    rotated: Json = httpx.post(f"{control}/rotate_secret", timeout=60).json()
    app = app_of(running, **rotated)
    with platform(in_turn(Reply())) as listening:
        asked = one_webhook(running, listening, app, http)
        assert app.verify_webhook_req(asked_of(listening.url, asked)).ok
        assert (
            not app_of(running, client_secret=rotated["client_secret"])
            .verify_webhook_req(asked_of(listening.url, asked))
            .ok
        )


def test_client_credentials_buy_a_token_and_wrong_ones_none(running: Running, http: httpx.Client) -> None:
    bought = app_of(running).exchange_using_client_credentials(SHOP, http_client=http)
    assert bought.ok, bought.log
    assert bought.access_token is not None
    assert "write_inventory" in bought.access_token.scope.split(",")
    refused = app_of(running, client_secret="wrong").exchange_using_client_credentials(SHOP, http_client=http)
    assert (refused.ok, refused.log.code) == (False, "invalid_client")


def exchanged(running: Running, http: httpx.Client, *, expiring: bool) -> TokenExchangeAccessToken:
    """Return what the ID token that the admin hands the app is worth."""
    app = app_of(running)
    given = httpx.post(f"{running.addresses['control']}/id_token", timeout=60).json()["id_token"]
    seen = app.verify_app_home_req(
        {"method": "GET", "url": "https://app.test/", "headers": {"Authorization": f"Bearer {given}"}, "body": ""},
        "/patch",
    )
    assert (seen.ok, seen.shop) == (True, SHOP), seen.log
    result = app.exchange_using_token_exchange("offline", id_token=seen.id_token, expiring=expiring, http_client=http)
    assert result.ok, result.log
    assert result.access_token is not None
    return result.access_token


def test_an_id_token_is_exchanged_and_the_pair_is_refreshed(running: Running, http: httpx.Client) -> None:
    app, first = app_of(running), exchanged(running, http, expiring=True)
    second = app.refresh_token_exchanged_access_token(first, http_client=http)
    assert second.ok, second.log
    assert second.access_token is not None
    assert second.access_token.refresh_token != first.refresh_token
    for pair in (first, second.access_token):  # a refresh does not end the access token before
        answer = app.admin_graphql_request(
            NAMES, shop=SHOP, access_token=pair.token, api_version="2026-10", http_client=http
        )
        assert answer.data == {"shop": {"name": "tees", "myshopifyDomain": "tees.myshopify.com"}}
    assert app.refresh_token_exchanged_access_token(second.access_token, http_client=http).ok
    dead = app.refresh_token_exchanged_access_token(first, http_client=http)
    assert (dead.ok, dead.log.code) == (False, "invalid_grant")


def test_a_token_that_never_expires_cannot_be_refreshed(running: Running, http: httpx.Client) -> None:
    lasting = exchanged(running, http, expiring=False)
    assert (lasting.expires, lasting.refresh_token) == (None, None)
    told = app_of(running).refresh_token_exchanged_access_token(lasting, http_client=http)
    assert told.log.code == "non_expiring_no_refresh_needed"


def test_its_graphql_calls_are_answered_throttled_and_refused() -> None:
    with (
        SandboxThread(_tiny_bucket()) as running,
        httpx.Client(transport=ByTheirOwnNames(running), timeout=60) as http,
    ):
        app, token = app_of(running), str(running.sandbox.secrets.shopify_access_token)

        def ask(query: str, access_token: str = token) -> tuple[bool, str, str]:
            answer = app.admin_graphql_request(
                query, shop=SHOP, access_token=access_token, api_version="2026-10", http_client=http
            )
            return answer.ok, answer.log.code, answer.response.body

        assert ask(NAMES)[:2] == (True, "success")
        assert ask("{ shop { colour } }")[1] == "graphql_errors"
        expensive = "{ inventoryItems(first: 100) { nodes { id } } }"
        assert ask(expensive)[0]
        ok, code, body = ask(expensive)
        assert (ok, code) == (False, "graphql_errors")
        assert '"code":"THROTTLED"' in body
        assert ask(NAMES, "shpat_dead")[1] == "unauthorized"


def _tiny_bucket() -> Options:
    return Options(seed=5, items=12, settings=Settings(bucket_points=110.0, restore_points_per_s=0.1, linear_cost=True))
