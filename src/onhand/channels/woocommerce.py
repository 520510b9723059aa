"""WooCommerce: a merchant's web shop, read and told over its REST API v3 (WooCommerce 9 and later), in one file.

Sources: developer.woocommerce.com/docs/apis/rest-api/v3: "Authentication" (basic auth over TLS), "Orders" (statuses,
modified_after, dates_are_gmt), "Order refunds", "Products" and "Product variations" (batch: 100 objects, each row for
itself), "Webhooks" (X-WC-Webhook-Signature is base64 of HMAC-SHA256 over the raw body; no retries; disabled after five
failures in a row). Stock follows an order's status (WooCommerce, wc-stock-functions): processing, on-hold and
completed have taken it, cancelled and pending have not.
"""

import base64
import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from onhand.channels.entry import Entry, Setup, refuse_half
from onhand.channels.plain_orders import Fate, PlainOrder, Sold, TakenBack, draw, unknown_status
from onhand.channels.rest import NoAnswer, NotCarriedOut, Refused, RestClient, basic, of_no_answer
from onhand.domain.catalog import Listing
from onhand.domain.orders import OrderPicture
from onhand.ports import channel as seam
from onhand.ports.capabilities import Capabilities
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import (
    BadSignature,
    IncompleteReading,
    UnreadableDelivery,
)
from onhand.ports.options import Options, Secret

NAME, LABEL = "woocommerce", "WooCommerce"
A_PAGE = 100
CAPABILITIES = Capabilities(rows_a_parcel=A_PAGE, most_units=None)
NEEDS = ("url", "consumer_key", "consumer_secret", "webhook_secret")
KEYS = (*NEEDS, "old_webhook_secret")
EXAMPLE = """\
url = "https://shop.example.com"         # WordPress's address; /wp-json/wc/v3 stands below it
consumer_key = "env:WOO_CONSUMER_KEY"    # WooCommerce, Settings, Advanced, REST API: read and write
consumer_secret = "env:WOO_CONSUMER_SECRET"
webhook_secret = "env:WOO_WEBHOOK_SECRET"  # a long random text of your own: onhand gives it to WooCommerce
"""
TOPICS = ("order.created", "order.updated", "order.deleted", "product.updated")
WAITING = ("processing", "on-hold")
WITHOUT_STOCK = ("pending", "checkout-draft", "cancelled", "failed", "trash", "refunded")
_AT_ONCE, _REFUSED_AGAIN_S = 2, 60.0
T = TypeVar("T")


class _Line(msgspec.Struct):
    id: int
    product_id: int
    quantity: int
    variation_id: int = 0
    sku: str | None = None
    meta_data: list[dict[str, Any]] = []

    @property
    def listing(self) -> str:
        return str(self.variation_id or self.product_id)

    def number(self, key: str) -> int:
        found = next((str(meta.get("value")) for meta in self.meta_data if meta.get("key") == key), "")
        return int(found) if found.isdecimal() else 0


class _Refund(msgspec.Struct):
    date_created_gmt: str
    line_items: list[_Line] = []


class _OrderRow(msgspec.Struct):
    """What of an order concerns stock; customers and addresses are never read."""

    id: int
    status: str
    date_created_gmt: str
    date_modified_gmt: str | None = None
    date_completed_gmt: str | None = None
    number: str | None = None
    line_items: list[_Line] = []
    refunds: list[dict[str, Any]] = []


class _ProductRow(msgspec.Struct):
    id: int
    type: str = "variation"
    sku: str | None = None
    stock_quantity: float | None = None
    variations: list[int] = []


class _WrittenRow(msgspec.Struct):
    id: int = 0
    stock_quantity: float | None = None
    error: dict[str, Any] | None = None


class _Written(msgspec.Struct):
    update: list[_WrittenRow] = []


class _Hook(msgspec.Struct):
    id: int
    status: str
    topic: str
    delivery_url: str
    name: str = ""


class _Told(msgspec.Struct):
    id: int
    variations: list[int] = []


class _Body(msgspec.Struct):
    path: str
    listings: list[str]
    request: msgspec.Raw


@dataclass(frozen=True, kw_only=True)
class WooCommerceAccount:
    """How one shop on WooCommerce is reached; the old secret is the one before, while webhooks still carry it."""

    url: str
    consumer_key: Secret
    consumer_secret: Secret
    webhook_secret: Secret
    old_webhook_secret: Secret | None = None

    def connect(self, setup: Setup) -> "WooCommerceChannel":
        """Return the channel. Raises ConfigError for a secret that is not there."""
        return WooCommerceChannel(self, setup)


