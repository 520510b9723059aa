"""Building: from a configuration to an application whose parts are chosen."""

from collections.abc import Sequence

import httpx

from onhand.app.auditing import audit_shop
from onhand.app.clock import MACHINE_PACE, Pace, SteadyClock, SystemClock
from onhand.app.decisions import Healed, Wish
from onhand.app.deliveries_log import open_log
from onhand.app.healing import heal
from onhand.app.holding import Holding
from onhand.app.parts import ShopParts, build_parts, connect_markets, selling_rules
from onhand.app.results import Audited, Synced
from onhand.app.returning import GivenBack, check_buffer, give_back
from onhand.app.sealing import seal_of
from onhand.app.sheet import SheetKeeper, build_keeper
from onhand.app.steps import Steps
from onhand.app.syncing import sync_shop
from onhand.app.tokens import TokenFolder, tokens_of
from onhand.app.traffic import agree_on_staff
from onhand.audit.places import file_places, look_at_places
from onhand.config import SHOPIFY, Config
from onhand.intake.identity import retire_item
from onhand.intake.lookup import Lookup, find_level_ids
from onhand.intake.process import POSITION, Sender, Senders, replay
from onhand.log import KeptLog
from onhand.ports.clock import Clock
from onhand.ports.errors import ConfigError, DataDamaged
from onhand.ports.level_writes import Stocking
from onhand.publish import copies, guard
from onhand.store import Store, open_store

TIMEOUT_S = httpx.Timeout(20.0, connect=5.0)
"""How long a platform may take to answer. Shopify ends a query after about 10 s; longer is a gray failure."""


