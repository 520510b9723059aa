"""A small shop on the sandbox's platforms, with onhand at work beside it: everything else is the real thing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from onhand.app import App, build
from onhand.audit.compare import compare_levels
from onhand.channels.tiktok_shop import TikTokAccount
from onhand.config import Config, EventBridgeConfig, PubSubConfig
from onhand.config.model import AuditConfig, ChannelConfig, GuardConfig, ImportedOrders, LocationConfig
from onhand.config.secret import Secret
from onhand.config.threepl import ThreeplConfig
from onhand.config.traffic import TrafficConfig
from onhand.demo.house import load, write_config
from onhand.demo.quiet import wait_for_quiet, what_goes_on
from onhand.demo.verdict import compare_with_truth
from onhand.domain.drift import Drift
from onhand.domain.stock import Bin, LevelKey, State
from onhand.intake.process import POSITION
from onhand.sandbox.build import is_scarce, sku_name
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from onhand.sandbox.world.world import WorldSettings
from onhand.serve import Serving
from onhand.store import Intent
from onhand.store.drifts import DriftRow
from onhand.store.offers import OfferState
from tests.support.impatience import be_impatient
from tests.support.waiting import WITHIN_S, until, until_equal

WAREHOUSE, BOSTON, PORTLAND = "Warehouse", "Boston", "Portland"
"""No till; a till that also serves the Online Store; a till only. TikTok Shop sells from the warehouse."""

UNLIMITED = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None)
NEVER_BY_ITSELF = AuditConfig(every_s=3600.0, poll_every_s=3600.0, grace_s=3600.0)
"""Nothing is swept, judged or audited while a test lasts, unless it asks for it."""
JUDGED_SOON = replace(NEVER_BY_ITSELF, grace_s=0.3)
ANY_ZEROS = GuardConfig(zero_share=1.0)

OLD_SECRET = "shpss_before_the_rotation"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How the shop is, and how onhand is configured. Sweeps and audits wait for an hour unless a test wants them.

    Without an `own_token` Shopify is asked for tokens with the app's credentials. `answers_within_s` is how long an
    answer is waited for; None as long as in earnest. `before` is what happens before onhand comes. `database` None is a
    SQLite file of the shop's own. So many `web_items` are sold on WooCommerce, too. TikTok Shop sells from where
    its `warehouses` stand.
    """

    items: int = 12
    web_items: int = 0
    settings: Settings = UNLIMITED
    world: WorldSettings = field(default_factory=WorldSettings)
    retry_speed: float = 400.0
    armed: tuple[str, ...] = ("shopify", "tiktok_shop")
    imported: ImportedOrders = "no"
    warehouses: Mapping[str, str] = field(default_factory=dict)
    buffers: Mapping[str, int] = field(default_factory=dict)
    audit: AuditConfig = JUDGED_SOON
    guard: GuardConfig = ANY_ZEROS
    locations: tuple[LocationConfig, ...] = (LocationConfig(shop="", name=PORTLAND, online=False),)
    more_channels: tuple[ChannelConfig, ...] = ()
    threepls: tuple[ThreeplConfig, ...] = ()
    traffics: tuple[TrafficConfig, ...] = ()
    subscribed: bool = True
    own_token: bool = True
    answers_within_s: float | None = None
    rotating: bool = False
    database: str | None = None
    eventbridge: EventBridgeConfig | None = None
    pubsub: PubSubConfig | None = None
    before: Callable[["Merchant"], None] = lambda _: None


PLAIN = Choices()


