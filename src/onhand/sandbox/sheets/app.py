"""The routes of Google's faces: the Sheets API and the token endpoint, on the sandbox's event loop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from onhand.sandbox.log import Log, LoggedCall
from onhand.sandbox.lost_answer import never_answered
from onhand.sandbox.sheets import desk
from onhand.sandbox.sheets.page import page
from onhand.sandbox.sheets.service import MOUNT, TOKEN_PATH, Answer, SheetsService

LOGGED_BYTES_MAX = 300


def routes(service: SheetsService | None, clock: Callable[[], datetime], log: Log) -> list[BaseRoute]:
    """Return the routes; none where Google's client is not installed. Calls are noted in `log`."""
    if service is None:
        return []

    async def serve(request: Request) -> Response:
        started = clock()
        path = request.scope["raw_path"].decode("ascii").removeprefix(MOUNT)
        body = await request.body()
        answer = desk.serve(service, request.method, f"{path}?{request.url.query}", request.headers, body)
        log.add_call(_call(f"{request.method} {path.rpartition('/')[2]}", started, clock(), answer, body))
        return await never_answered(request) if answer.lost else _response(answer)

    async def give_token(request: Request) -> Response:
        return _response(service.token(await request.body()))

    async def show_page(request: Request) -> Response:
        return Response(page(service, request.path_params["book"]), media_type="text/html; charset=utf-8")

    return [
        Route(f"{MOUNT}/spreadsheets/d/{{book}}/edit", show_page, methods=["GET"]),
        Route(f"{MOUNT}/{{path:path}}", serve, methods=["GET", "POST", "PUT"]),
        Route(TOKEN_PATH, give_token, methods=["POST"]),
    ]


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type="application/json; charset=UTF-8")


def _call(operation: str, started: datetime, ended: datetime, answer: Answer, body: bytes) -> LoggedCall:
    return LoggedCall(
        platform="google_sheets",
        operation=operation,
        started_at=started,
        ended_at=ended,
        status=answer.status,
        outcome=answer.outcome,
        cost_points=None,
        detail={"bytes": len(body), "body": body[:LOGGED_BYTES_MAX].decode(errors="replace")},
    )
