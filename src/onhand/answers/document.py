"""Answers as documents: what programs read, with the field names of the answers themselves."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any


def as_json(answer: object) -> Any:
    """Return an answer as numbers, texts, lists and dicts; times are ISO 8601 in UTC with a Z.

    Raises TypeError for what is no answer: nothing is turned into text by accident.
    """
    if answer is None or isinstance(answer, bool | int | float):
        return answer
    if isinstance(answer, Enum):
        return answer.value
    if isinstance(answer, str):
        return answer
    if isinstance(answer, datetime):
        return answer.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if is_dataclass(answer) and not isinstance(answer, type):
        return {field.name: as_json(getattr(answer, field.name)) for field in fields(answer)}
    if isinstance(answer, tuple) and hasattr(answer, "_asdict"):
        return {name: as_json(value) for name, value in answer._asdict().items()}
    if isinstance(answer, Mapping):
        return {str(as_json(key)): as_json(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple | set | frozenset):
        return [as_json(value) for value in answer]
    raise TypeError(f"{type(answer).__name__} has no form as JSON")
