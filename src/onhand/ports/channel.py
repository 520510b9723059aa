"""What a channel can do: report by webhooks, be observed, be told what it may sell.

Adapters translate and name the trouble, nothing else; a platform's words stay inside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from onhand.domain.bundles import Bundle
from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.drift import Observation
from onhand.domain.notices import Told
from onhand.domain.orders import OrderPicture
from onhand.domain.reservations import DraftPicture
from onhand.domain.returns import ReturnPicture
from onhand.domain.stock import LevelKey
from onhand.domain.traffic import TrafficTold
from onhand.domain.transfers import TransferPicture
from onhand.ports.capabilities import Capabilities
from onhand.ports.delivery import Delivery, Request


class Wanted(StrEnum):
    """What a channel can be asked for, one by one or in batches."""

    ORDER = "order"
    TRANSFER = "transfer"
    RETURN = "return"
    DRAFT = "draft"
    LEVEL = "level"
    ITEM = "item"
    LOCATIONS = "locations"
    LISTING = "listing"
    RIGHTS = "rights"


Picture = OrderPicture | TransferPicture | ReturnPicture | DraftPicture
"""Whatever a channel can show of a fact. Each kind is settled in a module of its own (`intake.book`)."""


class Ask(NamedTuple):
    """A picture that we want from a channel. `key` is the channel's id (an order) or `item@location` for a level."""

    wanted: Wanted
    key: str
    because: str


class Contradiction(NamedTuple):
    """A level whose states sum to something else than what it is told to have on hand: nobody knows which is right."""

    key: LevelKey
    told_units: int
    summed_units: int


class StockChange(NamedTuple):
    """A channel told of a change to what it shows for a listing: `shown` after it, by `delta_units` of what it sells.

    `sources` say who or what changed it, in the channel's words; `by_app`: nothing but an app's write, which is ours
    where it left what we told. `changed_at` is the channel's time; None where it did not say.
    """

    listing: str
    shown: "Shown"
    delta_units: int
    sources: tuple[str, ...]
    by_app: bool
    changed_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a delivery or a reading says, in our words. All of it may be empty: not every delivery concerns stock.

    `bundles` says what those of `items` that are bundles are made of. `inactive_levels` are those of `level_ids` where
    the platform stocks the item no more (Shopify 2026-10, `InventoryLevel.isActive`); they may still hold units.
    A level that does not add up is among `contradictions` and not among `observations`.
    `notices` are what a third party that keeps goods has said, `traffic` what sensors at doors have counted.
    `stock_changes` are what a marketplace tells of its listings.
    `forget_naming` are ids of a customer and of orders: bodies that name one go before their time. `forget_shop` says
    that everything of the shop must go.
    """

    pictures: tuple[Picture, ...] = ()
    observations: tuple[Observation, ...] = ()
    asks: tuple[Ask, ...] = ()
    items: tuple[Item, ...] = ()
    listings: tuple[Listing, ...] = ()
    locations: tuple[Location, ...] = ()
    level_ids: Mapping[LevelKey, str] = field(default_factory=dict)
    inactive_levels: frozenset[LevelKey] = frozenset()
    contradictions: tuple[Contradiction, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    problems: tuple["Problem", ...] = ()
    notices: tuple[Told, ...] = ()
    traffic: tuple[TrafficTold, ...] = ()
    stock_changes: tuple[StockChange, ...] = ()
    closed: bool = False
    forget_naming: tuple[str, ...] = ()
    forget_shop: bool = False
    note: str = ""


class Problem(NamedTuple):
    """Something a person must settle. `key` makes it one problem however often it is met; `next_step` is the way."""

    kind: str
    key: str
    message: str
    next_step: str


NOT_CONNECTED = "not connected"
"""The kind of problem that only connecting the shop again settles; its key is the channel's name."""


class Catalog(Protocol):
    """What an adapter must look up to speak in our words. Lookups are in memory and cheap."""

    def item_of(self, channel: str, listing: str) -> str | None:
        """Return the item behind a channel's listing, or None while it is not known."""

    def item(self, item: str) -> Item | None:
        """Return an item as it was last read, or None while it is not known."""

    def level_id_of(self, item: str, location: str) -> str | None:
        """Return the platform's own id of a level, or None while it is not known."""

    def knows_location(self, location: str) -> bool:
        """Return whether the shop is known to have a location."""


class Verifies(Protocol):
    """Whoever can say that a request is genuine; `name` is the channel that it comes from."""

    name: str

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when it is genuine, before anything is parsed. Raises BadSignature."""


class Reports(Verifies, Protocol):
    """A channel that sends webhooks."""

    def parse(self, delivery: Delivery, catalog: Catalog) -> Report:
        """Return what the delivery says. Raises UnreadableDelivery."""


class Changed(NamedTuple):
    """A fact that changed, by what an ask for it would be and by its name in the books.

    `changed_at` is the channel's time of the change. None: the channel keeps none, so it may have changed and is read.
    """

    wanted: Wanted
    key: str
    cause: str
    changed_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The answer to asks of one kind. `missing` are keys that the channel does not know (any more).

    `settled` are the kind and the key of problems that are none (any more).
    """

    report: Report
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    settled: tuple[tuple[str, str], ...] = ()


class SeenLevel(NamedTuple):
    """One level of a census: there may be a million of them, so it is no more than a row.

    `level_id` is the platform's own id; `active` is False where it stocks the item no more. `units` are by state in the
    order of KEPT_STATES, None where the platform does not show one; the whole is None where the item has no units of
    its own.
    """

    item: str
    location: str
    level_id: str
    active: bool
    units: tuple[int | None, ...] | None
    observed_at: datetime


