"""The routes of TikTok Shop's face: signed calls, and the host that gives out tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onhand.sandbox.log import LoggedCall
from onhand.sandbox.lost_answer import never_answered
from onhand.sandbox.state import Sandbox
from onhand.sandbox.tiktok import orders, returns, stock, webhooks
from onhand.sandbox.tiktok.asks import (
    InventorySearch,
    OrderSearch,
    ProductSearch,
    ProductSwitch,
    ReturnSearch,
    StockUpdate,
    WebhookChange,
    read_ask,
)
from onhand.sandbox.tiktok.checks import TOKEN_HEADER, Signed, check_call
from onhand.sandbox.tiktok.limiter import RateLimit
from onhand.sandbox.tiktok.replies import INTERNAL, INVALID, THROTTLED, CallRefused, Data, refusal, success
from onhand.sandbox.tiktok.tokens import TokenPair, Tokens, pair_row

MOUNT = "/tiktok"
AUTH_MOUNT = "/tiktok-auth"
# The log keeps tens of thousands of calls: of a long body its beginning tells enough.
LOGGED_BYTES_MAX = 2_000
PAGE_PARAMETERS = frozenset(("page_size", "page_token"))
SORT_PARAMETERS = frozenset(("sort_field", "sort_order"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A call that may be served."""

    query: Mapping[str, str]
    path_parameters: Mapping[str, str]
    body: bytes
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """What a call answers; `confirmation_ids` are the world's writes that the app learns of with the answer."""

    data: Data
    confirmation_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A call as it came in, with what it is mounted under; `headers` are by name in lower case."""

    path: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Replied:
    """An answer. `lost`: the call took effect and the answer must not reach the app."""

    response: Response
    confirmation_ids: tuple[int, ...] = ()
    lost: bool = False


Handler = Callable[[Request], Awaitable[Response]]
Serve = Callable[[Sandbox, Asked], Served]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One path of the API."""

    method: str
    path: str
    serve: Serve
    writes: bool = False
    wants_cipher: bool = True
    parameters: frozenset[str] = frozenset()


def _shops(sandbox: Sandbox, _: Asked) -> Served:
    shop = {
        "id": sandbox.world.tiktok.shop_id,
        "name": "onhand sandbox",
        "region": "US",
        "seller_type": "LOCAL",
        "cipher": sandbox.secrets.tiktok_shop_cipher,
        "code": "USLCSANDBOX",
    }
    return Served(data={"shops": [shop]})


def _warehouses(sandbox: Sandbox, _: Asked) -> Served:
    return Served(data=stock.warehouses(sandbox.world))


def _search_products(sandbox: Sandbox, asked: Asked) -> Served:
    return Served(data=stock.search_products(sandbox.world, read_ask(asked.body, ProductSearch), asked.query))


def _search_inventory(sandbox: Sandbox, asked: Asked) -> Served:
    return Served(data=stock.search_inventory(sandbox.world, read_ask(asked.body, InventorySearch)))


def _update_stock(sandbox: Sandbox, asked: Asked) -> Served:
    product_id = asked.path_parameters["product_id"]
    done = stock.update_stock(sandbox.world, product_id, read_ask(asked.body, StockUpdate), asked.now)
    return Served(data=done.data, confirmation_ids=done.confirmation_ids)


def _activate(sandbox: Sandbox, asked: Asked) -> Served:
    ask = read_ask(asked.body, ProductSwitch)
    return Served(data=stock.switch_products(sandbox.world, ask, on_sale=True, now=asked.now))


def _deactivate(sandbox: Sandbox, asked: Asked) -> Served:
    ask = read_ask(asked.body, ProductSwitch)
    return Served(data=stock.switch_products(sandbox.world, ask, on_sale=False, now=asked.now))


def _search_orders(sandbox: Sandbox, asked: Asked) -> Served:
    return Served(data=orders.search_orders(sandbox.world, read_ask(asked.body, OrderSearch), asked.query))


def _order_details(sandbox: Sandbox, asked: Asked) -> Served:
    return Served(data=orders.order_details(sandbox.world, asked.query))


def _search_returns(sandbox: Sandbox, asked: Asked) -> Served:
    return Served(data=returns.search_returns(sandbox.world, read_ask(asked.body, ReturnSearch), asked.query))


def _put_webhook(sandbox: Sandbox, asked: Asked) -> Served:
    return Served(data=webhooks.put_webhook(sandbox.world, read_ask(asked.body, WebhookChange), asked.now))