class Merchant:
    """The shop as a test sees it: what can be done in it, what its platforms hold, what the books say."""

    def __init__(self, running: Running, app: App, serving: Serving, control: httpx.Client) -> None:
        self.running = running
        self.app = app
        self.serving = serving
        self.shop = running.sandbox.settings.shop
        self._control = control
        self._names: dict[str, str] = {}
        self._calls_before = 0
        self._fresh = (
            sku_name(index) for index in range(len(running.sandbox.world.catalog.items)) if not is_scarce(index)
        )

    def begin(self) -> None:
        """Begin a test: names stand for other items than in the test before, nothing goes wrong, all is computed."""
        self._names.clear()
        self.do("heal")
        self.booked()
        self._calls_before = len(self.log()["calls"])

    def sku(self) -> str:
        """Return a SKU that no test has touched yet, with plenty of it everywhere."""
        return next(self._fresh)

    @property
    def tee(self) -> str:
        """The SKU of an item that this test has for itself."""
        return self._named("tee")

    @property
    def cap(self) -> str:
        """The SKU of another one."""
        return self._named("cap")

    @property
    def hoodie(self) -> str:
        """The SKU of a third one."""
        return self._named("hoodie")

    def _named(self, name: str) -> str:
        if name not in self._names:
            self._names[name] = self.sku()
        return self._names[name]

    # What people do

    def do(self, what: str, **ask: object) -> dict[str, Any]:
        """Ask the sandbox's control for something; what it refuses is a mistake of the test."""
        response = self._control.post(f"/{what}", json=ask)
        assert response.status_code == 200, f"{what} {ask}: {response.status_code} {response.text}"
        answer: dict[str, Any] = response.json()
        return answer

    def sale(self, sku: str, units: int = 1, at: str = BOSTON) -> str:
        """Sell over a counter; return the order's name."""
        return str(self.do("sale", location=at, sku=sku, units=units)["order"])

    def order(self, channel: str, sku: str, units: int = 1) -> str:
        """Order on a channel; return the order's name."""
        return str(self.do("order", channel=channel, lines=[{"sku": sku, "units": units}])["order"])

    def fault(self, kind: str, share: float = 1.0, **more: object) -> None:
        """Let something go wrong until it is healed."""
        self.do("fault", kind=kind, share=share, **more)

    # What the platforms hold

    def truth(self, *parts: str) -> dict[str, Any]:
        """Return the sandbox's truth."""
        return self.see("truth", parts=",".join(parts))

    def log(self) -> dict[str, Any]:
        """Return what the sandbox sent and was asked."""
        return self.see("log")

    def see(self, what: str, **query: str) -> dict[str, Any]:
        """Look at something of the sandbox."""
        answer: dict[str, Any] = self._control.get(f"/{what}", params=query).json()
        return answer

    def at_shopify(self, sku: str, location: str, state: str = "available") -> int:
        """Return what Shopify shows of a level."""
        return next(
            int(row[state])
            for row in self.truth("shopify")["shopify"]
            if (row["sku"], row["location"]) == (sku, location)
        )

    def at_tiktok(self, sku: str) -> int:
        """Return what TikTok Shop sells of a listing."""
        return next(int(row["available"]) for row in self.truth("tiktok_shop")["tiktok_shop"] if row["sku"] == sku)

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """Return calls of the app since the test began whose operation holds a word, oldest first."""
        return [call for call in self.log()["calls"][self._calls_before :] if operation in call["operation"]]

    # What the books say

    def item(self, sku: str) -> str:
        """Return the item behind a SKU."""
        with self.app.store.reading() as session:
            (item,) = session.of(self.shop).catalog.item_by_sku(sku)
        return item.item

    def has(self, sku: str) -> bool:
        """Tell whether exactly one item carries a SKU."""
        with self.app.store.reading() as session:
            return len(session.of(self.shop).catalog.item_by_sku(sku)) == 1

    def location(self, name: str) -> str:
        """Return the id of a location."""
        with self.app.store.reading() as session:
            location = session.of(self.shop).catalog.location_by_name(name)
        assert location is not None
        return location.location

    def key(self, sku: str, location: str) -> LevelKey:
        """Return the level of a SKU at a location."""
        return LevelKey(self.item(sku), self.location(location))

    def level(self, sku: str, location: str, state: str = "available") -> int:
        """Return the units that the books hold in a bin."""
        item, place = self.key(sku, location)
        with self.app.store.reading() as session:
            return session.of(self.shop).ledger.levels([item]).get((item, Bin(place, State(state))), 0)

    def offer(self, sku: str, channel: str) -> OfferState:
        """Return what is known of an offer."""
        with self.app.store.reading() as session:
            (row,) = session.of(self.shop).offers.rows(sku=sku, channel=channel)
        return row

    def ats(self, sku: str, channel: str) -> int:
        """Return what a channel may sell, -1 while it is not computed."""
        offer = self.offer(sku, channel)
        return -1 if offer.units is None or offer.stale else offer.units

    def ats_everywhere(self, sku: str) -> tuple[int, int, int]:
        """Return what the Online Store, the tills and TikTok Shop may sell."""
        return self.ats(sku, "online_store"), self.ats(sku, "shopify_pos"), self.ats(sku, "tiktok_shop")

    def unexplained(self, *skus: str) -> tuple[int, int]:
        """Return the units of SKUs (none: of all) that were moved to or from `unexplained`, and what is left there."""
        with self.app.store.reading() as session:
            books = session.of(self.shop)
            if not skus:
                return books.ledger.unexplained_units()
            moved = [
                row[1] for sku in skus for row in books.ledger.history(books.catalog.item_by_sku(sku)[0].item, 1000)
            ]
        into = sum(movement.units for movement in moved if movement.target.state is State.UNEXPLAINED)
        out_of = sum(movement.units for movement in moved if movement.source.state is State.UNEXPLAINED)
        return into + out_of, into - out_of

    def intents(self, channel: str) -> list[Intent]:
        """Return the intents of a channel, newest first."""
        with self.app.store.reading() as session:
            return [row for row in session.of(self.shop).intents.recent(1000) if row.channel == channel]

    def problems(self) -> list[str]:
        """Return the messages of open problems."""
        with self.app.store.reading() as session:
            return [row.message for row in session.of(self.shop).problems.open()]

    def drifts(self, *skus: str, status: str | None = None) -> list[DriftRow]:
        """Return the drifts of SKUs that were filed."""
        items = {self.item(sku) for sku in skus}
        with self.app.store.reading() as session:
            return [row for row in session.of(self.shop).drifts.rows(status) if row.item in items]

    def adopted(self, *skus: str) -> list[tuple[str, int]]:
        """Return the location and the units of every adoption of SKUs."""
        with self.app.store.reading() as session:
            names = {row.location: row.name for row in session.of(self.shop).catalog.locations()}
        return [(names[row.location], row.units) for row in self.drifts(*skus, status="adopted")]

    def drift_of(self, sku: str, location: str) -> Drift | None:
        """Return the gap between the newest observation of a level and the books."""
        key = self.key(sku, location)
        with self.app.store.reading() as session:
            return compare_levels(session.of(self.shop), [key]).drifts.get(key)

    def booked_deliveries(self) -> dict[str, int]:
        """Return how often each delivery stands in the books."""
        with self.app.store.reading() as session:
            rows = session.of(self.shop).deliveries.rows(limit=1_000_000)
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.delivery_id] = counts.get(row.delivery_id, 0) + 1
        return counts

    # Waiting

    def after_the_cut(self) -> None:
        """Wait for the second after the first sync: a sale within its second may be in the opening balance."""
        with self.app.store.reading() as session:
            books = session.of(self.shop)
            cuts = books.ledger.cuts([item.item for item in books.catalog.items()])
        opened = max(cuts.values()) + timedelta(seconds=1)
        self.until(lambda: self.app.clock.now() >= opened, "the second of the first sync is over")
        self.booked()

    def next_second(self) -> None:
        """Wait for the next second: Shopify's versions have whole ones, and two of the same must be read to be told."""
        began = self.app.clock.now().replace(microsecond=0)
        self.until(lambda: self.app.clock.now() >= began + timedelta(seconds=1), "a second is over")

    until = staticmethod(until)
    until_equal = staticmethod(until_equal)

    def rested(self, judge: Callable[[], object] = lambda: None) -> None:
        """Wait until nothing of an earlier test goes on; `judge` is called before each look."""
        self.do("heal")
        self.booked()

        def rests() -> bool:
            judge()
            return not what_goes_on(self.app, self.shop)

        self.until(rests, "something of an earlier test goes on")

    def quiet(self, within_s: float = WITHIN_S) -> None:
        """Wait until webhooks are delivered and booked, and nothing is left to be read, told or judged."""
        self.until(self._sent_all, "webhooks are still on their way", within_s)
        going_on = wait_for_quiet(self.app, self.shop, within_s)
        assert not going_on, f"not quiet within {within_s} s: {'; '.join(going_on)}"

    def booked(self, within_s: float = WITHIN_S) -> None:
        """Wait until every webhook is delivered, processed and computed, whatever is still to be read or told."""
        self.until(lambda: self._sent_all() and self._processed_all(), "the log is not booked", within_s)

    def parity(self) -> tuple[int, int]:
        """Return how many numbers of books and platforms were compared, and how many differ."""
        checked, differing = compare_with_truth(self.app, self.shop, self.truth())
        return checked, differing

    def _sent_all(self) -> bool:
        log = self.log()
        return not log["backlog"] and not log["held"]

    def _processed_all(self) -> bool:
        last_position = self.app.log.last_position()
        with self.app.store.reading() as session:
            return session.position(POSITION) == last_position and not session.of(self.shop).offers.stale(1)


