"""Running bulk queries: read in pieces beside everything else, written as JSONL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
from graphql import GraphQLError

from onhand.sandbox.faults import BulkFault
from onhand.sandbox.shopify.access import lacking
from onhand.sandbox.shopify.bulk_plan import plan_of
from onhand.sandbox.shopify.bulk_rows import Piece, by_graphql, by_plan, torn
from onhand.sandbox.shopify.bulk_rules import why_not_bulk
from onhand.sandbox.shopify.bulk_store import CONCURRENT_MAX, UNFINISHED, BulkOperation
from onhand.sandbox.shopify.call import BulkWindow, Call
from onhand.sandbox.shopify.documents import Document, documents_of
from onhand.sandbox.shopify.fields import Arguments, iso
from onhand.sandbox.shopify.gids import gid, number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import refused, user_error

# How long a bulk operation reads before other calls and webhooks have their turn.
TURN_S = 0.003

_EMPTY = ("bulkOperation",)
# BulkOperationErrorCode of an operation that broke off.
_BROKEN: Mapping[BulkFault, str] = {"bulk_error": "INTERNAL_SERVER_ERROR", "bulk_timeout": "TIMEOUT"}


def run_query(call: Call, arguments: Arguments) -> Payload:
    """bulkOperationRunQuery: start reading in the background."""
    text = arguments["query"]
    document = documents_of(call.face.schema).read(text)
    trouble = why_not_bulk(call.face.schema, document)
    if trouble is not None:
        return refused(_EMPTY, [user_error(("query",), trouble, "INVALID")])
    running = call.face.bulk.unfinished()
    if running >= CONCURRENT_MAX:
        message = f"Bulk operations limit reached: {running} of {CONCURRENT_MAX} are running. Please try again later."
        return refused(_EMPTY, [user_error(None, message, "LIMIT_REACHED")])
    held = call.face.bulk.create(text, call.now, grouped=arguments["groupObjects"])
    call.face.bulk.start(BulkReader(call, document=document, held=held))
    return {"bulkOperation": held, "userErrors": []}


def cancel(call: Call, arguments: Arguments) -> Payload:
    """bulkOperationCancel: the operation stops at its next piece."""
    number = number_of("BulkOperation", arguments["id"])
    held = None if number is None else call.face.bulk.get(number)
    if held is None:
        return refused(_EMPTY, [user_error(("id",), "Bulk operation does not exist")])
    if held.status not in UNFINISHED:
        message = f"A bulk operation cannot be canceled when it is {held.status.lower()}"
        return {"bulkOperation": held, "userErrors": [user_error(None, message)]}
    held.status = "CANCELING"
    return {"bulkOperation": held, "userErrors": []}


class BulkReader:
    """Reads one bulk query to its end."""

    def __init__(self, asked_by: Call, *, document: Document, held: BulkOperation) -> None:
        self._world = asked_by.world
        self._face = asked_by.face
        self._base_url = asked_by.base_url
        self._scopes = asked_by.scopes
        self._document = document
        self._held = held

    @property
    def created_at(self) -> datetime:
        """When the operation was asked for."""
        return self._held.created_at

    async def run(self) -> None:
        """Write every row to the file beside everything else, then tell bulk_operations/finish."""
        await asyncio.sleep(self._face.bulk_run_s)
        loop = asyncio.get_running_loop()
        turn_ends_s = loop.time() + TURN_S
        for _ in self._steps():
            if loop.time() > turn_ends_s:
                await asyncio.sleep(0)
                turn_ends_s = loop.time() + TURN_S

    def run_at_once(self) -> None:
        """Do the same in the caller's own thread, without a pause."""
        for _ in self._steps():
            pass

    def _steps(self) -> Iterator[None]:
        held = self._held
        if held.status == "CREATED":
            held.status = "RUNNING"
        if held.status == "RUNNING" and lacking(self._document.needs, self._scopes):
            held.status, held.error_code = "FAILED", "ACCESS_DENIED"
            self._finish()
            return
        fault = self._face.faults.bulk("shopify")
        encode = msgspec.json.Encoder().encode
        with held.path.open("wb") as out:
            try:
                for piece in self._pieces():
                    if held.status == "CANCELING":
                        break
                    out.writelines(encode(line) + b"\n" for line in piece.lines)
                    held.object_count += len(piece.lines)
                    held.root_object_count += piece.roots
                    if fault is not None and piece.lines:
                        held.status, held.error_code = "FAILED", _BROKEN[fault]
                        break
                    yield
            except GraphQLError:
                held.status, held.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
        self._finish()

    def _pieces(self) -> Iterator[Piece]:
        plan = plan_of(self._face.schema, self._document)
        if plan is None:
            pieces = by_graphql(self._face.schema, self._document, self._call)
        else:
            pieces = by_plan(plan, self._call)
        return pieces if self._held.grouped else torn(pieces)

    def _call(self, window: BulkWindow) -> Call:
        return Call(
            world=self._world,
            face=self._face,
            now=self._face.clock(),
            base_url=self._base_url,
            call_id=next(self._face.call_ids),
            scopes=self._scopes,
            bulk=window,
        )

    def _finish(self) -> None:
        held, now = self._held, self._face.clock()
        if held.status == "CANCELING":
            held.status = "CANCELED"
        elif held.status == "RUNNING":
            held.status = "COMPLETED"
            held.file_bytes = held.path.stat().st_size
            held.url = self._address() if held.object_count else None
        elif held.status == "FAILED" and held.object_count:
            held.partial_url = self._address()
        held.completed_at = now
        self._world.outbox.queue("bulk_operations/finish", lambda: finish_payload(held), self._world.outbox.act(now))

    def _address(self) -> str:
        return f"{self._base_url}/bulk/{self._held.path.name}"


def finish_payload(held: BulkOperation) -> dict[str, object]:
    """Return the body of bulk_operations/finish, in the shape of Shopify's sample."""
    return {
        "admin_graphql_api_id": gid("BulkOperation", held.id),
        "completed_at": iso(held.completed_at),
        "created_at": iso(held.created_at),
        "error_code": None if held.error_code is None else held.error_code.lower(),
        "status": held.status.lower(),
        "type": "query",
    }
