"""The table that every address stands in: what is asked, what may be asked with it, and what answers."""

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from onhand.domain.api_keys import May
from onhand.web.desk import Desk
from onhand.web.keys import MAKE_ONE, SCHEME, bearer_of
from onhand.web.problem import STATUS_TITLES, Refused, Trouble, bad_request, not_found

Kind = Literal["string", "integer", "time"]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One thing that may be asked with an address. `values` are all that it may be, where that is a closed set."""

    name: str
    about: str
    where: Literal["query", "path", "header"] = "query"
    kind: Kind = "string"
    required: bool = False
    values: tuple[str, ...] = ()
    least: int = 0
    most: int = 0


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked, read and judged: the shop, and parameters by name; what was not said is absent."""

    shop: str
    said: Mapping[str, str]
    numbers: Mapping[str, int] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return a text that was said, or None."""
        return self.said.get(name)

    def number(self, name: str, usual: int) -> int:
        """Return a number that was said, or the usual one."""
        return self.numbers.get(name, usual)


Endpoint = Callable[[Desk, Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address. `schema` names what the answer looks like in the OpenAPI document; empty where it is no JSON.

    `body` names what is asked with it, empty where nothing is; `done` is the status of an answer that is no trouble.
    `may` is what a key must allow, one of them, to ask it; empty: no key opens it. `of_all` says that its answer counts
    over all shops together.
    """

    method: Literal["GET", "POST"]
    path: str
    summary: str
    endpoint: Endpoint
    parameters: tuple[Parameter, ...] = ()
    schema: str = ""
    body: str = ""
    done: int = 200
    media_type: str = "application/json"
    troubles: tuple[int, ...] = ()
    may: tuple[May, ...] = ()
    of_all: bool = False


def judge_bearer(desk: Desk, route: Route, request: Request) -> None:
    """Raise Refused where whoever asks an address has shown a key that does not open it."""
    bearer = bearer_of(request)
    if bearer is None:
        return
    if bearer.may(route.may):
        if not (route.of_all and len(desk.shops) > 1):
            return
        detail = f"{route.path} counts over all shops of this installation, and a key is of one: ask on this machine"
    elif route.may:
        has, wants = " and ".join(sorted(bearer.key.may)), " or ".join(route.may)
        detail = f"the key {bearer.key.name!r} may {has}, this wants one that may {wants}: {MAKE_ONE}"
    else:
        detail = f"no key opens {route.path}: it answers this machine only, without one"
    headers = {"www-authenticate": f'{SCHEME} realm="onhand", error="insufficient_scope"'}
    raise Refused(Trouble(status=403, title=STATUS_TITLES[403], detail=detail, headers=headers))


LONGEST_KEY = 255

KEY = Parameter(
    name="Idempotency-Key",
    about=f"Any text of up to {LONGEST_KEY} characters, new for every request: a repeat is answered, not done.",
    where="header",
    required=True,
)

SHOP = Parameter(name="shop", about="The shop's domain; needed only where several are configured.")


def read_call(desk: Desk, request: Request, parameters: tuple[Parameter, ...]) -> Call:
    """Return what a request asks. Raises Refused for a parameter nobody knows, doubled, missing or out of bounds."""
    known = {parameter.name: parameter for parameter in parameters if parameter.where == "query"}
    said: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            near = tuple(difflib.get_close_matches(name, known, n=2))
            raise bad_request(f"there is no parameter {name!r}; known are {', '.join(known) or 'none'}", near=near)
        if name in said:
            raise bad_request(f"parameter {name!r} is given twice: {said[name]!r} and {value!r}")
        said[name] = value
    said |= {
        parameter.name: request.path_params[parameter.name] for parameter in parameters if parameter.where == "path"
    }
    numbers: dict[str, int] = {}
    for parameter in parameters:
        if parameter.name in said:
            _judge(parameter, said[parameter.name], numbers)
        elif parameter.required and parameter.where == "query":
            raise bad_request(f"parameter {parameter.name!r} is missing: {parameter.about}")
    return Call(shop=_shop_of(desk, request, said.pop("shop", None)), said=said, numbers=numbers)


def _shop_of(desk: Desk, request: Request, asked: str | None) -> str:
    """Return the shop that a request is about: whoever shows a key sees the key's shop and learns of no other."""
    bearer = bearer_of(request)
    if bearer is None:
        return desk.shop(asked)
    if asked not in (None, bearer.shop):
        raise not_found(f"there is no shop {asked!r} for the key {bearer.key.name!r}: it is of {bearer.shop}")
    return bearer.shop


def _judge(parameter: Parameter, value: str, numbers: dict[str, int]) -> None:
    if parameter.values and value not in parameter.values:
        raise bad_request(f"{parameter.name} is one of {', '.join(parameter.values)}, got {value!r}")
    if parameter.kind == "integer":
        if not (value.isascii() and value.isdigit()) or len(value) > 18:
            raise bad_request(f"{parameter.name} is a whole number, got {value!r}")
        numbers[parameter.name] = int(value)
        if not parameter.least <= int(value) <= parameter.most:
            raise bad_request(f"{parameter.name} is from {parameter.least} to {parameter.most}, got {value}")


def read_key(request: Request) -> str:
    """Return the Idempotency-Key of a request. Raises Refused where it has none.

    Two tills may count their baskets alike: what one asks is never answered with what the other was granted.
    """
    key = request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= LONGEST_KEY:
        raise bad_request(f"a header Idempotency-Key of 1 to {LONGEST_KEY} characters is needed, got {len(key)}")
    bearer = bearer_of(request)
    return key if bearer is None else f"{bearer.key.name}\n{key}"  # no header holds a line break


class Page(NamedTuple):
    """A part of a list, and the `after` of the next one; None on the last."""

    rows: object
    next: str | None


def as_answer(document: object, status: int = 200) -> Response:
    """Return a document as a JSON answer."""
    return Response(msgspec.json.encode(document), status_code=status, media_type="application/json")


def _as_page(found: object, request: Request) -> Response:
    """Return an answer; a page of a list names the next one as its link (RFC 8288)."""
    if not isinstance(found, Page):
        return as_answer(found)
    response = as_answer(found.rows)
    if found.next is not None:
        query = urlencode({**request.query_params, "after": found.next})
        response.headers["link"] = f'<{request.url.path}?{query}>; rel="next"'
    return response


def reading(parameters: tuple[Parameter, ...], answer: Callable[[Desk, Call], object]) -> Endpoint:
    """Return the endpoint that answers with what a plain function reads, in a thread."""

    async def endpoint(desk: Desk, request: Request) -> Response:
        call = read_call(desk, request, parameters)
        return await desk.run(lambda: _as_page(answer(desk, call), request))

    return endpoint