def configured(path: Path, choices: Choices) -> Config:
    """Return the demo's configuration with a test's choices."""
    config = load(path)
    (domain,) = (shop.domain for shop in config.shops)
    channels = []
    for channel in config.channels:
        told = replace(
            channel,
            armed=channel.name in choices.armed,
            buffer_units=choices.buffers.get(channel.name, 0),
        )
        if told.account is not None:
            told = replace(told, orders_imported_to_shopify=choices.imported)
        if choices.warehouses and isinstance(told.account, TikTokAccount):
            account = replace(told.account, warehouses=choices.warehouses)
            told = replace(told, account=account, locations=tuple(choices.warehouses.values()))
        channels.append(told)
    shops = config.shops if choices.own_token else tuple(replace(shop, access_token=None) for shop in config.shops)
    if choices.rotating:
        shops = tuple(replace(shop, old_client_secret=Secret.of(OLD_SECRET)) for shop in shops)
    shops = tuple(replace(shop, eventbridge=choices.eventbridge, pubsub=choices.pubsub) for shop in shops)
    return replace(
        config,
        database=choices.database or config.database,
        shops=shops,
        channels=(*channels, *(replace(channel, shop=domain) for channel in choices.more_channels)),
        audit=choices.audit,
        guard=choices.guard,
        locations=tuple(replace(location, shop=domain) for location in choices.locations),
        threepls=tuple(replace(threepl, shop=domain) for threepl in choices.threepls),
        traffics=tuple(replace(traffic, shop=domain) for traffic in choices.traffics),
    )


@contextmanager
def open_shop(folder: Path, choices: Choices = PLAIN) -> Iterator[Merchant]:
    """Open a shop: sandbox, first sync, everything served, webhooks subscribed."""
    options = Options(
        items=choices.items,
        woocommerce_items=choices.web_items,
        settings=choices.settings,
        world=choices.world,
        retry_speed=choices.retry_speed,
    )
    with (
        SandboxThread(options) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        app = build(configured(write_config(folder, running.addresses, port=0, throttled=False), choices))
        serving = Serving(app)
        merchant = Merchant(running, app, serving, control)
        try:
            choices.before(merchant)
            app.sync(merchant.shop)
            if choices.answers_within_s is not None:
                be_impatient(app.parts(merchant.shop), choices.answers_within_s)
            serving.start()
            if choices.subscribed:
                serving.subscribe(serving.addresses["webhooks"])
                assert serving.subscribed.wait(WITHIN_S)
            merchant.after_the_cut()
            yield merchant
        finally:
            serving.stop()
            app.close()
