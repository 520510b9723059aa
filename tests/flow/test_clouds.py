"""Webhooks that take their way through a cloud end in the same books: Amazon's queue, Google's push."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from onhand.channels.shopify import TOPICS
from onhand.config import EventBridgeConfig, PubSubConfig
from onhand.config.secret import Secret
from onhand.serve.fetching import REFUSED
from tests.flow.merchant import BOSTON, WAREHOUSE, Choices, Merchant, open_shop
from tests.support.google import ACCOUNT as SERVICE_ACCOUNT
from tests.support.google import AUDIENCE, google
from tests.support.parity import differences

ACCOUNT = "123456789012"
SOURCE = "aws.partner/shopify.com/359227195393/onhand"
ARN = f"arn:aws:events:us-east-1::event-source/{SOURCE}"
PUBSUB = "pubsub://project:onhand"


@pytest.fixture
def amazon() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


def through(amazon: str, name: str = "onhand") -> EventBridgeConfig:
    return EventBridgeConfig(
        event_source=ARN,
        source=SOURCE,
        queue=f"{amazon}/{ACCOUNT}/{name}",
        account=ACCOUNT,
        region="us-east-1",
        access_key_id=Secret.of("test"),
        secret_access_key=Secret.of("test"),
    )


def sell_something(merchant: Merchant) -> None:
    """Sell at a till and online, and let everything be booked and told."""
    tills, online = merchant.ats(merchant.tee, "shopify_pos"), merchant.ats(merchant.tee, "online_store")
    merchant.sale(merchant.tee, 2, at=BOSTON)
    merchant.order("online_store", merchant.tee, 1)
    merchant.until_equal(lambda: merchant.ats(merchant.tee, "shopify_pos"), tills - 3)
    merchant.until_equal(lambda: merchant.ats(merchant.tee, "online_store"), online - 3)


def test_sales_arrive_through_amazons_queue_and_what_is_no_webhook_is_parked_and_gone(
    tmp_path: Path, amazon: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onhand.channels.shopify.queue.WAIT_S", 1)  # nobody wants to wait for the end of a long poll
    sqs = boto3.client(
        "sqs", region_name="us-east-1", endpoint_url=amazon, aws_access_key_id="test", aws_secret_access_key="test"
    )
    sqs.create_queue(QueueName="onhand")
    bridge = through(amazon)
    with open_shop(tmp_path, Choices(eventbridge=bridge)) as merchant:
        held = merchant.running.sandbox.world.outbox.subscriptions.values()
        assert {row.topic: row.uri for row in held} == dict.fromkeys(TOPICS, ARN)
        merchant.do("route_cloud", uri=ARN, address=bridge.queue, account=ACCOUNT)
        merchant.fault("duplicate")
        sell_something(merchant)
        merchant.do("heal")
        sqs.send_message(QueueUrl=bridge.queue, MessageBody='{"poison": true}')
        merchant.until(lambda: parked(merchant), "the poison is parked")
        merchant.quiet()
        assert not differences(merchant.app, merchant.shop, merchant.truth())
        assert set(merchant.booked_deliveries().values()) == {1}
        assert merchant.app.log.counts().duplicates > 0
        assert "no event of EventBridge's" in parked(merchant)[0]
        merchant.until_equal(lambda: waiting(sqs, bridge.queue), ("0", "0"))


def waiting(sqs: object, queue: str) -> tuple[str, str]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]  # type: ignore[attr-defined]
    return found[names[0]], found[names[1]]


def parked(merchant: Merchant) -> list[str]:
    with merchant.app.store.reading() as session:
        return [row.note for row in session.of(merchant.shop).deliveries.rows("parked")]


def test_a_queue_that_refuses_us_is_a_problem_with_a_next_step_and_the_rest_goes_on(
    tmp_path: Path, amazon: str
) -> None:
    with open_shop(tmp_path, Choices(eventbridge=through(amazon, "gone"))) as merchant:

        def refused() -> list[str]:
            with merchant.app.store.reading() as session:
                return [row.message for row in session.of(merchant.shop).problems.open() if row.kind == REFUSED]

        merchant.until(refused, "the problem is filed")
        assert "sqs:ReceiveMessage" in refused()[0]
        merchant.sale(merchant.tee, 1, at=BOSTON)
        steps = merchant.app.steps(merchant.shop)
        merchant.until(lambda: steps.sweep(steps.parts.shopify), "a sweep finds the sale")


def test_sales_arrive_by_googles_push_and_no_other_push_is_taken(tmp_path: Path) -> None:
    with google() as platform:
        platform.new_key("one")
        pubsub = PubSubConfig(topic=PUBSUB, audience=AUDIENCE, service_account=SERVICE_ACCOUNT, keys_url=platform.url)
        with open_shop(tmp_path, Choices(pubsub=pubsub)) as merchant:
            address = f"{merchant.serving.addresses['webhooks']}/webhooks/shopify-pubsub/{merchant.shop}"
            token = platform.token(datetime.now(UTC))
            merchant.do("route_cloud", uri=PUBSUB, address=address, token=token)
            sell_something(merchant)
            merchant.quiet()
            assert not differences(merchant.app, merchant.shop, merchant.truth())
            kept = merchant.app.log.counts().accepted
            told = {
                "data": base64.b64encode(b'{"id": 1, "domain": "x"}').decode(),
                "attributes": {"X-Shopify-Topic": "app/uninstalled", "X-Shopify-Shop-Domain": merchant.shop},
                "messageId": "1",
            }
            forged = json.dumps({"message": told}).encode()
            elsewhere = platform.token(datetime.now(UTC), aud="https://elsewhere.example.com")
            for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {elsewhere}"}):
                assert httpx.post(address, content=forged, headers=headers, timeout=60).status_code == 401
            platform.status = 503
            unknown = {"Authorization": f"Bearer {platform.token(datetime.now(UTC), 'two', platform.keys['one'])}"}
            assert httpx.post(address, content=forged, headers=unknown, timeout=60).status_code in (401, 503)
            assert merchant.app.log.counts().accepted == kept
            assert merchant.level(merchant.tee, WAREHOUSE) == merchant.at_shopify(merchant.tee, WAREHOUSE)
