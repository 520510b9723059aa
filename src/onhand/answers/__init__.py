"""The questions people ask, answered from the books: the same for the command line and for pages."""

from onhand.answers.buffers import AsideShown, ReturnedShown, aside, returned
from onhand.answers.deliveries import DeliveryRow, DeliveryShown, Inbox, delivery, inbox
from onhand.answers.document import as_json
from onhand.answers.drifts import DriftShown, FixShown, drift, drifts
from onhand.answers.explained import Explained, explain
from onhand.answers.health import Health, health
from onhand.answers.holds import HoldShown, KeptShown, one_hold, show_holds
from onhand.answers.lookup import NotKnown, find_channel, find_items, find_location, location_names
from onhand.answers.oversells import ClaimShown, OversellShown, oversells, worst_oversells
from onhand.answers.places import PlaceShown, places
from onhand.answers.problems import ProblemShown, problems
from onhand.answers.returns import ReturnShown, returns
from onhand.answers.selling import (
    Lane,
    OfferShown,
    Write,
    find_writing_channel,
    lanes,
    offers,
    shadow,
    writing_channels,
)
from onhand.answers.stock import Level, Sellable, ats, levels
from onhand.answers.timeline import Happened, timeline
from onhand.answers.transfers import TransferShown, transfers
from onhand.answers.visitors import Visits, time_asked, visits

__all__ = [
    "AsideShown",
    "ClaimShown",
    "DeliveryRow",
    "DeliveryShown",
    "DriftShown",
    "Explained",
    "FixShown",
    "Happened",
    "Health",
    "HoldShown",
    "Inbox",
    "KeptShown",
    "Lane",
    "Level",
    "NotKnown",
    "OfferShown",
    "OversellShown",
    "PlaceShown",
    "ProblemShown",
    "ReturnShown",
    "ReturnedShown",
    "Sellable",
    "TransferShown",
    "Visits",
    "Write",
    "as_json",
    "aside",
    "ats",
    "delivery",
    "drift",
    "drifts",
    "explain",
    "find_channel",
    "find_items",
    "find_location",
    "find_writing_channel",
    "health",
    "inbox",
    "lanes",
    "levels",
    "location_names",
    "offers",
    "one_hold",
    "oversells",
    "places",
    "problems",
    "returned",
    "returns",
    "shadow",
    "show_holds",
    "time_asked",
    "timeline",
    "transfers",
    "visits",
    "worst_oversells",
    "writing_channels",
]
