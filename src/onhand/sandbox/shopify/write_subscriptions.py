"""Making, changing and deleting webhook subscriptions."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from graphql import GraphQLError

from onhand.sandbox.shopify.access import lacking, topic_needs
from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import gid, number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.terms import payload_filter
from onhand.sandbox.shopify.topics import header_of
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world.outbox import Subscription

_EMPTY = ("webhookSubscription",)
# Shopify, webhook best practices: at most 50 letters, digits, dashes and underscores.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}\Z")
# Admin API 2026-10, WebhookSubscriptionInput.uri: an HTTPS address, pubsub://{project}:{topic}, or an event source.
_CLOUD = re.compile(
    r"pubsub://[\w.-]+:[\w.~+%-]+|arn:aws[a-z-]*:events:[a-z0-9-]+::event-source/aws\.partner/shopify\.com/[\w./-]+"
)
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


def create_subscription(call: Call, arguments: Arguments) -> Payload:
    """webhookSubscriptionCreate: one topic to one address."""
    given = arguments["webhookSubscription"]
    topic = header_of(arguments["topic"])
    needs = topic_needs().get(arguments["topic"], ())
    if needs and lacking({arguments["topic"]: needs}, call.scopes):
        # The words are those of a public log of the REST API; that GraphQL says the same is inferred [I].
        message = (
            f"Invalid topic specified: {topic or arguments['topic']}. Does it exist? Is there a missing access scope?"
        )
        return refused(_EMPTY, [user_error(("topic",), message)])
    if topic is None:
        message = f"the sandbox never tells {arguments['topic']}: nobody in its world would"
        return refused(_EMPTY, [user_error(("topic",), message)])
    uri = given.get("uri") or given.get("callbackUrl")
    found = _wrong(call, topic, uri, given, own=None)
    if found:
        return refused(_EMPTY, found)
    held = call.world.outbox.subscribe(
        topic=topic,
        uri=uri,
        api_version=call.face.api_version,
        now=call.now,
        include_fields=tuple(given.get("includeFields") or ()),
        filter=given.get("filter"),
        passes=payload_filter(given.get("filter")),
        name=given.get("name"),
    )
    return {"webhookSubscription": held, "userErrors": []}


def update_subscription(call: Call, arguments: Arguments) -> Payload:
    """webhookSubscriptionUpdate: everything but the topic; what is left out stays."""
    held = _held(call, arguments["id"])
    if held is None:
        return refused(_EMPTY, [user_error(("id",), "Webhook subscription does not exist")])
    given = arguments["webhookSubscription"]
    uri = given.get("uri") or given.get("callbackUrl") or held.uri
    found = _wrong(call, held.topic, uri, given, own=held)
    if found:
        return refused(_EMPTY, found)
    held.uri = uri
    held.updated_at = call.now
    if "includeFields" in given:
        held.include_fields = tuple(given["includeFields"] or ())
    if "filter" in given:
        held.filter, held.passes = given["filter"], payload_filter(given["filter"])
    if "name" in given:
        held.name = given["name"]
    return {"webhookSubscription": held, "userErrors": []}


def delete_subscription(call: Call, arguments: Arguments) -> Payload:
    """webhookSubscriptionDelete."""
    held = _held(call, arguments["id"])
    if held is None or not call.world.outbox.unsubscribe(held.id):
        message = "Webhook subscription does not exist"
        return refused(("deletedWebhookSubscriptionId",), [user_error(("id",), message)])
    return {"deletedWebhookSubscriptionId": gid("WebhookSubscription", held.id), "userErrors": []}


def _held(call: Call, text: str) -> Subscription | None:
    number = number_of("WebhookSubscription", text)
    return None if number is None else call.world.outbox.subscriptions.get(number)


def _wrong(call: Call, topic: str, uri: str | None, given: Arguments, *, own: Subscription | None) -> list[UserError]:
    found: list[UserError] = []
    name = given.get("name")
    if given.get("format") == "XML":
        found.append(user_error(("webhookSubscription", "format"), "this shop sends JSON only"))
    if name is not None and not _NAME.match(name):
        message = "Name must be at most 50 letters, digits, dashes and underscores"
        found.append(user_error(("webhookSubscription", "name"), message))
    try:
        payload_filter(given.get("filter"))
    except GraphQLError as error:
        found.append(user_error(("webhookSubscription", "filter"), error.message))
    if uri is None:
        return [*found, user_error(("webhookSubscription", "uri"), "Address can't be blank")]
    parts = urlsplit(uri)
    # The real platform takes https only; a sandbox on one machine has no certificate, so loopback may be plain.
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not plain and not _CLOUD.fullmatch(uri) and (parts.scheme != "https" or not parts.hostname):
        message = (
            f"Address {uri!r} is not supported: https, an event source's ARN, pubsub://project:topic, or http here"
        )
        found.append(user_error(("webhookSubscription", "uri"), message))
    others = (one for one in call.world.outbox.subscriptions.values() if one is not own)
    if any((one.topic, one.uri) == (topic, uri) for one in others):
        message = "Address for this topic has already been taken"
        found.append(user_error(("webhookSubscription", "uri"), message))
    return found
