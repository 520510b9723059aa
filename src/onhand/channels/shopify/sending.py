"""Sending a parcel and naming what became of it. Nothing that a platform can do is an exception here."""

import logging
from collections.abc import Sequence

import msgspec

from onhand.channels.shopify.answers import acts as answers
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.trouble import NoAnswer, NotCarriedOut, Refused, TooDear
from onhand.channels.shopify.writing import MAX_UNITS, ParcelBody
from onhand.domain.stock import State
from onhand.ports.channel import Applied, Outcome, Parcel, Rejected, Throttled, Unknown

_log = logging.getLogger(__name__)

_STALE = "CHANGE_FROM_QUANTITY_STALE"
# The same key again after a moment: the first call is still at work, or the service was down.
_WAIT_S = {"IDEMPOTENCY_CONCURRENT_REQUEST": 1.0, "SERVICE_UNAVAILABLE": 5.0}
# The key is burnt and nothing of it was carried out: look again and use a new one.
_BURNT = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "ADJUST_QUANTITIES_FAILED", "MOVE_QUANTITIES_FAILED"})

_read_body = msgspec.json.Decoder(ParcelBody).decode


def send(client: GraphqlClient, parcel: Parcel) -> Outcome:
    """Send one parcel, for the first time or again with the same key."""
    body = _read_body(parcel.body)
    guilty = _too_large(body)
    if guilty:
        return Rejected(
            stale=False, rows=guilty, reason=f"more than {MAX_UNITS} units in a row: refused here, not sent"
        )
    lane = Lane.LOWERING if _lowers(body) else Lane.WRITE
    try:
        written = client.call(load(body.document), body.variables, answers.Written, lane).data
    except NotCarriedOut as trouble:
        return Throttled(retry_after_s=trouble.retry_after_s)
    except NoAnswer as trouble:
        return Unknown(reason=str(trouble))
    except (Refused, TooDear) as trouble:
        return Rejected(stale=False, rows=(), reason=str(trouble))
    group = written.inventory_move_quantities or written.inventory_adjust_quantities
    if group is None:
        return Unknown(reason=f"{body.document}: shopify answered without saying what became of it")
    if group.user_errors:
        return _judge(parcel, group.user_errors)
    adjustment = group.inventory_adjustment_group
    return Applied(shown_units=None, note=adjustment.id if adjustment is not None else "nothing was to be changed")


def _judge(parcel: Parcel, errors: Sequence[answers.UserError]) -> Outcome:
    """Return the outcome of a write that Shopify found wrong. It carries out all rows or none (2026-10)."""
    codes = {error.code or "" for error in errors}
    reason = "; ".join(f"{error.code} {error.message}" for error in errors[:3])
    waits = [wait_s for code, wait_s in _WAIT_S.items() if code in codes]
    if waits:
        return Throttled(retry_after_s=max(waits))
    if codes & _BURNT:
        return Rejected(stale=True, rows=(), reason=reason)
    # A row that is wrong in itself outweighs stale ones: without it the others have a chance.
    blamed = [error for error in errors if error.code != _STALE] or errors
    rows = tuple(sorted({row for error in blamed if (row := error.row()) is not None}))
    if codes - {_STALE}:
        _log.error("parcel %s was refused: %s", parcel.key, reason)
    return Rejected(stale=codes == {_STALE}, rows=rows, reason=reason)


def _lowers(body: ParcelBody) -> bool:
    """Tell whether a parcel takes units out of what can be sold."""
    entry = body.variables["input"]
    available = str(State.AVAILABLE)
    if "name" in entry:
        return entry["name"] == available and any(change["delta"] < 0 for change in entry["changes"])
    return any(change["from"]["name"] == available for change in entry["changes"])


def _too_large(body: ParcelBody) -> tuple[int, ...]:
    return tuple(
        number
        for number, change in enumerate(body.variables["input"]["changes"])
        if abs(change.get("quantity", change.get("delta", 0))) > MAX_UNITS
    )
