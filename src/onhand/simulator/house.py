"""onhand in a simulated world: the real application and the real works, which take turns when they are told to."""

import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from onhand.app import build
from onhand.app.clock import Pace
from onhand.app.results import Audited
from onhand.channels import CHANNELS
from onhand.channels.foot_traffic.framed import Hours
from onhand.channels.threepl.door import FileForm, Wire, delivery_of, file_id
from onhand.channels.threepl.edi import EdiForm
from onhand.config import SHOPIFY, ChannelConfig, Config, ShopConfig, WebhookConfig
from onhand.config.model import AuditConfig, GoogleSheetsConfig, GuardConfig, LocationConfig
from onhand.config.reader import Section, Source
from onhand.config.secret import Secret
from onhand.config.threepl import ThreeplConfig
from onhand.config.traffic import BrokerConfig, TrafficConfig
from onhand.demo.quiet import what_goes_on
from onhand.intake.process import BATCH, POSITION
from onhand.intake.receive import receive
from onhand.ports.clock import Clock
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature, DataDamaged, LogUnavailable, OnhandError
from onhand.ports.listeners import Listener
from onhand.sandbox.markets import Connection, connections
from onhand.sandbox.sheets.start import address
from onhand.sandbox.state import Sandbox
from onhand.sandbox.third_party import DAMAGED
from onhand.sandbox.third_party import SECRET as THIRD_PARTYS_SECRET
from onhand.serve.announcing import Announcing
from onhand.serve.counting_people import DroppedHours, Listening
from onhand.serve.dropping import DroppedHere
from onhand.serve.latency import Latency
from onhand.serve.sheeting import Sheeting
from onhand.serve.turns import Work
from onhand.serve.works import Auditing, Booking, Housekeeping, Publishing, Reading, Subscribing, Telling
from onhand.simulator.acts.sensors import NAME as SENSORS
from onhand.simulator.acts.third_party import NAME as THIRD_PARTY
from onhand.simulator.broker import PublishedMessages
from onhand.simulator.network import OUR_HOST
from onhand.simulator.platforms import BASE_URL

logger = logging.getLogger(__name__)

GRACE_S = 60.0
"""How long a gap between a third party's count and the books may stand."""

PUBLIC_URL = f"https://{OUR_HOST}"
NOTICES, HOURS = "notices", "hours"
"""The folders for files of the third party and of sensors, beside the databases."""

ENCRYPTION_KEY = urlsafe_b64encode(bytes(range(32))).decode()
"""The same for every process of a simulation: one opens what another has sealed."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How onhand is set: when it audits, how many deliveries it books at once, whether its marketplaces are connected.

    And what it lives with: a drive whose power may fail, a bucket of so many points at Shopify (None: no limit), a
    workbook that is written every so many seconds (None: there is none), a location by name that a third party keeps,
    tokens of TikTok Shop that live so long, places by name that have sensors at their doors. Files of a third party
    come into a folder where they have one form only (None: they are handed over, in any form). What is read of Shopify
    has pages of so many rows (None: as many as there is room for). A site of the merchant's own may be told, too.
    """

    audit: AuditConfig = field(default_factory=AuditConfig)
    batch: int = BATCH
    markets: bool = False
    power_fails: bool = False
    sheet_flush_s: float | None = None
    tiktok_token_life_s: int = 7 * 86_400
    kept_at: str | None = None
    dropped_form: FileForm | None = None
    sensors_at: tuple[str, ...] = ()
    bucket_points: float | None = None
    page_rows: int | None = None
    own_site: bool = False


USUAL = Manner()


def _nothing() -> None:
    """Nobody waits for news in a simulation: works take their turns when they are told to."""


