"""Webhooks through Amazon EventBridge: real boto3 against moto's server, from the envelope to the log."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from onhand.channels.shopify.envelopes import UNREADABLE
from onhand.channels.shopify.eventbridge import EventBridgeDoor, EventSource
from onhand.channels.shopify.parse import parse
from onhand.channels.shopify.queue import QueueSettings, SqsQueue
from onhand.intake.receive import receive
from onhand.log import GroupCommit, Seal, SqliteLog, ThreadCommit
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, UnreadableDelivery
from tests.channels.shopify import bodies
from tests.channels.shopify.test_told_orders import NOW
from tests.web.senders import KEY

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SOURCE = "aws.partner/shopify.com/359227195393/onhand"
ACCOUNT = "123456789012"
SHOP = "tees.myshopify.com"
DOOR = EventBridgeDoor(EventSource(source=SOURCE, account=ACCOUNT))
LEVEL = (
    '{"inventory_item_id":43300000000001,"location_id":75500000001,"available":7,'
    '"updated_at":"2026-11-23T07:00:00-05:00"}'
)


def event(payload: str = LEVEL, **more: Any) -> str:
    """Return an event as it lies in the queue; the payload stands in it as it is."""
    metadata: dict[str, Any] = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "inventory_levels/update",
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Hmac-SHA256": "PONGKZvuaN7j92Fdw/6EKtpsx3EUOf9JZ4NrUvEi5MI=",
        "X-Shopify-Webhook-Id": "f267a21b-b283-58e6-923a-0f3be44ce67c",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Event-Id": "a2533945-511e-45bb-a0fa-1dba0ad9ecb1",
        "X-Shopify-Triggered-At": "2026-11-23T12:00:00.110521905Z",
    }
    envelope: dict[str, Any] = {
        "version": "0",
        "id": "33305a23-4886-4909-8a6a-42ef59c41fe2",
        "detail-type": "shopifyWebhook",
        "source": SOURCE,
        "account": ACCOUNT,
        "time": "2026-11-23T12:00:01Z",
        "region": "us-east-1",
        "resources": [],
    }
    metadata |= more.pop("metadata", {})
    envelope |= {name.replace("_", "-"): value for name, value in more.items()}
    metadata = {name: value for name, value in metadata.items() if value is not None}
    head = json.dumps(envelope)[:-1]
    return f'{head}, "detail": {{"payload": {payload}, "metadata": {json.dumps(metadata)}}}}}'


def opened(message: str) -> Delivery:
    return receive(Request(SHOP, None, {}, message.encode()), DOOR, NOW)


def test_an_event_holds_a_webhook_with_its_headers_and_its_body_to_the_letter() -> None:
    exact = '{"inventory_item_id":9007199254740993, "available" : 7}'  # past what a float holds
    delivery = opened(event(exact))
    assert delivery.body == exact.encode()
    assert (delivery.shop, delivery.channel, delivery.topic) == (SHOP, "shopify", "inventory_levels/update")
    assert delivery.delivery_id == "f267a21b-b283-58e6-923a-0f3be44ce67c"
    assert delivery.event_id == "a2533945-511e-45bb-a0fa-1dba0ad9ecb1"
    assert delivery.triggered_at is not None


def test_the_shop_is_the_one_that_the_event_names() -> None:
    assert opened(event(metadata={"X-Shopify-Shop-Domain": "Mugs.myshopify.com"})).shop == "mugs.myshopify.com"


def test_without_an_id_of_shopifys_the_events_own_tells_repeats() -> None:
    assert opened(event(metadata={"X-Shopify-Webhook-Id": None})).delivery_id == "33305a23-4886-4909-8a6a-42ef59c41fe2"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("no JSON at all", "no event of EventBridge's"),
        ('{"Type":"Notification","Message":"from SNS"}', "no event of EventBridge's"),
        ("[" * 100_000, "no event of EventBridge's"),
        (event(source="aws.partner/shopify.com/1/other"), "source 'aws.partner/shopify.com/1/other'"),
        (event(account="999999999999"), "account '999999999999', '123456789012' is expected"),
        (event(detail_type="EC2 Instance State-change"), "detail-type 'EC2"),
        (event(metadata={"X-Shopify-Topic": None}), "X-Shopify-Topic is missing"),
        (event(metadata={"X-Shopify-Shop-Domain": "../etc"}), "X-Shopify-Shop-Domain is missing"),
        (event().replace('"payload"', '"pay"'), "holds no webhook"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_webhook_of_ours_is_kept_and_parked_with_the_reason(message: str, why: str) -> None:
    delivery = opened(message)
    assert (delivery.shop, delivery.topic) == (SHOP, UNREADABLE)
    assert json.loads(delivery.body)["message"] == message
    with pytest.raises(UnreadableDelivery, match=why):
        parse(delivery, bodies.catalog())
    assert opened(message).delivery_id == delivery.delivery_id


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    """The address of moto's server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def client(amazon: str) -> "SQSClient":
    return boto3.client(
        "sqs", region_name="us-east-1", endpoint_url=amazon, aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def url(client: "SQSClient", amazon: str, request: pytest.FixtureRequest) -> str:
    name = client.create_queue(QueueName=f"onhand-{abs(hash(request.node.name))}")["QueueUrl"].rpartition("/")[2]
    return f"{amazon}/{ACCOUNT}/{name}"


@pytest.fixture
def queue(url: str, monkeypatch: pytest.MonkeyPatch) -> SqsQueue:
    monkeypatch.setattr("onhand.channels.shopify.queue.WAIT_S", 0)
    return SqsQueue(QueueSettings(url=url, region="us-east-1", access_key_id="test", secret_access_key="test"))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "log.db", Seal([KEY]))
    yield log
    log.close()


