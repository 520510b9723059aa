"""By which way webhooks come is read whole, and every mistake names the way out."""

from pathlib import Path

import pytest

from tests.config.test_config import SHOP, load, refusal

ARN = "arn:aws:events:eu-central-1::event-source/aws.partner/shopify.com/359227195393/onhand"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/onhand"
BRIDGE = f'webhooks = "eventbridge"\nevent_source = "{ARN}"\n'
PUSH = 'webhooks = "pubsub"\npubsub_topic = "pubsub://project:onhand"\npubsub_audience = "https://hooks.example.com"\n'
MAIL = 'pubsub_service_account = "onhand@project.iam.gserviceaccount.com"\n'


def test_an_event_source_and_its_queue_say_account_and_region_themselves(tmp_path: Path) -> None:
    (shop,) = load(tmp_path, f'{SHOP}{BRIDGE}queue = "{QUEUE}"\n').shops
    bridge = shop.eventbridge
    assert bridge is not None
    assert (bridge.account, bridge.region) == ("123456789012", "eu-west-1")
    assert bridge.source == "aws.partner/shopify.com/359227195393/onhand"
    assert (bridge.access_key_id, shop.pubsub, shop.webhook_uri) == (None, None, ARN)


def test_a_queue_of_another_address_says_what_its_own_does_not(tmp_path: Path) -> None:
    more = 'queue = "http://127.0.0.1:5000/q"\naws_account = "210987654321"\n'
    keys = 'aws_access_key_id = "AKIA"\naws_secret_access_key = "env:AWS_SECRET"\n'
    (shop,) = load(tmp_path, f"{SHOP}{BRIDGE}{more}{keys}", AWS_SECRET="canary").shops
    bridge = shop.eventbridge
    assert bridge is not None
    assert (bridge.account, bridge.region) == ("210987654321", "eu-central-1")
    assert bridge.secret_access_key is not None
    assert bridge.secret_access_key.reveal() == "canary"
    assert "canary" not in repr(shop)


def test_a_push_subscription_is_read(tmp_path: Path) -> None:
    (shop,) = load(tmp_path, f"{SHOP}{PUSH}{MAIL}").shops
    assert shop.pubsub is not None
    assert shop.webhook_uri == "pubsub://project:onhand"
    assert shop.pubsub.keys_url.startswith("https://www.googleapis.com/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('webhooks = "event_bridge"\n', "must be one of https, eventbridge, pubsub, got 'event_bridge'; did you mean"),
        ('webhooks = "eventbridge"\n', "event_source is missing"),
        (BRIDGE, "queue is missing: write the address of the queue"),
        (BRIDGE.replace("aws.partner", "my.own") + f'queue = "{QUEUE}"\n', "event_source must be an ARN such as"),
        (
            BRIDGE + 'queue = "http://127.0.0.1:5000/q"\n',
            "aws_account is missing: the queue's address does not name it",
        ),
        (BRIDGE + f'queue = "{QUEUE}"\naws_account = "12"\n', "aws_account must have twelve digits, got '12'"),
        (BRIDGE + f'queue = "{QUEUE}"\naws_access_key_id = "x"\n', "aws_secret_access_key is missing: the two belong"),
        (f'queue = "{QUEUE}"\n', 'queue belongs to webhooks = "eventbridge", and this shop has webhooks = "https"'),
        (PUSH + MAIL + f'queue = "{QUEUE}"\n', 'belongs to webhooks = "eventbridge"'),
        (PUSH, "pubsub_service_account is missing"),
        (PUSH.replace("pubsub://project:onhand", "projects/p/topics/t") + MAIL, 'must be "pubsub://PROJECT:TOPIC"'),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refusal(tmp_path, f"{SHOP}{text}")
