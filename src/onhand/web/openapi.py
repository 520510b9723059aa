"""The OpenAPI 3.1 document, made from the table of addresses and the answers' own types."""

from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from onhand import __version__
from onhand.answers import (
    DriftShown,
    Explained,
    Happened,
    HoldShown,
    Inbox,
    Level,
    OfferShown,
    OversellShown,
    PlaceShown,
    ProblemShown,
    ReturnShown,
    Sellable,
    TransferShown,
    Visits,
)
from onhand.domain.api_keys import May
from onhand.web.desk import Desk
from onhand.web.grid import Row
from onhand.web.holds import HoldBody
from onhand.web.needs import Need
from onhand.web.problem import MEDIA_TYPE, STATUS_TITLES
from onhand.web.routes import Parameter, Route, as_answer
from onhand.web.status import Status

_TYPES = (
    Sellable,
    Level,
    Explained,
    Happened,
    Inbox,
    DriftShown,
    PlaceShown,
    TransferShown,
    Visits,
    ReturnShown,
    OversellShown,
    ProblemShown,
    OfferShown,
    HoldShown,
    HoldBody,
    Status,
    Need,
    Row,
)
_KINDS = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "time": {"type": "string", "format": "date-time"},
}

_SCHEME = "key"
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "Wanted from other machines, and judged wherever it is shown. `onhand keys make NAME --may holds` "
    "makes one; a program of this machine needs none.",
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _many(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _schema_of_anything(_type: type) -> dict[str, Any]:
    """Evidence may be of any form."""
    return {"description": "Anything."}


def _schemas() -> dict[str, Any]:
    """Return every schema by name: one for each answer's type, and the few documents that only the web has."""
    _, components = msgspec.json.schema_components(
        _TYPES, schema_hook=_schema_of_anything, ref_template="#/components/schemas/{name}"
    )
    columns = {
        "locations": {"type": "array", "items": {"type": "object"}},
        "channels": {"type": "array", "items": {"type": "object"}},
    }
    grid = {
        "as_of": {"type": "string", "format": "date-time"},
        "event": {"type": "string", "description": "The Last-Event-ID to follow the stream from."},
        **columns,
        "items": {"type": "integer"},
        "rows": _many("Row"),
        "next": {"type": ["string", "null"], "description": "The `after` of the next page; null on the last."},
    }
    trouble = {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and the way out."},
        "near": {"type": "array", "items": {"type": "string"}, "description": "What may have been meant."},
        "left_units": {"type": "integer", "description": "How many there are instead, where not so many may be held."},
        "terms": {**_many("TermShown"), "description": "Why it is that number."},
    }
    return {
        **components,
        "Sellables": _many("Sellable"),
        "Levels": _many("Level"),
        "Explanations": {"oneOf": [_ref("Explained"), _many("Explained")]},
        "Timeline": _many("Happened"),
        "Drifts": _many("DriftShown"),
        "Places": _many("PlaceShown"),
        "Transfers": _many("TransferShown"),
        "Traffic": _many("Visits"),
        "Returns": _many("ReturnShown"),
        "Oversells": _many("OversellShown"),
        "Problems": _many("ProblemShown"),
        "Offers": _many("OfferShown"),
        "Holds": _many("HoldShown"),
        "Grid": {"type": "object", "properties": grid, "required": sorted(grid)},
        "Trouble": {"type": "object", "properties": trouble, "required": ["type", "title", "status", "detail"]},
        "Document": {"type": "object", "description": "An OpenAPI 3.1 document."},
        "Alive": {"type": "object", "properties": {"alive": {"const": True}}, "required": ["alive"]},
        "Ready": {"type": "object", "properties": {"ready": {"const": True}}, "required": ["ready"]},
    }


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document for a table of addresses."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path.replace(":path}", "}"), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "onhand",
            "version": __version__,
            "summary": "One true count of a merchant's stock, and what every channel may sell of it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": {_SCHEME: _KEY}},
    }


def openapi_route(table: Iterable[Route]) -> Route:
    """Return the place of the document itself in the table; it describes the whole table, itself included."""
    found: dict[str, Any] = {}

    async def endpoint(_desk: Desk, _request: Request) -> Response:
        return as_answer(found)

    route = Route(
        method="GET",
        path="/openapi.json",
        summary="This document",
        endpoint=endpoint,
        schema="Document",
        may=(May.HOLDS, May.READ),
    )
    found |= describe([*table, route])
    return route


def _operation(route: Route) -> dict[str, Any]:
    content = {"schema": _ref(route.schema)} if route.schema else {"schema": {"type": "string"}}
    answers: dict[str, Any] = {str(route.done): {"description": "The answer", "content": {route.media_type: content}}}
    as_details = {MEDIA_TYPE: {"schema": _ref("Trouble")}}
    as_page = {route.media_type: content} if route.media_type == "text/html" else as_details
    answers |= {
        str(status): {"description": STATUS_TITLES[status], "content": as_page} for status in sorted(route.troubles)
    }
    answers["403"] = {"description": STATUS_TITLES[403], "content": as_details}  # the guard's, whatever was asked
    operation: dict[str, Any] = {"summary": route.summary, "responses": answers}
    if route.may:
        answers |= {str(status): {"description": STATUS_TITLES[status], "content": as_details} for status in (401, 429)}
        operation["security"] = [{}, {_SCHEME: list(route.may)}]
    if route.body:
        asked = {"application/json": {"schema": _ref(route.body)}}
        operation["requestBody"] = {"required": True, "content": asked}
    if route.parameters:
        operation["parameters"] = [_parameter(parameter) for parameter in route.parameters]
    return operation


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_KINDS[parameter.kind])
    if parameter.values:
        schema["enum"] = list(parameter.values)
    if parameter.kind == "integer":
        schema |= {"minimum": parameter.least, "maximum": parameter.most}
    return {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.about,
        "required": parameter.required or parameter.where == "path",
        "schema": schema,
    }
