"""Holds over HTTP, for any further till or site: the last unit goes to exactly one asker."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from onhand import answers
from onhand.answers import as_json
from onhand.answers.explained import TermShown
from onhand.app.hold_wishes import LONGEST_REFERENCE, HoldAsked
from onhand.app.holding import Holding
from onhand.domain.api_keys import May
from onhand.domain.holds import LONGEST_S, MOST_UNITS, USUAL_S, Hold, HoldStatus
from onhand.publish.holds import Short
from onhand.web.desk import Desk
from onhand.web.problem import STATUS_TITLES, Left, Refused, Trouble, bad_request
from onhand.web.routes import KEY, SHOP, Call, Page, Parameter, Route, as_answer, read_call, read_key, reading

LONGEST_BODY = 16 * 1024
"""A wish has a few hundred characters."""

MOST_ID = 10**15
_PAGE = 100
_MOST_ROWS = 1000

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class HoldBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be held: of a SKU or an item, at a location or for a channel; one of the two each.

    `for_s` is after how many seconds it ends by itself. `reference` is for people: a till, a basket.
    """

    sku: Name | None = None
    item: Name | None = None
    units: Annotated[int, msgspec.Meta(ge=1, le=MOST_UNITS)] = 1
    for_s: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_S)] = USUAL_S
    location: Name | None = None
    channel: Name | None = None
    reference: Annotated[str, msgspec.Meta(max_length=LONGEST_REFERENCE)] | None = None


_decode = msgspec.json.Decoder(HoldBody).decode

_ID = Parameter(
    name="id", about="The hold's number.", where="path", kind="integer", required=True, least=1, most=MOST_ID
)


async def _hold(desk: Desk, request: Request) -> Response:
    call, key = read_call(desk, request, (SHOP, KEY)), read_key(request)
    body = await _read_body(request)
    asked = HoldAsked(**msgspec.structs.asdict(body))
    outcome = await desk.ask(lambda: _holding(desk).hold(call.shop, key, asked))
    if isinstance(outcome, Short):
        raise await desk.run(lambda: _short(desk, call.shop, outcome))
    response = await _shown(desk, call, outcome.hold, 201)
    response.headers["location"] = f"/api/v1/holds/{outcome.hold.id}"
    return response


async def _end(end: Callable[[Holding, str, int], Hold | Short], desk: Desk, request: Request) -> Response:
    call, _ = read_call(desk, request, (SHOP, _ID, KEY)), read_key(request)
    outcome = await desk.ask(lambda: end(_holding(desk), call.shop, call.number("id", 0)))
    if isinstance(outcome, Short):
        raise await desk.run(lambda: _short(desk, call.shop, outcome))
    return await _shown(desk, call, outcome, 200)


def _holding(desk: Desk) -> Holding:
    if desk.holding is None:
        detail = "this process only shows: `onhand serve` holds"
        raise Refused(Trouble(status=409, title=STATUS_TITLES[409], detail=detail))
    return desk.holding


