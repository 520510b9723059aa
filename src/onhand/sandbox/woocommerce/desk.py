"""WooCommerce without a socket: calls are checked, answered at once, and logged."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from onhand.sandbox.log import LoggedCall
from onhand.sandbox.reply import Reply
from onhand.sandbox.state import Sandbox
from onhand.sandbox.woocommerce import reading, writing
from onhand.sandbox.woocommerce.answers import Answer, RefusedCall

MOUNT = "/woocommerce"
API = f"{MOUNT}/wp-json/wc/v3"


Serve = Callable[[Sandbox, Mapping[str, str], Mapping[str, str], bytes, datetime], Answer]

OPERATIONS: tuple[tuple[str, str, Serve], ...] = (
    ("GET", "/products", reading.products),
    ("GET", r"/products/(?P<parent>\d+)/variations", reading.variations),
    ("POST", "/products/batch", writing.write_products),
    ("POST", r"/products/(?P<parent>\d+)/variations/batch", writing.write_variations),
    ("GET", "/orders", reading.orders),
    ("GET", r"/orders/(?P<order>\d+)/refunds", reading.refunds),
    ("GET", "/webhooks", reading.webhooks),
    ("POST", "/webhooks", writing.make_webhook),
    ("POST", r"/webhooks/(?P<hook>\d+)", writing.change_webhook),
)

# What a fault answers before anything is looked at: hosts and their proxies say these, with pages for people.
_BROKEN = {
    "throttle": (429, {"retry-after": "2"}),
    "error_5xx": (500, {}),
    "outage": (503, {}),
    "service_unavailable": (503, {"retry-after": "5"}),
}


class WooCommerceDesk:
    """One web shop's API."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._operations = [(method, re.compile(API + path), path, serve) for method, path, serve in OPERATIONS]

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Answer a request; `query` is decoded, `headers` are by name in lower case."""
        started = self._sandbox.clock()
        for wanted, pattern, name, serve in self._operations:
            found = pattern.fullmatch(path)
            if wanted != method or found is None:
                continue
            fault = self._sandbox.faults.api("woocommerce")
            if fault in _BROKEN:
                status, more = _BROKEN[fault]
                self._note(started, f"{method} {name}", status, str(fault))
                return self._dated(status, b"<html>the host is in trouble</html>", more)
            try:
                self._check(headers)
                answer = serve(self._sandbox, found.groupdict(), query, body, started)
            except RefusedCall as refusal:
                self._note(started, f"{method} {name}", refusal.status, refusal.code)
                return self._dated(refusal.status, refusal.body(), {})
            lost = fault == "timeout_after_apply"
            self._note(started, f"{method} {name}", answer.status, "timeout_after_apply" if lost else "done")
            if not lost:
                self._sandbox.world.confirmations.confirm(answer.confirmation_ids)
            return self._dated(answer.status, msgspec.json.encode(answer.rows), answer.headers, lost=lost)
        unknown = RefusedCall(404, "rest_no_route", "No route was found matching the URL and request method.")
        return self._dated(404, unknown.body(), {})

    def _check(self, headers: Mapping[str, str]) -> None:
        secrets = self._sandbox.secrets
        pair = f"{secrets.woo_consumer_key}:{secrets.woo_consumer_secret}".encode()
        expected = b"Basic " + base64.b64encode(pair)
        if not hmac.compare_digest(expected, headers.get("authorization", "").encode()):
            raise RefusedCall(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")

    def _dated(self, status: int, body: bytes, more: Mapping[str, str], *, lost: bool = False) -> Reply:
        date = f"{self._sandbox.clock():%a, %d %b %Y %H:%M:%S} GMT"
        headers = {"content-type": "application/json; charset=UTF-8", "date": date, **more}
        return Reply(status=status, headers=headers, body=body, lost=lost)

    def _note(self, started: datetime, operation: str, status: int, outcome: str) -> None:
        self._sandbox.log.add_call(
            LoggedCall(
                platform="woocommerce",
                operation=operation,
                started_at=started,
                ended_at=self._sandbox.clock(),
                status=status,
                outcome=outcome,
                cost_points=None,
                detail={},
            )
        )
