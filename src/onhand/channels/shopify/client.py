"""GraphQL over HTTP: spends points knowingly, renews tokens, and names every kind of trouble.

Source: shopify.dev "Rate limits" and "Response status and error codes", Admin API 2026-10: a throttle is HTTP 200 with
`errors[].extensions.code` THROTTLED; a version that is no longer served falls forward silently and only the response
header X-Shopify-API-Version says so.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from onhand.channels.bounded import Answered, ask
from onhand.channels.shopify.bucket import Bucket, Lane, Points, PointsShort, ThrottleStatus
from onhand.channels.shopify.documents import MAX_QUERY_POINTS, Document, with_pages
from onhand.channels.shopify.settings import ShopifySettings
from onhand.channels.shopify.tokens import TokenProvider
from onhand.channels.shopify.trouble import (
    Denied,
    Disconnected,
    MissingScope,
    NoAnswer,
    NotCarriedOut,
    Refused,
    TooDear,
)
from onhand.ports.channel import Problem
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected

_log = logging.getLogger(__name__)

# Nobody is made to wait longer than this because one answer says so: after it we look again.
MAX_RETRY_AFTER_S = 60.0
# What Shopify suggests to wait when it throttles and the answer does not say how long.
THROTTLED_WAIT_S = 1.0
# How long to leave a platform alone that could not even be reached.
UNREACHED_WAIT_S = 5.0

_Data = TypeVar("_Data")


class _ErrorExtensions(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _ErrorExtensions | None = None

    @property
    def code(self) -> str:
        return self.extensions.code if self.extensions is not None else ""


class _Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float | None = None
    actual_query_cost: float | None = None
    throttle_status: ThrottleStatus | None = None


class _Extensions(msgspec.Struct):
    cost: _Cost | None = None


class _Envelope(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] | str | dict[str, Any] | None = None
    extensions: _Extensions | None = None


_read_envelope = msgspec.json.Decoder(_Envelope).decode


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Generic[_Data]):
    """What a call returned. `read_at` is a time on Shopify's clock before which nothing of it was read.

    It is in whole seconds, as Shopify's own times are, and None when the answer carries no date. `requested_points`
    is what the call asked for, None when the answer does not say.
    """

    data: _Data
    read_at: datetime | None
    requested_points: float | None


class GraphqlClient:
    """One shop's Admin API. Safe for threads; the HTTP client is shared and pooled."""

    def __init__(
        self,
        settings: ShopifySettings,
        http: httpx.Client,
        tokens: TokenProvider,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        *,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
    ) -> None:
        self._settings = settings
        self._http = http
        self._tokens = tokens
        self._clock = clock
        self._sleep = sleep
        self._bucket = Bucket(clock, wait)
        self._url = httpx.URL(f"{settings.admin_url}/api/{settings.api_version}/graphql.json")
        self._known_points: dict[tuple[str, int], float] = {}
        self._served_version = settings.api_version
        self._waits_s = {
            Lane.PERSON: settings.read_wait_s,
            Lane.LOWERING: settings.write_wait_s,
            Lane.WRITE: settings.write_wait_s,
            Lane.READ: settings.read_wait_s,
            Lane.SWEEP: settings.sweep_wait_s,
        }

    def ask(self, document: Document, variables: Mapping[str, Any], shape: type[_Data], lane: Lane) -> Answer[_Data]:
        """Return the answer to a query. Raises ChannelUnavailable, ChannelRefused.

        Of the latter are TooDear, MissingScope and NotConnected. Waits for points as long as the lane allows.
        """
        try:
            return self.call(document, variables, shape, lane)
        except NotCarriedOut as trouble:
            raise ChannelUnavailable(str(trouble), trouble.retry_after_s) from trouble
        except NoAnswer as trouble:
            raise ChannelUnavailable(str(trouble)) from trouble
        except Disconnected as trouble:
            raise NotConnected(str(trouble)) from trouble
        except Denied as trouble:
            raise MissingScope(str(trouble)) from trouble
        except Refused as trouble:
            raise ChannelRefused(str(trouble)) from trouble

    def call(self, document: Document, variables: Mapping[str, Any], shape: type[_Data], lane: Lane) -> Answer[_Data]:
        """Return the answer to a query or mutation. Raises NotCarriedOut, NoAnswer, Refused, Disconnected, TooDear."""
        rows = self._settings.page_rows
        text = document.text if rows is None else with_pages(document, rows).text
        body = msgspec.json.encode({"query": text, "variables": variables})
        give_up_at = self._clock() + self._waits_s[lane]
        renewed = False
        while True:
            token = self._token(document)
            points = self._take_points(document, variables, lane, give_up_at)
            try:
                response, envelope, elapsed_s = self._attempt(document, variables, body, token, points)
            except _Unauthorized as refusal:
                if renewed or not self._tokens.renew(token):
                    raise Disconnected(str(refusal)) from refusal
                renewed = True
                continue
            except _Throttled as throttled:
                if self._clock() + throttled.wait_s > give_up_at:
                    raise NotCarriedOut(str(throttled), throttled.wait_s) from throttled
                self._sleep(throttled.wait_s)
                continue
            cost = _cost_of(envelope)
            return Answer(
                data=self._decode(document, envelope, shape),
                read_at=_read_at(response, elapsed_s),
                requested_points=cost.requested_query_cost if cost is not None else None,
            )

    def page_rows(self, rows: int) -> int:
        """Return how many rows to ask for where a question has room for `rows`."""
        return rows if self._settings.page_rows is None else min(rows, self._settings.page_rows)

    @property
    def served_version(self) -> str:
        """The API version that Shopify said it answered as."""
        return self._served_version

    def points(self) -> Points:
        """Return how full the bucket is believed to be."""
        return self._bucket.points()

    def affordable(self, points: float, lane: Lane) -> int:
        """Return how many calls of `points` each may be made now without waiting."""
        return self._bucket.affordable(points, lane)

    def problems(self) -> tuple[Problem, ...]:
        """Return what a person should know about the connection: empty when all is well."""
        wanted, served = self._settings.api_version, self._served_version
        if wanted == served:
            return ()
        return (
            Problem(
                kind="shopify_api_version",
                key=self._settings.shop,
                message=f"asked {self._settings.shop} for API version {wanted}, it answers as {served}",
                next_step="update onhand, or set api_version of this shop to a version that Shopify serves",
            ),
        )

    def _token(self, document: Document) -> str:
        try:
            return self._tokens.token()
        except ChannelUnavailable as error:
            raise NotCarriedOut(f"{document.name}: {error}", UNREACHED_WAIT_S) from error
        except NotConnected as error:
            raise Disconnected(f"{document.name}: {error}") from error

    def _take_points(self, document: Document, variables: Mapping[str, Any], lane: Lane, give_up_at: float) -> float:
        known = self._known_points.get((document.name, document.rows(variables)))
        points = known if known is not None else document.estimate(variables)
        try:
            self._bucket.take(points, lane, give_up_at)
        except PointsShort as short:
            raise NotCarriedOut(f"{document.name}: {short}", short.wait_s) from short
        return points

    def _attempt(
        self, document: Document, variables: Mapping[str, Any], body: bytes, token: str, points: float
    ) -> tuple[Answered, _Envelope, float]:
        """Send once, and put the bucket right whatever comes back."""
        cost: _Cost | None = None
        carried_out = True
        started = self._clock()
        try:
            response = self._post(document, body, token)
            elapsed_s = self._clock() - started
            self._judge_status(document, response)
            envelope = self._read(document, response)
            cost = _cost_of(envelope)
            if cost is not None and cost.requested_query_cost is not None:
                self._known_points[document.name, document.rows(variables)] = cost.requested_query_cost
            self._judge_errors(document, envelope)
        except (NotCarriedOut, Refused, TooDear, _Throttled, _Unauthorized):
            carried_out = False
            raise
        finally:
            status = cost.throttle_status if cost is not None else None
            self._bucket.settle(points, status, carried_out=carried_out)
        return response, envelope, elapsed_s

    def _post(self, document: Document, body: bytes, token: str) -> Answered:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Shopify-Access-Token": token,
        }
        shop = self._settings.shop
        try:
            return ask(
                self._http, "POST", self._url, content=body, headers=headers, timeout_s=self._settings.request_timeout_s
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            reason = f"{document.name}: {shop} could not be reached ({type(error).__name__})"
            raise NotCarriedOut(reason, UNREACHED_WAIT_S) from error
        except httpx.HTTPError as error:
            raise NoAnswer(f"{document.name}: {shop} did not answer ({type(error).__name__})") from error

    def _judge_status(self, document: Document, response: Answered) -> None:
        status = response.status_code
        self._served_version = response.headers.get("X-Shopify-API-Version", self._served_version)
        _log.debug("%s at %s: %d", document.name, self._settings.shop, status)
        if status == 200:
            return
        said = f"{document.name}: {self._settings.shop} answered {status}"
        if status == 429:
            raise NotCarriedOut(said, _retry_after_s(response))
        if status == 408 or status >= 500:
            raise NoAnswer(said)
        reason = f"{said}: {_REFUSALS.get(status, 'that is no answer of the Admin API; check api_url')}"
        raise _Unauthorized(reason) if status == 401 else Refused(reason)

    def _read(self, document: Document, response: Answered) -> _Envelope:
        try:
            return _read_envelope(response.content)
        except (ValueError, RecursionError) as error:
            kind = response.headers.get("Content-Type", "no content type")
            raise NoAnswer(
                f"{document.name}: {self._settings.shop} answered 200 with {len(response.content)} bytes of {kind}, "
                "which is no GraphQL answer"
            ) from error

    def _judge_errors(self, document: Document, envelope: _Envelope) -> None:
        errors = envelope.errors
        if not errors:
            return
        if not isinstance(errors, list):
            raise Refused(f"{document.name}: {self._settings.shop} says {str(errors)[:200]}")
        codes = {error.code for error in errors}
        said = f"{document.name}: {self._settings.shop} says " + "; ".join(
            f"{error.code} {error.message}".strip()[:200] for error in errors[:3]
        )
        if "THROTTLED" in codes:
            raise _Throttled(said, _throttled_wait_s(_cost_of(envelope)))
        if "MAX_COST_EXCEEDED" in codes:
            raise TooDear(said)
        if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"}:
            raise NoAnswer(said)
        raise Denied(said) if codes == {"ACCESS_DENIED"} else Refused(said)

    def _decode(self, document: Document, envelope: _Envelope, shape: type[_Data]) -> _Data:
        try:
            return msgspec.json.decode(envelope.data, type=shape)
        except (ValueError, RecursionError) as error:
            raise NoAnswer(
                f"{document.name}: the answer of {self._settings.shop} is not understood: {error}"
            ) from error


class _Throttled(Exception):
    """Shopify answered THROTTLED: nothing was carried out, and after `wait_s` there should be points again."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class _Unauthorized(Exception):
    """Shopify does not take the token (any more)."""


_REFUSALS = {
    401: "the access token is not valid (any more): connect the shop again with `onhand connect shopify`",
    402: "the shop is frozen: its owner must settle the bill",
    403: "the app lacks a scope, or the shop blocks it",
    404: "there is no such shop or API version",
    423: "the shop is locked",
}


def _cost_of(envelope: _Envelope) -> _Cost | None:
    return envelope.extensions.cost if envelope.extensions is not None else None


def _throttled_wait_s(cost: _Cost | None) -> float:
    """Return how long it takes until the points that a throttled call asked for are there."""
    if cost is None or cost.throttle_status is None:
        return THROTTLED_WAIT_S
    asked = min(cost.requested_query_cost or 0.0, MAX_QUERY_POINTS)
    short = asked - cost.throttle_status.currently_available
    if short <= 0:  # throttled for another reason than the points it tells of
        return THROTTLED_WAIT_S
    return min(short / max(0.1, cost.throttle_status.restore_rate), MAX_RETRY_AFTER_S)


def _retry_after_s(response: Answered) -> float:
    try:
        wait_s = float(response.headers.get("Retry-After", THROTTLED_WAIT_S))
    except ValueError:
        wait_s = THROTTLED_WAIT_S
    # A comparison with NaN is false: an absurd header becomes the ordinary wait.
    return min(wait_s, MAX_RETRY_AFTER_S) if wait_s > 0 else THROTTLED_WAIT_S


def _read_at(response: Answered, elapsed_s: float) -> datetime | None:
    """Return when, on Shopify's clock, the call began at the earliest.

    The Date header is the end of the call rounded down; less the time it took it lies before anything was read. A
    change that is told later carries at least this second, so a reading never outdates what it did not see.
    """
    try:
        answered_at = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None
    return (answered_at - timedelta(seconds=elapsed_s)).replace(microsecond=0)
