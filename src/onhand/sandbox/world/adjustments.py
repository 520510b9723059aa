"""An app's writes to Shopify's levels as records: what is asked, what was done, what was wrong with a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustRow:
    """Add `delta_units` to a state; `compare_units` None means: whatever stands there now."""

    item_id: int
    location_id: int
    delta_units: int
    compare_units: int | None
    ledger_document_uri: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetRow:
    """Make a state hold `units`; `compare_units` None means: whatever stands there now."""

    item_id: int
    location_id: int
    units: int
    compare_units: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveRow:
    """Move units from one state to another at one location; None compares with nothing."""

    item_id: int
    location_id: int
    from_state: str
    to_state: str
    units: int
    from_compare_units: int | None
    to_compare_units: int | None
    from_ledger_document_uri: str | None = None
    to_ledger_document_uri: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RowError:
    """What is wrong with row `index`; `field` is the rest of the path inside the row, in Shopify's words."""

    index: int
    field: tuple[str, ...]
    code: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelChange:
    """One state of one level changed by an app's write."""

    item_id: int
    location_id: int
    state: str
    delta_units: int
    after_units: int | None
    ledger_document_uri: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustmentGroup:
    """All changes of one write (Shopify: InventoryAdjustmentGroup)."""

    id: int
    created_at: datetime
    reason: str
    reference_document_uri: str | None
    changes: tuple[LevelChange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteResult:
    """The group of a write that took effect, and the errors of rows that did not: of all where there is no group.

    `group` is None also when nothing was to be changed. `confirmation_ids` go to `Confirmations.confirm` once the
    successful answer is really on its way to the app.
    """

    group: AdjustmentGroup | None
    errors: tuple[RowError, ...]
    confirmation_ids: tuple[int, ...]
