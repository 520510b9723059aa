"""Tokens, subscriptions, HTTP refusals and faults of Shopify's face."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from tests.sandbox_protocols.clients import Admin, Json, Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.documents import ADJUST
from tests.sandbox_protocols.test_quantities import adjusting, change, written
from tests.support.waiting import until

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
QUERY = "{ shop { name } }"
SUBSCRIBE = """mutation S($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id topic uri includeFields name apiVersion { handle } } userErrors { field message } } }"""


def grant(shop: Shop, *, as_form: bool, **changed: str) -> httpx.Response:
    addresses = shop.running.addresses["shopify"]
    assert isinstance(addresses, dict)
    body = {name: addresses[name] for name in ("client_id", "client_secret")}
    body |= {"grant_type": "client_credentials", **changed}
    url = f"{shop.admin.url}/admin/oauth/access_token"
    return shop.admin.http.post(url, data=body) if as_form else shop.admin.http.post(url, json=body)


@pytest.mark.parametrize("as_form", [False, True])
def test_client_credentials_buy_a_token_that_works(quiet_shop: Shop, as_form: bool) -> None:
    held = grant(quiet_shop, as_form=as_form).json()
    assert held["expires_in"] == 86_399
    assert "write_inventory" in held["scope"].split(",")
    admin = Admin(http=quiet_shop.admin.http, url=quiet_shop.admin.url, token=held["access_token"])
    assert admin.data(QUERY) == {"shop": {"name": "tees"}}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_buy_nothing(quiet_shop: Shop, changed: dict[str, str], error: str) -> None:
    response = grant(quiet_shop, as_form=False, **changed)
    assert (response.status_code, response.json()["error"]) == (400, error)


@pytest.mark.parametrize("token", ["", "shpat_wrong", "shpat_ünïcode"])
def test_a_call_without_a_valid_token_gets_401(quiet_shop: Shop, token: str) -> None:
    url = f"{quiet_shop.admin.url}/admin/api/2026-10/graphql.json"
    headers = {b"X-Shopify-Access-Token": token.encode()}
    response = quiet_shop.admin.http.post(url, json={"query": QUERY}, headers=headers)
    assert response.status_code == 401
    assert "Invalid API key or access token" in response.json()["errors"]


def test_the_answer_says_which_version_served_it(quiet_shop: Shop) -> None:
    url = quiet_shop.admin.url
    headers = {"X-Shopify-Access-Token": quiet_shop.admin.token}

    def post(version: str) -> httpx.Response:
        address = f"{url}/admin/api/{version}/graphql.json"
        return quiet_shop.admin.http.post(address, json={"query": QUERY}, headers=headers)

    assert post("2026-10").headers["X-Shopify-API-Version"] == "2026-10"
    assert post("2024-01").headers["X-Shopify-API-Version"] == "2026-10"
    assert post("newest").status_code == 404


def test_another_shop_is_not_here(quiet_shop: Shop) -> None:
    url = quiet_shop.admin.url.replace("tees", "hats")
    admin = Admin(http=quiet_shop.admin.http, url=url, token=quiet_shop.admin.token)
    assert admin.post(QUERY).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"query": 3}', b'{"variables": {}}', b'{"query": "{", "variables": 1}']
)
def test_a_body_that_is_no_call_gets_400(quiet_shop: Shop, body: bytes) -> None:
    url = f"{quiet_shop.admin.url}/admin/api/2026-10/graphql.json"
    headers = {"X-Shopify-Access-Token": quiet_shop.admin.token}
    assert quiet_shop.admin.http.post(url, content=body, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("{ shop {", "Syntax Error"),
        ("{ shop { nmae } }", "nmae"),
        ("{ shop }", "must have a selection"),
        ("query Q($n: Int!) { orders(first: $n) { nodes { id } } }", "$n"),
        ("query A { shop { id } } query B { shop { id } }", "No operation"),
        ("mutation { inventoryDestroy { ok } }", "inventoryDestroy"),
    ],
)
def test_a_document_that_cannot_run_is_refused_with_the_reason(quiet_shop: Shop, query: str, word: str) -> None:
    error = quiet_shop.admin.error(query)
    assert word in error["message"]
    assert error["extensions"]["code"]


def subscribe(shop: Shop, topic: str = "ORDERS_CREATE", **more: object) -> Json:
    sub = {"uri": "http://127.0.0.1:9/webhooks"} | more
    payload: Json = shop.admin.data(SUBSCRIBE, {"topic": topic, "sub": sub})["webhookSubscriptionCreate"]
    return payload


def test_a_subscription_is_made_changed_listed_and_deleted(shop: Shop) -> None:
    made = subscribe(shop, "INVENTORY_LEVELS_UPDATE", includeFields=["available", "updated_at"], name="levels")
    held = made["webhookSubscription"]
    assert (held["topic"], held["apiVersion"]["handle"]) == ("INVENTORY_LEVELS_UPDATE", "2026-10")
    assert next(iter(shop.world.outbox.subscriptions.values())).topic == "inventory_levels/update"
    update = """mutation U($id: ID!, $sub: WebhookSubscriptionInput!) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: $sub) {
      webhookSubscription { uri includeFields name } userErrors { field } } }"""
    changed = shop.admin.data(update, {"id": held["id"], "sub": {"uri": "https://example.com/hook"}})
    assert changed["webhookSubscriptionUpdate"]["webhookSubscription"] == {
        "uri": "https://example.com/hook",
        "includeFields": ["available", "updated_at"],
        "name": "levels",
    }
    subscribe(shop)
    query = """{ all: webhookSubscriptions(first: 10) { nodes { topic } }
      some: webhookSubscriptions(first: 10, topics: [ORDERS_CREATE]) { nodes { topic uri } } }"""
    listed = shop.admin.data(query)
    assert [row["topic"] for row in listed["all"]["nodes"]] == ["INVENTORY_LEVELS_UPDATE", "ORDERS_CREATE"]
    assert listed["some"]["nodes"] == [{"topic": "ORDERS_CREATE", "uri": "http://127.0.0.1:9/webhooks"}]
    delete = """mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) {
      deletedWebhookSubscriptionId userErrors { field } } }"""
    gone = shop.admin.data(delete, {"id": held["id"]})["webhookSubscriptionDelete"]
    assert gone["deletedWebhookSubscriptionId"] == held["id"]
    assert len(shop.world.outbox.subscriptions) == 1
    again = shop.admin.data(delete, {"id": held["id"]})["webhookSubscriptionDelete"]
    assert again["userErrors"] == [{"field": ["id"]}]


@pytest.mark.parametrize(
    ("topic", "more", "field"),
    [
        ("ORDERS_CREATE", {"uri": "http://example.com/hook"}, ["webhookSubscription", "uri"]),
        ("ORDERS_CREATE", {"uri": ""}, ["webhookSubscription", "uri"]),
        ("ORDERS_CREATE", {"format": "XML"}, ["webhookSubscription", "format"]),
        ("ORDERS_CREATE", {"name": "a name"}, ["webhookSubscription", "name"]),
        ("CUSTOMERS_CREATE", {}, ["topic"]),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(quiet_shop: Shop, topic: str, more: Json, field: list[str]) -> None:
    payload = subscribe(quiet_shop, topic, **more)
    assert [error["field"] for error in payload["userErrors"]] == [field]


def test_one_address_is_subscribed_to_a_topic_once(shop: Shop) -> None:
    assert subscribe(shop)["userErrors"] == []
    assert subscribe(shop)["userErrors"][0]["message"] == "Address for this topic has already been taken"


@pytest.mark.parametrize(("kind", "statuses"), [("outage", {503}), ("error_5xx", {500, 502})])
def test_a_platform_that_is_down_applies_nothing(shop: Shop, kind: str, statuses: set[int]) -> None:
    before = shop.level().available
    shop.running.sandbox.faults.set("outage" if kind == "outage" else "error_5xx", share=1.0)
    response = shop.admin.post(ADJUST, {"input": adjusting(change(shop)), "key": "k"})
    assert response.status_code in statuses
    assert "json" not in response.headers["content-type"]
    shop.running.sandbox.faults.heal()
    assert shop.level().available == before
    assert written(shop, ADJUST, adjusting(change(shop)), key="k")["userErrors"] == []


def test_a_throttle_by_fault_looks_like_any_other(shop: Shop) -> None:
    shop.running.sandbox.faults.set("throttle", share=1.0, platform="shopify")
    answer = shop.admin.answer(QUERY)
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["actualQueryCost"] is None


def test_an_answer_that_is_lost_leaves_its_effect_and_the_same_key_tells_it(shop: Shop) -> None:
    before = shop.level().available
    ask = adjusting(change(shop, delta=-before))
    shop.running.sandbox.faults.set("timeout_after_apply", share=1.0)
    with pytest.raises(httpx.ReadTimeout):
        shop.admin.post(ADJUST, {"input": ask, "key": "k"}, timeout_s=0.3)
    until(lambda: shop.level().available == 0, "it is carried out")
    shop.running.sandbox.faults.heal()
    confirmations = shop.world.confirmations
    assert [entry.kind for entry in confirmations.entries] == ["told"]
    payload = written(shop, ADJUST, ask, key="k")
    assert payload["inventoryAdjustmentGroup"] is not None
    assert shop.level().available == 0


def test_an_app_that_got_its_answer_has_its_write_confirmed(shop: Shop) -> None:
    written(shop, ADJUST, adjusting(change(shop)))
    shop.admin.data(QUERY)  # the answer before this one is on its way by now
    assert [entry.kind for entry in shop.world.confirmations.entries] == ["told", "confirmed"]


def test_a_write_whose_client_gave_up_before_is_not_confirmed() -> None:
    with opened(replace(UNLIMITED, api_latency_s=0.4)) as shop:
        before = shop.level().available
        impatient = replace(shop.admin, http=httpx.Client(timeout=60))
        with impatient.http, pytest.raises(httpx.ReadTimeout):
            impatient.post(ADJUST, {"input": adjusting(change(shop)), "key": "k"}, timeout_s=0.1)
        shop.admin.data(QUERY)
        assert shop.level().available == before - 2
        assert [entry.kind for entry in shop.world.confirmations.entries] == ["told"]


def test_every_call_stands_in_the_log(shop: Shop) -> None:
    shop.admin.data(QUERY)
    shop.admin.answer("{ nothing }")
    rows = [(call.operation, call.outcome, call.cost_points) for call in shop.running.sandbox.log.calls]
    assert rows == [("shop", "done", 1.0), ("graphql", "invalid_document", None)]
