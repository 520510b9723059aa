"""Calls of a plain REST API with JSON bodies: sent once, and named for what became of them."""

import base64
from collections.abc import Iterator, Mapping
from typing import TypeVar

import httpx
import msgspec

from onhand.channels.bounded import ask
from onhand.ports.channel import Outcome, Throttled, Unknown
from onhand.ports.errors import ChannelRefused, ChannelUnavailable

T = TypeVar("T")


UNREACHED_AGAIN_S = 5.0
BUSY_AGAIN_S = 10.0
LONGEST_WAIT_S = 600.0


class NotCarriedOut(ChannelUnavailable):
    """The platform did nothing: it was not reached, or takes nothing now."""


class NoAnswer(ChannelUnavailable):
    """No trustworthy answer came: a write may have been carried out, or not."""


class Refused(ChannelRefused):
    """The platform said no, with an HTTP status: the same again will not help."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class RestClient:
    """The API below one address. Safe to use from several threads."""

    def __init__(
        self, name: str, url: str, headers: Mapping[str, str], http: httpx.Client, *, timeout_s: float = 15.0
    ) -> None:
        self._name, self._url, self._headers, self._http, self._timeout_s = name, url, headers, http, timeout_s

    def call(
        self, method: str, path: str, kind: type[T], *, query: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[T, httpx.Headers]:
        """Return what was answered, and its headers. Raises NotCarriedOut, NoAnswer, Refused."""
        headers = {**self._headers, "content-type": "application/json"} if body else self._headers
        try:
            url = httpx.URL(f"{self._url}/{path}", params=dict(query or {}))
            answer = ask(self._http, method, url, headers=headers, content=body, timeout_s=self._timeout_s)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            said = f"{self._name}: {path}: was not reached ({type(error).__name__})"
            raise NotCarriedOut(said, UNREACHED_AGAIN_S) from error
        except httpx.HTTPError as error:
            raise NoAnswer(f"{self._name}: {path}: no answer ({type(error).__name__})", UNREACHED_AGAIN_S) from error
        where = f"{self._name}: {path}: status {answer.status_code}"
        if answer.status_code == 429 or (answer.status_code == 503 and "retry-after" in answer.headers):
            raise NotCarriedOut(f"{where}, too busy", _seconds(answer.headers.get("retry-after")))
        if answer.status_code >= 500:
            raise NoAnswer(where, BUSY_AGAIN_S)
        if answer.status_code >= 300:
            raise Refused(f"{where}: {_said(answer.content)}", answer.status_code)
        try:
            return msgspec.json.decode(answer.content, type=kind), answer.headers
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NoAnswer(f"{where}, and the answer is not as documented: {error}", BUSY_AGAIN_S) from error

    def pages(self, path: str, kind: type[T], query: Mapping[str, str], *, pages_in: str) -> Iterator[T]:
        """Yield the rows of all pages; the header `pages_in` says how many there are. Raises as `call` does."""
        page = pages = 1
        while page <= pages:
            query_of_page = {**query, "page": str(page)}
            rows, headers = self.call("GET", path, list[kind], query=query_of_page)  # type: ignore[valid-type] # asked
            yield from rows
            found = headers.get(pages_in, "")
            pages = int(found) if found.isdecimal() else pages
            page += 1


def of_no_answer(trouble: NotCarriedOut | NoAnswer) -> Outcome:
    """Return what a write came to that was not answered."""
    if isinstance(trouble, NotCarriedOut):
        return Throttled(trouble.retry_after_s or UNREACHED_AGAIN_S)
    return Unknown(str(trouble))


def _said(content: bytes) -> str:
    """Return what an error says, in short: bodies of errors may be whole web pages."""
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "no message"
    return str(found.get("message", "no message"))[:300] if isinstance(found, dict) else "no message"


def _seconds(text: str | None) -> float:
    return min(float(text), LONGEST_WAIT_S) if text is not None and text.isdecimal() else BUSY_AGAIN_S


def basic(user: str, secret: str) -> dict[str, str]:
    """Return the header of basic authentication (RFC 7617)."""
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}