def _delete_webhook(sandbox: Sandbox, asked: Asked) -> Served:
    return Served(data=webhooks.delete_webhook(sandbox.world, read_ask(asked.body, WebhookChange)))


def _list_webhooks(sandbox: Sandbox, _: Asked) -> Served:
    return Served(data=webhooks.list_webhooks(sandbox.world))


_WEBHOOKS = "/event/202309/webhooks"
OPERATIONS = (
    Operation(method="GET", path="/authorization/202309/shops", serve=_shops, wants_cipher=False),
    Operation(method="GET", path="/logistics/202309/warehouses", serve=_warehouses),
    Operation(
        method="POST", path="/product/202502/products/search", serve=_search_products, parameters=PAGE_PARAMETERS
    ),
    Operation(method="POST", path="/product/202309/inventory/search", serve=_search_inventory),
    Operation(
        method="POST",
        path="/product/202309/products/{product_id}/inventory/update",
        serve=_update_stock,
        writes=True,
    ),
    Operation(method="POST", path="/product/202309/products/activate", serve=_activate, writes=True),
    Operation(method="POST", path="/product/202309/products/deactivate", serve=_deactivate, writes=True),
    Operation(
        method="POST",
        path="/order/202309/orders/search",
        serve=_search_orders,
        parameters=PAGE_PARAMETERS | SORT_PARAMETERS,
    ),
    Operation(method="GET", path="/order/202309/orders", serve=_order_details, parameters=frozenset(("ids",))),
    Operation(method="GET", path="/order/202507/orders", serve=_order_details, parameters=frozenset(("ids",))),
    Operation(
        method="POST",
        path="/return_refund/202602/returns/search",
        serve=_search_returns,
        parameters=PAGE_PARAMETERS | SORT_PARAMETERS,
    ),
    Operation(method="PUT", path=_WEBHOOKS, serve=_put_webhook, writes=True),
    Operation(method="DELETE", path=_WEBHOOKS, serve=_delete_webhook, writes=True),
    Operation(method="GET", path=_WEBHOOKS, serve=_list_webhooks),
)


# What a fault answers before anything is looked at: status, code, message. A throttle by fault comes in the other
# form than the limiter's: code 36009002 with HTTP 200 and no Retry-After.
_BROKEN = {
    "outage": (503, INTERNAL, "The service is overloaded."),
    "error_5xx": (500, INTERNAL, "Internal error. Please try again later."),
    "throttle": (200, THROTTLED, "Request is limited. Please try again later."),
}


