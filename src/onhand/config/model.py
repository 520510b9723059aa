"""What can be configured, as the rest of onhand reads it."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from onhand.channels import CHANNELS
from onhand.channels.entry import Account
from onhand.config.secret import Secret
from onhand.config.threepl import ThreeplConfig
from onhand.config.traffic import TrafficConfig

ImportedOrders = Literal["yes", "no", "auto"]

ONLINE_STORE = "online_store"
SHOPIFY_POS = "shopify_pos"
SHOPIFY = "shopify"
"""The platform behind the first two: it is told of orders from elsewhere, and is armed like a channel."""
ONHAND = "onhand"
"""Who is believed at a location beside Shopify: our own books."""
AUTHORITIES = (SHOPIFY, ONHAND)
CHANNEL_NAMES = (ONLINE_STORE, SHOPIFY_POS, *CHANNELS, SHOPIFY)


class Listen(NamedTuple):
    """Where a server listens; port 0 takes any free one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


WEBHOOKS_LISTEN = Listen("127.0.0.1", 8001)
PAGES_LISTEN = Listen("127.0.0.1", 8000)


@dataclass(frozen=True, kw_only=True)
class IngressConfig:
    """The port for webhooks and feeds. `public_url` is where the outside reaches it; None: nothing is subscribed.

    `unsigned_stock` lets anybody who reaches the port ask for the stock of a location.
    """

    listen: Listen = WEBHOOKS_LISTEN
    public_url: str | None = None
    unsigned_stock: bool = False


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """The port for pages and the JSON API. `hosts` are the names under which programs with an API key reach it."""

    listen: Listen = PAGES_LISTEN
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EventBridgeConfig:
    """The event source that Shopify sends to, and the queue that our rule sends its events on to.

    Without keys boto3 looks for them where AWS's own tools do.
    """

    event_source: str
    source: str
    queue: str
    account: str
    region: str
    access_key_id: Secret | None = None
    secret_access_key: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class PubSubConfig:
    """The topic that Shopify publishes to, and whom the push subscription says it is."""

    topic: str
    audience: str
    service_account: str
    keys_url: str = "https://www.googleapis.com/oauth2/v3/certs"


@dataclass(frozen=True, kw_only=True)
class ShopConfig:
    """One Shopify shop. `access_token` is for custom apps that have one; else client id and secret get tokens.

    `client_secret` also signs webhooks; `old_client_secret` is the one before, while a rotation lasts. `api_url`
    None means Shopify itself. `app_config_topics` are subscribed to by the app's own configuration file at Shopify.
    Webhooks come through `eventbridge` or `pubsub`, or, where both are None, to our own address. What is read comes in
    pages of `page_rows` at most; None: as large as Shopify answers well.
    """

    domain: str
    client_id: Secret | None = None
    client_secret: Secret
    old_client_secret: Secret | None = None
    access_token: Secret | None = None
    api_url: str | None = None
    api_version: str = "2026-10"
    app_config_topics: tuple[str, ...] = ()
    page_rows: int | None = None
    eventbridge: EventBridgeConfig | None = None
    pubsub: PubSubConfig | None = None

    @property
    def webhook_uri(self) -> str | None:
        """The event source or Pub/Sub topic that everything is sent to; None: our own address, a path a topic."""
        if self.eventbridge is not None:
            return self.eventbridge.event_source
        return self.pubsub.topic if self.pubsub is not None else None


@dataclass(frozen=True, kw_only=True)
class LocationConfig:
    """Whose counts are adopted at a location of Shopify's, and whether it is meant to serve the Online Store.

    `online` False says that what stands there need not be sold online: no problem is made of it.
    """

    shop: str
    name: str
    authority: str = "shopify"
    online: bool = True


@dataclass(frozen=True, kw_only=True)
class ChannelConfig:
    """How one channel sells. `locations` are names; None: the platform's own rule says which.

    `enforce_buffer` lets units of the Online Store's buffer be put aside where no till sells. `armed` arms the channel
    when onhand first meets it; later `onhand arm` and `disarm` decide. `account` says how a marketplace is reached;
    None for Shopify's own channels, and while its credentials are not configured.
    """

    shop: str
    name: str
    locations: tuple[str, ...] | None = None
    buffer_units: int = 0
    enforce_buffer: bool = False
    armed: bool = False
    orders_imported_to_shopify: ImportedOrders = "auto"
    account: Account | None = None


