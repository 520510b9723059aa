"""Returns as records: what a shopper sends back, what became of it, and what is sent in exchange."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# Admin API 2026-10, ReverseFulfillmentOrderDispositionType.
DispositionType = Literal["RESTOCKED", "NOT_RESTOCKED", "MISSING", "PROCESSING_REQUIRED"]


@dataclass(kw_only=True, slots=True)
class Disposition:
    """What became of returned units; only RESTOCKED has a location, and only it moves stock."""

    id: int
    type: DispositionType
    units: int
    location_id: int | None
    created_at: datetime


@dataclass(kw_only=True, slots=True)
class ReturnLine:
    """Units of a shipped line that come back: a return's line and its reverse fulfilment order's line in one.

    `fulfilled_line_id` is the fulfilment line they were shipped in; `processed_units` were confirmed by returnProcess.
    """

    id: int
    reverse_line_id: int
    fulfilled_line_id: int
    line_id: int
    item_id: int
    units: int
    processed_units: int = 0
    refunded_units: int = 0
    dispositions: list[Disposition] = field(default_factory=list)

    def disposed_units(self, *types: str) -> int:
        """Return the units with one of these dispositions, with any when none is named."""
        return sum(row.units for row in self.dispositions if not types or row.type in types)


@dataclass(kw_only=True, slots=True)
class ExchangeLine:
    """Units that the shopper gets instead; `line_ids` are the lines of the order that were made for them."""

    id: int
    item_id: int
    units: int
    processed_units: int = 0
    line_ids: list[int] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Return:
    """A return; Shopify's status OPEN, CLOSED or CANCELED (a request and its decline move no stock: not modelled)."""

    id: int
    reverse_order_id: int
    order_id: int
    name: str
    status: str
    lines: list[ReturnLine]
    exchanges: list[ExchangeLine]
    created_at: datetime
    closed_at: datetime | None = None

    @property
    def waiting_units(self) -> int:
        """Units of which nobody has said yet for good what becomes of them."""
        final = ("RESTOCKED", "NOT_RESTOCKED", "MISSING")
        return sum(line.units - line.disposed_units(*final) for line in self.lines)

    def part_ids(self) -> set[int]:
        """Return the ids by which this return, its reverse fulfilment order and their lines are found."""
        ids = {self.id, self.reverse_order_id, *(one.id for one in self.exchanges)}
        for line in self.lines:
            ids |= {line.id, line.reverse_line_id}
        return ids

    def line(self, part_id: int) -> ReturnLine | None:
        """Return the line with an id, its own or that of its reverse fulfilment order's line."""
        return next((one for one in self.lines if part_id in (one.id, one.reverse_line_id)), None)