async def _read_body(request: Request) -> HoldBody:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(Trouble(status=415, title=STATUS_TITLES[415], detail=f"send application/json, not {kind!r}"))
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            detail = f"a request has up to {LONGEST_BODY} bytes, this one more than {len(body)}"
            raise Refused(Trouble(status=413, title=STATUS_TITLES[413], detail=detail))
    try:
        return _decode(bytes(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request(f"the body is not what /openapi.json calls HoldBody: {error}") from None


def _short(desk: Desk, shop: str, short: Short) -> Refused:
    """Return the refusal that says what is left, in people's names of locations."""
    wish, left = short.wish, short.left
    with desk.books(shop) as books:
        names, item = answers.location_names(books), books.catalog.item(wish.item)
    named = item.sku if item is not None and item.sku else f"item {wish.item}"
    where = f"for {wish.channel}" if wish.location is None else f"at {names.get(wish.location, wish.location)}"
    detail = f"{wish.units} of {named} are asked for, {left.units} may be held {where} now"
    terms = tuple(
        TermShown(
            what=term.what,
            location=None if term.location is None else names.get(term.location, term.location),
            units=term.units,
            because=term.because,
        )
        for term in left.terms
    )
    title = "There are not so many"
    return Refused(Trouble(status=409, title=title, detail=detail, left=Left(units=left.units, terms=terms)))


async def _shown(desk: Desk, call: Call, hold: Hold, status: int) -> Response:
    def show() -> Response:
        with desk.books(call.shop) as books:
            (shown,) = answers.show_holds(books, call.shop, [hold], desk.clock.now())
        return as_answer(as_json(shown), status)

    return await desk.run(show)


def _one(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        return as_json(answers.one_hold(books, call.shop, call.number("id", 0), desk.clock.now()))


def _list(desk: Desk, call: Call) -> object:
    asked, sku, limit, now = call.text("status"), call.text("sku"), call.number("limit", _PAGE), desk.clock.now()
    status = None if asked == "all" else HoldStatus(asked or "held")
    with desk.books(call.shop) as books:
        items: list[str | None] = [None] if sku is None else [item.item for item in answers.find_items(books, sku)]
        found = sorted(
            (
                hold
                for item in items
                for hold in books.holds.behind(call.number("after", 0), limit + 1, now, status=status, item=item)
            ),
            key=_number,
        )
        rows = answers.show_holds(books, call.shop, found[:limit], now)
    return Page(as_json(rows), str(found[limit - 1].id) if len(found) > limit else None)


def _number(hold: Hold) -> int:
    return hold.id


_LISTED = (
    SHOP,
    Parameter(
        name="status",
        about="Those that are held where it is left out.",
        values=("held", "confirmed", "released", "expired", "all"),
    ),
    Parameter(name="sku", about="Only holds of the items that carry a SKU."),
    Parameter(
        name="after", about="What the link to the next page (rel=next) says.", kind="integer", least=0, most=MOST_ID
    ),
    Parameter(
        name="limit",
        about=f"How many rows at most; {_PAGE} where it is left out.",
        kind="integer",
        least=1,
        most=_MOST_ROWS,
    ),
)

HOLDS: tuple[Route, ...] = (
    Route(
        method="POST",
        may=(May.HOLDS,),
        path="/api/v1/holds",
        summary="Keep units aside for a while; no channel sells them any more",
        endpoint=_hold,
        parameters=(SHOP, KEY),
        schema="HoldShown",
        body="HoldBody",
        done=201,
        troubles=(400, 404, 409, 413, 415, 422, 503),
    ),
    Route(
        method="POST",
        may=(May.HOLDS,),
        path="/api/v1/holds/{id}/confirm",
        summary="Sell what a hold keeps",
        endpoint=partial(_end, lambda holding, shop, id_: holding.confirm(shop, id_)),
        parameters=(SHOP, _ID, KEY),
        schema="HoldShown",
        troubles=(400, 404, 409, 503),
    ),
    Route(
        method="POST",
        may=(May.HOLDS,),
        path="/api/v1/holds/{id}/release",
        summary="Give back what a hold keeps",
        endpoint=partial(_end, lambda holding, shop, id_: holding.release(shop, id_)),
        parameters=(SHOP, _ID, KEY),
        schema="HoldShown",
        troubles=(400, 404, 409, 503),
    ),
    Route(
        method="GET",
        may=(May.HOLDS, May.READ),
        path="/api/v1/holds",
        summary="What is held, oldest first, in pages",
        endpoint=reading(_LISTED, _list),
        parameters=_LISTED,
        schema="Holds",
        troubles=(400, 404),
    ),
    Route(
        method="GET",
        may=(May.HOLDS, May.READ),
        path="/api/v1/holds/{id}",
        summary="One hold as it is now",
        endpoint=reading((SHOP, _ID), _one),
        parameters=(SHOP, _ID),
        schema="HoldShown",
        troubles=(400, 404),
    ),
)
