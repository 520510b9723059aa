"""Lanes: the platforms that onhand writes to, and whether it does, in words."""

from dataclasses import dataclass
from typing import Literal

from onhand.answers import Lane
from onhand.answers.selling import PLATFORM
from onhand.web.names import many, title_of

LaneState = Literal["armed", "shadow", "paused", "held"]


@dataclass(frozen=True, kw_only=True)
class LaneShown:
    """One platform: how writing to it stands, in words, and what waits there. `stopped`: a person may let it go on."""

    channel: str
    title: str
    state: LaneState
    stopped: bool
    untold: int
    underway: int
    unknown: int
    parked: int
    words: str
    because: str


def show_lane(lane: Lane) -> LaneShown:
    """Return a lane as the page and the API show it."""
    state = _state(lane)
    return LaneShown(
        channel=lane.name,
        title=title_of(lane.name),
        state=state,
        stopped=state in ("paused", "held"),
        untold=lane.untold,
        underway=lane.underway,
        unknown=lane.unknown,
        parked=lane.parked,
        words=_words(lane, state),
        because=_because(lane, state),
    )


def _state(lane: Lane) -> LaneState:
    if lane.held_reason is not None:
        return "held"
    if lane.paused:
        return "paused"
    return "armed" if lane.armed else "shadow"


def _words(lane: Lane, state: LaneState) -> str:
    untold = many(lane.untold, "level" if lane.name == PLATFORM else "listing")
    match state:
        case "held":
            return f"stopped and asks; {untold} to tell"
        case "paused":
            return f"paused; {untold} to tell"
        case "armed":
            return f"armed; {untold} to tell" if lane.untold else "armed; everything is told"
        case "shadow":
            return f"in shadow; would tell {untold}" if lane.untold else "in shadow; nothing to tell"


def _because(lane: Lane, state: LaneState) -> str:
    if state == "held":
        return f"{lane.held_reason}. Resume lets these through."
    if state == "shadow":
        return f"Nothing is written before: onhand arm {lane.name}"
    if lane.name != PLATFORM and lane.imported == "unknown":
        return "Shopify is not told of these orders: say orders_imported_to_shopify in onhand.toml"
    if lane.unknown or lane.parked:
        return f"{many(lane.unknown, 'write')} with unknown outcome, {many(lane.parked, 'listing')} parked"
    return ""
