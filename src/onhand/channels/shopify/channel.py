"""The Shopify channel: it reports by webhooks, can be read, and keeps levels itself."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import httpx

from onhand.channels.shopify import stocking, subscriptions, writing
from onhand.channels.shopify.answers.acts import Pinged
from onhand.channels.shopify.bucket import Lane, Points
from onhand.channels.shopify.census import CensusTaker
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.marking import SeenMark, read_mark, replace_mark
from onhand.channels.shopify.parse import parse
from onhand.channels.shopify.read_changes import ChangeReader
from onhand.channels.shopify.read_drafts import DraftReader
from onhand.channels.shopify.read_items import ItemReader
from onhand.channels.shopify.read_levels import LevelReader
from onhand.channels.shopify.read_locations import read_locations
from onhand.channels.shopify.read_orders import OrderReader
from onhand.channels.shopify.read_returns import ReturnReader
from onhand.channels.shopify.read_transfers import TransferReader
from onhand.channels.shopify.scopes import compare
from onhand.channels.shopify.sending import send, send_again
from onhand.channels.shopify.settings import NAME, ShopifySettings
from onhand.channels.shopify.subscriptions import TOPICS, Ensured, Survey
from onhand.channels.shopify.tokens import Connection, Kept, provider
from onhand.channels.shopify.trouble import MissingScope
from onhand.channels.shopify.webhooks import Verifier
from onhand.ports.capabilities import Capabilities
from onhand.ports.channel import Catalog, Census, Changed, LevelOutcome, Parcel, Problem, Reading, Report, Wanted
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import ChannelRefused
from onhand.ports.level_writes import LevelWrite, Packed, Stocking

logger = logging.getLogger(__name__)

# What one reading may carry: large enough to share a call, small enough to be answered well within a second.
_BATCH_SIZES: Final = {
    Wanted.ORDER: 50,
    Wanted.TRANSFER: 25,
    Wanted.RETURN: 50,
    Wanted.DRAFT: 100,
    Wanted.LEVEL: 100,
    Wanted.ITEM: 25,
    Wanted.LOCATIONS: 1,
    Wanted.RIGHTS: 1,
}

MISSING_SCOPES: Final = "missing scopes"
UNREAD: Final = "not granted"
"""The kind of problem that facts are which a grant leaves out, though onhand can do without."""

CAPABILITIES: Final = Capabilities(
    compares=True,
    key_life_s=20 * 3600.0,  # kept for 24 h (2026-10, "Implementing idempotency"); the rest is for slow clocks
    rows_a_parcel=writing.MAX_ROWS,
    least_units=-1_000_000_000,  # 2026-10, InventorySetQuantitiesUserErrorCode: INVALID_QUANTITY_TOO_LOW, …_TOO_HIGH
    most_units=1_000_000_000,
    a_number_a_location=True,
)

_PARCEL_POINTS: Final = 10  # a mutation, whatever it carries (2026-10, "Rate limits")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """Who answered, and what the app may do there: see `scopes.compare`."""

    shop: str
    name: str
    api_version: str
    scopes: tuple[str, ...]
    problems: tuple[Problem, ...]


class ShopifyChannel:
    """One shop of Shopify's. Safe for threads."""

    name = NAME
    capabilities = CAPABILITIES

    def __init__(
        self,
        settings: ShopifySettings,
        http: httpx.Client,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
        *,
        kept: Kept | None = None,
    ) -> None:
        self._settings = settings
        self._verifier = Verifier(settings.client_secrets)
        self._tokens = provider(settings, http, clock, kept)
        self._client = GraphqlClient(settings, http, self._tokens, clock, sleep, wait=wait)
        self._orders = OrderReader(self._client, _BATCH_SIZES[Wanted.ORDER])
        self._changes = ChangeReader(self._client)
        self._transfers = TransferReader(self._client, _BATCH_SIZES[Wanted.TRANSFER])
        self._returns = ReturnReader(self._client, _BATCH_SIZES[Wanted.RETURN])
        self._drafts = DraftReader(self._client, _BATCH_SIZES[Wanted.DRAFT])
        self._levels = LevelReader(self._client, _BATCH_SIZES[Wanted.LEVEL])
        self._items = ItemReader(self._client, _BATCH_SIZES[Wanted.ITEM])
        self._census = CensusTaker(settings, self._client, http, self._items, clock=clock, sleep=sleep)

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when Shopify signed it. Raises BadSignature."""
        return self._verifier.verify(request, received_at)

    def parse(self, delivery: Delivery, catalog: Catalog) -> Report:
        """Return what the delivery says. Raises UnreadableDelivery."""
        return parse(delivery, catalog)

    def batch_size(self, wanted: Wanted) -> int:
        """Return how many keys of this kind one reading may carry; 0 for listings, which Shopify has no need of."""
        return self._client.page_rows(_BATCH_SIZES.get(wanted, 0))

    def read(self, wanted: Wanted, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return what Shopify shows of `keys` now. Raises ChannelUnavailable, ChannelRefused.

        Orders go by order id or `fo:` and a fulfilment order's id, transfers by transfer id or `shipment:` and a
        shipment's id, levels by `item@location`, items by item id or `variant:` and a variant's id; locations and
        rights are all read, whatever the key.
        """
        match wanted:
            case Wanted.ORDER:
                answer = self._orders.read(keys, reading)
            case Wanted.TRANSFER | Wanted.RETURN | Wanted.DRAFT:
                answer = self._read_if_granted(wanted, keys, reading, catalog)
            case Wanted.LEVEL:
                answer = self._levels.read(keys, reading, catalog)
            case Wanted.ITEM:
                answer = self._items.read(keys, reading)
            case Wanted.LOCATIONS:
                answer = Reading(report=Report(locations=read_locations(self._client, Lane.READ)))
            case Wanted.RIGHTS:
                answer = self._read_rights()
            case _:
                raise ChannelRefused("shopify's listings are its items: ask for those")
        problems = (*answer.problems, *self._client.problems())
        return Reading(report=answer.report, missing=answer.missing, problems=problems, settled=answer.settled)

    def _read_if_granted(self, wanted: Wanted, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return what Shopify shows of facts that onhand can do without: what no scope shows, levels tell late."""
        key = f"{self._settings.shop}/{wanted}"
        try:
            match wanted:
                case Wanted.TRANSFER:
                    answer = self._transfers.read(keys, reading, catalog)
                case Wanted.RETURN:
                    answer = self._returns.read(keys, reading)
                case _:
                    answer = self._drafts.read(keys, reading)
        except MissingScope as refusal:
            next_step = f"grant the app the scope; until then what a {wanted} does is adopted from levels, unexplained"
            unread = Problem(UNREAD, key, str(refusal), next_step)
            return Reading(report=Report(), missing=tuple(keys), problems=(unread,))
        return replace(answer, settled=(*answer.settled, (UNREAD, key)))

    def _read_rights(self) -> Reading:
        """Return what the app may not do and must: its scopes were changed."""
        self._orders.look_for_returns()
        self._changes.look_for_all()
        missing = [scope for scope, _ in compare(self.ping().scopes, writes=False).missing]
        if not missing:
            return Reading(report=Report(note="all scopes are granted"), settled=((MISSING_SCOPES, NAME),))
        message = f"{self._settings.shop} has taken back what onhand needs: {', '.join(missing)}"
        next_step = "approve the app's scopes in the shop again; until then what needs them fails and is tried again"
        return Reading(report=Report(), problems=(Problem(MISSING_SCOPES, NAME, message, next_step),))

    def changed(self, since: datetime) -> Iterator[Changed]:
        """Yield orders that changed at or after `since`, oldest first, then transfers. Raises as `read` does."""
        yield from self._changes.changed(since)

    def unfinished(self) -> Iterator[Changed]:
        """Yield orders with units to be shipped, open transfers and open drafts. Raises as `read` does."""
        yield from self._changes.unfinished()

    def take_census(self, reading: int, catalog: Catalog) -> Census:  # noqa: ARG002 - part of the port
        """Read everything. Raises IncompleteReading where the answer is not whole, else as `read` does."""
        return self._census.take(reading)

    def ready(self) -> int:
        """Return how many parcels the points would pay now, a reserve for people left aside."""
        return self._client.affordable(_PARCEL_POINTS, Lane.LOWERING)

    def pack(self, writes: Sequence[LevelWrite], reference: str, key: str) -> list[Packed]:
        """Return parcels that together carry out `writes`, each with those, or the parts of them, that it carries."""
        quantities = [write for write in writes if not isinstance(write, Stocking)]
        stocked = [write for write in writes if isinstance(write, Stocking)]
        return [*stocking.pack(stocked, key), *writing.pack(quantities, reference, key)]

    def send(self, parcel: Parcel) -> LevelOutcome:
        """Send one parcel for the first time and name what became of it."""
        return send(self._client, parcel)

    def send_again(self, parcel: Parcel) -> LevelOutcome:
        """Send a parcel whose outcome is not known, and name what became of it by then."""
        return send_again(self._client, parcel)

    def survey_subscriptions(self, base_url: str | None, topics: Sequence[str] = TOPICS) -> Survey:
        """Return how each topic is subscribed to now. Raises as `read` does."""
        return subscriptions.survey(self._client, subscriptions.uris_of(self._settings, base_url, topics))

    def mend_subscriptions(self, found: Survey) -> Ensured:
        """Make this app's subscriptions in the shop be exactly what the survey looked for. Raises as `read` does."""
        return subscriptions.mend(self._client, found)

    def ensure_subscriptions(self, base_url: str | None, topics: Sequence[str] = TOPICS) -> Ensured:
        """Make this app's subscriptions in the shop be exactly `topics`. Raises as `read` does."""
        return self.mend_subscriptions(self.survey_subscriptions(base_url, topics))

    def read_mark(self) -> SeenMark:
        """Return the mark that a copy of onhand has left at the shop. Raises as `read` does."""
        return read_mark(self._client)

    def replace_mark(self, seen: SeenMark, value: str) -> bool:
        """Replace the mark that was seen; False where another stands there by now. Raises as `read` does."""
        return replace_mark(self._client, seen, value)

    def ping(self) -> Ping:
        """Return who answers and what the app may do there. Raises as `read` does."""
        data = self._client.ask(load("ping"), {}, Pinged, Lane.PERSON).data
        scopes = {scope.handle for scope in data.current_app_installation.access_scopes}
        return Ping(
            shop=data.shop.myshopify_domain,
            name=data.shop.name,
            api_version=self._client.served_version,
            scopes=tuple(sorted(scopes)),
            problems=self._client.problems(),
        )

    def connection(self) -> Connection:
        """Return how the shop is connected, without asking Shopify. Raises DataDamaged."""
        return self._tokens.connection()

    def points(self) -> Points:
        """Return how full Shopify's bucket of points is believed to be."""
        return self._client.points()
