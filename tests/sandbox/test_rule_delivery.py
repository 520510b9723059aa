"""Delivering webhooks: what counts as taken, how long Shopify waits, whose subscriptions end."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest

from onhand.sandbox.letters import SHOPIFY_MANNERS, headers_of
from onhand.sandbox.post import CONNECT_TIMEOUT_S, Poster, PostError, parse_address
from onhand.sandbox.sender import Sender
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world.outbox import FAILURES_BEFORE_DELETION
from tests.sandbox.listener import Listener
from tests.sandbox.shop import BOSTON, NOW, sold, wish
from tests.sandbox.test_sender import LEVEL, play, settled, subscribe


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_an_answer(status: int) -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        subscribe(sandbox.world, listener, "orders/create")
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        assert [one.status for one in sandbox.log.sent] == [status]

    play(scene, Listener(answer=lambda _: status))


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_a_redirect_and_a_refusal_are_failures_and_a_redirect_is_not_followed(status: int) -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        subscribe(sandbox.world, listener, "orders/create")
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        assert [one.status for one in sandbox.log.sent] == [status, 200]
        assert {request.target for request in listener.received} == {"/webhooks/orders/create"}

    answers = iter([status])
    play(scene, Listener(answer=lambda _: next(answers, 200)))


def test_shopify_waits_a_second_to_connect_and_five_for_an_answer() -> None:
    assert (CONNECT_TIMEOUT_S, SHOPIFY_MANNERS.timeout_s) == (1.0, 5.0)


def test_who_takes_longer_than_is_waited_for_has_not_answered() -> None:
    async def post_to(silent: socket.socket) -> None:
        poster = Poster()
        address = parse_address(f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
        try:
            with pytest.raises(PostError, match="no answer within"):
                await poster.post(address, {}, b"{}", timeout_s=0.05)
        finally:
            await poster.close()

    with socket.create_server(("127.0.0.1", 0)) as silent:  # it connects, and never says a word
        asyncio.run(post_to(silent))


def test_the_headers_are_those_of_the_documentation() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        uri = f"{listener.url}/webhooks"
        sandbox.world.outbox.subscribe(topic="orders/create", uri=uri, api_version="2026-10", now=NOW, name="mine-1")
        subscribe(sandbox.world, listener, "orders/paid")
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        named = {request.headers["x-shopify-topic"]: request.headers for request in listener.received}
        shopifys = {name for name in named["orders/create"] if name.startswith("x-shopify-")}
        assert shopifys == {
            "x-shopify-topic",
            "x-shopify-hmac-sha256",
            "x-shopify-shop-domain",
            "x-shopify-api-version",
            "x-shopify-webhook-id",
            "x-shopify-event-id",
            "x-shopify-triggered-at",
            "x-shopify-name",
        }
        assert named["orders/create"]["x-shopify-name"] == "mine-1"
        assert "x-shopify-name" not in named["orders/paid"]

    play(scene)


def test_next_generation_events_carry_other_names_for_the_same() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        subscribe(sandbox.world, listener, "orders/create")
        sandbox.world.outbox.on_queued = None
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        (delivery,) = sandbox.world.outbox.take()
        assert delivery.body is not None
        classic = headers_of(sandbox, delivery, delivery.body)
        object.__setattr__(sandbox.settings, "webhook_headers", "events")
        events = headers_of(sandbox, delivery, delivery.body)
        assert events["shopify-hmac-sha256"] == classic["X-Shopify-Hmac-Sha256"]
        assert set(events) == {name.lower().removeprefix("x-") for name in classic}

    play(scene)


def test_a_topic_and_a_shop_are_not_signed() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        for topic in ("orders/create", "orders/paid"):
            subscribe(sandbox.world, listener, topic)
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        one, other = listener.received
        assert one.headers["x-shopify-topic"] != other.headers["x-shopify-topic"]
        assert one.body == other.body
        assert one.headers["x-shopify-hmac-sha256"] == other.headers["x-shopify-hmac-sha256"]

    play(scene)


def test_what_the_apps_configuration_asks_for_is_never_deleted() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        outbox = sandbox.world.outbox
        subscribe(sandbox.world, listener, LEVEL)
        outbox.queue_to(f"{listener.url}/webhooks", "app/uninstalled", b"{}", outbox.act(sandbox.clock()))
        await settled(sender)
        assert len(listener.received) == 1 + FAILURES_BEFORE_DELETION
        assert [held.topic for held in outbox.subscriptions.values()] == [LEVEL]
        assert outbox.deleted_subscriptions == 0

    play(scene, Listener(answer=lambda _: 500))


def test_a_sale_is_a_change_of_its_product_where_that_is_switched_on() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        subscribe(sandbox.world, listener, "products/update")
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE", 2))
        await settled(sender)
        assert listener.received == []
        sandbox.world.settings = replace(sandbox.world.settings, stock_changes_products=True)
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE", 2))
        await settled(sender)
        products = [request.payload["variants"] for request in listener.received]
        assert [rows[0]["inventory_quantity"] for rows in products if isinstance(rows, list)] == [2_700 - 4]

    play(scene)


def test_what_equals_the_last_one_is_left_out_where_that_is_switched_on() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        outbox = sandbox.world.outbox
        subscribe(sandbox.world, listener, LEVEL)
        subscribe(sandbox.world, listener, "orders/paid", include=("source_name",))
        outbox.drops_repeats = True
        for _ in range(3):  # no pause between them: each level is sent as it is after the third
            sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        assert [request.payload.get("available") for request in listener.received if LEVEL in request.target] == [897]
        assert [request.payload for request in listener.received if "orders" in request.target] == [
            {"source_name": "pos"}
        ]
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        assert [request.payload.get("available") for request in listener.received if LEVEL in request.target] == [
            897,
            896,
        ]

    play(scene)


def test_a_delivery_that_is_sent_again_does_not_repeat_itself() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        subscribe(sandbox.world, listener, LEVEL)
        sandbox.world.outbox.drops_repeats = True
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        assert [one.status for one in sandbox.log.sent] == [503, 200]

    answers = iter([503])
    play(scene, Listener(answer=lambda _: next(answers, 200)))


def test_two_subscriptions_of_one_topic_are_two_deliveries() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        for path in ("one", "two"):
            uri = f"{listener.url}/{path}"
            sandbox.world.outbox.subscribe(topic="orders/create", uri=uri, api_version="2026-10", now=NOW)
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE"))
        await settled(sender)
        assert sorted(request.target for request in listener.received) == ["/one", "/two"]
        assert len({request.headers["x-shopify-webhook-id"] for request in listener.received}) == 2
        assert len({request.headers["x-shopify-event-id"] for request in listener.received}) == 1

    play(scene)
