"""What every mutation goes through before it may change the world, and the shape of what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLResolveInfo, get_named_type

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.idempotency import CONCURRENT, Attempt, Payload, Rejected
from onhand.sandbox.shopify.rules import check_arguments, key_of

Writer = Callable[[Call, Arguments], Payload]
MutationResolver = Callable[..., Payload]
UserError = dict[str, object]
USER_ERRORS = ("userErrors",)
UNAVAILABLE = "SERVICE_UNAVAILABLE"


def user_error(field: Sequence[str] | None, message: str, code: str | None = None) -> UserError:
    """Return one entry of userErrors; `field` None means that no argument in particular is wrong."""
    return {"field": None if field is None else list(field), "message": message, "code": code}


def guarded(writer: Writer, *, empty: Sequence[str], errors: Sequence[str] = USER_ERRORS) -> MutationResolver:
    """Return the resolver of a mutation: its rules are checked, its key remembered, then `writer` runs.

    `empty` names the payload's fields that are null when the platform refuses; `errors` are where it says why.
    """

    def resolve(_source: Any, info: GraphQLResolveInfo[Call], **arguments: Any) -> Payload:
        call: Call = info.context
        check_arguments(info, arguments)
        key = key_of(info)
        if call.service_down and UNAVAILABLE in _codes(info, errors[0]):
            # [I]: a call that was not carried out leaves its key free, as a throttled one does.
            return refused(empty, [user_error(None, "The service is temporarily unavailable.", UNAVAILABLE)], errors)
        if key is None:
            return writer(call, arguments)
        parameters = json.dumps(arguments, sort_keys=True)
        keys = call.face.keys
        mutation = info.field_name
        if key in call.busy_keys:
            return refused(empty, [user_error(None, CONCURRENT.message, CONCURRENT.code)], errors)
        earlier = keys.earlier(key, mutation=mutation, parameters=parameters, now=call.now)
        if isinstance(earlier, Rejected):
            return refused(empty, [user_error(None, earlier.message, earlier.code)], errors)
        if earlier is not None:
            return earlier
        payload = writer(call, arguments)
        failed = bool(payload[errors[0]]) and all(payload[name] is None for name in empty)
        keys.conclude(
            key,
            Attempt(mutation=mutation, parameters=parameters, at=call.now, payload=payload, failed=failed),
        )
        return payload

    return resolve


def _codes(info: GraphQLResolveInfo[Call], errors: str) -> frozenset[str]:
    """Return the codes that the schema has for the errors of the mutation being resolved."""
    payload = get_named_type(info.return_type)
    assert isinstance(payload, GraphQLObjectType), "a mutation gives a payload"
    kind = get_named_type(payload.fields[errors].type)
    assert isinstance(kind, GraphQLObjectType), "errors are objects"
    code = kind.fields.get("code")
    codes = None if code is None else get_named_type(code.type)
    return frozenset(codes.values) if isinstance(codes, GraphQLEnumType) else frozenset()


def refused(empty: Sequence[str], found: Sequence[UserError], errors: Sequence[str] = USER_ERRORS) -> Payload:
    """Return the payload of a refusal: every named field null, and what was wrong under each of `errors`."""
    return {**dict.fromkeys(empty), **{name: list(found) for name in errors}}
