"""What a demo is asked for, and what it comes to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ORDERS_PER_S = 12.0
"""Orders a second on three channels; the day draws them at random, so a minute has at least ten a second."""

ITEMS = 400
LOCATIONS = 4
WEB_ITEMS = 150
"""Items that a web shop on WooCommerce sells, too."""

KEPT_AT = "Providence"
"""The last of the locations, whose goods a third party keeps."""

DUPLICATES, REORDERED, LOST = 0.05, 0.05, 0.01
"""Shares of deliveries that go wrong while the day plays."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoOptions:
    """How to play. `for_s` None: until stopped with a page, one minute headless. `quiet` prints no progress.

    `speed` is shop seconds a real second: it scales the fifteen minutes of the polling sync that the day is compared
    with. `replay` plays a transactions file through the tills instead, `limit` lines of it (None: all). `faults` off
    delivers every webhook once and in order; `throttled` off lets the platforms answer as fast as they can.
    """

    headless: bool = False
    for_s: float | None = None
    seed: int = 7
    speed: float = 60.0
    port: int = 8000
    orders_per_s: float = ORDERS_PER_S
    replay: str | None = None
    limit: int | None = None
    folder: Path | None = None
    faults: bool = True
    throttled: bool = True
    quiet: bool = False


class Parity(NamedTuple):
    """Numbers compared between books and platforms after the day healed, and how many differ."""

    checked: int
    differing: int


class Drifts(NamedTuple):
    """Gaps that were filed. Explained: an order was found for them; healed: adopted; wrong: adopted and taken back."""

    opened: int
    explained: int
    healed: int
    wrong: int
    open: int


class Sheet(NamedTuple):
    """The Google Sheet beside the books; no rows where none is connected."""

    rows: int
    differing: int


class Visitors(NamedTuple):
    """People that sensors counted at the doors, and how many of them the quarters of an hour hold."""

    counted: int
    booked: int


class OwnSiteHeard(NamedTuple):
    """Numbers that the merchant's own site sells by, and how many differ from what it was told by webhooks of ours."""

    numbers: int
    differing: int


class KioskDay(NamedTuple):
    """What a further till asked for over HTTP and what became of it, in requests; `sold_units` it has handed over.

    `refused`: there was not so much. The rest must be 0: answers it did not expect, holds of which the books say
    otherwise, units sold that are not those it handed over, and holds of more than there was by then.
    """

    asked: int = 0
    granted: int = 0
    refused: int = 0
    confirmed: int = 0
    released: int = 0
    expired: int = 0
    sold_units: int = 0
    unexpected: int = 0
    differing: int = 0
    differing_units: int = 0
    overheld: int = 0


class Others(NamedTuple):
    """What is beside the platforms, compared with the books."""

    sheet: Sheet
    visitors: Visitors
    own_site: OwnSiteHeard
    kiosk: KioskDay


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoResult:
    """The verdict. `latency_s` runs from a webhook's 200 to the channel's update on the wire, as the sandbox saw both.

    `holds` is True only where nothing is in `broken`: each entry names one promise that was not kept.
    """

    deliveries: int
    duplicates: int
    lost_deliveries: int
    orders: int
    orders_per_s: float
    orders_by_channel: dict[str, int]
    oversold_units: int
    oversold_units_polling: int
    sold_after_confirmed_zero_units: int
    lost_sales_units: int
    lost_sales_units_polling: int
    unexplained_units: int
    parity: Parity
    latency_s: dict[str, float]
    drifts: Drifts
    sheet: Sheet
    parity_by_platform: dict[str, Parity]
    visitors: Visitors
    own_site: OwnSiteHeard
    kiosk: KioskDay
    healed_in_s: float
    replay: dict[str, object] | None = None
    broken: tuple[str, ...] = field(default=())
    holds: bool
