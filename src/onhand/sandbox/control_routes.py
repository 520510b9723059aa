"""The control over HTTP: JSON in, JSON out, problem objects for what cannot be done, and loopback callers only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onhand.sandbox.control import Control
from onhand.sandbox.orders_by_hand import Row
from onhand.sandbox.post import LOOPBACK_HOSTS
from onhand.sandbox.sender import Sender
from onhand.sandbox.sheets import people
from onhand.sandbox.state import Sandbox
from onhand.sandbox.truth import truth
from onhand.sandbox.world.catalog import Refused

_Handler = Callable[[Request], Awaitable[Response]]


def control_routes(sandbox: Sandbox, sender: Sender, control: Control, addresses: Callable[[], Row]) -> list[BaseRoute]:
    """Return the routes under /control; `addresses` gives the document that the sandbox printed at its start."""

    async def ask(request: Request) -> Response:
        answer = control.do(request.path_params["name"], await request.body())
        await asyncio.sleep(0)  # what was asked may have queued webhooks: let them begin before the answer
        return _json(answer)

    async def show_truth(request: Request) -> Response:
        parts = [part for part in request.query_params.get("parts", "").split(",") if part]
        return _json(truth(sandbox.world, now=sandbox.clock(), parts=parts))

    async def show_log(request: Request) -> Response:
        limit = request.query_params.get("limit")
        return _json(_log(sandbox, sender, None if limit is None else int(limit)))

    async def show_sheet(_: Request) -> Response:
        return _json(people.show(sandbox.sheets))

    async def show_visitors(_: Request) -> Response:
        return _json(control.sensors.state())

    async def show_play(_: Request) -> Response:
        return _json(control.played())

    async def show_replay(_: Request) -> Response:
        return _json(control.replayed())

    async def show_addresses(_: Request) -> Response:
        return _json(addresses() | {"asks": control.names()})

    return [
        Route("/control", _guarded(show_addresses), methods=["GET"]),
        Route("/control/truth", _guarded(show_truth), methods=["GET"]),
        Route("/control/log", _guarded(show_log), methods=["GET"]),
        Route("/control/sheet", _guarded(show_sheet), methods=["GET"]),
        Route("/control/visitors", _guarded(show_visitors), methods=["GET"]),
        Route("/control/play", _guarded(show_play), methods=["GET"]),
        Route("/control/replay", _guarded(show_replay), methods=["GET"]),
        Route("/control/{name}", _guarded(ask), methods=["POST"]),
    ]


def problem(status: int, code: str, detail: str) -> Response:
    """Return a problem object (RFC 9457) with a code for programs beside its text for people."""
    body = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": detail}
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json")


def _guarded(handle: _Handler) -> _Handler:
    async def guarded(request: Request) -> Response:
        caller = "" if request.client is None else request.client.host
        if caller not in LOOPBACK_HOSTS:
            return problem(403, "not_loopback", f"the control answers this machine only, not {caller!r}")
        try:
            return await handle(request)
        except Refused as refusal:
            return problem(404 if refusal.code.startswith("unknown_") else 409, refusal.code, refusal.message)
        except msgspec.ValidationError as error:
            return problem(422, "bad_request", f"{request.url.path}: {error}")
        except (msgspec.DecodeError, ValueError) as error:
            return problem(400, "bad_request", f"{request.url.path}: {error}")

    return guarded


def _log(sandbox: Sandbox, sender: Sender, limit: int | None) -> Row:
    deliveries, calls = list(sandbox.log.sent), list(sandbox.log.calls)
    return {
        "counts": dict(sandbox.log.counts),
        "faults": {
            "on": [asdict(fault) for fault in sandbox.faults.on()],
            "done": dict(sandbox.faults.done),
        },
        "backlog": sender.backlog(),
        "held": sender.held(),
        "subscriptions": len(sandbox.world.outbox.subscriptions),
        "tiktok_subscriptions": len(sandbox.world.outbox.tiktok_subscriptions),
        "deleted_subscriptions": sandbox.world.outbox.deleted_subscriptions,
        "deliveries": deliveries if limit is None else deliveries[-limit:],
        "calls": calls if limit is None else calls[-limit:],
    }


def _json(row: Row) -> Response:
    return Response(msgspec.json.encode(row), media_type="application/json")
