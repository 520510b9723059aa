"""The live stream: changes as server-sent events, resumed where they broke off."""

import functools
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from onhand.domain.api_keys import May
from onhand.web.desk import Desk
from onhand.web.feed import Cursor, Event, Feeds, read_cursor
from onhand.web.keys import Bearer, bearer_of
from onhand.web.problem import STATUS_TITLES, Refused, Trouble
from onhand.web.routes import SHOP, Parameter, Route, read_call

RETRY_S = 5

_LAST_EVENT_ID = Parameter(
    name="Last-Event-ID",
    about="The id of the last event read, or the `event` of a page of the grid: what changed since comes first.",
    where="header",
)


def as_text(event: Event) -> bytes:
    """Return an event as it goes over the wire. JSON has no line breaks, so it is one line of data."""
    id_ = f"id: {event.cursor}\n" if event.cursor is not None else ""
    return f"{id_}event: {event.name}\ndata: ".encode() + event.data + b"\n\n"


_PARAMETERS = (SHOP, _LAST_EVENT_ID)


async def _stream(desk: Desk, request: Request) -> Response:
    call = read_call(desk, request, _PARAMETERS)
    feeds: Feeds = request.app.state.feeds
    if feeds.full:
        detail = "as many pages look on as one process serves: close one, or ask again"
        headers = {"retry-after": str(RETRY_S)}
        raise Refused(Trouble(status=503, title=STATUS_TITLES[503], detail=detail, headers=headers))
    last = request.headers.get("last-event-id")
    return StreamingResponse(
        _write(desk, feeds, call.shop, bearer_of(request), last),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


STREAM = Route(
    method="GET",
    path="/api/v1/stream",
    summary="Rows of the grid and the status as they change (server-sent events rows, status, reset)",
    endpoint=_stream,
    parameters=_PARAMETERS,
    media_type="text/event-stream",
    troubles=(400, 404, 503),
    may=(May.READ,),
)


async def _write(desk: Desk, feeds: Feeds, shop: str, bearer: Bearer | None, last: str | None) -> AsyncIterator[bytes]:
    """Yield events; to the bearer of a key only while it counts, and no status that counts over other shops, too."""
    after: Cursor | None = None
    if last is not None:
        after = read_cursor(last)
        if after is None:
            yield as_text(Event("reset", b"{}", None))
    async for event in feeds.follow(shop, after):
        if bearer is not None and event.name == "status":  # it comes every second
            if not await desk.run(functools.partial(desk.keys.still_counts, bearer)):
                return
            if len(desk.shops) > 1:
                continue
        yield as_text(event)
