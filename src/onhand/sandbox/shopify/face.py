"""The state of Shopify's face that is no merchant's business: tokens, bucket, keys, bulk operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from graphql import GraphQLSchema

from onhand.sandbox.account.tokens import Tokens
from onhand.sandbox.faults import Faults
from onhand.sandbox.shopify.bucket import Bucket
from onhand.sandbox.shopify.bulk_store import BulkOperations, BulkRun
from onhand.sandbox.shopify.cost import Sizing
from onhand.sandbox.shopify.edit_sessions import EditSession
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.idempotency import IdempotencyKeys
from onhand.sandbox.shopify.metafields import Metafield
from onhand.sandbox.state import Sandbox


@dataclass(kw_only=True)
class Face:
    """Everything Shopify keeps of one app at one shop; a bulk operation begins to read after `bulk_run_s`."""

    schema: GraphQLSchema
    bucket: Bucket
    sizing: Sizing
    keys: IdempotencyKeys
    tokens: Tokens
    bulk: BulkOperations
    app: Mapping[str, Any]
    api_version: str
    call_ids: count[int]
    clock: Callable[[], datetime]
    bulk_run_s: float
    faults: Faults
    edits: dict[int, EditSession] = field(default_factory=dict)
    app_data: dict[tuple[str, str], Metafield] = field(default_factory=dict)


def face_of(
    sandbox: Sandbox, schema: GraphQLSchema, now: datetime, start_bulk: Callable[[BulkRun], None] | None = None
) -> Face:
    """Return a fresh face with the sandbox's settings and secrets; for `start_bulk` see `BulkOperations`."""
    settings = sandbox.settings
    app = _app(sandbox.secrets.client_id, settings.scopes)
    return Face(
        schema=schema,
        bucket=Bucket(
            size_points=settings.bucket_points,
            restore_points_per_s=settings.restore_points_per_s,
            starts_empty=settings.bucket_starts_empty,
            now=now,
        ),
        sizing=Sizing(linear=settings.linear_cost),
        keys=IdempotencyKeys(),
        tokens=sandbox.shopify_tokens,
        bulk=BulkOperations(sandbox.world.ids, start_bulk),
        app=app,
        api_version=settings.api_version,
        call_ids=count(1),
        clock=sandbox.clock,
        bulk_run_s=settings.bulk_run_s,
        faults=sandbox.faults,
    )


def installation(app: Mapping[str, Any], scopes: Sequence[str]) -> dict[str, Any]:
    """Return the app's installation as a token with `scopes` sees it."""
    return {
        "id": gid("AppInstallation", 1),
        "app": app,
        "accessScopes": [_scope(handle) for handle in scopes],
        "launchUrl": "https://example.com/",
    }


def _app(client_id: str, scopes: Sequence[str]) -> dict[str, Any]:
    return {
        "id": gid("App", 1),
        "title": "onhand",
        "handle": "onhand",
        "apiKey": client_id,
        "embedded": False,
        "developerName": "onhand",
        "published": False,
        "shopifyDeveloped": False,
        "previouslyInstalled": False,
        "webhookApiVersion": "2026-10",
        "requestedAccessScopes": [_scope(handle) for handle in scopes],
    }


def _scope(handle: str) -> dict[str, str]:
    return {"handle": handle, "description": handle.replace("_", " ").capitalize()}