class SeenLevels(Protocol):
    """The levels of a census, batch by batch: they are never all in memory. Each level comes once."""

    def __iter__(self) -> Iterator[Sequence[SeenLevel]]:
        """Yield batches."""

    def __len__(self) -> int:
        """Return how many levels there are."""

    def close(self) -> None:
        """Let go of what holds them."""


class NoLevels:
    """The levels of a channel that keeps none."""

    def __iter__(self) -> Iterator[Sequence[SeenLevel]]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """A whole reading of a channel: catalog and levels, with the proof that nothing is left out.

    `bundles` says what those of `items` that are bundles are made of. Of a level that does not add up, which is among
    `contradictions`, no units are shown. `read_at` is the platform's time at which reading began, `reading` the number
    of our reading. Close it when done.
    """

    items: tuple[Item, ...] = ()
    listings: tuple[Listing, ...] = ()
    locations: tuple[Location, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    levels: SeenLevels = field(default_factory=NoLevels)
    contradictions: tuple[Contradiction, ...] = ()
    reading: int
    read_at: datetime
    complete: bool
    problems: tuple[Problem, ...] = ()

    def close(self) -> None:
        """Let go of what holds the levels."""
        self.levels.close()


class Observes(Protocol):
    """A channel that can be read."""

    name: str

    def batch_size(self, wanted: Wanted) -> int:
        """Return how many keys of this kind one reading may carry; 0 where the channel has no such thing."""

    def read(self, wanted: Wanted, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return what the channel shows of `keys` now, stamped with the number `reading`.

        Raises ChannelUnavailable, ChannelRefused.
        """

    def changed(self, since: datetime) -> Iterator[Changed]:
        """Yield the facts that changed at or after `since`, each kind oldest first. Raises as `read` does."""

    def unfinished(self) -> Iterator[Changed]:
        """Yield the facts of which more may come, whenever they changed last. Raises as `read` does."""

    def take_census(self, reading: int, catalog: Catalog) -> Census:
        """Read everything. Raises IncompleteReading where the answer is not whole, else as `read` does."""


class Offer(NamedTuple):
    """What a listing may sell: `units` are to be told, `told_units` is what it was told last (None: nothing yet).

    `spread` are the same units by location, for a channel that keeps a number at each.
    """

    listing: Listing
    units: int
    told_units: int | None
    spread: tuple[tuple[str, int], ...] = ()


class Parcel(NamedTuple):
    """One write to the outside as it was decided: kept durably before it is sent, and never changed after.

    `key` is its idempotency key, `body` the exact parameters in the channel's own form.
    """

    key: str
    channel: str
    body: bytes


class Applied(NamedTuple):
    """The platform carried it out. `shown_units` is what it shows now, where the answer or a reading back says so.

    `shown` are levels as the answer says they were right after the write, at the platform's own time of it.
    """

    shown_units: int | None
    note: str
    shown: tuple[Observation, ...] = ()


class Rejected(NamedTuple):
    """The platform said no, nothing changed. `stale` when only the comparison failed; `rows` are the guilty ones.

    `of_the_number`: another number may be taken. `computed_there`: the channel computes these numbers itself.
    """

    stale: bool
    rows: tuple[int, ...]
    reason: str
    of_the_number: bool = False
    computed_there: bool = False


class Unknown(NamedTuple):
    """No trustworthy answer came: it may have been carried out."""

    reason: str


class Throttled(NamedTuple):
    """The platform takes nothing now: nothing was carried out, the same parcel may be sent again after a while.

    `trouble` is what a person must mend first, such as a token that is not valid any more; None where it is just busy.
    """

    retry_after_s: float
    trouble: str | None = None


Outcome = Applied | Rejected | Unknown | Throttled


class Partly(NamedTuple):
    """The platform carried out every row but those that `rejected` names."""

    applied: Applied
    rejected: Rejected


LevelOutcome = Outcome | Partly


class Sells(Protocol):
    """A channel that takes a number for each listing."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        """How it takes what it is told; more may be known each time."""

    def ready(self) -> int:
        """Return how many parcels may be sent now without waiting: what is planned later is newer."""

    def pack(self, offers: Sequence[Offer], key: str) -> list[tuple[Parcel, tuple[Offer, ...]]]:
        """Return parcels that together tell `offers`, each with the offers it carries; keys start with `key`."""

    def send(self, parcel: Parcel) -> Outcome:
        """Send one parcel and name what became of it. Never raises for what a platform can do."""

    def read_shown(self, listings: Sequence[Listing]) -> dict[str, "Shown"]:
        """Return what the channel shows for listings, by listing id. Raises ChannelUnavailable, ChannelRefused."""


class Shown(NamedTuple):
    """What a channel shows for a listing: units it sells, and units its open orders hold.

    Of what it sells `locked_units` are kept for promotions, which `locked_for` names: it cannot be told less. `spread`
    is what it sells by location, None where it shows one number.
    """

    available_units: int
    committed_units: int
    locked_units: int = 0
    locked_for: str = ""
    spread: Mapping[str, int] | None = None


class Marketplace(Reports, Observes, Sells, Protocol):
    """A channel beside the platform: an entry of the table in `onhand.channels` makes it."""

    def ping(self) -> str:
        """Return who answers there, as it calls itself. Raises ChannelUnavailable, ChannelRefused."""

    def ensure_webhooks(self, base_url: str) -> None:
        """Have its webhooks sent to our ingress at `base_url`; again changes nothing. Raises as `ping` does."""
