"""Our subscriptions are exactly what onhand lives on, and nobody else's are touched."""

import math
from typing import Any

import httpx
import pytest

from onhand.channels.shopify import TOPICS
from onhand.channels.shopify.parse import parse
from onhand.channels.shopify.scopes import needed
from onhand.channels.shopify.subscriptions import CHANGES_A_CALL
from onhand.ports.errors import ChannelUnavailable, UnreadableDelivery
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.shopify import bodies
from tests.channels.shopify.platform import Shop, connect
from tests.channels.shopify.scripted import channel_at, graphql, in_turn, platform
from tests.channels.shopify.test_told_orders import delivered

BASE = "https://stock.example.com/"


def held(shop: Shop) -> dict[str, str]:
    return {held.topic: held.uri for held in shop.running.sandbox.world.outbox.subscriptions.values()}


def test_every_topic_is_subscribed_once_with_the_topic_in_its_path(shop: Shop) -> None:
    assert shop.channel.ensure_subscriptions(BASE).created == len(TOPICS)
    name = shop.running.sandbox.settings.shop
    assert held(shop) == {topic: f"https://stock.example.com/webhooks/shopify/{name}/{topic}" for topic in TOPICS}


def test_doing_it_again_changes_nothing(shop: Shop) -> None:
    shop.channel.ensure_subscriptions(BASE)
    again = shop.channel.ensure_subscriptions(BASE)
    assert (again.kept, again.created, again.repaired, again.deleted) == (len(TOPICS), 0, 0, 0)


def test_a20_what_was_deleted_or_bent_is_put_right(shop: Shop) -> None:
    shop.channel.ensure_subscriptions(BASE)
    outbox = shop.running.sandbox.world.outbox
    by_topic = {subscription.topic: subscription for subscription in outbox.subscriptions.values()}
    outbox.unsubscribe(by_topic["orders/create"].id)
    by_topic["orders/updated"].uri = "https://elsewhere.example.com/"
    by_topic["refunds/create"].include_fields = ("note",)
    mended = shop.channel.ensure_subscriptions(BASE)
    assert (mended.created, mended.repaired, mended.deleted) == (1, 2, 0)
    assert set(held(shop)) == set(TOPICS)
    assert shop.channel.ensure_subscriptions(BASE).kept == len(TOPICS)


def test_all_topics_are_asked_for_in_a_few_calls(shop: Shop) -> None:
    shop.channel.ensure_subscriptions(BASE)
    calls = [call for call in shop.running.sandbox.log.calls if "webhookSubscriptionCreate" in call.operation]
    assert len(calls) == math.ceil(len(TOPICS) / CHANGES_A_CALL)
    assert sum(call.cost_points or 0 for call in calls) == 10 * len(TOPICS)


def test_an_answer_to_some_of_several_changes_is_no_answer(http: httpx.Client) -> None:
    """What was made and not told of is found by the next survey."""
    nobody: dict[str, Any] = {"webhookSubscriptions": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
    made: dict[str, Any] = {"answer0": {"userErrors": []}}
    answered = pytest.raises(ChannelUnavailable, match="answered to 1 of 2 changes")
    with platform(in_turn(graphql(nobody), graphql(made))) as running, answered:
        channel_at(running, http).ensure_subscriptions(BASE, ["orders/create", "orders/updated"])


def test_a_new_address_moves_every_subscription_without_doubling_one(shop: Shop) -> None:
    shop.channel.ensure_subscriptions(BASE)
    assert shop.channel.ensure_subscriptions("https://other.example.com").repaired == len(TOPICS)
    assert len(shop.running.sandbox.world.outbox.subscriptions) == len(TOPICS)


def test_topics_we_no_longer_want_go_and_those_of_others_stay(shop: Shop) -> None:
    shop.channel.ensure_subscriptions(BASE)
    world = shop.running.sandbox.world
    world.outbox.subscribe(
        topic="orders/create",
        uri="https://theirs.example.com",
        api_version="2026-10",
        now=world.started_at,
        name="theirs",
    )
    assert shop.channel.ensure_subscriptions(BASE, ["orders/create"]).deleted == len(TOPICS) - 1
    assert sorted(row.name or "" for row in world.outbox.subscriptions.values()) == ["onhand", "theirs"]


def test_customers_are_never_sent_to_us_at_all(shop: Shop) -> None:
    shop.channel.ensure_subscriptions(BASE)
    for subscription in shop.running.sandbox.world.outbox.subscriptions.values():
        family = subscription.topic.split("/")[0]
        if family in {"orders", "refunds"} and subscription.topic not in {"orders/edited", "orders/delete"}:
            assert subscription.include_fields
            assert not {"customer", "email", "phone", "shipping_address"} & set(subscription.include_fields)


def test_a20_the_fields_we_ask_for_are_all_that_reading_needs(shop: Shop) -> None:
    shop.channel.ensure_subscriptions(BASE)
    asked = {row.topic: row.include_fields for row in shop.running.sandbox.world.outbox.subscriptions.values()}
    whole = bodies.pos_sale() | {"order_id": 1}
    for topic in ("orders/create", "orders/updated", "refunds/create"):
        trimmed = {name: value for name, value in whole.items() if name in asked[topic]}
        report = parse(delivered(trimmed, topic), bodies.catalog())
        assert report.pictures or report.asks
        for name in set(trimmed) - {"id", "created_at"}:
            lacking = {key: value for key, value in trimmed.items() if key != name}
            try:
                parse(delivered(lacking, topic), bodies.catalog())
            except UnreadableDelivery:
                continue
            raise AssertionError(f"{topic} is read without {name}: why is it asked for?")


def test_a_ping_says_who_answers_and_what_is_missing(shop: Shop) -> None:
    ping = shop.channel.ping()
    assert ping.shop == shop.running.sandbox.settings.shop
    assert ping.api_version == "2026-10"
    assert "write_inventory" in ping.scopes


def test_a_topic_that_lacks_its_scope_keeps_no_other_from_coming(http: httpx.Client) -> None:
    granted = tuple(scope for scope in needed(writes=False) if scope != "read_returns")
    with SandboxThread(Options(items=1, settings=Settings(scopes=granted))) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http))
        ensured = shop.channel.ensure_subscriptions(BASE)
        came = set(held(shop))
        again = shop.channel.ensure_subscriptions(BASE)
    refused = {"returns/approve", "returns/process", "returns/update", "reverse_fulfillment_orders/dispose"}
    assert set(ensured.refused) == refused
    assert came == set(TOPICS) - refused
    assert "scope" in ensured.refused["returns/approve"]
    assert (again.kept, again.created, set(again.refused)) == (len(TOPICS) - len(refused), 0, refused)
