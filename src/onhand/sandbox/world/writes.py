"""What an app may do to Shopify's levels: adjust, set, move; compared first.

All rows or none; whether that holds for a stale comparison too is not documented, so `WorldSettings` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from onhand.sandbox.world.adjustments import (
    AdjustmentGroup,
    AdjustRow,
    LevelChange,
    MoveRow,
    RowError,
    SetRow,
    WriteResult,
)
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.world import World

STALE = "CHANGE_FROM_QUANTITY_STALE"
_Row = TypeVar("_Row", AdjustRow, SetRow, MoveRow)
# One row's changes of one level: state, delta, document.
_Step = tuple[Level, str, int, str | None]


def adjust(
    world: World,
    *,
    state: str,
    rows: Sequence[AdjustRow],
    reason: str,
    reference_uri: str | None,
    now: datetime,
) -> WriteResult:
    """Add each row's units to `state` (inventoryAdjustQuantities); a state may go below zero.

    Errors: INVALID_INVENTORY_ITEM, INVALID_LOCATION, CHANGE_FROM_QUANTITY_STALE.
    """

    def steps(row: AdjustRow) -> list[_Step]:
        level = level_at(world, row.item_id, row.location_id, now)
        return [(level, state, row.delta_units, row.ledger_document_uri)]

    def stale(index: int, row: AdjustRow) -> RowError | None:
        return _stale(world, index, row, state, row.compare_units)

    return _write(world, rows, steps, stale, reason=reason, reference_uri=reference_uri, now=now)


def set_units(
    world: World,
    *,
    state: str,
    rows: Sequence[SetRow],
    reason: str,
    reference_uri: str | None,
    now: datetime,
) -> WriteResult:
    """Make `state` hold each row's units (inventorySetQuantities): "available" or "on_hand".

    Setting on_hand changes available by the same amount. Errors as in `adjust`.
    """
    target = "available" if state == "on_hand" else state

    def steps(row: SetRow) -> list[_Step]:
        level = level_at(world, row.item_id, row.location_id, now)
        return [(level, target, row.units - level.units(state), None)]

    def stale(index: int, row: SetRow) -> RowError | None:
        return _stale(world, index, row, state, row.compare_units)

    return _write(world, rows, steps, stale, reason=reason, reference_uri=reference_uri, now=now)


def move(
    world: World,
    *,
    rows: Sequence[MoveRow],
    reason: str,
    reference_uri: str | None,
    now: datetime,
) -> WriteResult:
    """Move units between two states of one level (inventoryMoveQuantities). Errors as in `adjust`."""

    def steps(row: MoveRow) -> list[_Step]:
        level = level_at(world, row.item_id, row.location_id, now)
        return [
            (level, row.from_state, -row.units, row.from_ledger_document_uri),
            (level, row.to_state, row.units, row.to_ledger_document_uri),
        ]

    def stale(index: int, row: MoveRow) -> RowError | None:
        origin = _stale(world, index, row, row.from_state, row.from_compare_units)
        return origin or _stale(world, index, row, row.to_state, row.to_compare_units)

    return _write(world, rows, steps, stale, reason=reason, reference_uri=reference_uri, now=now)


def _write(
    world: World,
    rows: Sequence[_Row],
    steps: Callable[[_Row], list[_Step]],
    stale: Callable[[int, _Row], RowError | None],
    *,
    reason: str,
    reference_uri: str | None,
    now: datetime,
) -> WriteResult:
    errors = [error for index, row in enumerate(rows) if (error := _unknown(world, index, row) or stale(index, row))]
    alone = not world.settings.stale_row_fails_call and all(error.code == STALE for error in errors)
    left_out = {error.index for error in errors}
    if errors and (not alone or len(left_out) == len(rows)):
        return WriteResult(group=None, errors=tuple(errors), confirmation_ids=())
    act = world.outbox.act(now)
    changes: list[LevelChange] = []
    confirmation_ids: list[int] = []
    for index, row in enumerate(rows):
        if index in left_out:
            continue
        done = steps(row)
        deltas: dict[str, int] = {}
        for _, state, units, _ in done:
            deltas[state] = deltas.get(state, 0) + units
        level = done[0][0]
        shift(world, level, deltas, act)
        changes += [_changed(level, state, units, uri) for _, state, units, uri in done if units != 0]
        if "available" in deltas:
            key = listing_key(level.item_id, level.location_id)
            confirmation_ids.append(world.confirmations.told(key, level.available))
    if not changes:
        return WriteResult(group=None, errors=tuple(errors), confirmation_ids=tuple(confirmation_ids))
    group = AdjustmentGroup(
        id=world.ids.next("adjustment_group"),
        created_at=now,
        reason=reason,
        reference_document_uri=reference_uri,
        changes=tuple(changes),
    )
    world.adjustment_groups[group.id] = group
    return WriteResult(group=group, errors=tuple(errors), confirmation_ids=tuple(confirmation_ids))


def _changed(level: Level, state: str, units: int, uri: str | None) -> LevelChange:
    return LevelChange(
        item_id=level.item_id,
        location_id=level.location_id,
        state=state,
        delta_units=units,
        after_units=level.units(state),
        ledger_document_uri=uri,
    )


def _unknown(world: World, index: int, row: AdjustRow | SetRow | MoveRow) -> RowError | None:
    if row.item_id not in world.catalog.items:
        return RowError(
            index=index,
            field=("inventoryItemId",),
            code="INVALID_INVENTORY_ITEM",
            message="The specified inventory item could not be found.",
        )
    if row.location_id not in world.catalog.locations:
        field = ("from", "locationId") if isinstance(row, MoveRow) else ("locationId",)
        return RowError(
            index=index,
            field=field,
            code="INVALID_LOCATION",
            message="The specified location could not be found.",
        )
    return None


def _stale(
    world: World, index: int, row: AdjustRow | SetRow | MoveRow, state: str, compare_units: int | None
) -> RowError | None:
    if compare_units is None:
        return None
    level = world.levels.get(row.item_id, row.location_id)
    actual = 0 if level is None else level.units(state)
    if actual == compare_units:
        return None
    side = () if not isinstance(row, MoveRow) else ("from",) if state == row.from_state else ("to",)
    return RowError(
        index=index,
        field=(*side, "changeFromQuantity"),
        code=STALE,
        message=f"The quantity is {actual}, not {compare_units} as the request expects.",
    )
