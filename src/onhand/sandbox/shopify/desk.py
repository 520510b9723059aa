"""Shopify's Admin API without a network: the same endpoint, answered in the caller's own thread.

For whoever holds the clock: nothing here waits, and nothing happens between a question and its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from starlette.responses import Response

from onhand.sandbox.reply import Reply
from onhand.sandbox.shopify import oauth
from onhand.sandbox.shopify.answers import answer
from onhand.sandbox.shopify.app import NOT_FOUND, VERSION, bulk_file_of
from onhand.sandbox.shopify.bulk_store import BulkRun
from onhand.sandbox.shopify.endpoint import TOKEN_HEADER, GraphQLEndpoint, Served
from onhand.sandbox.shopify.face import face_of
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.state import Sandbox


class Desk:
    """One shop's Admin API. A bulk operation is read by the first call that comes when its time is over."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._runs: list[BulkRun] = []
        self._face = face_of(sandbox, admin_schema(), sandbox.clock(), self._runs.append)
        self._endpoint = GraphQLEndpoint(sandbox, self._face)
        sandbox.on_close.callback(self._face.bulk.close)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request; `headers` are by name in lower case. An answer is dated with the sandbox's own clock."""
        self._run_due_bulk()
        served = self._serve(method, path, headers, body)
        if not served.lost:
            self._sandbox.world.confirmations.confirm(served.confirmation_ids)
        response = served.response
        dated = {**response.headers, "date": f"{self._sandbox.clock():%a, %d %b %Y %H:%M:%S} GMT"}
        return Reply(status=response.status_code, headers=dated, body=bytes(response.body), lost=served.lost)

    def _serve(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Served:
        shop, _, rest = path.removeprefix("/shopify/").partition("/")
        match method, rest.split("/"):
            case _ if shop != self._sandbox.settings.shop:
                pass
            case "POST", ["admin", "api", version, "graphql.json"] if VERSION.match(version):
                return self._endpoint.serve(headers.get(TOKEN_HEADER.lower(), ""), body)
            case "POST", ["admin", "oauth", "access_token"]:
                return oauth.grant(self._sandbox, self._face, headers.get("content-type", ""), body)
            case "GET", ["bulk", name] if (file := self._bulk_file(name)) is not None:
                return Served(response=Response(file.read_bytes(), media_type="application/jsonl"))
        return Served(response=answer(NOT_FOUND, version=None, status=404))

    def _bulk_file(self, name: str) -> Path | None:
        return bulk_file_of(self._face, name, self._sandbox.clock())

    def _run_due_bulk(self) -> None:
        due_at = self._sandbox.clock() - timedelta(seconds=self._face.bulk_run_s)
        due = [run for run in self._runs if run.created_at <= due_at]
        for run in due:
            self._runs.remove(run)
            run.run_at_once()
