"""Offers: what every listing of a channel may sell, what the channel was told, and what it shows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from onhand.domain.catalog import match_key
from onhand.store.engine import Sql
from onhand.store.json_text import dump, load, pairs, texts
from onhand.store.rows import time_of
from onhand.store.times import from_us, from_us_or_none, to_us

WHOLE_SECOND_US = 1_000_000

PATIENCE = 3
"""How often in a row a channel may show something else than it was told until nothing is raised there any more."""


Spread = tuple[tuple[str, int], ...]
"""Units by location."""


class Stale(NamedTuple):
    """An offer whose units must be computed anew, touched first at `touched_at`."""

    channel: str
    listing: str
    item: str
    units: int | None
    told_units: int | None
    unseen_units: int
    touched_at: datetime


class Untold(NamedTuple):
    """An offer that differs from what its channel was told.

    `units` is the nearest number to `sellable_units`, which may be sold, that the channel takes: no less than
    `locked_units`. `spread` is `sellable_units` by location, None where the channel is told one number.
    `told_units` is None where it was told nothing yet, `shown_at` where nobody has looked what it shows.
    """

    channel: str
    listing: str
    item: str
    units: int
    told_units: int | None
    shown_at: datetime | None
    touched_at: datetime
    sellable_units: int
    locked_units: int
    spread: Spread | None


class OfferTally(NamedTuple):
    """Listings of a channel; those that must be told, that must be computed, that a person must look at."""

    listings: int
    untold: int
    stale: int
    parked: int


class OfferCount(NamedTuple):
    """Listings of a channel, and those that must be told zero and still show more."""

    listings: int
    zeros_pending: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferState:
    """All that is known of one offer. `units` is None before it was computed, `sku` where the item has none."""

    channel: str
    listing: str
    item: str
    sku: str | None
    title: str | None
    units: int | None
    told_units: int | None
    told_at: datetime | None
    stale: bool
    computed_at: datetime | None
    touched_at: datetime
    unseen_units: int
    shown_units: int | None
    shown_at: datetime | None
    parked_reason: str | None
    locked_units: int
    locked_for: str


class Locked(NamedTuple):
    """Units that a channel keeps for a promotion, so that a listing there cannot be told less. `why` names it.

    `listing` is empty where they are a bundle's, and count for its components.
    """

    channel: str
    listing: str
    units: int
    why: str


class Offers:
    """The offers of one shop. Stale marks are set by the database, and cleared only by computing."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def ensure(self, rows: Iterable[tuple[str, str, str]], at: datetime) -> None:
        """Make offers of (channel, listing, item) where there are none; new ones and those of a new item are stale."""
        at_us = to_us(at)
        self._sql.run_many("ensure_offer", [(self._shop, *row, at_us) for row in rows])

    def remove(self, channel: str, listings: Iterable[str]) -> None:
        """Forget the offers of listings that a channel has no more."""
        self._sql.run("remove_offers", (self._shop, channel, texts(listings)))

    def stale(self, limit: int) -> list[Stale]:
        """Return about `limit` offers to be computed anew, all those of an item together, first touched first."""
        rows = self._sql.rows("stale_offers", (self._shop, limit))
        if len(rows) > limit:  # the last item may be cut in two
            whole = [row for row in rows if row[2] != rows[-1][2]]
            if not whole:
                return self.stale(limit * 2)
            rows = whole
        return [
            Stale(channel, listing, item, units, told_units, unseen_units, from_us(touched_us))
            for channel, listing, item, units, told_units, unseen_units, touched_us in rows
        ]

    def compute(self, rows: Iterable[tuple[str, str, int]], at: datetime) -> None:
        """Keep the units of (channel, listing, units); their items are stale no more.

        Give every offer of an item at once, in the transaction that read what they were computed from: a mark
        stands for the whole item, and a touch in between would be lost.
        """
        at_us, shop = to_us(at), self._shop
        computed = [(units, at_us, shop, channel, listing) for channel, listing, units in rows]
        if computed:
            self._sql.run_many("compute_offer", computed)
            self._sql.run("offers_are_computed", (shop, pairs(row[3:] for row in computed)))

    def unseen(self, items: Iterable[str]) -> dict[tuple[str, str], int]:
        """Return units that channels hold and we do not know of, by (channel, item); those in bundles count, too."""
        asked = (self._shop, texts(items))
        found: Counter[tuple[str, str]] = Counter()
        for name in ("unseen_units", "unseen_units_in_bundles"):
            for channel, item, units in self._sql.rows(name, asked):
                found[channel, item] += int(units)
        return dict(found)

    def untold(self, channel: str, limit: int) -> list[Untold]:
        """Return up to `limit` offers that a channel must be told, worst risk of overselling first.

        Lowering comes before raising; of the lowering ones those to zero first, then the smallest, then the oldest.
        Where nothing was told or shown yet the channel may show too much: that counts as lowering. Listings of an
        open intent, and parked ones, are left out; so is a raise of what is stale, or was overruled PATIENCE times.
        """
        wanted = {"shop": self._shop, "channel": channel, "limit": limit, "patience": PATIENCE}
        rows = self._sql.rows("untold_offers", wanted)
        return [
            Untold(
                channel=row[0],
                listing=row[1],
                item=row[2],
                units=row[3],
                told_units=row[4],
                shown_at=from_us_or_none(row[5]),
                touched_at=from_us(row[6]),
                sellable_units=row[7],
                locked_units=row[8],
                spread=None if row[9] is None else tuple((place, units) for place, units in load(row[9])),
            )
            for row in rows
        ]

    def told(
        self, channel: str, listing: str, units: int, at: datetime, spread: Mapping[str, int] | None = None
    ) -> None:
        """Keep what a channel has confirmed for a listing, by location where it is told so."""
        self._sql.run("offer_told", (units, to_us(at), _text(spread), self._shop, channel, listing))

    def spread(self, rows: Iterable[tuple[str, str, Mapping[str, int] | None]]) -> None:
        """Keep where the units of (channel, listing, units by location) stand; None: the channel is told one number."""
        changed = [(_text(spread), self._shop, channel, listing) for channel, listing, spread in rows]
        self._sql.run_many("spread_offer", changed)

    def sold(self, channel: str, item: str, units: int, sold_at: datetime) -> None:
        """Lower what a channel was told of an item by what it has sold: it did so itself before it told us.

        A number that was told or looked at after the sale is left as it is: telling sets a channel's number whatever
        it has sold, and a look has seen it lowered. Channels tell their times in whole seconds.
        """
        row = {"units": units, "shop": self._shop, "item": item, "channel": channel}
        self._sql.run("offer_sold", {**row, "until": to_us(sold_at) + WHOLE_SECOND_US})

    def date_back(self, now: datetime) -> None:
        """Take back what is dated later than now, by a clock that was ahead: what was told, seen or touched then."""
        for name in ("date_offers_back", "date_touched_back"):
            self._sql.run(name, {"shop": self._shop, "now": to_us(now)})

    def locked(self, items: Iterable[str]) -> dict[str, list[Locked]]:
        """Return units that promotions have locked, by item; those in bundles count for the components, too."""
        asked = (self._shop, texts(items))
        found: defaultdict[str, list[Locked]] = defaultdict(list)
        for name in ("locked_units", "locked_units_in_bundles"):
            for channel, listing, item, units, why in self._sql.rows(name, asked):
                found[item].append(Locked(channel, listing, units, why))
        return found

    def shown(
        self,
        channel: str,
        listing: str,
        shown_units: int,
        unseen_units: int,
        at: datetime,
        *,
        locked_units: int = 0,
        locked_for: str = "",
        spread: Mapping[str, int] | None = None,
    ) -> int:
        """Keep what a channel shows: that is what it was told, whoever told it.

        `unseen_units` belong to orders of the channel that we do not know yet, `locked_units` to promotions that
        `locked_for` names; a change of these makes stale. Returns how many times in a row the channel has shown
        something else than it was told.
        """
        row = {"shop": self._shop, "channel": channel, "listing": listing, "at": to_us(at)}
        row |= {"locked_units": locked_units, "locked_for": locked_for, "spread": _text(spread)}
        found = self._sql.row("offer_shown", {**row, "shown_units": shown_units, "unseen_units": unseen_units})
        return int(found[0]) if found is not None else 0

    def park(self, channel: str, listing: str, reason: str, units: int | None = None) -> None:
        """Leave a listing alone until a person has looked: the channel refused it.

        `units` is the number that it refused where it may take another one; None: whatever it is told.
        """
        self._sql.run("park_offer", (reason, units, self._shop, channel, listing))

    def unpark(self, channel: str, listing: str) -> None:
        """Tell a listing again."""
        self._sql.run("park_offer", (None, None, self._shop, channel, listing))

    def unpark_told(self, channel: str, listings: Iterable[str]) -> list[str]:
        """Forget that listings were refused another number before, and return those that were."""
        rows = self._sql.rows("unpark_told", (self._shop, channel, texts(listings)))
        return [listing for (listing,) in rows]

    def forget_overruled(self, channel: str) -> list[str]:
        """Raise again what was not raised any more because the channel showed something else each time; return that."""
        return [listing for (listing,) in self._sql.rows("forget_overruled", (self._shop, channel))]

    def rows(
        self, sku: str | None = None, channel: str | None = None, items: Sequence[str] | None = None
    ) -> list[OfferState]:
        """Return offers with their SKU: of one SKU, of some items, or all; of one channel where it is given."""
        wanted = {"shop": self._shop, "channel": channel}
        if sku is not None:
            rows = self._sql.rows("offers_of_sku", {**wanted, "sku_key": match_key(sku)})
        elif items is not None:
            rows = self._sql.rows("offers_of_items", {**wanted, "items": texts(items)})
        else:
            rows = self._sql.rows("offers", wanted)
        return [
            OfferState(
                channel=row[0],
                listing=row[1],
                item=row[2],
                sku=row[3],
                title=row[4],
                units=row[5],
                told_units=row[6],
                told_at=time_of(row, 7),
                stale=bool(row[8]),
                computed_at=time_of(row, 9),
                touched_at=from_us(row[10]),
                unseen_units=row[11],
                shown_units=row[12],
                shown_at=time_of(row, 13),
                parked_reason=row[14],
                locked_units=row[15],
                locked_for=row[16],
            )
            for row in rows
        ]

    def changed_since(self, at: datetime, limit: int) -> list[str]:
        """Return up to `limit` items whose offers were touched, computed, told or looked at since a time."""
        rows = self._sql.rows("items_of_changed_offers", {"shop": self._shop, "at": to_us(at), "limit": limit})
        return [item for (item,) in rows]

    def tally(self, channel: str) -> OfferTally:
        """Return how the offers of a channel stand."""
        row = self._sql.row("tally_offers", (self._shop, channel))
        assert row is not None
        return OfferTally(*row)

    def count(self, channel: str) -> OfferCount:
        """Return how many listings a channel has, and how many of them a run would set to zero."""
        row = self._sql.row("count_offers", (self._shop, channel))
        assert row is not None
        return OfferCount(*row)


def _text(spread: Mapping[str, int] | None) -> str | None:
    """Return units by location as they are compared: where there are none is not named."""
    return None if spread is None else dump(sorted((place, units) for place, units in spread.items() if units))
