"""Rows of tables that several nouns share, as values of the domain."""

from datetime import datetime

from onhand.domain.stock import KEPT_STATES, Bin, Movement, State
from onhand.store.json_text import STATES
from onhand.store.statements import Row
from onhand.store.times import from_us

MOVEMENT_COLUMNS = 11


def read_movement(row: Row) -> Movement:
    """Return the movement in the first eleven columns of a row."""
    id_, item, source_location, source_state, target_location, target_state, units = row[:7]
    cause, origin, reason, occurred_at = row[7:MOVEMENT_COLUMNS]
    return Movement(
        id=id_,
        item=item,
        source=Bin(source_location, STATES[source_state]),
        target=Bin(target_location, STATES[target_state]),
        units=units,
        cause=cause,
        origin=origin,
        reason=reason,
        occurred_at=from_us(occurred_at),
    )


def read_levels(rows: list[Row]) -> dict[tuple[str, Bin], int]:
    """Return units by item and bin from rows of item, location, state, units."""
    return {(item, Bin(location, STATES[state])): units for item, location, state, units in rows}


def read_states(columns: Row) -> dict[State, int]:
    """Return units by state from one nullable column a kept state, in the order of KEPT_STATES."""
    return {state: units for state, units in zip(KEPT_STATES, columns, strict=True) if units is not None}


def time_of(row: Row, column: int) -> datetime | None:
    """Return the time in a column that may be empty."""
    return None if row[column] is None else from_us(row[column])