def read(options: Options) -> WooCommerceAccount | None:
    """Return the account that a section describes, None where it gives nothing of one. Raises ConfigError."""
    url, key, secret = options.called_url("url"), options.identifier("consumer_key"), options.secret("consumer_secret")
    webhook_secret, old = options.secret("webhook_secret"), options.secret("old_webhook_secret")
    refuse_half(options, KEYS, NEEDS, LABEL)
    if url is None or key is None or secret is None or webhook_secret is None:
        return None
    return WooCommerceAccount(
        url=url, consumer_key=key, consumer_secret=secret, webhook_secret=webhook_secret, old_webhook_secret=old
    )


ENTRY = Entry(label=LABEL, keys=KEYS, needs=NEEDS, example=EXAMPLE, read=read)


class WooCommerceChannel:
    """One web shop on WooCommerce. Safe to use from several threads."""

    name = NAME
    capabilities = CAPABILITIES

    def __init__(self, account: WooCommerceAccount, setup: Setup) -> None:
        self._setup = setup
        self._host = urlsplit(account.url).hostname
        auth = basic(account.consumer_key.reveal(), account.consumer_secret.reveal())
        self._api = RestClient(NAME, f"{account.url}/wp-json/wc/v3", auth, setup.http)
        secrets = (account.webhook_secret, account.old_webhook_secret)
        self._secrets = tuple(secret.reveal().encode() for secret in secrets if secret is not None)

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when one of the secrets signed its body. Raises BadSignature.

        Nothing but the body is signed: the id of a delivery is the body's own, its topic that of our address.
        """
        claimed, genuine = request.headers.get("x-wc-webhook-signature", "").encode(), False
        for secret in self._secrets:  # no early exit: the time must not tell which secret, if any, it was
            signature = base64.b64encode(hmac.digest(secret, request.body, hashlib.sha256))
            genuine |= hmac.compare_digest(signature, claimed)
        if not genuine:
            raise BadSignature(f"a webhook for {request.shop} is signed with none of {len(self._secrets)} secrets")
        topic = (request.path_topic or request.headers.get("x-wc-webhook-topic", ""))[:64]
        return Delivery(
            shop=request.shop,
            channel=NAME,
            topic=topic,
            delivery_id=hashlib.sha256(topic.encode() + b"\n" + request.body).hexdigest(),
            event_id=None,
            triggered_at=None,
            received_at=received_at,
            body=request.body,
        )

    def parse(self, delivery: Delivery, catalog: seam.Catalog) -> seam.Report:  # noqa: ARG002 - the seam's
        """Return what to look at: an order is always read back. Raises UnreadableDelivery."""
        try:
            told = msgspec.json.decode(delivery.body, type=_Told)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableDelivery(f"{delivery.topic or 'a webhook'}: {error}") from error
        because = f"WooCommerce tells of {delivery.topic}"
        if not all(0 < number < 2**63 for number in (told.id, *told.variations)):
            raise UnreadableDelivery(f"{delivery.topic}: {told.id} or one of its variations is no id of WooCommerce's")
        match delivery.topic.partition(".")[0]:
            case "order":
                return seam.Report(asks=(seam.Ask(seam.Wanted.ORDER, str(told.id), because),))
            case "product":
                rows = told.variations or [told.id]
                return seam.Report(asks=tuple(seam.Ask(seam.Wanted.LISTING, str(number), because) for number in rows))
        raise UnreadableDelivery(f"topic {delivery.topic!r} is none of {', '.join(TOPICS)}")

    def batch_size(self, wanted: seam.Wanted) -> int:
        """Return how many orders one reading may carry; it has nothing else of the kind."""
        return A_PAGE if wanted is seam.Wanted.ORDER else 0

    def read(self, wanted: seam.Wanted, keys: Sequence[str], reading: int, catalog: seam.Catalog) -> seam.Reading:
        """Return orders as they are now. Raises ChannelUnavailable, ChannelRefused."""
        if wanted is not seam.Wanted.ORDER or len(keys) > A_PAGE:
            raise ValueError(f"{NAME} reads up to {A_PAGE} orders at once, asked for {len(keys)} {wanted}")
        pictures: list[OrderPicture] = []
        problems: list[seam.Problem] = []
        asked = {"include": ",".join(keys), "status": "any", "per_page": str(A_PAGE)}
        rows = self._api.call("GET", "orders", list[_OrderRow], query=asked)[0]
        for row in rows:
            picture, found = draw(self._plain(row), self._setup.default_location, catalog, reading)
            pictures.append(picture)
            problems += found
            if row.status not in (*WAITING, "completed", *WITHOUT_STOCK):
                problems.append(unknown_status(NAME, str(row.id), row.status))
        seen = {str(row.id) for row in rows}
        missing = tuple(key for key in keys if key not in seen)
        return seam.Reading(report=seam.Report(pictures=tuple(pictures)), missing=missing, problems=tuple(problems))

    def changed(self, since: datetime) -> Iterator[seam.Changed]:
        """Yield orders that changed at or after `since`, oldest change first. Raises as `read` does."""
        before = (since - timedelta(seconds=1)).astimezone(UTC)  # the filter leaves out the moment that it names
        yield from self._orders({"modified_after": f"{before:%Y-%m-%dT%H:%M:%S}", "dates_are_gmt": "true"})

    def unfinished(self) -> Iterator[seam.Changed]:
        """Yield orders that wait to be shipped. Raises as `read` does."""
        yield from self._orders({"status": ",".join(WAITING)})

    def take_census(self, reading: int, catalog: seam.Catalog) -> seam.Census:  # noqa: ARG002 - the seam's
        """Read all products and their variations. Raises IncompleteReading, else as `read` does."""
        fields = {"_fields": "id,type,sku,stock_quantity,variations", "orderby": "id", "order": "asc"}
        listings: list[Listing] = []
        for product in self._all("products", {**fields, "status": "any"}, _ProductRow):
            if product.type == "simple":
                listings.append(_listing(product, None))
            elif product.type == "variable":
                rows = self._all(f"products/{product.id}/variations", {**fields, "status": "any"}, _ProductRow)
                listings += [_listing(row, str(product.id)) for row in rows]
        if len({listing.listing for listing in listings}) < len(listings):
            raise IncompleteReading(f"{NAME}: products moved between its pages while they were read: read again")
        return seam.Census(listings=tuple(listings), reading=reading, read_at=self._setup.now(), complete=True)

    def read_shown(self, listings: Sequence[Listing]) -> dict[str, seam.Shown]:
        """Return what the shop shows, and what its waiting orders hold. Raises as `read` does."""
        held: Counter[str] = Counter()
        for order in self._all("orders", {"status": ",".join(WAITING)}, _OrderRow):
            plain = self._plain(order)
            listing_of = {row.line: row.listing for row in plain.lines}
            for row in plain.lines:
                held[row.listing] += row.units
            for back in plain.taken_back:
                held[listing_of[back.line]] -= back.units
        shown: dict[str, seam.Shown] = {}
        by_path: defaultdict[str, list[str]] = defaultdict(list)
        for listing in listings:
            by_path[_path_of(listing)].append(listing.listing)
        for path, ids in by_path.items():
            for start in range(0, len(ids), A_PAGE):
                asked = {"include": ",".join(ids[start : start + A_PAGE]), "status": "any"}
                for product in self._all(path, asked, _ProductRow):
                    shown[str(product.id)] = seam.Shown(int(product.stock_quantity or 0), held[str(product.id)])
        return shown

    def ping(self) -> str:
        """Return the host that answers to these credentials. Raises as `read` does."""
        self._api.call("GET", "products", list[_ProductRow], query={"per_page": "1", "_fields": "id"})
        return f"{self._host} ({LABEL} REST API v3)"

    def ensure_webhooks(self, base_url: str) -> None:
        """Have orders and products told to our ingress; one that was disabled is made active. Raises as `read` does."""
        hooks = {hook.name: hook for hook in self._all("webhooks", {"status": "all"}, _Hook)}
        for topic in TOPICS:
            name, address = f"onhand {topic}", f"{base_url.rstrip('/')}/webhooks/{NAME}/{self._setup.shop}/{topic}"
            hook, wanted = hooks.get(name), {"name": name, "topic": topic, "delivery_url": address, "status": "active"}
            if hook is None:
                self._write("webhooks", {**wanted, "secret": self._secrets[0].decode()})
            elif (hook.status, hook.topic, hook.delivery_url) != ("active", topic, address):
                self._write(f"webhooks/{hook.id}", {**wanted, "secret": self._secrets[0].decode()})

    def ready(self) -> int:
        """Return how many parcels may go: a few, because the shop's own host answers its shoppers, too."""
        return _AT_ONCE

    def pack(self, offers: Sequence[seam.Offer], key: str) -> list[tuple[seam.Parcel, tuple[seam.Offer, ...]]]:
        """Return parcels of up to 100 rows: one path for simple products, one for the variations of each product."""
        groups: defaultdict[str, list[seam.Offer]] = defaultdict(list)
        for offer in offers:
            groups[_path_of(offer.listing)].append(offer)
        parcels: list[tuple[seam.Parcel, tuple[seam.Offer, ...]]] = []
        for path, group in groups.items():
            for start in range(0, len(group), A_PAGE):
                chunk = group[start : start + A_PAGE]
                rows = [
                    {"id": int(each.listing.listing), "stock_quantity": each.units, "manage_stock": True}
                    for each in chunk
                ]
                listings = [each.listing.listing for each in chunk]
                body = _Body(f"{path}/batch", listings, msgspec.Raw(msgspec.json.encode({"update": rows})))
                parcels.append((seam.Parcel(f"{key}/{len(parcels)}", NAME, msgspec.json.encode(body)), tuple(chunk)))
        return parcels

    def send(self, parcel: seam.Parcel) -> seam.Outcome:
        """Send one parcel. WooCommerce compares nothing and knows no key: an unknown outcome must be read back."""
        body = msgspec.json.decode(parcel.body, type=_Body)
        try:
            rows = self._api.call("POST", body.path, _Written, body=bytes(body.request))[0].update
        except (NotCarriedOut, NoAnswer) as trouble:
            return of_no_answer(trouble)
        except Refused as error:
            if error.status in (401, 403):  # no listing is to blame
                return seam.Throttled(_REFUSED_AGAIN_S, f"{error}; look at consumer_key, its secret and its permission")
            return seam.Rejected(stale=False, rows=(), reason=str(error))
        if [str(row.id) for row in rows] != body.listings:
            return seam.Unknown(f"{len(rows)} rows were answered, {len(body.listings)} were sent: read back")
        refused = {number: row.error for number, row in enumerate(rows) if row.error is not None}
        if not refused:
            return seam.Applied(None, f"{len(rows)} listings")
        said = [
            f"listing {body.listings[number]}: {error.get('message')} ({error.get('code')})"
            for number, error in refused.items()
        ]
        return seam.Rejected(stale=False, rows=tuple(refused), reason=f"{'; '.join(said)}; run `onhand sync`")

    def _plain(self, row: _OrderRow) -> PlainOrder:
        """Return an order in common words; a status that we do not know waits: its units could be sold twice."""
        left = row.status == "completed" or (row.status == "refunded" and row.date_completed_gmt is not None)
        void = row.status in WITHOUT_STOCK and not left
        changed_at = _moment(row.date_modified_gmt or row.date_created_gmt)
        return PlainOrder(
            channel=NAME,
            order=str(row.id),
            name=row.number,
            placed_at=_moment(row.date_created_gmt),
            changed_at=changed_at,
            fate=Fate.VOID if void else Fate.LEFT if left else Fate.WAITS,
            lines=[Sold(str(line.id), line.listing, line.quantity, line.sku) for line in row.line_items],
            taken_back=[] if void else list(self._taken_back(row)),
            left_at=_moment(row.date_completed_gmt) if row.date_completed_gmt else None,
        )

    def _taken_back(self, order: _OrderRow) -> Iterator[TakenBack]:
        """Yield what refunds took back: their rows count downwards and name the order's line in their metadata.

        Of a line WooCommerce keeps how many units were restocked, whenever that was.
        """
        restocked = {line.id: line.number("_restock_refunded_items") for line in order.line_items}
        for refund in self._all(f"orders/{order.id}/refunds", {}, _Refund) if order.refunds else ():
            for row in refund.line_items:
                line, units = row.number("_refunded_item_id"), abs(row.quantity)
                back = restocked.get(line, 0) >= units
                restocked[line] = restocked.get(line, 0) - units
                yield TakenBack(str(line), units, _moment(refund.date_created_gmt), back)

    def _orders(self, asked: Mapping[str, str]) -> Iterator[seam.Changed]:
        """Yield orders, oldest change first: by id no page is skipped, although orders change while they are read."""
        fields = {"_fields": "id,status,date_created_gmt,date_modified_gmt", "orderby": "id", "order": "asc"}
        rows = self._all("orders", {"status": "any", **fields, **asked}, _OrderRow)
        for changed_at, number in sorted(
            (_moment(row.date_modified_gmt or row.date_created_gmt), row.id) for row in rows
        ):
            yield seam.Changed(seam.Wanted.ORDER, str(number), f"{NAME}/order/{number}", changed_at)

    def _all(self, path: str, asked: Mapping[str, str], kind: type[T]) -> Iterator[T]:
        return self._api.pages(path, kind, {**asked, "per_page": str(A_PAGE)}, pages_in="x-wp-totalpages")

    def _write(self, path: str, row: Mapping[str, object]) -> None:
        self._api.call("POST", path, _Hook, body=msgspec.json.encode(row))


def _listing(row: _ProductRow, parent: str | None) -> Listing:
    return Listing(channel=NAME, listing=str(row.id), item=None, sku=row.sku or None, group=parent, place=None)


def _path_of(listing: Listing) -> str:
    return "products" if listing.group is None else f"products/{listing.group}/variations"


def _moment(text: str) -> datetime:
    """Return a time that WooCommerce wrote as GMT, without a zone. Raises NoAnswer for what is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise NoAnswer(f"{NAME}: {text[:40]!r} is no time", None) from error