class House:
    """One shop's onhand. Its files lie in `folder`; `pace` is how it lets time pass. Close it when done.

    It tells a `listener` what channels may sell, and fetches what sensors have `published`; `on_kept` is called when
    something that it has fetched lies in the log.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        manner: Manner,
        *,
        clock: Clock,
        pace: Pace,
        http: httpx.Client,
        published: PublishedMessages | None = None,
        listener: Listener | None = None,
        on_kept: Callable[[], None] = _nothing,
    ) -> None:
        self.shop = sandbox.settings.shop
        self._on_kept = on_kept
        self._kept_at = manner.kept_at
        self.app = build(_config(sandbox, folder, manner), clock, http=http, pace=pace)
        self.steps = self.app.steps(self.shop)
        self.troubles: list[str] = []
        self.kept: list[str] = []
        self.booking = Booking(
            self.app, [self.steps], Latency(), on_booked=_nothing, on_offers=_nothing, batch=manner.batch
        )
        self.reading = Reading(self.steps, SHOPIFY, _nothing)
        self.telling = Telling(self.steps, self.app.clock, senders=1)
        self._selling: list[Work] = []
        for name in self.steps.seller_names:
            self._selling.append(Reading(self.steps, name, _nothing))
            self._selling.append(Publishing(self.steps, name, self.app.clock, Latency(), senders=1))
        self.auditing = Auditing(self.app, self.steps, _nothing)
        self.subscribing = Subscribing(self.steps, PUBLIC_URL, _nothing)
        self.housekeeping = Housekeeping(self.app)
        keeper, flush_s = self.app.sheet(self.shop), manner.sheet_flush_s
        self.sheeting = None
        if keeper is not None and flush_s is not None:
            self.sheeting = Sheeting(keeper, self.app.store, self.app.clock, flush_s)
        self._fetching = self._fetching_works(published)
        self._announcing = [] if listener is None else [self._announcing_to(listener)]

    @property
    def works(self) -> Sequence[Work]:
        """What `onhand serve` does side by side, but for what runs once an hour."""
        beside = (*self._selling, *self._fetching, *self._announcing)
        return (self.booking, self.reading, self.telling, self.auditing, *beside)

    @property
    def all_works(self) -> Sequence[Work]:
        """Everything that `onhand serve` does side by side."""
        return (*self.works, self.subscribing, self.housekeeping, *([self.sheeting] if self.sheeting else []))

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook as the ingress does: verify, keep, answer. `kept` then has its id."""
        _, _, door, shop, *topic = path.split("/", 4)
        request = Request(
            shop, topic[0] if topic else None, {name.lower(): value for name, value in headers.items()}, body
        )
        try:
            delivery = receive(request, self.steps.parts.doors[door.replace("-", "_")], self.app.clock.now())
            self.app.log.append([delivery])
            self.kept.append(delivery.delivery_id)
        except BadSignature:
            return 401
        except LogUnavailable:
            return 503
        return 200

    def _announcing_to(self, listener: Listener) -> Announcing:
        webhook = WebhookConfig(
            shop=self.shop, name=listener.name, url="https://own-site.invalid/", secret=Secret.of(ENCRYPTION_KEY)
        )
        return Announcing(webhook, listener, self.app.store, self.app.clock)

    def take_file(self, wire: Wire, body: bytes) -> None:
        """Keep what a third party has laid down, or has answered when it was asked, as the works do that fetch it."""
        at, now = self._kept_at, self.app.clock.now()
        assert at is not None, "there is no third party"
        delivery = delivery_of(
            self.shop,
            THIRD_PARTY,
            wire=wire,
            place=at if wire == "map" else "",
            message_id=file_id(body, now),
            body=body,
            sent_at=now,
            received_at=now,
        )
        self.app.log.append([delivery])

    def _fetching_works(self, published: PublishedMessages | None) -> list[Work]:
        """Return what fetches files from folders, and messages that sensors have published."""
        works: list[Work] = []
        for config in self.app.config.threepls:
            if config.folder is not None:
                config.folder.mkdir(exist_ok=True)
                works.append(DroppedHere(self.app, config, self._append))
        for sensors in self.app.config.traffics:
            assert sensors.folder is not None, "sensors of a season come every way"
            assert published is not None, "and by a broker"
            sensors.folder.mkdir(exist_ok=True)
            works.append(DroppedHours(self.app, sensors, self._append))
            works.append(Listening(self.app, sensors, self._append, published.connect()))
        return works

    def _append(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        kept = self.app.log.append(deliveries)
        self._on_kept()
        return kept

    def turn(self, work: Work) -> bool:
        """Let a work take a turn; trouble that it foresees is noted and waited out, as its thread would."""
        try:
            return work.turn()
        except DataDamaged:
            raise
        except OnhandError as trouble:
            self.troubles.append(f"{work.name}: {trouble}")
            return False

    def audit(self) -> Audited:
        """Compare everything with the platform and adopt what nothing explains."""
        return self.app.audit(self.shop, fix=True)

    def waiting(self) -> int:
        """Return how many deliveries are kept and not booked yet."""
        with self.app.store.reading() as session:
            return self.app.log.last_position() - session.position(POSITION)

    def lapses(self) -> int:
        """Return how often a subscription was found missing or wrong."""
        with self.app.store.reading() as session:
            return session.of(self.shop).subscriptions.count_lapses(SHOPIFY, datetime(2000, 1, 1, tzinfo=UTC))

    def going_on(self) -> list[str]:
        """Return what is not settled yet, one sentence each."""
        return what_goes_on(self.app, self.shop)

    def close(self) -> None:
        """Close the files."""
        self.app.close()


def _config(sandbox: Sandbox, folder: Path, manner: Manner) -> Config:
    shop, secrets, at = sandbox.settings.shop, sandbox.secrets, manner.kept_at
    return Config(
        database=str(folder / "onhand.db"),
        log=str(folder / "onhand-log.db"),
        encryption_key=Secret.of(ENCRYPTION_KEY),
        shops=(
            ShopConfig(
                domain=shop,
                client_id=Secret.of(secrets.client_id),
                client_secret=Secret.of(secrets.client_secret),
                api_url=f"{BASE_URL}/shopify/{shop}/admin",
                api_version=sandbox.settings.api_version,
                page_rows=manner.page_rows,
            ),
        ),
        channels=(
            ChannelConfig(shop=shop, name=SHOPIFY, armed=True),
            *(_market(shop, name, how) for name, how in connections(sandbox).items() if manner.markets),
        ),
        audit=manner.audit,
        guard=GuardConfig(zero_share=1.0),  # a shop so small is emptied by any sale
        locations=() if at is None else (LocationConfig(shop=shop, name=at, authority=THIRD_PARTY),),
        threepls=() if at is None else (_third_party(shop, at, folder, manner.dropped_form),),
        traffics=(_sensors(shop, manner.sensors_at, folder),) if manner.sensors_at else (),
        google_sheets=_workbook(sandbox) if manner.sheet_flush_s is not None else None,
    )


def _third_party(shop: str, at: str, folder: Path, dropped_form: FileForm | None) -> ThreeplConfig:
    return ThreeplConfig(
        shop=shop,
        name=THIRD_PARTY,
        places={at: at},
        secret=Secret.of(THIRD_PARTYS_SECRET),
        zone=UTC,
        grace_s=GRACE_S,
        folder=folder / NOTICES if dropped_form is not None else None,
        files=dropped_form or "csv",
        edi=EdiForm(damage_codes=frozenset({DAMAGED})),
    )


def _sensors(shop: str, places: Sequence[str], folder: Path) -> TrafficConfig:
    return TrafficConfig(
        shop=shop,
        name=SENSORS,
        places={place: place for place in places},
        secret=Secret.of(THIRD_PARTYS_SECRET),
        zone=UTC,
        broker=BrokerConfig(host=OUR_HOST, port=1883, tls=False, client_id=SENSORS),
        folder=folder / HOURS,
        hours=Hours(minutes=15),
    )


def _workbook(sandbox: Sandbox) -> GoogleSheetsConfig:
    found: Any = address(sandbox.sheets)
    key = msgspec.json.encode(found["credentials"]).decode()
    return GoogleSheetsConfig(
        spreadsheet=found["spreadsheet"], credentials=Secret.of(key), api_url=found["url"], flush_every_s=1.0
    )


def _market(shop: str, name: str, connection: Connection) -> ChannelConfig:
    """Return a marketplace as a merchant would configure it, with no limits of pace but its own."""
    table = {**connection.plain, **connection.unthrottled, **{key: f"env:{key}" for key in connection.secret}}
    source = Source(label="the simulator", folder=Path(), environ=connection.secret)
    return ChannelConfig(
        shop=shop,
        name=name,
        locations=connection.locations,
        armed=True,
        orders_imported_to_shopify="no",
        account=CHANNELS[name].read(Section(source, f"channel[{name}]", table)),
    )
