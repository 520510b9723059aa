"""The JSON API's questions: each reads, in one snapshot, what the command line would answer too."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from onhand import answers
from onhand.answers import as_json
from onhand.domain.api_keys import May
from onhand.domain.catalog import Item
from onhand.store import Books
from onhand.web.desk import Desk
from onhand.web.feed import cursor_now
from onhand.web.grid import read_columns, read_rows
from onhand.web.needs import SHOWN
from onhand.web.problem import bad_request
from onhand.web.routes import SHOP, Call, Page, Parameter, Route, reading
from onhand.web.status import read_status

_SKU = Parameter(name="sku", about="An item's SKU; two items may carry the same one, then both are answered.")
_CHANNEL = Parameter(name="channel", about="A channel's name, such as online_store.")
_MOST_ROWS = 5000
_MOST_DAYS = 36_500
_PAGE_ITEMS = 1000
_PAGES = (
    Parameter(name="after", about="What the link to the next page (rel=next) says."),
    Parameter(
        name="limit",
        about=f"Answer in pages of so many items, by their ids; {_PAGE_ITEMS} where only `after` is said.",
        kind="integer",
        least=1,
        most=_MOST_ROWS,
    ),
)


def _limit(usual: int) -> Parameter:
    return Parameter(
        name="limit",
        about=f"How many rows at most; {usual} where it is left out.",
        kind="integer",
        least=1,
        most=_MOST_ROWS,
    )


def _days(name: str, about: str) -> Parameter:
    return Parameter(name=name, about=about, kind="integer", least=0, most=_MOST_DAYS)


def _ats(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        among, following = _page_of_items(books, call)
        return Page(
            as_json(answers.ats(books, call.shop, call.text("sku"), call.text("channel"), among=among)), following
        )


def _levels(desk: Desk, call: Call) -> object:
    at = call.text("at")
    moment = _read_time(at) if at is not None else None
    with desk.books(call.shop) as books:
        among, following = _page_of_items(books, call)
        rows = answers.levels(books, call.shop, call.text("sku"), call.text("location"), moment, among=among)
        return Page(as_json(rows), following)


def _page_of_items(books: Books, call: Call) -> tuple[list[Item] | None, str | None]:
    """Return the items that a page is about and the `after` of the next one; None for both: everything at once."""
    sku = call.text("sku")
    if call.text("limit") is None and call.text("after") is None:
        return None, None
    items = books.catalog.items() if sku is None else answers.find_items(books, sku)
    return _behind(items, call.text("after") or "", call.number("limit", _PAGE_ITEMS))


def _behind(items: list[Item], after: str, limit: int) -> tuple[list[Item], str | None]:
    behind = sorted((item for item in items if item.item > after), key=_item_id)
    return behind[:limit], behind[limit - 1].item if len(behind) > limit else None


def _read_time(text: str, name: str = "at") -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"{name} is a time as in 2026-11-23T14:00:00Z, got {text!r}") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _explain(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        rows = as_json(answers.explain(books, call.shop, call.said["sku"], call.said["channel"]))
    return rows[0] if len(rows) == 1 else rows  # a list only where several items carry the SKU


def _timeline(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        return as_json(answers.timeline(books, call.shop, call.said["sku"], call.number("limit", 50)))


def _inbox(desk: Desk, call: Call) -> object:
    with desk.store.reading() as session:
        return as_json(answers.inbox(session, desk.log, call.shop, call.text("status"), call.number("limit", 50)))


def _drifts(desk: Desk, call: Call) -> object:
    status = call.text("status") or "open"
    with desk.books(call.shop) as books:
        return as_json(answers.drifts(books, call.shop, None if status == "all" else status))


def _problems(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        return as_json(answers.problems(books, call.shop))


def _locations(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        return as_json(answers.places(books, call.shop))


def _traffic(desk: Desk, call: Call) -> object:
    until, since = call.text("until"), call.text("since")
    begin, end = answers.time_asked(
        _read_time(since, "since") if since is not None else None,
        _read_time(until, "until") if until is not None else None,
        desk.clock.now(),
    )
    with desk.books(call.shop) as books:
        return as_json(answers.visits(books, call.shop, call.said["location"], begin, end))


def _transfers(desk: Desk, call: Call) -> object:
    stuck_after = timedelta(days=call.number("stuck_after_days", 7))
    with desk.books(call.shop) as books:
        return as_json(answers.transfers(books, call.shop, desk.clock.now(), stuck_after))


def _returns(desk: Desk, call: Call) -> object:
    closed_for, decided = timedelta(days=call.number("closed_days", 60)), call.text("show") == "all"
    with desk.books(call.shop) as books:
        return as_json(answers.returns(books, call.shop, desk.clock.now(), closed_for, decided=decided))


def _oversells(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        return as_json(answers.oversells(books, call.shop, call.text("sku")))


def _offers(desk: Desk, call: Call) -> object:
    with desk.books(call.shop) as books:
        return as_json(answers.offers(books, call.shop, call.text("channel"), call.text("status")))


def _status(desk: Desk, call: Call) -> object:
    status, needs = read_status(desk, call.shop)
    return {**as_json(status), "needs": [as_json(need) for need in needs[:SHOWN]]}


def _grid(desk: Desk, call: Call) -> object:
    after, limit = call.text("after") or "", call.number("limit", _PAGE_ITEMS)
    now = desk.clock.now()
    with desk.books(call.shop) as books:
        columns = read_columns(books)
        cursor = cursor_now(books, columns, now)
        items = books.catalog.items()
        shown, following = _behind(items, after, limit)
        rows = read_rows(books, columns, shown)
    return {
        "as_of": now,
        "event": str(cursor),
        **columns.as_json(),
        "items": len(items),
        "rows": msgspec.to_builtins(rows),
        "next": following,
    }


def _item_id(item: Item) -> str:
    return item.item


def _get(
    path: str,
    summary: str,
    schema: str,
    answer: Callable[[Desk, Call], object],
    *parameters: Parameter,
    of_all: bool = False,
) -> Route:
    together = (SHOP, *parameters)
    return Route(
        method="GET",
        path=path,
        summary=summary,
        endpoint=reading(together, answer),
        parameters=together,
        schema=schema,
        troubles=(400, 404),
        may=(May.READ,),
        of_all=of_all,
    )


READINGS: tuple[Route, ...] = (
    _get("/api/v1/status", "How the shop stands: the dashboard's head", "Status", _status, of_all=True),
    _get(
        "/api/v1/ats", "What every channel may sell, and what it was told", "Sellables", _ats, _SKU, _CHANNEL, *_PAGES
    ),
    _get(
        "/api/v1/levels",
        "Units in every bin that is not empty, now or as of a time",
        "Levels",
        _levels,
        _SKU,
        Parameter(name="location", about="A location's name or id."),
        Parameter(name="at", about="As recorded at this time (ISO 8601; UTC where it names no zone).", kind="time"),
        *_PAGES,
    ),
    _get(
        "/api/v1/explain",
        "Every term of what a channel may sell, summing to it",
        "Explanations",
        _explain,
        Parameter(name="sku", about=_SKU.about, required=True),
        Parameter(name="channel", about=_CHANNEL.about, required=True),
    ),
    _get(
        "/api/v1/timeline",
        "Movements and observations of an item, newest first",
        "Timeline",
        _timeline,
        Parameter(name="sku", about=_SKU.about, required=True),
        _limit(50),
    ),
    _get(
        "/api/v1/inbox",
        "Deliveries and what became of them",
        "Inbox",
        _inbox,
        Parameter(name="status", about="Only rows of this status.", values=("waiting", "done", "parked")),
        _limit(50),
        of_all=True,
    ),
    _get(
        "/api/v1/drifts",
        "Observations that the books do not explain",
        "Drifts",
        _drifts,
        Parameter(name="status", about="Open ones where it is left out.", values=("open", "adopted", "closed", "all")),
    ),
    _get("/api/v1/locations", "What stands where, who sells it, and what no web order reaches", "Places", _locations),
    _get(
        "/api/v1/traffic",
        "People who came to a location, quarter by quarter of an hour; missing where nobody counted",
        "Traffic",
        _traffic,
        Parameter(name="location", about="A location's name or id.", required=True),
        Parameter(name="since", about="From this time on (ISO 8601); the last day where it is left out.", kind="time"),
        Parameter(name="until", about="Until this time (ISO 8601); until now where it is left out.", kind="time"),
    ),
    _get(
        "/api/v1/transfers",
        "What open transfers hold back or bring, and which are stuck",
        "Transfers",
        _transfers,
        _days("stuck_after_days", "Days without a change that count as stuck; 7 where it is left out."),
    ),
    _get(
        "/api/v1/returns",
        "Returned goods that were not restocked, with the next step",
        "Returns",
        _returns,
        _days("closed_days", "For how many days closed returns are shown; 60 where it is left out."),
        Parameter(name="show", about="all: also what was discarded or given up.", values=("open", "all")),
    ),
    _get(
        "/api/v1/oversells",
        "What was sold and is not there: since when, by what, who waits, and the next step",
        "Oversells",
        _oversells,
        _SKU,
    ),
    _get("/api/v1/problems", "What a person must settle, with the next step", "Problems", _problems),
    _get(
        "/api/v1/offers",
        "What channels that take a number were told, what waits first",
        "Offers",
        _offers,
        _CHANNEL,
        Parameter(name="status", about="Only rows of this status.", values=("told", "waiting", "underway", "parked")),
    ),
    _get(
        "/api/v1/grid",
        "Every item with its levels and offers in columns, in pages: what the live grid reads",
        "Grid",
        _grid,
        Parameter(name="after", about="The `next` of the page before."),
        _limit(_PAGE_ITEMS),
    ),
)
