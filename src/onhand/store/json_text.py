"""JSON as the tables keep it and as lists are handed to a statement."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from onhand.domain.stock import State

_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode

STATES: Mapping[str, State] = {state.value: state for state in State}


def dump(value: Any) -> str:
    """Return a value as JSON text with sorted keys."""
    return _encode(value).decode()


def load(text: str) -> Any:
    """Return the value of a JSON text."""
    return _decode(text)


def texts(values: Iterable[str]) -> str:
    """Return what `IN (EACH :x)` takes."""
    return _encode(list(values)).decode()


def pairs(keys: Iterable[tuple[str, str]]) -> str:
    """Return what `IN (EACH PAIR :x)` takes."""
    return _encode(list(keys)).decode()


def load_units(text: str) -> dict[State, int]:
    """Return units by state from their JSON."""
    return {STATES[state]: units for state, units in _decode(text).items()}
