"""Running bulk queries: read in pieces beside everything else, written as JSONL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, BinaryIO

import msgspec
from graphql import execute_sync

from onhand.sandbox.shopify.bulk_rules import why_not_bulk
from onhand.sandbox.shopify.bulk_store import CONCURRENT_MAX, UNFINISHED, BulkOperation
from onhand.sandbox.shopify.call import BulkWindow, Call
from onhand.sandbox.shopify.cost import CostField
from onhand.sandbox.shopify.documents import Document, Operation
from onhand.sandbox.shopify.face import Face
from onhand.sandbox.shopify.fields import Arguments, iso
from onhand.sandbox.shopify.gids import gid, number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import refused, user_error
from onhand.sandbox.world.world import World

# Root rows read in one go: some milliseconds, so that other calls and webhooks are served in between.
ROWS_AT_ONCE = 100

_EMPTY = ("bulkOperation",)


def run_query(call: Call, arguments: Arguments) -> Payload:
    """bulkOperationRunQuery: start reading in the background."""
    text = arguments["query"]
    document = call.face.documents.read(text)
    trouble = why_not_bulk(call.face.schema, document)
    if trouble is not None:
        return refused(_EMPTY, [user_error(("query",), trouble, "INVALID")])
    running = call.face.bulk.unfinished()
    if running >= CONCURRENT_MAX:
        message = f"Bulk operations limit reached: {running} of {CONCURRENT_MAX} are running. Please try again later."
        return refused(_EMPTY, [user_error(None, message, "LIMIT_REACHED")])
    held = call.face.bulk.create(text, call.now)
    reader = BulkReader(world=call.world, face=call.face, document=document, held=held, base_url=call.base_url)
    call.face.bulk.keep(asyncio.get_running_loop().create_task(reader.run()))
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

    def __init__(self, *, world: World, face: Face, document: Document, held: BulkOperation, base_url: str) -> None:
        operation = document.operation(None)
        assert operation is not None, "the rules of bulk queries were checked"
        self._world = world
        self._face = face
        self._document = document
        self._operation: Operation = operation
        self._held = held
        self._base_url = base_url

    async def run(self) -> None:
        """Write every row to the file, then tell bulk_operations/finish."""
        await asyncio.sleep(self._face.bulk_run_s)
        held = self._held
        if held.status == "CREATED":
            held.status = "RUNNING"
        with held.path.open("wb") as out:
            for start in count(step=ROWS_AT_ONCE):
                if held.status == "CANCELING":
                    break
                rows = self._read(start, out)
                if rows < ROWS_AT_ONCE:
                    break
                await asyncio.sleep(0)
        self._finish()

    def _read(self, start: int, out: BinaryIO) -> int:
        """Read and write one piece; return how many rows of the outermost list it had."""
        now = self._face.clock()
        call = Call(
            world=self._world,
            face=self._face,
            now=now,
            base_url=self._base_url,
            call_id=next(self._face.call_ids),
            bulk=BulkWindow(start=start, stop=start + ROWS_AT_ONCE),
        )
        assert self._document.ast is not None
        result = execute_sync(self._face.schema, self._document.ast, context_value=call)
        if result.errors or result.data is None:
            self._held.status, self._held.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
            return 0
        key, field = next(iter(self._operation.plan.fields.items()))
        roots = field.items(result.data[key])
        for root in roots:
            for row in _lines(root, field, None):
                out.write(msgspec.json.encode(row) + b"\n")
                self._held.object_count += 1
        self._held.root_object_count += len(roots)
        return len(roots)

    def _finish(self) -> None:
        held, now = self._held, self._face.clock()
        if held.status == "CANCELING":
            held.status = "CANCELED"
        elif held.status == "RUNNING":
            held.status = "COMPLETED"
            held.file_bytes = held.path.stat().st_size
            held.url = f"{self._base_url}/bulk/{held.path.name}" if held.object_count else None
        held.completed_at = now
        self._world.outbox.queue("bulk_operations/finish", lambda: finish_payload(held), self._world.outbox.act(now))


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


def _lines(row: Mapping[str, Any], field: CostField, parent_id: str | None) -> Iterator[dict[str, Any]]:
    """Yield an object and, behind it, those of its connections, each with the id of what it belongs to."""
    below = field.below()
    nested = [(key, one) for key, one in below.items() if one.is_connection and row.get(key) is not None]
    line = {key: value for key, value in row.items() if key not in {name for name, _ in nested}}
    if parent_id is not None:
        line["__parentId"] = parent_id
    yield line
    for key, one in nested:
        for inner in one.items(row[key]):
            yield from _lines(inner, one, str(row["id"]))