class TikTokEndpoint:
    """Serves the API of one shop: checks, limits and faults first, then the operation."""

    def __init__(self, sandbox: Sandbox) -> None:
        now = sandbox.clock()
        self._sandbox = sandbox
        self._reads = RateLimit(sandbox.settings.tiktok_reads_per_s, now)
        self._writes = RateLimit(sandbox.settings.tiktok_writes_per_s, now)
        self.tokens = Tokens(
            secrets=sandbox.secrets, life_s=sandbox.settings.tiktok_token_life_s, rng=sandbox.random, now=now
        )

    async def serve(self, operation: Operation, request: Request) -> Response:
        """Answer one call that came over a connection."""
        call = Incoming(
            path=request.url.path,
            path_parameters=request.path_params,
            query=dict(request.query_params),
            headers=request.headers,
            body=await request.body(),
        )
        replied = self.answer(operation, call)
        if replied.lost:
            return await never_answered(request)
        if replied.confirmation_ids and not await request.is_disconnected():
            replied.response.background = BackgroundTask(self._confirm, replied.confirmation_ids)
        return replied.response

    def answer(self, operation: Operation, call: Incoming) -> Replied:
        """Answer one call in the caller's own thread, at once."""
        started = self._sandbox.clock()
        request_id = f"{self._sandbox.random.getrandbits(128):032X}"
        fault = self._sandbox.faults.api("tiktok_shop")
        detail: dict[str, object] = {
            "path": call.path,
            "body": call.body[:LOGGED_BYTES_MAX].decode(errors="replace"),
        }
        broken = None if fault is None else _BROKEN.get(fault)
        if broken is not None:
            status, code, message = broken
            self._note(started, operation, str(fault), status, detail)
            return Replied(response=refusal(CallRefused(code, message), request_id, status=status))
        try:
            served = self._served(operation, call, started)
        except CallRefused as refused:
            answered = refusal(refused, request_id)
            self._note(started, operation, str(refused.code), answered.status_code, detail)
            return Replied(response=answered)
        if fault == "timeout_after_apply":
            self._note(started, operation, "timeout_after_apply", 504, detail)
            return Replied(response=Response(status_code=504), lost=True)
        errors = served.data.get("errors")
        self._note(started, operation, "errors" if errors else "done", 200, detail)
        return Replied(response=success(served.data, request_id), confirmation_ids=served.confirmation_ids)

    async def _confirm(self, confirmation_ids: tuple[int, ...]) -> None:
        """Note that the app has its answer; a coroutine, because Starlette runs plain functions on a thread."""
        self._sandbox.world.confirmations.confirm(confirmation_ids)

    def grant(self, name: str, query: Mapping[str, str]) -> Response:
        """Give a token pair for the query parameter `name`."""
        request_id = f"{self._sandbox.random.getrandbits(128):032X}"
        try:
            pair = _pair(self._sandbox, self.tokens, name, query)
        except CallRefused as refused:
            return refusal(refused, request_id, status=200)
        return success(pair_row(pair, self._sandbox.world.tiktok.shop_id), request_id)

    def _served(self, operation: Operation, call: Incoming, now: datetime) -> Served:
        signed = Signed(
            path=call.path.removeprefix(MOUNT),
            query=call.query,
            body=call.body,
            content_type=call.headers.get("content-type", ""),
            access_token=call.headers.get(TOKEN_HEADER, ""),
        )
        check_call(
            signed,
            secrets=self._sandbox.secrets,
            tokens=self.tokens,
            wants_cipher=operation.wants_cipher,
            parameters=operation.parameters,
            now=now,
        )
        wait_s = (self._writes if operation.writes else self._reads).wait_s(now)
        if wait_s > 0:
            message = "Request is limited. Please try again later."
            raise CallRefused(THROTTLED, message, retry_after_s=max(1, round(wait_s)))
        asked = Asked(query=call.query, path_parameters=call.path_parameters, body=call.body, now=now)
        return operation.serve(self._sandbox, asked)

    def _note(
        self, started: datetime, operation: Operation, outcome: str, status: int, detail: dict[str, object]
    ) -> None:
        self._sandbox.log.add_call(
            LoggedCall(
                platform="tiktok_shop",
                operation=f"{operation.method} {operation.path}",
                started_at=started,
                ended_at=self._sandbox.clock(),
                status=status,
                outcome=outcome,
                cost_points=None,
                detail=detail,
            )
        )


def routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Return the routes of one shop's API and of its auth host, with a state of their own."""
    endpoint = TikTokEndpoint(sandbox)
    return [
        *(_route(endpoint, operation) for operation in OPERATIONS),
        *(Route(f"{AUTH_MOUNT}{path}", _token_route(endpoint, name), methods=["GET"]) for path, name in GRANTS.items()),
    ]


def _route(endpoint: TikTokEndpoint, operation: Operation) -> Route:
    async def handle(request: Request) -> Response:
        return await endpoint.serve(operation, request)

    return Route(f"{MOUNT}{operation.path}", handle, methods=[operation.method])


# What a token is given for, by path.
GRANTS = {"/api/v2/token/get": "auth_code", "/api/v2/token/refresh": "refresh_token"}
# grant_type of each exchange; the first is spelled as TikTok spells it.
_GRANT_TYPES = {"auth_code": "authorized_code", "refresh_token": "refresh_token"}


def _token_route(endpoint: TikTokEndpoint, name: str) -> Handler:
    """Return the handler that gives a token pair for the query parameter `name`."""

    async def handle(request: Request) -> Response:
        return endpoint.grant(name, request.query_params)

    return handle


def _pair(sandbox: Sandbox, tokens: Tokens, name: str, query: Mapping[str, str]) -> TokenPair:
    secrets, now = sandbox.secrets, sandbox.clock()
    if (query.get("app_key"), query.get("app_secret")) != (secrets.tiktok_app_key, secrets.tiktok_app_secret):
        raise CallRefused(INVALID, "Invalid app_key or app_secret.")
    if query.get("grant_type") != _GRANT_TYPES[name]:
        raise CallRefused(INVALID, f"Invalid grant_type {query.get('grant_type')!r}: {_GRANT_TYPES[name]!r} is needed.")
    given = query.get(name, "")
    return tokens.of_code(given, now) if name == "auth_code" else tokens.of_refresh_token(given, now)
