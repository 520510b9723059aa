"""Draft orders, as Shopify keeps them; what is done with them stands in `drafting`."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftLine:
    """Units of an item that a draft asks for; of a bundle, its components are reserved."""

    id: int
    item_id: int
    units: int


@dataclass(kw_only=True, slots=True)
class Draft:
    """A draft order; Shopify's status OPEN or COMPLETED.

    `reserve_until` is what was asked for; `reserved` is what stands in state reserved now, by item and location, and
    the API shows none of it. `order_id` is set once it was completed.
    """

    id: int
    number: int
    lines: list[DraftLine]
    status: str
    reserve_until: datetime | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    order_id: int | None = None
    reserved: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call the draft, as "#D12"."""
        return f"#D{self.number}"