class App:
    """Everything that is chosen, in one place. Close it when done."""

    def __init__(
        self,
        config: Config,
        *,
        store: Store,
        log: KeptLog,
        wall: Clock,
        http: httpx.Client,
        tokens: TokenFolder,
        pace: Pace = MACHINE_PACE,
    ) -> None:
        self.config = config
        self.store = store
        self.log = log
        self.clock = SteadyClock(wall, pace.monotonic_s)
        self.holding = Holding(store, self.clock)
        self._wall = wall
        self.monotonic_s = pace.monotonic_s
        self._http = http
        self._pace = pace
        self._tokens = tokens
        self.shops: dict[str, ShopParts] = {}
        for shop in config.shops:
            with store.writing() as session:
                session.add_shop(shop.domain, self.clock.now())
                locations = session.of(shop.domain).catalog.locations()
            lookup = Lookup(find_level_ids(store, shop.domain))
            self.shops[shop.domain] = build_parts(
                config, shop, http, locations, tokens, lookup=lookup, clock=wall, pace=pace
            )
            self._meet(shop.domain)
            with store.reading() as session:
                lookup.load(session.of(shop.domain))

    @property
    def http(self) -> httpx.Client:
        """What everything outside is asked through."""
        return self._http

    def steps(self, shop: str) -> Steps:
        """Return the steps of one shop's work."""
        return Steps(
            store=self.store,
            log=self.log,
            parts=self.parts(shop),
            clock=self.clock,
            senders=self.senders,
            rewire=lambda: self._rewire(shop),
        )

    def sheet(self, shop: str) -> SheetKeeper | None:
        """Return who keeps a shop's workbook in Google Sheets; None where none is configured. Raises ConfigError."""
        sellers = [channel.name for channel in self.parts(shop).sellers]
        return build_keeper(self.config, shop, self.store, self._http, sellers, clock=self.clock, pace=self._pace)

    def parts(self, shop: str | None) -> ShopParts:
        """Return one shop's parts; None: the only shop there is. Raises ConfigError."""
        if shop is None and len(self.shops) == 1:
            return next(iter(self.shops.values()))
        if shop in self.shops:
            return self.shops[shop]
        configured = ", ".join(sorted(self.shops)) or "none"
        wish = "name one with --shop" if shop is None else f"there is no shop {shop!r}"
        raise ConfigError(f"shops configured: {configured}; {wish}")

    def sync(self, shop: str) -> Synced:
        """Read a shop's catalog, locations and levels for the first time, or again."""
        return sync_shop(self.steps(shop), self.store, self.clock, rewire=lambda: self._rewire(shop))

    def audit(self, shop: str, *, fix: bool = False, sku: str | None = None, location: str | None = None) -> Audited:
        """Compare everything with every platform; with `fix`, adopt what nothing explains."""
        steps = self.steps(shop)
        return audit_shop(
            steps, self.store, self.clock, lambda: self._rewire(shop), fix=fix, sku=sku, location=location
        )

    def give_back(self, shop: str) -> GivenBack:
        """Return what was put aside for a buffer. Raises ConfigError, ChannelUnavailable."""
        return give_back(self.steps(shop), self.store, f"give-back-{self.clock.now():%Y%m%dT%H%M%S%f}")

    def heal(self, shop: str, wish: Wish) -> Healed:
        """Do what a person wishes about a drift, or show it. Raises CannotHeal, StaleWrite, ChannelUnavailable."""
        return heal(self.steps(shop), self.store, self.clock, wish)

    def arm(self, shop: str, channel: str, *, armed: bool) -> None:
        """Let onhand write to a channel, or stop it. Raises ConfigError for a channel that the shop has not."""
        self._check_channel(shop, channel)
        with self.store.writing() as session:
            session.of(shop).channels.arm(channel, armed=armed)

    def retire(self, shop: str, item: str) -> int:
        """Take what is left of an item that Shopify has no more out of the books; return its units.

        Raises ConfigError for an item that was not removed.
        """
        with self.store.writing() as session:
            units = retire_item(session.of(shop), item, self.clock.now())
        if units is None:
            raise ConfigError(f"item {item} was not removed from Shopify: its units are counted, and stay in the books")
        return units

    def pause(self, shop: str, channel: str | None, *, paused: bool) -> None:
        """Pause or resume writing to one channel, or to all. Resuming lets through the zeros that wait now."""
        names = [channel] if channel is not None else self.writable(shop)
        for name in names:
            self._check_channel(shop, name)
        with self.store.writing() as session:
            books = session.of(shop)
            for name in names:
                if paused:
                    books.channels.pause(name, paused=True)
                else:
                    guard.resume(books, name, self.clock.now())
            if not paused:
                copies.agree(books, shop, self.clock.now())

    def stock(self, shop: str, wishes: Sequence[Stocking]) -> int:
        """Have levels connected or disconnected; return how many, those with a write under way left out.

        It is kept durably and sent by `serve` while shopify is armed.
        """
        with self.store.writing() as session:
            number = session.of(shop).count("wishes")
        return self.steps(shop).want(wishes, f"stocking-{number}")

    def replay(self, shop: str, position: int) -> str | None:
        """Book one delivery again; return what became of it, None when its body is gone.

        Raises ConfigError for a delivery of another shop.
        """
        logged = self.log.find(position)
        if logged is not None and logged.delivery.shop != shop:
            raise ConfigError(f"position {position} is a delivery of {logged.delivery.shop}, not of {shop}: say --shop")
        return replay(self.store, self.log, self.senders(), position, self.clock.now())

    def forget_tokens(self, shop: str) -> None:
        """Remove the tokens that are kept for a shop; those in the configuration are the owner's to remove."""
        self._tokens.forget(shop)

    def senders(self) -> Senders:
        """Return who stands behind the deliveries of every shop: one log serves them all."""
        return {
            (shop, name): Sender(channel=channel, lookup=parts.lookup)
            for shop, parts in self.shops.items()
            for name, channel in parts.reporters.items()
        }

    def writable(self, shop: str) -> list[str]:
        """Return the channels of a shop that onhand can write to."""
        return [SHOPIFY, *(channel.name for channel in self.parts(shop).sellers)]

    def close(self) -> None:
        """Close what was opened."""
        self._http.close()
        self.log.close()
        self.store.close()

    def _check_channel(self, shop: str, channel: str) -> None:
        if channel not in self.writable(shop):
            raise ConfigError(f"{shop} has no channel {channel!r} to write to; it has {', '.join(self.writable(shop))}")

    def _meet(self, shop: str) -> None:
        """Bring rules and first states of a shop's channels into the store."""
        parts = self.shops[shop]
        with self.store.writing() as session:
            books = session.of(shop)
            locations = books.catalog.locations()
            if locations:
                rules = selling_rules(parts, locations)
                books.channels.set_rules(rules, self.clock.now())
                check_buffer(books, parts, rules, self.clock.now())
            for name, channel in parts.channel_configs.items():
                imported = channel.orders_imported_to_shopify
                books.channels.meet(name, armed=channel.armed)
                if (
                    imported != "auto" or books.channels.get(name).imported == "no"
                ):  # a twin that came says yes for good
                    books.channels.set_imported(name, "unknown" if imported == "auto" else imported)
            agree_on_staff(books, self.config.traffics_of(shop))

    def _rewire(self, shop: str) -> None:
        """Resolve names of locations again, now that the catalog knows them."""
        parts = self.shops[shop]
        if parts.markets:
            with self.store.reading() as session:
                locations = session.of(shop).catalog.locations()
            parts.markets = connect_markets(
                self.config, shop, self._http, locations, self._tokens, clock=self._wall, pace=self._pace
            )
        self._meet(shop)
        self._file_places(shop)

    def _file_places(self, shop: str) -> None:
        """Show what stands where no web order can reach it."""
        left_out = {row.name for row in self.config.locations_of(shop) if not row.online}
        with self.store.writing() as session:
            books = session.of(shop)
            file_places(books, look_at_places(books), left_out, self.clock.now())


def build(
    config: Config,
    clock: Clock | None = None,
    *,
    http: httpx.Client | None = None,
    pace: Pace = MACHINE_PACE,
) -> App:
    """Return the application that a configuration asks for. Raises ConfigError, DataDamaged.

    `clock`, `http` and `pace` None or left out are the machine's own; who plays the platforms brings theirs.
    """
    store = open_store(config.database)
    seal = seal_of(config)
    with store.reading() as session:
        booked = session.position(POSITION)
    log = open_log(config, booked)
    try:
        _check_books(config, store, log)
    except DataDamaged:
        log.close()
        store.close()
        raise
    tokens = tokens_of(config, seal)
    http = http or httpx.Client(timeout=TIMEOUT_S, limits=httpx.Limits(max_connections=32), follow_redirects=False)
    wall = clock or SystemClock()
    return App(config, store=store, log=log, wall=wall, http=http, tokens=tokens, pace=pace)


def _check_books(config: Config, store: Store, log: KeptLog) -> None:
    """Raise DataDamaged where the log knows of a ledger that the database does not have: an emptied one looks new."""
    with store.reading() as session:
        known = session.shops()
    for shop in config.shops:
        anchors = [] if shop.domain in known else log.anchors(shop.domain)
        if anchors:
            raise DataDamaged(
                f"the database knows nothing of {shop.domain}, and the log {config.log} knows {anchors[-1][0]} "
                "movements of its ledger: restore the database; to begin anew, move the log away as well"
            )
