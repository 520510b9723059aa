"""Google Sheets without a socket, and how the service reads what comes over either way."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from onhand.sandbox.reply import Reply
from onhand.sandbox.sheets.service import MOUNT, TOKEN_PATH, Answer, SheetsService


def serve(service: SheetsService, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answer a call; `target` is path and query, not decoded and without mount, `headers` are by name in lower case.

    A reading whose address is too long comes as a POST that says so, with the parameters in its body: Google's client
    does that past 2048 characters.
    """
    path, _, query = target.partition("?")
    if method == "POST" and headers.get("x-http-method-override", "").upper() == "GET":
        method, query, body = "GET", body.decode("ascii", errors="replace"), b""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return service.answer(method, path, parse_qs(query), token if scheme == "Bearer" else "", body)


def answer_in_process(
    service: SheetsService, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Reply | None:
    """Answer a request of this process; None where it is for somebody else. `target` is the path with its query."""
    path = target.partition("?")[0]
    if path == TOKEN_PATH:
        answer = service.token(body)
    elif path.startswith(MOUNT):
        answer = serve(service, method, target.removeprefix(MOUNT), headers, body)
    else:
        return None
    kind = {"content-type": "application/json; charset=UTF-8"}
    return Reply(status=answer.status, headers=kind, body=answer.body, lost=answer.lost)
