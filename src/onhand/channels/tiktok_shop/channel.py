"""The TikTok Shop channel: Reports, Observes and Sells of one shop."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

from onhand.channels.entry import Keeper
from onhand.channels.tiktok_shop import listings as shelf
from onhand.channels.tiktok_shop import trouble
from onhand.channels.tiktok_shop.client import MACHINE_TIMING, SHOPS, Call, Client, Effort, Shops, Timing, encode
from onhand.channels.tiktok_shop.facts import ORDERS_A_READ, Facts
from onhand.channels.tiktok_shop.off_sale import DEACTIVATED, OffSale
from onhand.channels.tiktok_shop.parse import DISCONNECTED, parse
from onhand.channels.tiktok_shop.questions import Questions, named
from onhand.channels.tiktok_shop.returns import RETURNS_A_PAGE
from onhand.channels.tiktok_shop.settings import NAME, TikTokSettings
from onhand.channels.tiktok_shop.telling import Teller, body_of
from onhand.channels.tiktok_shop.tokens import Vault
from onhand.channels.tiktok_shop.trouble import NotCarriedOut, Refused, VoidTokens
from onhand.channels.tiktok_shop.webhooks import Verifier
from onhand.domain.catalog import Listing
from onhand.ports.capabilities import Capabilities
from onhand.ports.channel import (
    Catalog,
    Census,
    Changed,
    Offer,
    Outcome,
    Parcel,
    Reading,
    Report,
    Shown,
    Wanted,
)
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError, IncompleteReading, NotConnected
from onhand.ports.standing import Standing

_SEARCH = "/product/202502/products/search"
_BEGINNING = datetime(2015, 1, 1, tzinfo=UTC)  # before TikTok Shop
_SECOND = timedelta(seconds=1)

logger = logging.getLogger(__name__)

CAPABILITIES = Capabilities(least_units=None, most_units=shelf.MOST_UNITS, rows_a_parcel=None)
"""One number a listing, set whatever is there; a parcel is a product (Partner API 202309, update inventory)."""

EVENT_TYPES = (
    "ORDER_STATUS_CHANGE",
    "CANCELLATION_STATUS_CHANGE",
    "RETURN_STATUS_CHANGE",
    "PRODUCT_STATUS_CHANGE",
    "SELLER_DEAUTHORIZATION",
    "UPCOMING_AUTHORIZATION_EXPIRATION",
)
"""What onhand has sent to it (Partner Center, event_type names of 202309)."""


CONSENT_PAGES = {
    "shops in the United States": "https://services.us.tiktokshop.com/open/authorize",
    "shops elsewhere": "https://services.tiktokshop.com/open/authorize",
}
"""Where a seller agrees to an app (Partner Center, "Authorization")."""


class Empty(msgspec.Struct):
    """An answer that says nothing but that it was carried out."""


class TikTokShopChannel:
    """One shop on TikTok Shop. Safe to use from several threads.

    Every new pair of tokens is kept in `vault` before it is used; without one a restart needs the pair that was
    configured, which no longer works once it was refreshed. What the shop
    has shown of itself is kept in `learned`, how fast it was welcome in `paces`; without them it is learned anew.
    """

    name = NAME

    def __init__(
        self,
        settings: TikTokSettings,
        http: httpx.Client,
        vault: Vault | None = None,
        *,
        learned: Keeper | None = None,
        paces: Keeper | None = None,
        timing: Timing = MACHINE_TIMING,
    ) -> None:
        self.settings = settings
        self._client = Client(settings, http, vault, paces=paces, timing=timing)
        self._verifier = Verifier(settings.app_key, settings.app_secrets)
        self._questions = Questions(self._client)
        self._facts = Facts(settings, self._questions)
        self._off_sale = OffSale(learned, settings.shop_id)
        self._teller = Teller(settings, self._client, self._off_sale)

    # Reports

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when its signature is right. Raises BadSignature."""
        return self._verifier.verify(request, received_at)

    def parse(self, delivery: Delivery, catalog: Catalog) -> Report:  # noqa: ARG002 - the seam's
        """Return what the delivery says. Raises UnreadableDelivery."""
        return parse(delivery, self.settings)

    # Observes

    def batch_size(self, wanted: Wanted) -> int:
        """Return how many keys of this kind one reading may carry; levels and items are Shopify's business."""
        return {Wanted.ORDER: ORDERS_A_READ, Wanted.RETURN: RETURNS_A_PAGE, Wanted.RIGHTS: 1}.get(wanted, 0)

    def read(self, wanted: Wanted, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return orders or returns as they are now, or that the app is authorized.

        Raises ChannelUnavailable, ChannelRefused.
        """
        match wanted:
            case Wanted.RIGHTS:
                return Reading(report=Report(note=f"{self.ping()} authorizes the app"), settled=((DISCONNECTED, NAME),))
            case Wanted.ORDER:
                return self._facts.orders(keys, reading, catalog)
            case Wanted.RETURN:
                return self._facts.returns(keys, reading, catalog)
        raise ValueError(f"{NAME} reads orders and returns, asked for {len(keys)} {wanted}")

    def standing(self) -> Standing:
        """Return how its account stands while it still serves (`ports.standing.KnowsItsStanding`)."""
        return self._facts.standing()

    def changed(self, since: datetime) -> Iterator[Changed]:
        """Yield orders and returns that changed at or after `since`, each kind oldest first. Raises as `read` does."""
        return self._facts.changed(since)

    def unfinished(self) -> Iterator[Changed]:
        """Yield orders that wait to be shipped, and open returns. Raises as `read` does."""
        return self._facts.unfinished()

    def take_census(self, reading: int, catalog: Catalog) -> Census:  # noqa: ARG002 - the seam's
        """Read all products with their SKUs, and all warehouses. Raises IncompleteReading, else as `read` does."""
        warehouses = self._questions.ask(
            Call(method="GET", path="/logistics/202309/warehouses"), shelf.Warehouses
        ).warehouses
        read_at = self._client.platform_time()
        products = self._products(_BEGINNING, read_at + timedelta(days=1))
        known = {warehouse.id: warehouse for warehouse in warehouses}
        return Census(
            listings=shelf.listings_of(products.values(), known, self.settings),
            reading=reading,
            read_at=read_at,
            complete=True,
            problems=(*shelf.warehouse_problems(warehouses, self.settings), *self._off_sale.problems()),
        )

    def read_shown(self, listings: Sequence[Listing]) -> dict[str, Shown]:
        """Return what the channel shows for listings; unknown ones are left out. Raises as `read` does."""
        shown: dict[str, Shown] = {}
        for start in range(0, len(listings), shelf.SKUS_A_LOOK):
            ids = [listing.listing for listing in listings[start : start + shelf.SKUS_A_LOOK]]
            call = Call(method="POST", path="/product/202309/inventory/search", body=encode({"sku_ids": ids}))
            shown |= shelf.shown_by_sku(self._questions.ask(call, shelf.ShownStock), self.settings)
        for listing in self._taken_off(listings):
            if listing in shown:
                shown[listing] = shown[listing]._replace(available_units=0)
        return shown

    def _taken_off(self, listings: Sequence[Listing]) -> list[str]:
        """Return those listings whose product we took off sale, and nobody has put on sale again."""
        ours = set(self._off_sale.learned().off_sale)
        asked = [listing.listing for listing in listings if listing.group in ours]
        statuses: dict[str, str] = {}
        found: list[str] = []
        for start in range(0, len(asked), shelf.SKUS_A_SEARCH):
            ids = asked[start : start + shelf.SKUS_A_SEARCH]
            call = Call(method="POST", path=_SEARCH, query={"page_size": "100"}, body=encode({"sku_ids": ids}))
            for product in self._questions.ask(call, shelf.ProductPage).products:
                statuses[product.id] = product.status
                found += [sku.id for sku in product.skus if product.status == DEACTIVATED]
        self._off_sale.forget([one for one, status in statuses.items() if status not in {DEACTIVATED, "PENDING"}])
        return [listing for listing in asked if listing in found]

    def ping(self) -> str:
        """Return the shop's name and region as TikTok Shop has them. Raises as `read` does."""
        shops = self._questions.ask(SHOPS, Shops).shops
        mine = next((shop for shop in shops if shop.id == self.settings.shop_id), None)
        if mine is None:
            ids = ", ".join(shop.id for shop in shops) or "none"
            raise ChannelRefused(f"shop_id {self.settings.shop_id} has not authorized this app; these have: {ids}")
        return f"{mine.name} ({mine.region})"

    def consent_pages(self) -> dict[str, str]:
        """Return where a seller agrees to the app (Partner Center, "Authorization"); nothing without a service_id."""
        service_id = self.settings.service_id
        query = urlencode({"service_id": service_id})
        return {} if service_id is None else {where: f"{page}?{query}" for where, page in CONSENT_PAGES.items()}

    def connect_with(self, answer: str) -> datetime | None:
        """Exchange a code, or the address that carries one, for tokens and keep them.

        A code serves once, for half an hour. Raises ChannelUnavailable, NotConnected, ConfigError.
        """
        try:
            return self._client.tokens.connect(_code_in(answer)).refresh_expires_at
        except VoidTokens as error:
            raise NotConnected(f"{NAME}: {error}") from error
        except NotCarriedOut as error:
            raise ChannelUnavailable(f"{NAME}: {error}", error.retry_after_s) from error
        except OSError as error:
            raise ConfigError(f"the tokens of {self.settings.shop} cannot be kept: {error}; connect again") from error

    def ensure_webhooks(self, base_url: str) -> None:
        """Have order and product events sent to our ingress at `base_url`. Raises as `read` does.

        Setting the same address again changes nothing (202309, PUT /event/202309/webhooks). Inventory events (68, 71)
        cannot be asked for here: they are switched on in Partner Center.
        """
        address = f"{base_url.rstrip('/')}/webhooks/tiktok-shop/{self.settings.shop}"
        for event_type in EVENT_TYPES:
            body = encode({"address": address, "event_type": event_type})
            self._questions.ask(
                Call(method="PUT", path="/event/202309/webhooks", body=body, effort=Effort.WRITE), Empty
            )

    # Sells

    @property
    def capabilities(self) -> Capabilities:
        """How it takes what it is told: by location where several stand behind its warehouses."""
        places = tuple(sorted(set((self.settings.warehouses or {}).values())))
        if len(places) < 2:
            return CAPABILITIES
        return replace(CAPABILITIES, a_number_a_location=True, kept_in=places)

    def ready(self) -> int:
        """Return how many parcels may be sent now without waiting for the write rate."""
        return self._client.limits[Effort.WRITE].ready()

    def pack(self, offers: Sequence[Offer], key: str) -> list[tuple[Parcel, tuple[Offer, ...]]]:
        """Return one parcel a product. An offer whose listing names no product cannot be told and is left out."""
        return [
            (Parcel(key=f"{key}/{number}", channel=NAME, body=body_of(product_id, group, self.settings)), tuple(group))
            for number, (product_id, group) in enumerate(shelf.by_product(offers))
        ]

    def send(self, parcel: Parcel) -> Outcome:
        """Send one parcel and name what became of it. Never raises for what TikTok Shop can do.

        TikTok Shop knows no idempotency key and no comparing: an unknown outcome must be read back.
        """
        return self._teller.send(parcel)

    def _products(self, since: datetime, until: datetime) -> dict[str, shelf.Product]:
        """Return all products changed between two times, by halves where a search would be too long."""
        try:
            products, total = self._search_products(since, until)
        except Refused as error:
            if error.code != trouble.TOO_MANY_RESULTS:
                raise named(error) from error
            products, total = {}, shelf.RESULTS_A_SEARCH + 1
        if total >= shelf.RESULTS_A_SEARCH and until - since > _SECOND:
            middle = since + (until - since) / 2
            middle = middle.replace(microsecond=0)
            return self._products(since, middle) | self._products(middle + _SECOND, until)
        if len(products) < total:
            raise IncompleteReading(f"{NAME}: {len(products)} products came, {total} were counted: read again")
        return products

    def _search_products(self, since: datetime, until: datetime) -> tuple[dict[str, shelf.Product], int]:
        body = encode({"update_time_ge": int(since.timestamp()), "update_time_le": int(until.timestamp())})
        query = {"page_size": str(shelf.PRODUCTS_A_PAGE)}
        products: dict[str, shelf.Product] = {}
        while True:
            call = Call(method="POST", path=_SEARCH, query=query, body=body)
            page = self._questions.ask_plainly(call, shelf.ProductPage)
            products |= {product.id: product for product in page.products}
            if page.total_count >= shelf.RESULTS_A_SEARCH or not page.next_page_token:
                return products, page.total_count
            query = {**query, "page_token": page.next_page_token}


def _code_in(answer: str) -> str:
    """Return the code of a pasted address. Its parameter is not documented by a page we have: both names are taken."""
    given = answer.strip()
    query = parse_qs(urlsplit(given).query)
    found = [value for name in ("code", "auth_code") for value in query.get(name, ())]
    return found[0] if found else given
