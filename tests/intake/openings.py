"""Opening balances as tests write them: observations that become levels of a census."""

from collections.abc import Sequence
from datetime import datetime

from onhand.domain.drift import Observation
from onhand.domain.stock import KEPT_STATES
from onhand.intake.opening import open_levels
from onhand.ports.channel import SeenLevel
from onhand.store import Store


def open_observed(store: Store, shop: str, observations: Sequence[Observation], now: datetime) -> None:
    """Open the levels that were observed, as the first reading of a shop does."""
    levels = [
        SeenLevel(
            seen.item,
            seen.location,
            f"{seen.item}@{seen.location}",
            True,
            tuple(seen.units.get(state) for state in KEPT_STATES),
            seen.observed_at,
        )
        for seen in observations
    ]
    reading = max(seen.reading for seen in observations)
    with store.writing() as session:
        open_levels(session.of(shop), "shopify", levels, reading, now, opens=True)
