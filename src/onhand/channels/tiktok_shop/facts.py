"""Reading what moves units by itself: orders and returns, by their ids and by when they changed."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from onhand.channels.tiktok_shop import returns as back
from onhand.channels.tiktok_shop.client import Call, encode
from onhand.channels.tiktok_shop.orders import WAITING, Found, FoundPage, cause_of, draw, moment
from onhand.channels.tiktok_shop.questions import Questions, named
from onhand.channels.tiktok_shop.settings import NAME, TikTokSettings
from onhand.channels.tiktok_shop.trouble import NO_SCOPE, Refused
from onhand.domain.orders import OrderPicture
from onhand.domain.returns import ReturnPicture
from onhand.ports.channel import Catalog, Changed, Problem, Reading, Report, Wanted
from onhand.ports.standing import Standing

ORDERS_A_READ = 50  # GET orders takes at most 50 ids
_ORDERS_A_PAGE = 100
_BY_CHANGE = {"sort_field": "update_time", "sort_order": "ASC"}

NOT_REFRESHED = "tokens are not refreshed"
"""The kind of problem: the tokens still serve, and will not for long."""

RETURNS_UNREAD = "returns are not read"
"""The kind of problem: the app may read orders and no returns."""

logger = logging.getLogger(__name__)


class Facts:
    """Orders and returns of one shop. Safe to use from several threads."""

    def __init__(self, settings: TikTokSettings, questions: Questions) -> None:
        self._settings, self._questions = settings, questions
        self._returns_refused: str | None = None

    def orders(self, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return orders as they are now. Raises ChannelUnavailable, ChannelRefused."""
        if len(keys) > ORDERS_A_READ:
            raise ValueError(f"{NAME} reads up to {ORDERS_A_READ} orders at once, asked for {len(keys)}")
        query = {"ids": ",".join(keys)}
        found = self._questions.ask(Call(method="GET", path="/order/202309/orders", query=query), Found)
        read_at = self._questions.client.platform_time()
        pictures: list[OrderPicture] = []
        problems: list[Problem] = []
        for order in found.orders:
            drawing = draw(order, self._settings, catalog, reading)
            pictures.append(replace(drawing.picture, read_at=read_at))
            problems += drawing.problems
        seen = {order.id for order in found.orders}
        return Reading(
            report=Report(pictures=tuple(pictures)),
            missing=tuple(key for key in keys if key not in seen),
            problems=tuple(problems),
        )

    def standing(self) -> Standing:
        """Return whether its tokens are refreshed while they still serve, and whether returns may be read."""
        tokens = self._questions.client.tokens
        said = {NOT_REFRESHED: tokens.trouble, RETURNS_UNREAD: self._returns_refused}
        unsure = {NOT_REFRESHED} if tokens.is_due else frozenset()
        return Standing(
            problems=tuple(Problem(kind, NAME, what, _WAYS[kind]) for kind, what in said.items() if what),
            settled=tuple((kind, NAME) for kind, what in said.items() if not what and kind not in unsure),
        )

    def returns(self, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return returns as they are now. Raises ChannelUnavailable, ChannelRefused."""
        if len(keys) > back.RETURNS_A_PAGE:
            raise ValueError(f"{NAME} reads up to {back.RETURNS_A_PAGE} returns at once, asked for {len(keys)}")
        page = self._questions.ask(_returns_call({"return_ids": list(keys)}), back.ReturnPage)
        pictures: list[ReturnPicture] = []
        problems: list[Problem] = []
        for row in page.return_orders:
            drawing = back.draw_return(row, catalog, reading)
            pictures.append(drawing.picture)
            problems += drawing.problems
        seen = {row.return_id for row in page.return_orders}
        missing = tuple(key for key in keys if key not in seen)
        return Reading(report=Report(pictures=tuple(pictures)), missing=missing, problems=tuple(problems))

    def changed(self, since: datetime) -> Iterator[Changed]:
        """Yield orders, then returns, that changed at or after `since`, oldest first. Raises as `orders` does.

        Update times move while pages are read, so one may come twice; the caller overlaps its windows.
        """
        window = {"update_time_ge": max(0, int(since.timestamp()))}
        yield from self._changed_orders(window)
        yield from self._changed_returns(window)

    def unfinished(self) -> Iterator[Changed]:
        """Yield orders that wait to be shipped, by status, and open returns. Raises as `orders` does."""
        for status in sorted(WAITING):
            yield from self._changed_orders({"order_status": status})
        yield from self._changed_returns({"return_status": sorted(back.OPEN)})

    def _changed_orders(self, wanted: Mapping[str, object]) -> Iterator[Changed]:
        query = {"page_size": str(_ORDERS_A_PAGE), **_BY_CHANGE}
        while True:
            call = Call(method="POST", path="/order/202309/orders/search", query=query, body=encode(wanted))
            page = self._questions.ask(call, FoundPage)
            for row in page.orders:
                yield Changed(Wanted.ORDER, row.id, cause_of(row.id), moment(row.update_time))
            if not page.next_page_token:
                return
            query = {**query, "page_token": page.next_page_token}

    def _changed_returns(self, wanted: Mapping[str, object]) -> Iterator[Changed]:
        """Yield returns. An app without the scope for them still sweeps its orders, and a person is told."""
        token = ""
        while True:
            try:
                page = self._questions.ask_plainly(_returns_call(wanted, token), back.ReturnPage)
            except Refused as error:
                if error.code != NO_SCOPE:
                    raise named(error) from error
                self._returns_refused = str(error)
                logger.warning("%s: returns are not read: %s", NAME, error)
                return
            self._returns_refused = None
            for row in page.return_orders:
                cause = back.return_cause_of(row.return_id)
                yield Changed(Wanted.RETURN, row.return_id, cause, moment(row.update_time))
            if not page.next_page_token:
                return
            token = page.next_page_token


_WAYS = {
    NOT_REFRESHED: "connect the shop as the message says before the token ends",
    RETURNS_UNREAD: "grant the app the scope for returns and refunds in the Partner Center, and authorize it again",
}


def _returns_call(wanted: Mapping[str, object], token: str = "") -> Call:
    query = {"page_size": str(back.RETURNS_A_PAGE), **_BY_CHANGE} | ({"page_token": token} if token else {})
    return Call(method="POST", path=back.SEARCH, query=query, body=encode(wanted))
