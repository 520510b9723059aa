"""Reading the app, its webhook subscriptions and its bulk operations."""

from __future__ import annotations

from typing import Any

from onhand.sandbox.shopify.bulk_store import BulkOperation
from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import refuse
from onhand.sandbox.shopify.fields import (
    Arguments,
    FieldTable,
    Key,
    counted,
    iso,
    page_of,
    searched,
    sort_key,
    sortable,
)
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.metafields import Metafield
from onhand.sandbox.shopify.paging import Page
from onhand.sandbox.shopify.read_root import one_of
from onhand.sandbox.shopify.terms import Getter, matching
from onhand.sandbox.shopify.topics import enum_of
from onhand.sandbox.world.outbox import Subscription

SUBSCRIPTION_GETTERS: dict[str, Getter] = {
    "id": lambda one: one.id,
    "topic": lambda one: enum_of(one.topic),
    "created_at": lambda one: one.created_at,
    "updated_at": lambda one: one.updated_at,
}
BULK_GETTERS: dict[str, Getter] = {
    "id": lambda one: one.id,
    "status": lambda one: one.status,
    "operation_type": lambda _: "query",
    "created_at": lambda one: one.created_at,
}

_SUBSCRIPTION_KEYS: dict[str, Key] = {
    "ID": lambda one: (one.id, one.id),
    "CREATED_AT": lambda one: (sortable(one.created_at), one.id),
}
_BULK_KEYS: dict[str, Key] = {
    "ID": lambda one: (one.id, one.id),
    "CREATED_AT": lambda one: (sortable(one.created_at), one.id),
}


def _subscriptions(_: Any, call: Call, arguments: Arguments) -> Page:
    if arguments.get("format") == "XML":
        raise refuse("BAD_REQUEST", "this shop sends its webhooks as JSON, not as XML")
    key = sort_key(_SUBSCRIPTION_KEYS, arguments["sortKey"])
    topics = arguments.get("topics")
    address = arguments.get("uri") or arguments.get("callbackUrl")
    rows: list[Subscription] = [
        held
        for held in call.world.outbox.subscriptions.values()
        if (topics is None or enum_of(held.topic) in topics) and (address is None or held.uri == address)
    ]
    found = matching(rows, arguments.get("query"), SUBSCRIPTION_GETTERS)
    return page_of(call, sorted(found, key=key), key, arguments)


def _bulk_rows(_: Any, call: Call) -> list[BulkOperation]:
    return list(call.face.bulk)


SHOP_ROOT_FIELDS: FieldTable = {
    "bulkOperation": one_of("BulkOperation"),
    "bulkOperations": searched(_bulk_rows, _BULK_KEYS, BULK_GETTERS, default="CREATED_AT"),
    "webhookSubscription": one_of("WebhookSubscription"),
    "webhookSubscriptions": _subscriptions,
    "webhookSubscriptionsCount": counted(lambda call: call.world.outbox.subscriptions.values(), SUBSCRIPTION_GETTERS),
}


def _own_metafield(_: Any, call: Call, arguments: Arguments) -> Metafield | None:
    return call.face.app_data.get((arguments.get("namespace") or "$app", arguments["key"]))


SHOP_FIELDS: dict[str, FieldTable] = {
    "AppInstallation": {
        "id": lambda held: held["id"],
        "app": lambda held: held["app"],
        "accessScopes": lambda held: held["accessScopes"],
        "launchUrl": lambda held: held["launchUrl"],
        "metafield": _own_metafield,
    },
    "Metafield": {
        "id": lambda held: gid("Metafield", held.id),
        "legacyResourceId": lambda held: str(held.id),
        "namespace": lambda held: held.namespace,
        "key": lambda held: held.key,
        "type": lambda held: held.type,
        "value": lambda held: held.value,
        "compareDigest": lambda held: held.digest,
        "sizeInBytes": lambda held: len(held.value.encode()),
        "ownerType": lambda _: "API_PERMISSION",
        "createdAt": lambda held: iso(held.created_at),
        "updatedAt": lambda held: iso(held.updated_at),
    },
    "WebhookSubscription": {
        "id": lambda held: gid("WebhookSubscription", held.id),
        "legacyResourceId": lambda held: str(held.id),
        "topic": lambda held: enum_of(held.topic),
        "uri": lambda held: held.uri,
        "callbackUrl": lambda held: held.uri,
        "filter": lambda held: held.filter,
        "name": lambda held: held.name,
        "format": lambda _: "JSON",
        "includeFields": lambda held: list(held.include_fields),
        "metafieldNamespaces": lambda _: [],
        "createdAt": lambda held: iso(held.created_at),
        "updatedAt": lambda held: iso(held.updated_at),
        "apiVersion": lambda held: {
            "handle": held.api_version,
            "displayName": held.api_version,
            "supported": True,
        },
    },
    "BulkOperation": {
        "id": lambda held: gid("BulkOperation", held.id),
        "status": lambda held, call: held.shown_status(call.now),
        "type": lambda _: "QUERY",
        "query": lambda held: held.query,
        "errorCode": lambda held: held.error_code,
        "createdAt": lambda held: iso(held.created_at),
        "completedAt": lambda held: iso(held.completed_at),
        "objectCount": lambda held: str(held.object_count),
        "rootObjectCount": lambda held: str(held.root_object_count),
        "fileSize": lambda held: None if held.file_bytes is None else str(held.file_bytes),
        "url": lambda held, call: held.shown_url(call.now),
        "partialDataUrl": lambda held, call: None if held.expired(call.now) else held.partial_url,
    },
}
