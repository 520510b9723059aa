"""One GraphQL call over HTTP: token, faults, document, bucket, execution, cost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError, execute_sync
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from onhand.sandbox.log import LoggedCall
from onhand.sandbox.lost_answer import never_answered
from onhand.sandbox.shopify.access import guard, lacking
from onhand.sandbox.shopify.answers import (
    MAX_QUERY_POINTS,
    answer,
    broken,
    cost_extension,
    formatted,
    throttled,
    too_dear,
)
from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.documents import Document, Operation, documents_of
from onhand.sandbox.shopify.face import Face
from onhand.sandbox.shopify.rules import keys_in
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world import drafting

# The log keeps tens of thousands of calls: of a write of 250 rows its beginning tells enough.
LOGGED_BYTES_MAX = 2_000
TOKEN_HEADER = "X-Shopify-Access-Token"


class _Body(msgspec.Struct, rename="camel"):
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """A call that may run: what it asks for and at what price."""

    document: Document
    operation: Operation
    variables: Mapping[str, Any]
    requested: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Begun:
    """A call that has its points and its keys, and was not run yet.

    `lost`: its answer will not arrive. `service_down`: what writes quantities is away.
    """

    asked: _Asked
    started: datetime
    call_id: int
    scopes: tuple[str, ...]
    busy_keys: frozenset[str]
    lost: bool
    service_down: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """What a call came to. A `lost` answer never reaches the app; with any other it learns of `confirmation_ids`."""

    response: Response
    confirmation_ids: Sequence[int] = ()
    lost: bool = False


class GraphQLEndpoint:
    """Serves graphql.json of one shop."""

    def __init__(self, sandbox: Sandbox, face: Face) -> None:
        self._sandbox = sandbox
        self._face = face
        self._decoder = msgspec.json.Decoder(_Body)

    async def __call__(self, request: Request) -> Response:
        """Answer one POST over the network."""
        begun = self._begin(request.headers.get(TOKEN_HEADER, ""), await request.body())
        if isinstance(begun, Response):
            return begun
        try:
            if self._sandbox.settings.api_latency_s > 0:
                await asyncio.sleep(self._sandbox.settings.api_latency_s)
            served = self._run(begun)
        finally:
            self._face.keys.end(begun.call_id)
        if served.lost:
            return await never_answered(request)
        if served.confirmation_ids and not await request.is_disconnected():
            served.response.background = BackgroundTask(self._confirm, served.confirmation_ids)
        return served.response

    def serve(self, token: str, body: bytes) -> Served:
        """Answer one POST in the caller's own thread, at once."""
        begun = self._begin(token, body)
        if isinstance(begun, Response):
            return Served(response=begun)
        try:
            return self._run(begun)
        finally:
            self._face.keys.end(begun.call_id)

    def _begin(self, token: str, body: bytes) -> _Begun | Response:
        """Return the call once it may run, or the answer that refuses it."""
        started = self._sandbox.clock()
        fault = self._sandbox.faults.api("shopify")
        if fault == "outage":
            return self._refuse(started, "outage", broken(503))
        if fault == "error_5xx":
            return self._refuse(started, "error_5xx", broken(502 if self._sandbox.faults.fraction() < 0.5 else 500))
        access = self._face.tokens.access(token, self._sandbox.secrets.client_secrets, started)
        if access is None:
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return self._refuse(started, "unauthorized", answer({"errors": message}, version=None, status=401))
        try:
            given = self._decoder.decode(body)
        except msgspec.DecodeError as error:
            refusal = {"errors": {"query": f"Required parameter missing or invalid: {error}"}}
            return self._refuse(started, "bad_request", answer(refusal, version=self._version, status=400))
        asked = self._read(given)
        if isinstance(asked, Mapping):
            return self._refuse(started, "invalid_document", answer(asked, version=self._version))
        if fault == "throttle" or not self._face.bucket.charge(asked.requested, started):
            status = self._face.bucket.status(started)
            answered = answer(throttled(asked.requested, status), version=self._version)
            return self._log(started, asked, "throttled", 0, answered)
        call_id = next(self._face.call_ids)
        keys = keys_in(asked.operation.node, asked.variables)
        busy = frozenset(key for key in keys if not self._face.keys.begin(key, call_id))
        return _Begun(
            asked=asked,
            started=started,
            call_id=call_id,
            scopes=access.scopes,
            busy_keys=busy,
            lost=fault == "timeout_after_apply",
            service_down=fault == "service_unavailable",
        )

    @property
    def _version(self) -> str:
        return self._face.api_version

    def _read(self, given: _Body) -> _Asked | dict[str, Any]:
        """Return what is asked for, or the body that refuses it."""
        document = documents_of(self._face.schema).read(given.query)
        if document.errors:
            return {"errors": formatted(document.errors, "INVALID_DOCUMENT")}
        operation = document.operation(given.operation_name)
        if operation is None:
            known = ", ".join(document.operations) or "none"
            message = f"No operation {given.operation_name!r}: the document has {known}"
            return {"errors": [{"message": message, "extensions": {"code": "INVALID_OPERATION"}}]}
        variables = given.variables or {}
        requested = operation.cost.requested(variables, self._face.sizing)
        if requested > MAX_QUERY_POINTS:
            return too_dear(requested)
        return _Asked(document=document, operation=operation, variables=variables, requested=requested)

    def _run(self, begun: _Begun) -> Served:
        asked, started = begun.asked, begun.started
        call = self._call(begun)
        result = self._execute(call, asked)
        actual = min(asked.requested, asked.operation.cost.actual(result.data, self._face.sizing))
        self._face.bucket.refund(asked.requested - actual, call.now)
        if begun.lost:
            return Served(response=self._log(started, asked, "timeout_after_apply", actual, broken(504)), lost=True)
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = formatted(result.errors, "BAD_REQUEST")
        body["extensions"] = cost_extension(asked.requested, actual, self._face.bucket.status(call.now))
        outcome = "errors" if result.errors else "done"
        answered = self._log(started, asked, outcome, actual, answer(body, version=self._version))
        return Served(response=answered, confirmation_ids=call.confirmation_ids)

    async def _confirm(self, confirmation_ids: Sequence[int]) -> None:
        """Note that the app has its answer; a coroutine, because Starlette runs plain functions on a thread."""
        self._sandbox.world.confirmations.confirm(confirmation_ids)

    def _call(self, begun: _Begun) -> Call:
        now = self._sandbox.clock()
        drafting.pass_time(self._sandbox.world, now)
        return Call(
            world=self._sandbox.world,
            face=self._face,
            now=now,
            base_url=f"{self._sandbox.base_url}/shopify/{self._sandbox.settings.shop}",
            call_id=begun.call_id,
            scopes=begun.scopes,
            busy_keys=begun.busy_keys,
            service_down=begun.service_down,
        )

    def _execute(self, call: Call, asked: _Asked) -> ExecutionResult:
        assert asked.document.ast is not None
        denied = lacking(asked.document.needs, call.scopes)
        planned = None if denied else asked.operation.reading.data(call, asked.variables)
        if planned is not None:
            return ExecutionResult(planned, None)
        name = asked.operation.node.name
        result = execute_sync(
            self._face.schema,
            asked.document.ast,
            context_value=call,
            variable_values=dict(asked.variables),
            operation_name=None if name is None else name.value,
            middleware=[guard(denied)] if denied else None,
        )
        for error in result.errors or ():
            ours = error.original_error
            if ours is not None and not isinstance(ours, GraphQLError):
                raise ours  # a fault of the sandbox itself must not look like a refusal of Shopify
        return result

    def _refuse(self, started: datetime, outcome: str, answered: Response) -> Response:
        return self._note(started, answered, operation="graphql", outcome=outcome)

    def _log(self, started: datetime, asked: _Asked, outcome: str, actual: int, answered: Response) -> Response:
        return self._note(
            started,
            answered,
            operation=" ".join(asked.operation.root_fields),
            outcome=outcome,
            points=float(actual),
            detail={"requested_points": asked.requested, "variables": _excerpt(asked.variables)},
        )

    def _note(
        self,
        started: datetime,
        answered: Response,
        *,
        operation: str,
        outcome: str,
        points: float | None = None,
        detail: dict[str, object] | None = None,
    ) -> Response:
        self._sandbox.log.add_call(
            LoggedCall(
                platform="shopify",
                operation=operation,
                started_at=started,
                ended_at=self._sandbox.clock(),
                status=answered.status_code,
                outcome=outcome,
                cost_points=points,
                detail=detail or {},
            )
        )
        return answered


def _excerpt(variables: Mapping[str, Any]) -> str:
    return msgspec.json.encode(variables)[:LOGGED_BYTES_MAX].decode(errors="replace")
