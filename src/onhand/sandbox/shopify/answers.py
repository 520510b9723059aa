"""The JSON that the Admin API answers with, and its HTTP refusals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from graphql import GraphQLError
from starlette.responses import HTMLResponse, Response

from onhand.sandbox.shopify.bucket import ThrottleStatus

# Shopify Admin API, "Rate limits": a single query may ask for at most this, on any plan.
MAX_QUERY_POINTS = 1_000
_LIMITS_PAGE = "https://shopify.dev/api/usage/rate-limits"

Errors = Sequence[Mapping[str, Any]]


def answer(body: Mapping[str, Any] | None, *, version: str | None, status: int = 200) -> Response:
    """Return a JSON response; `version` is what the call was served with, None where no version applies."""
    headers = {} if version is None else {"X-Shopify-API-Version": version}
    content = b"" if body is None else msgspec.json.encode(body)
    return Response(content, status, headers, "application/json; charset=utf-8")


def broken(status: int) -> Response:
    """Return what stands before the API answers with while something is down: a page, not JSON."""
    return HTMLResponse("<html><body><h1>Something went wrong</h1></body></html>", status)


def cost_extension(requested: int, actual: int | None, status: ThrottleStatus) -> dict[str, Any]:
    """Return the extensions of an answer; `actual` None means that nothing was run."""
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": status.maximum_points,
                "currentlyAvailable": math.floor(status.available_points),
                "restoreRate": status.restore_points_per_s,
            },
        }
    }


def throttled(requested: int, status: ThrottleStatus) -> dict[str, Any]:
    """Return the body of a throttled call, which comes with HTTP 200 and without data."""
    return {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": _LIMITS_PAGE}}],
        "extensions": cost_extension(requested, None, status),
    }


def too_dear(requested: int) -> dict[str, Any]:
    """Return the body for a query that asks for more than any single query may."""
    message = (
        f"Query cost is {requested}, which exceeds the single query max cost limit ({MAX_QUERY_POINTS}). "
        "Ask for fewer rows, or use a bulk operation."
    )
    details = {
        "code": "MAX_COST_EXCEEDED",
        "cost": requested,
        "maxCost": MAX_QUERY_POINTS,
        "documentation": _LIMITS_PAGE,
    }
    return {"errors": [{"message": message, "extensions": details}]}


def formatted(errors: Sequence[GraphQLError], code: str) -> list[dict[str, Any]]:
    """Return errors as GraphQL writes them, with `code` where an error has none of its own."""
    rows: list[dict[str, Any]] = []
    for error in errors:
        row: dict[str, Any] = dict(error.formatted)
        row["extensions"] = {"code": code} | dict(error.extensions or {})
        rows.append(row)
    return rows
