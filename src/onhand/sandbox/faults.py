"""What goes wrong on purpose: on the way of webhooks and in the platforms' answers, by a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

DeliveryFault = Literal["duplicate", "reorder", "delay", "lose"]
ApiFault = Literal["throttle", "error_5xx", "timeout_after_apply", "outage", "service_unavailable"]
BulkFault = Literal["bulk_error", "bulk_timeout"]
FaultKind = Literal[DeliveryFault, ApiFault, BulkFault]
DELIVERY_FAULTS: tuple[DeliveryFault, ...] = get_args(DeliveryFault)
API_FAULTS: tuple[ApiFault, ...] = get_args(ApiFault)
BULK_FAULTS: tuple[BulkFault, ...] = get_args(BulkFault)
FAULT_KINDS: tuple[FaultKind, ...] = (*DELIVERY_FAULTS, *API_FAULTS, *BULK_FAULTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A share (0 to 1) of deliveries or calls that go wrong in one way.

    `until` None means until healed; `platform` None means both.
    """

    kind: FaultKind
    share: float
    until: datetime | None
    platform: str | None


class Faults:
    """The faults that are on, drawn from their own chance so that they disturb no other draw."""

    def __init__(self, rng: random.Random, clock: Callable[[], datetime]) -> None:
        self._rng = rng
        self._clock = clock
        self._on: dict[tuple[FaultKind, str | None], Fault] = {}
        self.done: Counter[str] = Counter()

    def set(self, kind: FaultKind, *, share: float, for_s: float | None = None, platform: str | None = None) -> Fault:
        """Turn a fault on for `for_s` seconds (None: until healed), in place of one of the same kind."""
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"fault {kind}: share must be between 0 and 1, got {share}")
        until = None if for_s is None else self._clock() + timedelta(seconds=for_s)
        fault = Fault(kind=kind, share=share, until=until, platform=platform)
        self._on[kind, platform] = fault
        return fault

    def heal(self) -> None:
        """Turn every fault off."""
        self._on.clear()

    def on(self) -> list[Fault]:
        """Return the faults that are on now."""
        now = self._clock()
        return [fault for fault in self._on.values() if fault.until is None or fault.until > now]

    def delivery(self, platform: str) -> DeliveryFault | None:
        """Draw what happens to one delivery, and count it; each kind keeps its own share of all deliveries."""
        drawn = self._draw(platform, DELIVERY_FAULTS)
        return next((kind for kind in DELIVERY_FAULTS if kind == drawn), None)

    def api(self, platform: str) -> ApiFault | None:
        """Draw what happens to one API call, and count it: None, or the one thing that goes wrong."""
        drawn = self._draw(platform, API_FAULTS)
        return next((kind for kind in API_FAULTS if kind == drawn), None)

    def bulk(self, platform: str) -> BulkFault | None:
        """Draw how one bulk operation breaks off in the middle, and count it; None lets it come to its end."""
        drawn = self._draw(platform, BULK_FAULTS)
        return next((kind for kind in BULK_FAULTS if kind == drawn), None)

    def fraction(self) -> float:
        """Draw a number between 0 and 1 for how much of something happens, such as how long a delay is."""
        return self._rng.random()

    def _draw(self, platform: str, kinds: tuple[str, ...]) -> str | None:
        if not self._on:
            return None
        active = [one for one in self.on() if one.kind in kinds and one.platform in {None, platform}]
        if not active:
            return None
        point = self._rng.random()
        for fault in active:  # one draw over adjoining shares: no kind takes from another
            if point < fault.share:
                self.done[fault.kind] += 1
                return fault.kind
            point -= fault.share
        return None
