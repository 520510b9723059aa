"""The pages: the dashboard, and one for every item."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from onhand.answers import NotKnown
from onhand.publish.alerting import UNDELIVERED
from onhand.web.assets import Assets
from onhand.web.desk import Desk
from onhand.web.feed import cursor_now
from onhand.web.grid import read_columns
from onhand.web.item_page import read_item_page
from onhand.web.names import signed, title_of
from onhand.web.needs import SHOWN
from onhand.web.problem import Trouble, not_found
from onhand.web.routes import SHOP, Parameter, Route, read_call
from onhand.web.status import read_status

TILES = (
    {"name": "deliveries", "head": "Deliveries", "trace": "deliveries"},
    {"name": "delay", "head": "Delay to channels", "trace": "delay"},
    {"name": "duplicates", "head": "Duplicates", "trace": ""},
    {"name": "unknowns", "head": "Outcome unknown", "trace": ""},
    {"name": "drifts", "head": "Open drifts", "trace": ""},
    {"name": "problems", "head": "Problems", "trace": ""},
)

# The grid keeps its search, filter and order in the dashboard's own address.
_VIEW = tuple(Parameter(name=name, about="How the grid is looked at.") for name in ("q", "show", "sort"))


class Pages:
    """The pages with their templates. Everything that is filled in is escaped, whatever the file is called."""

    def __init__(self, assets: Assets) -> None:
        self._templates = Environment(
            loader=PackageLoader("onhand.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["asset"] = assets.url
        self._templates.filters |= {"clock": _clock, "iso": _iso, "signed": signed, "title_of": title_of}

    def routes(self) -> list[Route]:
        """Return the pages' places in the table of addresses."""
        dashboard = (SHOP, *_VIEW)
        item = (
            SHOP,
            Parameter(name="sku", about="An item's SKU.", where="path", required=True),
            Parameter(name="item", about="The item's id, where the SKU alone does not say which."),
        )

        async def show_dashboard(desk: Desk, request: Request) -> Response:
            asked = request.query_params.get("shop")
            shop = desk.shop(asked) if asked is not None or not desk.shops else desk.shops[0]
            return await desk.run(lambda: self._dashboard(desk, shop))

        async def show_item(desk: Desk, request: Request) -> Response:
            call = read_call(desk, request, item)
            return await desk.run(lambda: self._item(desk, call.shop, call.said["sku"], call.text("item")))

        html = "text/html"
        return [
            Route(
                method="GET",
                path="/",
                summary="The dashboard",
                endpoint=show_dashboard,
                parameters=dashboard,
                media_type=html,
                troubles=(404,),
            ),
            Route(
                method="GET",
                path="/items/{sku:path}",
                summary="An item: where it stands, what may be sold and why, what happened",
                endpoint=show_item,
                parameters=item,
                media_type=html,
                troubles=(400, 404),
            ),
        ]

    def trouble(self, desk: Desk, trouble: Trouble, asked: str | None) -> Response:
        """Return trouble as a page, for people who were looking at the shop that they asked for."""
        shop = asked if asked in desk.shops else next(iter(desk.shops), "")
        frame = _frame(desk, shop)
        of_shop = {"shop": shop} if frame["shop_query"] else {}
        near = [{"words": words, "href": f"/?{urlencode({'q': words, **of_shop})}"} for words in trouble.near]
        text = self._render("problem.html", {**frame, "live": False, "trouble": trouble, "near": near})
        return HTMLResponse(text, status_code=trouble.status, headers=dict(trouble.headers))

    def _dashboard(self, desk: Desk, shop: str) -> Response:
        status, needs = read_status(desk, shop)
        return HTMLResponse(
            self._render(
                "dashboard.html",
                {
                    **_frame(desk, shop),
                    "live": status.items > 0,
                    "status": status,
                    "tiles": TILES,
                    "needs": needs[:SHOWN],
                    "unheard": [need for need in needs if need.kind == UNDELIVERED],
                    "more": max(0, status.needs_you - SHOWN),
                    "switchable": desk.switches is not None,
                },
            )
        )

    def _item(self, desk: Desk, shop: str, sku: str, item_id: str | None) -> Response:
        now = desk.clock.now()
        with desk.books(shop) as books:
            cursor = cursor_now(books, read_columns(books), now)
            try:
                page = read_item_page(books, shop, sku, item_id)
            except NotKnown as error:
                raise not_found(str(error), near=(sku,)) from error
        return HTMLResponse(
            self._render(
                "item.html",
                {
                    **_frame(desk, shop),
                    "live": True,
                    "page": page,
                    "from_event": str(cursor),
                    "items": json.dumps([page.item.item]),
                    "as_of": now,
                },
            )
        )

    def _render(self, name: str, filling: Mapping[str, Any]) -> str:
        return self._templates.get_template(name).render(filling)


def _frame(desk: Desk, shop: str) -> dict[str, Any]:
    several = len(desk.shops) > 1
    return {"shop": shop, "shops": desk.shops, "shop_query": f"?{urlencode({'shop': shop})}" if several else ""}


def _clock(at: datetime) -> str:
    """Return a time for people without JavaScript; with it the age stands there."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
