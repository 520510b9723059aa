"""What a person wishes about a drift, and what has become of it."""

from dataclasses import dataclass
from typing import Literal

from onhand.heal.fix import By, CannotHeal, Plan
from onhand.store import DriftRow

Way = Literal["fix", "accept", "undo"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be done about a drift, who wants it and why. Not `sure`: only show what it would change."""

    way: Way
    drift: int
    by: By
    sure: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Healed:
    """What a wish has changed, or would. `status` is preview, done, refused, under way or unknown; `note` says more."""

    plan: Plan
    wish: Wish
    status: str
    note: str = ""


def found(row: DriftRow | None, drift: int) -> DriftRow:
    """Return a drift. Raises CannotHeal where there is none of that number."""
    if row is None:
        raise CannotHeal(f"there is no drift {drift}; `onhand drift ls --status all` shows every one")
    return row
