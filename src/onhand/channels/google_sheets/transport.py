"""The way to Google over our own HTTP client: what Google's client and google-auth ask to be handed."""

import json
from collections.abc import Mapping
from typing import Any

import google.auth.transport
import httplib2
import httpx
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2.service_account import Credentials

from onhand.channels.bounded import Answered, ask
from onhand.ports.errors import ChannelUnavailable, NotConnected, OutcomeUnknown

SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
"""Enough for a spreadsheet that is shared with the account; Drive stays closed."""

ANSWER_WITHIN_S = 60.0
"""Sheets API guide: a request is given up after 180 s; the largest that we send takes a few."""

TOKEN_WITHIN_S = 20.0
TOKEN_BYTES = 100_000


class _Answer(google.auth.transport.Response):
    """An answer as google-auth reads it."""

    def __init__(self, answered: Answered) -> None:
        self._answered = answered

    @property
    def status(self) -> int:
        return self._answered.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answered.headers

    @property
    def data(self) -> bytes:
        return self._answered.content


class GoogleTransport:
    """Carries the calls of Google's client (its `http`), each with a token; safe to share between threads."""

    def __init__(self, http: httpx.Client, service_account: Mapping[str, Any]) -> None:
        self._http = http
        self._credentials = Credentials.from_service_account_info(service_account, scopes=SCOPES)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[httplib2.Response, bytes]:
        """Carry one call. Raises NotConnected, ChannelUnavailable, and OutcomeUnknown for a write without answer.

        A token that is not taken any more is replaced once: it may have been taken back before its time.
        """
        asking = method == "GET" or (headers or {}).get("x-http-method-override") == "GET"
        response = self._send(uri, method, body, headers, asking=asking)
        if response.status_code == 401:
            self._credentials.token = None
            response = self._send(uri, method, body, headers, asking=asking)
        return httplib2.Response({"status": str(response.status_code), **response.headers}), response.content

    def _send(
        self, uri: str, method: str, body: str | bytes | None, headers: Mapping[str, str] | None, *, asking: bool
    ) -> Answered:
        sent = dict(headers or {})
        try:
            self._credentials.before_request(self._fetch_token, method, uri, sent)
        except TransportError as error:
            raise ChannelUnavailable(f"google did not give out a token: {error}") from error
        except RefreshError as error:
            if error.retryable:
                raise ChannelUnavailable(f"google gives out no tokens now: {error}") from error
            raise NotConnected(f"google gives the service account no token: {error}") from error
        except (GoogleAuthError, ValueError) as error:
            raise NotConnected(f"google gives the service account no token: {error}") from error
        try:
            content = body.encode() if isinstance(body, str) else body
            return ask(self._http, method, uri, content=content, headers=sent, timeout_s=ANSWER_WITHIN_S)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ChannelUnavailable(f"google sheets could not be reached: {error}") from error
        except httpx.HTTPError as error:
            if asking:
                raise ChannelUnavailable(f"google sheets did not answer: {error!r}") from error
            raise OutcomeUnknown(f"google sheets did not answer a write: {error!r}; it is read back") from error

    def _fetch_token(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        try:
            answered = ask(
                self._http, method, url, content=body, headers=headers, timeout_s=TOKEN_WITHIN_S, most_bytes=TOKEN_BYTES
            )
        except httpx.HTTPError as error:
            raise TransportError(error) from error
        if answered.status_code == 200 and not _is_token(answered.content):
            raise TransportError("an answer that says success and has no token")  # google-auth would stumble over it
        return _Answer(answered)


def _is_token(content: bytes) -> bool:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(found, dict)
        and isinstance(found.get("access_token"), str)
        and isinstance(found.get("expires_in", 0), int)
    )
