"""By which way Shopify's webhooks come: to our own address, through Amazon's EventBridge, or Google's Pub/Sub."""

import re
from urllib.parse import urlsplit

from onhand.config.model import EventBridgeConfig, PubSubConfig
from onhand.config.reader import Section

WAYS = ("https", "eventbridge", "pubsub")

_EVENTBRIDGE_KEYS = (
    "event_source",
    "queue",
    "aws_account",
    "aws_region",
    "aws_access_key_id",
    "aws_secret_access_key",
)
_PUBSUB_KEYS = ("pubsub_topic", "pubsub_audience", "pubsub_service_account", "pubsub_keys_url")
# Shopify, "Amazon EventBridge": an event source of a partner, with the app's number and the name it was given.
_EVENT_SOURCE = re.compile(
    r"arn:aws[a-z-]*:events:(?P<region>[a-z0-9-]+)::event-source/(?P<source>aws\.partner/shopify\.com/[\w./-]+)"
)
_PUBSUB_TOPIC = re.compile(r"pubsub://[\w.-]+:[\w.~+%-]+")


def read_webhooks(section: Section) -> tuple[EventBridgeConfig | None, PubSubConfig | None]:
    """Return the way of a shop's webhooks; neither means our own address. Raises ConfigError."""
    way = section.choice("webhooks", WAYS, "https")
    eventbridge = _read_eventbridge(section) if way == "eventbridge" else None
    pubsub = _read_pubsub(section) if way == "pubsub" else None
    for other, keys in (("eventbridge", _EVENTBRIDGE_KEYS), ("pubsub", _PUBSUB_KEYS)):
        given = section.has(*keys) if way != other else []
        if given:
            section.refuse(given[0], f'belongs to webhooks = "{other}", and this shop has webhooks = "{way}"')
    return eventbridge, pubsub


def _read_eventbridge(section: Section) -> EventBridgeConfig:
    event_source = section.needed_text("event_source", "write the ARN of the partner event source, arn:aws:events:…")
    found = _EVENT_SOURCE.fullmatch(event_source)
    if found is None:
        right = "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1234567/onhand"
        section.refuse("event_source", f"must be an ARN such as {right}, got {event_source!r}")
    queue = section.called_url("queue")
    if queue is None:
        section.missing(
            "queue", "write the address of the queue, https://sqs.us-east-1.amazonaws.com/123456789012/onhand"
        )
    in_address = re.search(r"/(\d{12})/", f"{urlsplit(queue).path}/")
    account = section.text("aws_account", in_address[1] if in_address else None)
    if account is None:
        section.missing("aws_account", "the queue's address does not name it; it has twelve digits")
    if not re.fullmatch(r"\d{12}", account):
        section.refuse("aws_account", f"must have twelve digits, got {account!r}")
    host = re.fullmatch(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?", urlsplit(queue).hostname or "")
    region = section.text("aws_region", host[1] if host else found["region"])
    key_id, secret_key = section.identifier("aws_access_key_id"), section.secret("aws_secret_access_key")
    if (key_id is None) != (secret_key is None):
        lacking = "aws_access_key_id" if key_id is None else "aws_secret_access_key"
        section.missing(lacking, "the two belong together; give neither to use the machine's own role")
    return EventBridgeConfig(
        event_source=event_source,
        source=found["source"],
        queue=queue,
        account=account,
        region=region or found["region"],
        access_key_id=key_id,
        secret_access_key=secret_key,
    )


def _read_pubsub(section: Section) -> PubSubConfig:
    topic = section.needed_text("pubsub_topic", 'write pubsub_topic = "pubsub://PROJECT:TOPIC"')
    if not _PUBSUB_TOPIC.fullmatch(topic):
        section.refuse("pubsub_topic", f'must be "pubsub://PROJECT:TOPIC", got {topic!r}')
    audience = section.needed_text("pubsub_audience", "write the audience that the push subscription was given")
    service_account = section.needed_text(
        "pubsub_service_account",
        "write the e-mail address of the service account that the push subscription signs with",
    )
    return PubSubConfig(
        topic=topic,
        audience=audience,
        service_account=service_account,
        keys_url=section.called_url("pubsub_keys_url") or PubSubConfig.keys_url,
    )
