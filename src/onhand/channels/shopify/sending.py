"""Sending a parcel and naming what became of it. Nothing that a platform can do is an exception here."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import msgspec

from onhand.channels.shopify import stocking
from onhand.channels.shopify.answers import acts as answers
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import number_of
from onhand.channels.shopify.settings import NAME
from onhand.channels.shopify.trouble import Disconnected, NoAnswer, NotCarriedOut, Refused, TooDear
from onhand.channels.shopify.writing import MAX_SET_UNITS, MAX_UNITS, ParcelBody
from onhand.domain.drift import Observation
from onhand.domain.stock import LevelKey, State
from onhand.ports.channel import Applied, LevelOutcome, Parcel, Partly, Rejected, Throttled, Unknown
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected

_log = logging.getLogger(__name__)

_STALE = "CHANGE_FROM_QUANTITY_STALE"
# The same key again after a moment: the first call is still at work, or the service was down.
_WAIT_S = {"IDEMPOTENCY_CONCURRENT_REQUEST": 1.0, "SERVICE_UNAVAILABLE": 5.0}
# The key is burnt and nothing of it was carried out: look again and use a new one.
_BURNT = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "ADJUST_QUANTITIES_FAILED", "MOVE_QUANTITIES_FAILED"})

# While a shop must be connected again, its writing waits and looks this often whether that was done.
RECONNECT_LOOK_S = 60.0

_read_body = msgspec.json.Decoder(ParcelBody).decode


def send(client: GraphqlClient, parcel: Parcel) -> LevelOutcome:
    """Send one parcel for the first time."""
    return _send(client, parcel, _read_body(parcel.body))


def send_again(client: GraphqlClient, parcel: Parcel) -> LevelOutcome:
    """Send a parcel again whose outcome is not known: under its key, or, where it has none, after reading back."""
    body = _read_body(parcel.body)
    if body.document != stocking.TOGGLE:
        return _send(client, parcel, body)
    try:
        data = client.ask(load("item_stocked"), {"item": body.variables["item"]}, answers.ItemStocked, Lane.WRITE).data
    except ChannelUnavailable as trouble:
        return Unknown(reason=str(trouble))
    except NotConnected as trouble:
        return Throttled(retry_after_s=RECONNECT_LOOK_S, trouble=str(trouble))
    except ChannelRefused as trouble:
        return Rejected(stale=False, rows=(), reason=str(trouble))
    levels = data.inventory_item.inventory_levels.nodes if data.inventory_item is not None else []
    stocked = {level.location.id for level in levels if level.is_active}
    if all((location in stocked) == wanted for location, wanted in stocking.wanted(body).items()):
        return Applied(shown_units=None, note="carried out, as reading back shows")
    return _send(client, parcel, body)  # it was not: what it asks for may be asked for twice


def _send(client: GraphqlClient, parcel: Parcel, body: ParcelBody) -> LevelOutcome:
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
    except Disconnected as trouble:
        return Throttled(retry_after_s=RECONNECT_LOOK_S, trouble=str(trouble))
    except (Refused, TooDear) as trouble:
        return Rejected(stale=False, rows=(), reason=str(trouble))
    if written.switched is not None:
        errors = written.switched.user_errors
        return _judge(parcel, errors) if errors else Applied(shown_units=None, note="connected or disconnected")
    if written.group is None:
        return Unknown(reason=f"{body.document}: shopify answered without saying what became of it")
    return _read_answer(parcel, body, written.group)


def _read_answer(parcel: Parcel, body: ParcelBody, answer: answers.WrittenGroup) -> LevelOutcome:
    """Return the outcome of a write to quantities.

    Whether one stale row keeps the others from being written is not documented (2026-10). The answer decides: a group
    lists what was changed: with errors beside it those rows were carried out and the others not, and with errors and no
    group none was.
    """
    group = answer.inventory_adjustment_group
    applied = Applied(
        shown_units=None,
        note=group.id if group is not None else "nothing was to be changed",
        shown=_shown(group) if group is not None else (),
    )
    if not answer.user_errors:
        return applied
    judged = _judge(parcel, answer.user_errors)
    if group is None or not group.changes or not isinstance(judged, Rejected):
        return judged
    return Partly(applied, judged._replace(rows=_left_out(body, group)))


def _left_out(body: ParcelBody, group: answers.AdjustmentGroup) -> tuple[int, ...]:
    """Return the rows of a parcel whose levels are not among what was changed."""
    changed = {
        (change.item.id, change.location.id)
        for change in group.changes
        if change.item is not None and change.location is not None
    }
    return tuple(
        number
        for number, row in enumerate(_changes(body))
        if (row["inventoryItemId"], row.get("locationId") or row["from"]["locationId"]) not in changed
    )


def _shown(group: answers.AdjustmentGroup) -> tuple[Observation, ...]:
    """Return the levels that a write has changed, as they were right after it, dated by Shopify."""
    if group.created_at is None:
        return ()
    units: dict[LevelKey, dict[State, int]] = {}
    for change in group.changes:
        item = number_of(change.item.id, "InventoryItem") if change.item is not None else None
        location = number_of(change.location.id, "Location") if change.location is not None else None
        if item is not None and location is not None and change.quantity_after_change is not None:
            level = units.setdefault(LevelKey(item, location), {})
            level[State(change.name)] = change.quantity_after_change
    seen_at = group.created_at.astimezone(UTC)
    return tuple(
        Observation(source=NAME, item=key.item, location=key.location, units=shown, observed_at=seen_at)
        for key, shown in units.items()
    )


def _judge(parcel: Parcel, errors: Sequence[answers.UserError]) -> Rejected | Throttled:
    """Return the outcome of a write that Shopify found wrong."""
    codes = {error.code or "" for error in errors}
    reason = "; ".join(f"{error.code or 'refused'} {error.message}" for error in errors[:3])
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


def _changes(body: ParcelBody) -> Sequence[Mapping[str, Any]]:
    entry = body.variables.get("input", {})
    rows: Sequence[Mapping[str, Any]] = entry.get("changes") or entry.get("quantities") or ()
    return rows


def _lowers(body: ParcelBody) -> bool:
    """Tell whether a parcel takes units out of what can be sold."""
    available = str(State.AVAILABLE)
    name = body.variables.get("input", {}).get("name")
    if name is None:
        return any("from" in change and change["from"]["name"] == available for change in _changes(body))
    return name == available and any(
        change["delta"] < 0 if "delta" in change else change["quantity"] < change["changeFromQuantity"]
        for change in _changes(body)
    )


def _too_large(body: ParcelBody) -> tuple[int, ...]:
    most = MAX_SET_UNITS if "quantities" in body.variables.get("input", {}) else MAX_UNITS
    return tuple(
        number
        for number, change in enumerate(_changes(body))
        if abs(change.get("quantity", change.get("delta", 0))) > most
    )