def test_messages_are_fetched_ten_at_a_time_and_gone_once_they_are_removed(
    client: "SQSClient", url: str, queue: SqsQueue
) -> None:
    for number in range(13):
        client.send_message(QueueUrl=url, MessageBody=f"message {number} é")
    assert queue.backlog() == (13, 0)
    first = queue.fetch()
    assert len(first) == 10
    assert queue.backlog() == (3, 10)
    second = queue.fetch()
    assert {each.body.decode() for each in first + second} == {f"message {number} é" for number in range(13)}
    assert queue.remove([each.receipt for each in first + second]) == 0
    assert queue.backlog() == (0, 0)


def test_a_message_that_is_not_removed_comes_again_and_is_known_in_the_log(
    client: "SQSClient", url: str, queue: SqsQueue, log: SqliteLog
) -> None:
    client.send_message(QueueUrl=url, MessageBody=event())
    commit = GroupCommit(log)
    waiting = ThreadCommit(commit)
    try:
        (fetched,) = queue.fetch()
        assert waiting.keep([opened(fetched.body.decode())]) == [True]
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=fetched.receipt, VisibilityTimeout=0)
        (again,) = queue.fetch()
        assert waiting.keep([opened(again.body.decode())]) == [False]
        assert queue.remove([again.receipt]) == 0
    finally:
        commit.stop()
    assert (log.counts().accepted, log.counts().duplicates) == (1, 1)
    assert queue.backlog() == (0, 0)


def test_receipts_that_the_service_refuses_are_counted_and_the_others_are_gone(
    client: "SQSClient", url: str, queue: SqsQueue
) -> None:
    for number in range(12):
        client.send_message(QueueUrl=url, MessageBody=str(number))
    receipts = [each.receipt for each in queue.fetch() + queue.fetch()]
    assert queue.remove([*receipts[:5], "no receipt at all", *receipts[5:]]) == 1
    assert queue.backlog() == (0, 0)


def test_a_queue_that_is_not_there_is_refused_with_what_to_look_at(amazon: str) -> None:
    settings = QueueSettings(
        url=f"{amazon}/{ACCOUNT}/gone", region="us-east-1", access_key_id="test", secret_access_key="test"
    )
    with pytest.raises(ChannelRefused, match=r"reading the queue .*gone.*sqs:ReceiveMessage"):
        SqsQueue(settings).fetch()
    with pytest.raises(ChannelRefused, match="counting the queue"):
        SqsQueue(settings).backlog()


def test_a_service_that_is_away_is_tried_again_later() -> None:
    settings = QueueSettings(
        url=f"http://127.0.0.1:9/{ACCOUNT}/onhand", region="us-east-1", access_key_id="x", secret_access_key="x"
    )
    with pytest.raises(ChannelUnavailable, match="reading the queue"):
        SqsQueue(settings).fetch()


def test_amazons_own_addresses_are_left_to_boto3() -> None:
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/onhand"
    assert QueueSettings(url=url, region="eu-central-1").endpoint is None
