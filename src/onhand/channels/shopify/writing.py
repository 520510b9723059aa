"""Writing quantities to Shopify: moves inside a level, adjustments for the rest, and numbers that must be shown.

Sources: Admin API 2026-10, InventoryMoveQuantitiesInput, InventoryAdjustQuantitiesInput, InventorySetQuantitiesInput
and their userErrors; the two rules that the schema does not show (@idempotent, an explicit changeFromQuantity) stand in
every document and row.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from onhand.channels.shopify.gids import gid
from onhand.channels.shopify.settings import NAME
from onhand.domain.stock import State
from onhand.ports.channel import Parcel
from onhand.ports.level_writes import LevelWrite, Packed, Setting, Telling

MAX_ROWS = 250  # Shopify API limits: an array argument holds at most 250 rows
MAX_UNITS = 2_000_000_000  # INVALID_QUANTITY_TOO_HIGH of moves and adjustments
MAX_SET_UNITS = 1_000_000_000  # and of what is set

MOVE: Final = "move_quantities"
ADJUST: Final = "adjust_quantities"
SET: Final = "set_quantities"

# Shopify keeps units that are not available under a document of the app that put them there. All of ours go under
# one, so that what an order reserved is taken from the same pile when it ships. At most two are allowed a move.
LEDGER_DOCUMENT = "gid://onhand/Ledger/orders-of-other-channels"
BUFFER_DOCUMENT = "gid://onhand/Ledger/online-store-buffer"


class ParcelBody(msgspec.Struct):
    """A parcel's body: which document, with which variables, to the letter."""

    document: str
    variables: dict[str, Any]


class _Row(NamedTuple):
    """One change of one level, and the part of a write that it carries."""

    document: str
    name: str  # the state an adjustment or a setting is about; empty for a move
    reason: str
    change: dict[str, Any]
    carried: LevelWrite


def pack(writes: Sequence[Telling | Setting], reference: str, key: str) -> list[Packed]:
    """Return parcels that together carry out `writes`, each with the writes, or parts of them, that it carries.

    A write that one mutation cannot express is split; its parts add up to it. A state that several parts touch is
    compared by none of them: nobody knows which will be the first. No level stands twice in a parcel.
    Row numbers of an outcome are places in the tuple beside the parcel.
    """
    groups: dict[tuple[str, str, str, int], list[_Row]] = {}
    met: dict[tuple[str, str, str, str, str], int] = {}
    for write in writes:
        for row in _setting_rows(write) if isinstance(write, Setting) else _rows(write):
            place = (row.document, row.name, row.reason, write.item, write.location)
            turn = met[place] = met.get(place, -1) + 1
            groups.setdefault((row.document, row.name, row.reason, turn), []).append(row)
    parcels: list[Packed] = []
    for (document, name, reason, _), rows in groups.items():
        for begin in range(0, len(rows), MAX_ROWS):
            chunk = rows[begin : begin + MAX_ROWS]
            number = len(parcels) + 1
            entry = _entry(document, name, reason, reference, chunk)
            variables = {"input": entry, "key": f"{key}/{number}"}
            body = msgspec.json.encode(ParcelBody(document=document, variables=variables))
            parcel = Parcel(key=f"{key}/{number}", channel=NAME, body=body)
            parcels.append((parcel, tuple(row.carried for row in chunk)))
    return parcels


def _entry(document: str, name: str, reason: str, reference: str, rows: Iterable[_Row]) -> dict[str, Any]:
    # The reference shows in the merchant's inventory history, under the name of the app that it begins with.
    entry: dict[str, Any] = {
        "reason": reason,
        "referenceDocumentUri": f"gid://onhand/Telling/{reference}",
        "quantities" if document == SET else "changes": [row.change for row in rows],
    }
    return entry if document == MOVE else entry | {"name": name}


