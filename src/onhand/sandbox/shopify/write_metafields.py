"""metafieldsSet: values that an app keeps about itself at a shop, compared before they are replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.metafields import Metafield
from onhand.sandbox.shopify.writing import UserError, refused, user_error

EMPTY: Final = ("metafields",)
INSTALLATION: Final = gid("AppInstallation", 1)
MOST: Final = 25
"""A call (2026-10, metafieldsSet)."""


def set_metafields(call: Call, arguments: Arguments) -> Payload:
    """metafieldsSet: all of them, or none where one is refused."""
    given: Sequence[Mapping[str, Any]] = arguments["metafields"]
    if len(given) > MOST:
        message = f"Exceeded the maximum metafields input limit of {MOST}"
        return refused(EMPTY, [_wrong(MOST, "metafields", message, "LESS_THAN_OR_EQUAL_TO")])
    found = [error for number, one in enumerate(given) for error in _errors(call, number, one)]
    if found:
        return refused(EMPTY, found)
    held = [_set(call, one) for one in given]
    return {"metafields": held, "userErrors": []}


def _errors(call: Call, number: int, one: Mapping[str, Any]) -> list[UserError]:
    held = call.face.app_data.get(_name(one))
    if one["ownerId"] != INSTALLATION:
        # The sandbox keeps what belongs to the app, and nothing of products or orders.
        return [_wrong(number, "ownerId", "Owner does not exist", "INVALID")]
    if one.get("type") is None and held is None:
        return [_wrong(number, "type", "Type can't be blank", "BLANK")]
    if not one["value"]:
        return [_wrong(number, "value", "Value can't be blank", "BLANK")]
    if "compareDigest" in one and one["compareDigest"] != (None if held is None else held.digest):
        message = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
        return [_wrong(number, "compareDigest", message, "STALE_OBJECT")]
    return []


def _wrong(number: int, what: str, message: str, code: str) -> UserError:
    return {**user_error(("metafields", str(number), what), message, code), "elementIndex": number}


def _set(call: Call, one: Mapping[str, Any]) -> Metafield:
    name = _name(one)
    held = call.face.app_data.get(name)
    if held is None:
        held = Metafield(
            id=len(call.face.app_data) + 1,
            namespace=name[0],
            key=name[1],
            type=one["type"],
            value=one["value"],
            created_at=call.now,
            updated_at=call.now,
        )
    fresh = replace(held, value=one["value"], type=one.get("type") or held.type, updated_at=call.now)
    call.face.app_data[name] = fresh
    return fresh


def _name(one: Mapping[str, Any]) -> tuple[str, str]:
    return one.get("namespace") or "$app", one["key"]
