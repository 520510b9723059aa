"""Switching channels: pause and resume, arm and disarm, each with an Idempotency-Key."""

import difflib
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from onhand.answers import as_json
from onhand.answers.selling import writing_channels
from onhand.web.desk import Desk, Switches
from onhand.web.problem import STATUS_TITLES, Refused, Trouble, not_found
from onhand.web.routes import KEY, SHOP, Parameter, Route, as_answer, read_call, read_key
from onhand.web.status import read_status

KEPT_KEYS = 1000
"""Keys that are remembered. Switching twice changes nothing either, so that older ones may be forgotten."""

_PARAMETERS = (
    SHOP,
    Parameter(name="channel", about="shopify, or a channel that takes a number.", where="path", required=True),
    KEY,
)

Switch = Callable[[Switches, str, str], object]

SWITCHES: dict[str, tuple[str, Switch]] = {
    "pause": ("Stop writing to a channel for now", lambda app, shop, name: app.pause(shop, name, paused=True)),
    "resume": (
        "Go on writing to a channel, and let through what it was held for",
        lambda app, shop, name: app.pause(shop, name, paused=False),
    ),
    "arm": ("Let onhand write to a channel", lambda app, shop, name: app.arm(shop, name, armed=True)),
    "disarm": ("Put a channel back into shadow", lambda app, shop, name: app.arm(shop, name, armed=False)),
}


class Keys:
    """Which keys were used, and for what."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, key: str, request: str) -> bool:
        """Return whether a key is new. Raises Refused where it stands for another request."""
        with self._lock:
            before = self._used.get(key)
            if before is None:
                self._used[key] = request
                if len(self._used) > KEPT_KEYS:
                    self._used.popitem(last=False)
                return True
        if before != request:
            detail = f"Idempotency-Key {key!r} stands for {before!r}, this is {request!r}: use a new key"
            raise Refused(Trouble(status=422, title=STATUS_TITLES[422], detail=detail))
        return False

    def release(self, key: str) -> None:
        """Forget a key whose request could not be done."""
        with self._lock:
            self._used.pop(key, None)


def switch_routes() -> list[Route]:
    """Return the addresses that switch; a page or program finds the new status in the answer."""
    keys = Keys()
    return [
        Route(
            method="POST",
            path=f"/api/v1/channels/{{channel}}/{name}",
            summary=summary,
            endpoint=partial(_serve, keys, name),
            parameters=_PARAMETERS,
            schema="Status",
            troubles=(400, 403, 404, 409, 422),
        )
        for name, (summary, _) in SWITCHES.items()
    ]


async def _serve(keys: Keys, name: str, desk: Desk, request: Request) -> Response:
    call = read_call(desk, request, _PARAMETERS)
    key = read_key(request)
    return await desk.run(lambda: _switch(desk, keys, key=key, name=name, shop=call.shop, channel=call.said["channel"]))


def _switch(desk: Desk, keys: Keys, *, key: str, name: str, shop: str, channel: str) -> Response:
    if desk.switches is None:
        detail = "this process only shows: switch on the command line, as in `onhand offers pause`"
        raise Refused(Trouble(status=409, title=STATUS_TITLES[409], detail=detail))
    with desk.books(shop) as books:
        known = writing_channels(books)
        if channel not in known:
            near = tuple(difflib.get_close_matches(channel, known, n=2))
            raise not_found(f"onhand does not write to {channel!r}; it writes to {', '.join(known)}", near=near)
    if keys.claim(key, f"{name} {channel} of {shop}"):
        done = False
        try:
            SWITCHES[name][1](desk.switches, shop, channel)
            done = True
        finally:
            if not done:
                keys.release(key)
    status, _ = read_status(desk, shop)
    return as_answer(as_json(status))