def _rows(telling: Telling) -> list[_Row]:
    """Return the changes that carry out a telling: givers are paired with takers, what is left over is adjusted."""
    left = {state: units for state, units in sorted(telling.units.items()) if units}
    moves: list[tuple[State, State, int]] = []
    for source in [state for state, units in left.items() if units < 0]:
        for target in [state for state, units in left.items() if units > 0]:
            units = min(-left[source], left[target])
            if units > 0:
                moves.append((source, target, units))
                left[source] += units
                left[target] -= units
    rest = {state: units for state, units in left.items() if units}
    compare = telling.compare or {}
    if len(moves) + len(rest) > 1:
        touched = Counter([state for source, target, _ in moves for state in (source, target)] + list(rest))
        compare = {state: units for state, units in compare.items() if touched[state] == 1}
    return [
        *(_move(telling, source, target, units, compare) for source, target, units in moves),
        *(_adjust(telling, state, units, compare) for state, units in rest.items()),
    ]


def _move(telling: Telling, source: State, target: State, units: int, compare: Mapping[State, int]) -> _Row:
    change = {
        "inventoryItemId": gid("InventoryItem", telling.item),
        "quantity": units,
        "from": _terminal(telling.location, source, compare),
        "to": _terminal(telling.location, target, compare),
    }
    return _Row(MOVE, "", _move_reason(source, target), change, _part(telling, {source: -units, target: units}))


def _terminal(location: str, state: State, compare: Mapping[State, int]) -> dict[str, Any]:
    terminal: dict[str, Any] = {
        "locationId": gid("Location", location),
        "name": str(state),
        "changeFromQuantity": compare.get(state),
    }
    # Forbidden for available, required for every other state.
    return terminal if state is State.AVAILABLE else terminal | {"ledgerDocumentUri": _document(state)}


def _document(state: State) -> str:
    """Return what our units of a state lie under; a call carries at most two, and one where it adjusts."""
    return BUFFER_DOCUMENT if state is State.SAFETY_STOCK else LEDGER_DOCUMENT


def _adjust(telling: Telling, state: State, units: int, compare: Mapping[State, int]) -> _Row:
    change: dict[str, Any] = {
        "inventoryItemId": gid("InventoryItem", telling.item),
        "locationId": gid("Location", telling.location),
        "delta": units,
        "changeFromQuantity": compare.get(state),
    }
    if state is not State.AVAILABLE:
        change["ledgerDocumentUri"] = _document(state)
    return _Row(ADJUST, str(state), _adjust_reason(state, units), change, _part(telling, {state: units}))


def _setting_rows(write: Setting) -> list[_Row]:
    """Return the changes that make states hold what is wanted.

    Only available can be set; every other state is adjusted by what is missing, and so is an available below zero,
    which nobody can set (INVALID_QUANTITY_NEGATIVE).
    """
    rows: list[_Row] = []
    for state, units in sorted(write.units.items()):
        shown_units = write.compare[state]
        change: dict[str, Any] = {
            "inventoryItemId": gid("InventoryItem", write.item),
            "locationId": gid("Location", write.location),
            "changeFromQuantity": shown_units,
        }
        part = Setting(write.item, write.location, {state: units}, {state: shown_units})
        if state is State.AVAILABLE and units >= 0:
            rows.append(_Row(SET, str(state), "correction", change | {"quantity": units}, part))
        else:
            change["delta"] = units - shown_units
            if state is not State.AVAILABLE:
                change["ledgerDocumentUri"] = _document(state)
            rows.append(_Row(ADJUST, str(state), "correction", change, part))
    return rows


def _part(telling: Telling, units: Mapping[State, int]) -> Telling:
    compare = None
    if telling.compare is not None:
        compare = {state: telling.compare[state] for state in units if state in telling.compare}
    return Telling(telling.item, telling.location, units, compare)


# Shopify has no reason "sold elsewhere": these are the nearest of its list.
_OWN_REASONS = {
    State.DAMAGED: "damaged",
    State.QUALITY_CONTROL: "quality_control",
    State.SAFETY_STOCK: "safety_stock",
}


def _move_reason(source: State, target: State) -> str:
    match source, target:
        case State.AVAILABLE, State.RESERVED:
            return "reservation_created"
        case State.RESERVED, State.AVAILABLE:
            return "reservation_deleted"
        case _:
            return _OWN_REASONS.get(target, _OWN_REASONS.get(source, "other"))


def _adjust_reason(state: State, units: int) -> str:
    match state:
        case State.RESERVED:
            return "reservation_updated"
        case State.AVAILABLE:
            return "restock" if units > 0 else "other"
        case _:
            return _OWN_REASONS.get(state, "other")
