"""The routes of Shopify's face: GraphQL, the token grant, and the files of bulk operations."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from onhand.sandbox.shopify.answers import answer
from onhand.sandbox.shopify.endpoint import GraphQLEndpoint
from onhand.sandbox.shopify.face import Face, face_of
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.shopify.tokens import SCOPES
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

    async def token(request: Request) -> Response:
        if not _is_ours(sandbox, request):
            return answer(NOT_FOUND, version=None, status=404)
        return grant(sandbox, face, request.headers.get("content-type", ""), await request.body())

    async def bulk_file(request: Request) -> Response:
        held = bulk_file_of(face, request.path_params["name"])
        if not _is_ours(sandbox, request) or held is None:
            return answer(NOT_FOUND, version=None, status=404)
        return FileResponse(held, media_type="application/jsonl", filename=held.name)

    return [
        Route("/shopify/{shop}/admin/api/{version}/graphql.json", graphql, methods=["POST"]),
        Route("/shopify/{shop}/admin/oauth/access_token", token, methods=["POST"]),
        Route("/shopify/{shop}/bulk/{name}", bulk_file, methods=["GET"]),
    ]


def _is_ours(sandbox: Sandbox, request: Request) -> bool:
    return bool(request.path_params["shop"] == sandbox.settings.shop)


def bulk_file_of(face: Face, name: str) -> Path | None:
    """Return the file of a bulk operation by its name, None while there is none to be had."""
    found = _BULK_FILE.match(name)
    held = None if found is None else face.bulk.get(int(found[1]))
    return None if held is None or held.url is None else held.path


def grant(sandbox: Sandbox, face: Face, content_type: str, body: bytes) -> Response:
    """Answer the client credentials grant (Shopify, "Client credentials grant"): JSON or a form."""
    if content_type.startswith("application/json"):
        try:
            given = msgspec.json.decode(body, type=dict[str, str])
        except msgspec.DecodeError:
            return _no_grant("invalid_request", "the body is no JSON object of texts")
    else:
        # Read by hand: Starlette's form reader would need a package for uploads, which no grant is.
        given = dict(parse_qsl(body.decode(errors="replace")))
    if given.get("grant_type") != "client_credentials":
        return _no_grant("unsupported_grant_type", f"got {given.get('grant_type')!r}, expected 'client_credentials'")
    secrets = sandbox.secrets
    if (given.get("client_id"), given.get("client_secret")) != (secrets.client_id, secrets.client_secret):
        return _no_grant("invalid_client", "client_id or client_secret is not of this app")
    granted = {
        "access_token": face.tokens.issue(sandbox.clock()),
        "scope": ",".join(SCOPES),
        "expires_in": sandbox.settings.access_token_life_s,
    }
    return answer(granted, version=None)


def _no_grant(error: str, description: str) -> Response:
    return answer({"error": error, "error_description": description}, version=None, status=400)
