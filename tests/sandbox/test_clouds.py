"""What goes to a cloud: taken for delivered unless somebody on this machine wants it, then in that cloud's envelope."""

import base64
import json
from urllib.parse import parse_qs

import pytest

from onhand.sandbox import app_by_hand
from onhand.sandbox.control_asks import Comply, RouteCloud
from onhand.sandbox.sender import TAKEN_BY_A_CLOUD, Sender
from onhand.sandbox.signing import shopify_signature
from onhand.sandbox.state import Sandbox, utc_now
from onhand.sandbox.world.catalog import Refused
from tests.sandbox.listener import Listener
from tests.sandbox.shop import BOSTON, NOW, sold, wish
from tests.sandbox.test_sender import play, settled

ARN = "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/onhand"
PUBSUB = "pubsub://project:onhand"


def test_what_nobody_here_wants_of_a_cloud_counts_as_delivered() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        sandbox.world.outbox.subscribe(topic="orders/create", uri=ARN, api_version="2026-10", now=NOW)
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE", 1))
        await settled(sender)
        assert [sent.status for sent in sandbox.log.sent] == [TAKEN_BY_A_CLOUD]
        assert (listener.received, sandbox.world.outbox.deleted_subscriptions) == ([], 0)

    play(scene)


def test_an_event_for_a_queue_carries_the_payload_beside_the_headers() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        address = f"{listener.url}/123456789012/onhand"
        app_by_hand.route_cloud(sandbox, RouteCloud(uri=ARN, address=address))
        sandbox.world.outbox.subscribe(topic="orders/create", uri=ARN, api_version="2026-10", now=NOW)
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE", 1))
        await settled(sender)
        (received,) = listener.received
        form = parse_qs(received.body.decode())
        event = json.loads(form["MessageBody"][0])
        assert (form["Action"], received.target) == (["SendMessage"], "/123456789012/onhand")
        assert (event["detail-type"], event["account"]) == ("shopifyWebhook", "123456789012")
        assert event["source"] == "aws.partner/shopify.com/1/onhand"
        assert event["detail"]["metadata"]["X-Shopify-Topic"] == "orders/create"
        assert event["detail"]["payload"]["line_items"][0]["quantity"] == 1

    play(scene)


def test_a_push_carries_the_body_to_the_letter() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        app_by_hand.route_cloud(sandbox, RouteCloud(uri=PUBSUB, address=f"{listener.url}/push", token="t"))
        sandbox.world.outbox.subscribe(topic="orders/create", uri=PUBSUB, api_version="2026-10", now=NOW)
        sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE", 1))
        await settled(sender)
        (received,) = listener.received
        message = json.loads(received.body)["message"]
        data = base64.b64decode(message["data"])
        assert received.headers["authorization"] == "Bearer t"
        signature = shopify_signature(sandbox.secrets.client_secret, data)
        assert {key.lower(): value for key, value in message["attributes"].items()}[
            "x-shopify-hmac-sha256"
        ] == signature

    play(scene)


def test_a_plain_address_is_no_cloud() -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        with pytest.raises(Refused, match="neither an event source's ARN nor pubsub"):
            app_by_hand.route_cloud(sandbox, RouteCloud(uri="https://example.com", address=listener.url))

    play(scene)


@pytest.mark.parametrize(
    ("topic", "keys"),
    [
        ("customers/data_request", {"shop_id", "shop_domain", "orders_requested", "customer", "data_request"}),
        ("customers/redact", {"shop_id", "shop_domain", "orders_to_redact", "customer"}),
        ("shop/redact", {"shop_id", "shop_domain"}),
    ],
)
def test_what_the_law_demands_is_sent_signed_without_a_subscription(topic: str, keys: set[str]) -> None:
    async def scene(sandbox: Sandbox, sender: Sender, listener: Listener) -> None:
        order = sold(sandbox.world, BOSTON, wish(sandbox.world, "TEE", 1))
        ask = Comply(topic=topic, address=f"{listener.url}/law", orders=[order.name])  # type: ignore[arg-type]
        app_by_hand.comply(sandbox, ask, utc_now())
        await settled(sender)
        (received,) = listener.received
        assert set(received.payload) == keys
        assert received.headers["x-shopify-topic"] == topic
        signature = shopify_signature(sandbox.secrets.client_secret, received.body)
        assert received.headers["x-shopify-hmac-sha256"] == signature

    play(scene)