@dataclass(frozen=True, kw_only=True)
class WebhookConfig:
    """Who is told by us what channels may sell: `channels` and `skus` None mean all of them.

    `tells` says whether of numbers, of problems, or of both; of problems those of `kinds`, None for all. `owner` is who
    looks after them.

    `old_secret` signs, too, while a listener goes over to the new one. `on_this_machine` lets it listen on loopback,
    and nowhere else: for trying it out.
    """

    shop: str
    name: str
    url: str
    secret: Secret
    old_secret: Secret | None = None
    channels: tuple[str, ...] | None = None
    skus: tuple[str, ...] | None = None
    tells: tuple[str, ...] = ("numbers",)
    kinds: tuple[str, ...] | None = None
    owner: str | None = None
    on_this_machine: bool = False


@dataclass(frozen=True, kw_only=True)
class AuditConfig:
    """How often everything is compared and changed orders are polled, and how long a gap may rest."""

    every_s: float = 3600.0
    poll_every_s: float = 60.0
    grace_s: float = 5.0


@dataclass(frozen=True, kw_only=True)
class GuardConfig:
    """A run that would set more than this share of a channel's listings to zero stops and asks."""

    zero_share: float = 0.05


@dataclass(frozen=True, kw_only=True)
class GoogleSheetsConfig:
    """A spreadsheet to keep equal to the books of one shop; `shop` None: of the only one there is.

    `api_url` None is Google's own. `flush_every_s` is how long changes are gathered before they are written.
    """

    spreadsheet: str
    credentials: Secret
    shop: str | None = None
    api_url: str | None = None
    flush_every_s: float = 5.0


@dataclass(frozen=True, kw_only=True)
class JetStreamConfig:
    """NATS servers that keep the log as a stream. `servers` may carry a password: kept out of the representation."""

    servers: tuple[str, ...] = field(repr=False)
    stream: str = "onhand"
    replicas: int = 3


class Setting(NamedTuple):
    """One value with where it came from, fit to be shown: a secret shows only where it is kept."""

    key: str
    shown: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that can be configured.

    New things are sealed with `encryption_key`; `old_encryption_keys` open what was sealed before it was replaced.
    `log` is a file of this machine: the log itself, or, with `jetstream`, the spool of what no quorum confirmed yet.
    `database` may carry a password and stays out of the representation. `path` is None where no file was read;
    `settings` and `secrets` are everything that was read, by key, for whoever shows or checks it.
    """

    database: str = field(repr=False)
    log: str
    jetstream: JetStreamConfig | None = None
    encryption_key: Secret | None = None
    old_encryption_keys: tuple[Secret, ...] = ()
    retention_days: float = 7.0
    ingress: IngressConfig = IngressConfig()
    server: ServerConfig = ServerConfig()
    shops: tuple[ShopConfig, ...] = ()
    locations: tuple[LocationConfig, ...] = ()
    channels: tuple[ChannelConfig, ...] = ()
    threepls: tuple[ThreeplConfig, ...] = ()
    traffics: tuple[TrafficConfig, ...] = ()
    webhooks: tuple[WebhookConfig, ...] = ()
    audit: AuditConfig = AuditConfig()
    guard: GuardConfig = GuardConfig()
    google_sheets: GoogleSheetsConfig | None = None
    path: Path | None = None
    settings: tuple[Setting, ...] = field(default=(), repr=False)
    secrets: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)

    def has_sheet(self, shop: str) -> bool:
        """Return whether a shop is shown in the spreadsheet."""
        sheets = self.google_sheets
        return sheets is not None and (sheets.shop or self.shops[0].domain) == shop

    def channels_of(self, shop: str) -> tuple[ChannelConfig, ...]:
        """Return the channels of one shop, as configured."""
        return tuple(channel for channel in self.channels if channel.shop == shop)

    def threepls_of(self, shop: str) -> tuple[ThreeplConfig, ...]:
        """Return the third parties that keep goods for one shop, as configured."""
        return tuple(threepl for threepl in self.threepls if threepl.shop == shop)

    def traffics_of(self, shop: str) -> tuple[TrafficConfig, ...]:
        """Return who counts people at the locations of one shop, as configured."""
        return tuple(traffic for traffic in self.traffics if traffic.shop == shop)

    def locations_of(self, shop: str) -> tuple[LocationConfig, ...]:
        """Return the locations of one shop about which something is configured."""
        return tuple(location for location in self.locations if location.shop == shop)
