"""The OAuth face of a shop: the page where the merchant agrees, and the endpoint that gives tokens.

Shopify, "Authorization code grant", "Client credentials grant", "Token exchange". The merchant always agrees, and the
app has every loopback address among its allowed redirection URLs.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from onhand.sandbox.account.tokens import Grant
from onhand.sandbox.log import LoggedCall
from onhand.sandbox.post import LOOPBACK_HOSTS
from onhand.sandbox.shopify import id_tokens
from onhand.sandbox.shopify.answers import answer, broken
from onhand.sandbox.shopify.endpoint import Served
from onhand.sandbox.shopify.face import Face
from onhand.sandbox.state import Sandbox

_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


class _NoGrant(Exception):
    """The token endpoint refuses, with an error code of OAuth 2.0 (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


def authorize(request: Request, sandbox: Sandbox, face: Face) -> Response:
    """Answer the page where the merchant agrees: send the browser back with a code."""
    asked = request.query_params
    if asked.get("client_id") != sandbox.secrets.client_id:
        return _oauth_error("invalid_request", "Could not find Shopify API application with api_key")
    redirect = urlsplit(asked.get("redirect_uri", ""))
    if redirect.scheme not in ("http", "https") or redirect.hostname not in LOOPBACK_HOSTS:
        return _oauth_error("invalid_request", "The redirect_uri is not whitelisted")
    scopes = tuple(scope for scope in asked.get("scope", "").split(",") if scope)
    unknown = [scope for scope in scopes if scope not in sandbox.settings.scopes]
    if unknown:
        return _oauth_error("invalid_scope", f"The access scope is invalid: {unknown[0]}")
    now = sandbox.clock()
    shop = sandbox.settings.shop
    answers = {
        "code": face.tokens.code(scopes, now),
        "host": b64encode(f"admin.shopify.com/store/{shop.partition('.')[0]}".encode()).decode().rstrip("="),
        "shop": shop,
        "state": asked.get("state", ""),
        "timestamp": str(int(now.timestamp())),
    }
    signed = urlencode(sorted(answers.items()))
    answers["hmac"] = hmac.digest(sandbox.secrets.client_secret.encode(), signed.encode(), hashlib.sha256).hex()
    return RedirectResponse(redirect._replace(query=urlencode(sorted(answers.items()))).geturl(), status_code=302)


def grant(sandbox: Sandbox, face: Face, content_type: str, body: bytes) -> Served:
    """Answer the token endpoint: JSON or a form. Faults of the API are faults of it too."""
    fault = sandbox.faults.api("shopify")
    given = _given(content_type, body)
    grant_type = given.get("grant_type", "authorization_code")  # left out: Shopify takes it for a code
    if fault in ("outage", "error_5xx"):
        return Served(response=_note(sandbox, grant_type, fault, broken(503)))
    try:
        granted = _grant(sandbox, face, grant_type, given)
    except _NoGrant as refusal:
        said = {"error": refusal.error, "error_description": str(refusal)}
        return Served(response=_note(sandbox, grant_type, refusal.error, answer(said, version=None, status=400)))
    if fault == "timeout_after_apply":
        return Served(response=_note(sandbox, grant_type, fault, broken(504)), lost=True)
    return Served(response=_note(sandbox, grant_type, "done", answer(_row(granted), version=None)))


def _given(content_type: str, body: bytes) -> Mapping[str, str]:
    if not content_type.startswith("application/json"):
        # Read by hand: Starlette's form reader would need a package for uploads, which no grant is.
        return dict(parse_qsl(body.decode(errors="replace")))
    try:
        rows = msgspec.json.decode(body, type=dict[str, str | int])
    except msgspec.DecodeError:
        return {}
    return {name: str(value) for name, value in rows.items()}


def _grant(sandbox: Sandbox, face: Face, grant_type: str, given: Mapping[str, str]) -> Grant:
    now, secrets = sandbox.clock(), sandbox.secrets
    secret = given.get("client_secret", "")
    if given.get("client_id") != secrets.client_id or secret not in secrets.client_secrets:
        raise _NoGrant("invalid_client", "client_id or client_secret is not of this app")
    expiring = given.get("expiring") == "1"
    match grant_type:
        case "client_credentials":
            if not face.tokens.installed:
                raise _NoGrant("app_not_installed", "The app is not installed on this shop")
            return face.tokens.of_credentials(secret, sandbox.settings.scopes, now)
        case "authorization_code":
            grant = face.tokens.of_code(given.get("code", ""), secret, now, expiring=expiring)
            return _worth(grant, "invalid_request", "The authorization code was not found or was already used")
        case "refresh_token":
            grant = face.tokens.of_refresh_token(given.get("refresh_token", ""), secret, now)
            return _worth(grant, "invalid_grant", "The refresh token is expired, revoked or was replaced")
        case "urn:ietf:params:oauth:grant-type:token-exchange":
            return _exchange(sandbox, face, given, secret, expiring=expiring)
    raise _NoGrant("unsupported_grant_type", f"got {grant_type!r}")


def _exchange(sandbox: Sandbox, face: Face, given: Mapping[str, str], secret: str, *, expiring: bool) -> Grant:
    if (given.get("subject_token_type"), given.get("requested_token_type")) != (_ID_TOKEN, _OFFLINE):
        raise _NoGrant("invalid_request", f"this sandbox exchanges {_ID_TOKEN} for {_OFFLINE} only")
    genuine = id_tokens.is_genuine(
        given.get("subject_token", ""),
        shop=sandbox.settings.shop,
        client_id=sandbox.secrets.client_id,
        secrets=sandbox.secrets.client_secrets,
        now=sandbox.clock(),
    )
    if not genuine:
        raise _NoGrant("invalid_subject_token", "the ID token is not of this app and shop, or has expired")
    return face.tokens.offline(sandbox.settings.scopes, secret, sandbox.clock(), expiring=expiring)


def _worth(grant: Grant | None, error: str, description: str) -> Grant:
    if grant is None:
        raise _NoGrant(error, description)
    return grant


def _row(grant: Grant) -> dict[str, object]:
    row: dict[str, object] = {"access_token": grant.access_token, "scope": ",".join(grant.scopes)}
    if grant.expires_in_s is not None:
        row["expires_in"] = grant.expires_in_s
    if grant.refresh_token is not None:
        row |= {"refresh_token": grant.refresh_token, "refresh_token_expires_in": grant.refresh_expires_in_s}
    return row


def _note(sandbox: Sandbox, grant_type: str, outcome: str, answered: Response) -> Response:
    now = sandbox.clock()
    sandbox.log.add_call(
        LoggedCall(
            platform="shopify",
            operation=f"token {grant_type.rpartition(':')[2]}",
            started_at=now,
            ended_at=now,
            status=answered.status_code,
            outcome=outcome,
            cost_points=None,
            detail={},
        )
    )
    return answered


def _oauth_error(error: str, description: str) -> Response:
    return Response(f"Oauth error {error}: {description}", 400, media_type="text/plain")
