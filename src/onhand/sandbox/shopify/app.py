"""The routes of Shopify's face: GraphQL, OAuth, and the files of bulk operations."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from onhand.sandbox.lost_answer import never_answered
from onhand.sandbox.shopify import oauth
from onhand.sandbox.shopify.answers import answer
from onhand.sandbox.shopify.endpoint import GraphQLEndpoint
from onhand.sandbox.shopify.face import Face, face_of
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.state import Sandbox

VERSION = re.compile(r"(?:unstable|20[0-9]{2}-(?:01|04|07|10))\Z")
_BULK_FILE = re.compile(r"([0-9]{1,19})\.jsonl\Z")
NOT_FOUND = {"errors": "Not Found"}


def routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Return the routes of one shop's Admin API, with a state of their own."""
    face = face_of(sandbox, admin_schema(), sandbox.clock())
    endpoint = GraphQLEndpoint(sandbox, face)
    sandbox.on_close.callback(face.bulk.close)

    async def graphql(request: Request) -> Response:
        version = request.path_params["version"]
        if not _is_ours(sandbox, request) or not VERSION.match(version):
            return answer(NOT_FOUND, version=None, status=404)
        # Another version is served with the one this sandbox has, as Shopify falls forward from an old one.
        return await endpoint(request)

    async def authorize(request: Request) -> Response:
        if not _is_ours(sandbox, request):
            return answer(NOT_FOUND, version=None, status=404)
        return oauth.authorize(request, sandbox, face)

    async def token(request: Request) -> Response:
        if not _is_ours(sandbox, request):
            return answer(NOT_FOUND, version=None, status=404)
        served = oauth.grant(sandbox, face, request.headers.get("content-type", ""), await request.body())
        return await never_answered(request) if served.lost else served.response

    async def bulk_file(request: Request) -> Response:
        held = bulk_file_of(face, request.path_params["name"], sandbox.clock())
        if not _is_ours(sandbox, request) or held is None:
            return answer(NOT_FOUND, version=None, status=404)
        return FileResponse(held, media_type="application/jsonl", filename=held.name)

    return [
        Route("/shopify/{shop}/admin/api/{version}/graphql.json", graphql, methods=["POST"]),
        Route("/shopify/{shop}/admin/oauth/authorize", authorize, methods=["GET"]),
        Route("/shopify/{shop}/admin/oauth/access_token", token, methods=["POST"]),
        Route("/shopify/{shop}/bulk/{name}", bulk_file, methods=["GET"]),
    ]


def _is_ours(sandbox: Sandbox, request: Request) -> bool:
    return bool(request.path_params["shop"] == sandbox.settings.shop)


def bulk_file_of(face: Face, name: str, now: datetime) -> Path | None:
    """Return the file of a bulk operation by its name, None while there is none to be had, or no longer."""
    found = _BULK_FILE.match(name)
    held = None if found is None else face.bulk.get(int(found[1]))
    if held is None or held.expired(now):
        return None
    return None if held.url is None and held.partial_url is None else held.path
