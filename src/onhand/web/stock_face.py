"""What Shopify asks a fulfilment service for: the stock of a location, answered from the books.

Source: Admin API 2026-10, FulfillmentService.callbackUrl (`fetch_stock`, with or without `.json`; once an hour for all
SKUs, and once for every variant that is saved). It is answered from a table in memory: a bulk edit of thousands of
products asks once for each of them.
"""

import asyncio
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import perf_counter
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from onhand.domain.catalog import match_key
from onhand.domain.stock import ON_HAND_STATES
from onhand.ports.errors import OnhandError
from onhand.store import Books, Store

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX: Final = "/fulfillment/"
KEPT_S: Final = 5.0
"""How old a table may be: a burst of questions reads the books once."""

_PATH = re.compile(r"/fulfillment/(?P<shop>[^/]{1,253})/(?P<location>[^/]{1,255})/fetch_stock(?:\.json)?")
_MOST_CHARACTERS = 4096
_JSON = (b"content-type", b"application/json")


class _Table(NamedTuple):
    """The units of a location by SKU, and when they were read by the machine's own count of seconds."""

    read_at_s: float
    units: Mapping[str, int]


class StockFace:
    """Answers `fetch_stock` for the locations of the shops in `secrets`, which are their apps' client secrets by shop.

    A question that is signed must be signed right. One without a signature is answered only where `unsigned` questions
    are allowed: who reads a shop's stock is the shop's own business.
    """

    def __init__(self, store: Store, secrets: Mapping[str, tuple[str, ...]], *, unsigned: bool) -> None:
        self._store = store
        self._secrets = secrets
        self._unsigned = unsigned
        self._tables: dict[tuple[str, str], _Table] = {}
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question."""
        del receive  # a question has no body
        status, body = await self._answer(scope)
        headers = [(b"content-length", str(len(body)).encode()), _JSON]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope) -> tuple[int, bytes]:
        match = _PATH.fullmatch(scope["path"])
        if match is None:
            return 404, b"{}"
        if scope["method"] != "GET":
            return 405, b"{}"
        raw = scope.get("query_string", b"")
        if len(raw) > _MOST_CHARACTERS:
            return 414, b"{}"
        asked = parse_qsl(raw.decode("latin-1"), keep_blank_values=True)
        shop = match["shop"].lower()
        secrets = self._secrets.get(shop)
        if secrets is None:  # Shopify wants an empty answer for a shop that is none of ours, not an error
            return 200, b"{}"
        if not self._may_ask(asked, secrets):
            return 401, b"{}"
        sku = next((value for key, value in asked if key == "sku"), None)
        try:
            units = await asyncio.get_running_loop().run_in_executor(
                None, self._units, shop, unquote(match["location"])
            )
        except OnhandError:
            return 503, b"{}"
        if sku is not None:
            key = match_key(sku) or ""
            units = {sku: units[key]} if key in units else {}
        return 200, json.dumps(units).encode()

    def _may_ask(self, asked: list[tuple[str, str]], secrets: tuple[str, ...]) -> bool:
        claimed = [value for key, value in asked if key == "hmac"]
        if not claimed:
            return self._unsigned
        signed = "&".join(f"{key}={value}" for key, value in sorted(asked) if key != "hmac").encode()
        genuine = False
        for secret in secrets:  # no early exit: the time must not tell which secret, if any, it was
            wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            genuine |= hmac.compare_digest(wanted.encode(), claimed[0].encode())
        return genuine

    def _units(self, shop: str, location: str) -> Mapping[str, int]:
        with self._lock:
            table = self._tables.get((shop, location))
            now_s = perf_counter()
            if table is None or now_s - table.read_at_s > KEPT_S:
                with self._store.reading() as session:
                    units = on_hand_by_sku(session.of(shop), location)
                if units is None:  # a stranger's names must not fill the memory
                    return {}
                table = self._tables[shop, location] = _Table(now_s, units)
            return table.units


def on_hand_by_sku(books: Books, location: str) -> dict[str, int] | None:
    """Return what the books hold on hand at a location by SKU, None where the shop has no such location.

    Shopify takes no negative number, so less than nothing is 0. A SKU that several items carry says nothing.
    """
    places = {row.name: row.location for row in books.catalog.locations()}
    place = places.get(location) or (location if location in places.values() else None)
    if place is None:
        return None
    units: dict[str, int] = {}
    for (item, bin_), much in books.ledger.all_levels(location=place).items():
        if bin_.state in ON_HAND_STATES:
            units[item] = units.get(item, 0) + much
    skus: dict[str, list[str]] = {}
    for known in books.catalog.items():
        key = match_key(known.sku)
        if key is not None and known.counted:
            skus.setdefault(key, []).append(known.item)
    return {sku: max(0, units.get(items[0], 0)) for sku, items in skus.items() if len(items) == 1}
