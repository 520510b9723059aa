"""Trouble told to people and programs alike: problem details (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from starlette.responses import Response

from onhand.answers.explained import TermShown
from onhand.app.hold_wishes import NotHoldable
from onhand.ports.errors import (
    ChannelRefused,
    ChannelUnavailable,
    ConfigError,
    DataDamaged,
    LogUnavailable,
    OnhandError,
    StoreUnavailable,
)
from onhand.publish.holds import HoldEnded, KeyTaken, NoSuchHold

MEDIA_TYPE = "application/problem+json"

STATUS_TITLES = {
    400: "This cannot be read",
    401: "A key is needed",
    403: "Not allowed",
    404: "There is no such thing here",
    405: "Not this way",
    409: "It stands in the way of something else",
    413: "Too long",
    415: "Not of this kind",
    422: "The same key with another request",
    429: "Too many wrong keys",
    500: "Something broke here",
    502: "The platform said no",
    503: "Not now",
}


@dataclass(frozen=True, kw_only=True)
class Left:
    """How many units there are of what was asked for, and why it is that number."""

    units: int
    terms: tuple[TermShown, ...]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What went wrong with a request. `near` names what may have been meant, `left` what there is instead."""

    status: int
    title: str
    detail: str
    near: tuple[str, ...] = ()
    left: Left | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A handler's way to answer with trouble from anywhere below it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.detail)
        self.trouble = trouble


def bad_request(detail: str, near: tuple[str, ...] = ()) -> Refused:
    """Return the refusal of a request that cannot be read; the detail says what would be right."""
    return Refused(Trouble(status=400, title=STATUS_TITLES[400], detail=detail, near=near))


def not_found(detail: str, near: tuple[str, ...] = ()) -> Refused:
    """Return the refusal of a request for something that is not there; `near` is what may have been meant."""
    return Refused(Trouble(status=404, title=STATUS_TITLES[404], detail=detail, near=near))


_STATUS_OF: tuple[tuple[type[OnhandError], int], ...] = (
    (NotHoldable, 400),
    (NoSuchHold, 404),
    (HoldEnded, 409),
    (KeyTaken, 422),
    (ConfigError, 409),
    (StoreUnavailable, 503),
    (ChannelUnavailable, 503),
    (LogUnavailable, 503),
    (ChannelRefused, 502),
    (DataDamaged, 500),
)


def of_error(error: OnhandError) -> Trouble:
    """Return the trouble behind one of our own errors; its message was written for people."""
    status = next((status for kind, status in _STATUS_OF if isinstance(error, kind)), 500)
    return Trouble(status=status, title=STATUS_TITLES[status], detail=str(error))


def as_response(trouble: Trouble) -> Response:
    """Return the answer that says what went wrong, as `application/problem+json`."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": trouble.title,
        "status": trouble.status,
        "detail": trouble.detail,
    }
    if trouble.near:
        document["near"] = trouble.near
    if trouble.left is not None:
        document["left_units"] = trouble.left.units
        document["terms"] = msgspec.to_builtins(trouble.left.terms)
    return Response(
        msgspec.json.encode(document),
        status_code=trouble.status,
        media_type=MEDIA_TYPE,
        headers=dict(trouble.headers),
    )
