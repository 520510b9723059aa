"""What is written to channels, what waits, and what would be written if a channel were armed."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from onhand.answers.lookup import NotKnown, location_names
from onhand.domain.selling import OWN_CHANNELS
from onhand.domain.stock import LevelKey
from onhand.publish.guard import gate
from onhand.store import Books

PLATFORM = "shopify"
"""The platform that keeps levels itself: it is told of movements, not of a number to sell."""

OfferStatus = Literal["told", "waiting", "underway", "parked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """The state of one channel that onhand writes to.

    `open` is False where nothing is written now; `closed_because` says why then. `untold` counts listings (for
    Shopify: levels) whose channel does not know the newest number, `stale` listings that wait to be computed.
    """

    name: str
    armed: bool
    paused: bool
    held_reason: str | None
    imported: str
    open: bool
    closed_because: str
    untold: int
    stale: int
    listings: int
    parked: int
    underway: int
    unknown: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferShown:
    """What a channel was told for one listing, beside what it should be told. `reason` is why it is parked."""

    shop: str
    channel: str
    listing: str
    sku: str | None
    item: str
    units: int | None
    told_units: int | None
    told_at: datetime | None
    shown_units: int | None
    shown_at: datetime | None
    unseen_units: int
    status: OfferStatus
    reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One write that waits. An offer sets a listing to `units`; a telling changes `state` at `location` by `units`.

    `waits_because` is empty where nothing but time keeps it.
    """

    shop: str
    channel: str
    kind: Literal["offer", "telling"]
    sku: str | None
    item: str
    listing: str | None
    location: str | None
    state: str | None
    units: int
    told_units: int | None
    waits_because: str


def writing_channels(books: Books) -> list[str]:
    """Return the channels that onhand writes to: the platform, and those that take a number."""
    sellers = [rule.channel for rule in books.channels.rules() if rule.channel not in OWN_CHANNELS]
    return [PLATFORM, *sorted(sellers)]


def find_writing_channel(books: Books, name: str) -> str:
    """Return the name of a channel that can be armed or paused. Raises NotKnown with those that can."""
    channels = writing_channels(books)
    if name in channels:
        return name
    hint = f"; {name} shows Shopify's own levels, arm {PLATFORM}" if name in OWN_CHANNELS else ""
    raise NotKnown(f"onhand does not write to {name!r}; it writes to {', '.join(channels)}{hint}")


def lanes(books: Books) -> list[Lane]:
    """Return the state of every channel that onhand writes to."""
    intents = books.intents.unsettled()
    underway = Counter(intent.channel for intent in intents)
    unknown = Counter(intent.channel for intent in intents if intent.status == "unknown")
    found = []
    for name in writing_channels(books):
        state, way, tally = books.channels.get(name), gate(books, name), books.offers.tally(name)
        found.append(
            Lane(
                name=name,
                armed=state.armed,
                paused=state.paused,
                held_reason=state.stopped_because,
                imported=state.imported,
                open=way.open,
                closed_because=way.reason,
                untold=books.owed.count() if name == PLATFORM else tally.untold,
                stale=tally.stale,
                listings=tally.listings,
                parked=tally.parked,
                underway=underway[name],
                unknown=unknown[name],
            )
        )
    return found


def offers(books: Books, shop: str, channel: str | None = None, status: str | None = None) -> list[OfferShown]:
    """Return what each channel that takes a number was told for each listing, what waits first.

    Raises NotKnown for a channel that onhand does not write to.
    """
    if channel is not None:
        find_writing_channel(books, channel)
    skus = {item.item: item.sku for item in books.catalog.items()}
    covered = books.intents.open_keys("offer")
    found = []
    for row in books.offers.rows(channel=channel):
        if row.channel in OWN_CHANNELS:
            continue
        found.append(
            OfferShown(
                shop=shop,
                channel=row.channel,
                listing=row.listing,
                sku=skus.get(row.item),
                item=row.item,
                units=row.units,
                told_units=row.told_units,
                told_at=row.told_at,
                shown_units=row.shown_units,
                shown_at=row.shown_at,
                unseen_units=row.unseen_units,
                status=_status(row.parked_reason, row.units == row.told_units, (row.channel, row.listing) in covered),
                reason=row.parked_reason,
            )
        )
    order = ("parked", "underway", "waiting", "told")
    found.sort(key=lambda row: (order.index(row.status), row.channel, row.sku or "", row.listing))
    return [row for row in found if status is None or row.status == status]


def _status(parked_reason: str | None, told: bool, underway: bool) -> OfferStatus:
    if parked_reason is not None:
        return "parked"
    if underway:
        return "underway"
    return "told" if told else "waiting"


def shadow(books: Books, shop: str, limit: int = 1000) -> list[Write]:
    """Return up to `limit` writes a channel that wait: what would be written next, worst oversell risk first."""
    skus = {item.item: item.sku for item in books.catalog.items()}
    writes: list[Write] = []
    for name in writing_channels(books):
        because = gate(books, name).reason
        if name == PLATFORM:
            writes += _tellings(books, shop, skus, because, limit)
            continue
        writes += [
            Write(
                shop=shop,
                channel=name,
                kind="offer",
                sku=skus.get(row.item),
                item=row.item,
                listing=row.listing,
                location=None,
                state=None,
                units=row.units,
                told_units=row.told_units,
                waits_because=because,
            )
            for row in books.offers.untold(name, limit)
        ]
    return writes


def _tellings(books: Books, shop: str, skus: dict[str, str | None], because: str, limit: int) -> list[Write]:
    keys: list[LevelKey] = books.owed.open(limit)
    owed = books.owed.units(keys)
    names = location_names(books)
    return [
        Write(
            shop=shop,
            channel=PLATFORM,
            kind="telling",
            sku=skus.get(key.item),
            item=key.item,
            listing=None,
            location=names.get(key.location, key.location),
            state=str(state),
            units=units,
            told_units=None,
            waits_because=because,
        )
        for key in keys
        for state, units in sorted(owed.get(key, {}).items())
    ]
