"""Google's discovery document of the Sheets API, as google-api-python-client ships it: its calls and fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, NamedTuple

from onhand.sandbox.sheets.refusals import invalid

Json = Mapping[str, Any]

# Parameters that every method of every Google API takes; the document lists them once.
_NUMBERS = {"int32", "int64", "uint32", "uint64"}


class Method(NamedTuple):
    """One call: its id, how it is asked, and the names of the schemas of its body (or None) and its answer."""

    id: str
    verb: str
    path: re.Pattern[str]
    parameters: Json
    request: str | None
    response: str


def is_there() -> bool:
    """Return whether Google's client, and with it the document, is installed."""
    return find_spec("googleapiclient") is not None


class Document:
    """What there is in version 4 of the Sheets API."""

    def __init__(self, document: Json) -> None:
        self.revision: str = document["revision"]
        self._schemas: Json = document["schemas"]
        self._common: Json = document["parameters"]
        self.methods = tuple(self._methods(document))

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """Return the method behind a path, and what stands in the path's places."""
        for method in self.methods:
            if method.verb == verb and (found := method.path.fullmatch(path)) is not None:
                return method, found.groupdict()
        return None

    def check_query(self, method: Method, query: Mapping[str, list[str]]) -> None:
        """Raise SheetsRefused for a parameter that the method does not have, or a value it does not know."""
        for name, values in query.items():
            known = method.parameters.get(name) or self._common.get(name.removeprefix("$"))
            if known is None:
                raise invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
            if not known.get("repeated") and len(values) > 1:
                raise invalid(f'Invalid value at "{name}": it is given {len(values)} times.')
            for value in values:
                if "enum" in known and value not in known["enum"]:
                    raise invalid(f"Invalid value at '{_snake(name)}' (type.googleapis.com/...), \"{value}\"")

    def check(self, schema: str, value: object, where: str = "") -> None:
        """Raise SheetsRefused for what a schema does not allow: an unknown field, another type, an unknown enum."""
        if not isinstance(value, Mapping):
            raise invalid(f"Invalid value at '{where or schema}': an object is needed, got {_kind(value)}.")
        properties = self._schemas[schema].get("properties", {})
        for name, part in value.items():
            at = f"{where}.{_snake(name)}" if where else _snake(name)
            if name not in properties:
                inside = f" at '{where}'" if where else ""
                raise invalid(f'Invalid JSON payload received. Unknown name "{name}"{inside}: Cannot find field.')
            self._check_value(properties[name], part, at)

    def _check_value(self, wanted: Json, value: object, where: str) -> None:
        if value is None:  # JSON null stands for a field that is not given
            return
        if "$ref" in wanted:
            self.check(wanted["$ref"], value, where)
        elif wanted["type"] == "array":
            if not isinstance(value, list):
                raise invalid(f"Invalid value at '{where}': a list is needed, got {_kind(value)}.")
            for number, element in enumerate(value):
                self._check_value(wanted["items"], element, f"{where}[{number}]")
        elif not _fits(wanted, value):
            raise invalid(f"Invalid value at '{where}' ({wanted['type']}), {json.dumps(value)}")

    def _methods(self, resource: Json) -> Iterator[Method]:
        for method in resource.get("methods", {}).values():
            yield Method(
                id=method["id"].removeprefix("sheets.spreadsheets."),
                verb=method["httpMethod"],
                path=_pattern(method["path"]),
                parameters=method.get("parameters", {}),
                request=method.get("request", {}).get("$ref"),
                response=method["response"]["$ref"],
            )
        for child in resource.get("resources", {}).values():
            yield from self._methods(child)


def _pattern(path: str) -> re.Pattern[str]:
    places = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+?)", path.replace("{spreadsheetId}", "(?P<spreadsheetId>[^/:]+)"))
    return re.compile(f"/{places}")


def _fits(wanted: Json, value: object) -> bool:
    match wanted["type"]:
        case "string":
            return isinstance(value, str) and ("enum" not in wanted or value in wanted["enum"])
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "object":
            return isinstance(value, Mapping)
        case _:  # "any": a cell's value
            return isinstance(value, str | bool | int | float)


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda found: f"_{found[1].lower()}", name)


@cache
def load() -> Document:
    """Return the document; it costs some milliseconds once. Raises ModuleNotFoundError without Google's client."""
    path = files("googleapiclient") / "discovery_cache" / "documents" / "sheets.v4.json"
    return Document(json.loads(path.read_text(encoding="utf-8")))
