"""I9: what a platform tells of our own writes is known already."""

from collections.abc import Sequence

import msgspec

from onhand.simulator.invariants.evidence import Evidence
from onhand.simulator.network import Captured

LEVELS_TOLD = "inventory_levels/update"


class _Level(msgspec.Struct):
    inventory_item_id: int
    location_id: int


def newest_levels(captured: Sequence[Captured]) -> list[Captured]:
    """Return what was told last of every level, one delivery each."""
    newest: dict[tuple[int, int], Captured] = {}
    for one in captured:
        if one.delivery.topic == LEVELS_TOLD:
            level = msgspec.json.decode(one.body, type=_Level)
            newest[level.inventory_item_id, level.location_id] = one
    return list(newest.values())


def i9_echoes_are_neutral(before: Evidence, after: Evidence) -> list[str]:
    """I9: echoes have moved no unit, and nothing is written because of them."""
    sentences = [f"I9: an echo has booked {row.id}" for row in after.moved[len(before.moved) :]]
    if after.levels != before.levels:
        sentences.append("I9: echoes have changed what stands in a bin")
    planned = {write.key for write in before.writes}
    return sentences + [f"I9: an echo made onhand write {row.key}" for row in after.writes if row.key not in planned]
