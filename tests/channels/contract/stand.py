"""A stand on which any entry of the table is tried: its real protocol in the sandbox, without a socket."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from onhand.channels import CHANNELS
from onhand.channels.entry import Account, Setup
from onhand.config.reader import Section, Source
from onhand.domain.catalog import Listing
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Marketplace, Offer, Parcel
from onhand.ports.delivery import Request
from onhand.sandbox.letters import headers_of
from onhand.sandbox.markets import Connection, connections, desks
from onhand.sandbox.orders_by_hand import cancel, place_order
from onhand.sandbox.server import Options, make_sandbox
from onhand.sandbox.state import Sandbox, Settings
from onhand.sandbox.truth import truth
from onhand.sandbox.world.wishes import Wish

BASE_URL = "https://platforms.invalid"
HOOKS = "https://hooks.example.com"

T = TypeVar("T")


class Drawer:
    """Keeps what a channel keeps (`channels.entry.Keeper`)."""

    def __init__(self) -> None:
        self.kept: tuple[str, object] | None = None

    def restore(self, follows: str, shape: type[T]) -> T | None:
        """What follows this."""
        if self.kept is None or self.kept[0] != follows:
            return None
        assert isinstance(self.kept[1], shape)
        return self.kept[1]

    def keep(self, follows: str, kept: object) -> None:
        """Keep one thing."""
        self.kept = (follows, kept)

    @contextmanager
    def alone(self, _wait_s: float) -> Iterator[bool]:
        """Nobody else is there."""
        yield True


class Wire(httpx.BaseTransport):
    """The way to the sandbox's platforms. `loses` answers after they took effect, or is `down` altogether."""

    def __init__(self, sandbox: Sandbox) -> None:
        sandbox.base_url = BASE_URL
        self._desks = desks(sandbox)
        self.loses = False
        self.down = False
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a call in this thread."""
        self.calls += 1
        if self.down:
            raise httpx.ConnectError("there is no way", request=request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        desk = next(desk for mount, desk in self._desks.items() if request.url.path.startswith(mount))
        reply = desk.answer(request.method, request.url.path, dict(request.url.params), headers, request.read())
        if self.loses or reply.lost:
            raise httpx.ReadTimeout("no answer came", request=request)
        sent = {name: value for name, value in reply.headers.items() if name.lower() != "content-length"}
        return httpx.Response(reply.status, headers=sent, content=reply.body, request=request)


@dataclass(kw_only=True)
class Stand:
    """One channel before a merchant's world, with its listings matched to items."""

    name: str
    sandbox: Sandbox
    wire: Wire
    channel: Marketplace
    lookup: Lookup
    listings: list[Listing]
    setup: Setup

    def again(self, **secret: str) -> Marketplace:
        """The same channel, connected anew with other secrets."""
        return account(self.name, connections(self.sandbox)[self.name], **secret).connect(self.setup)

    def now(self) -> datetime:
        """The sandbox's time."""
        return self.sandbox.clock()

    def order(self, units: int = 1, place: int = 0) -> str:
        """Let a shopper order there; the order's id."""
        item = int(self.listings[place].item or 0)
        row = place_order(self.sandbox.world, self.name, [Wish(item_id=item, units=units)], now=self.now())
        return str(row["id"])

    def cancel(self, order: str) -> None:
        """Call an order off."""
        cancel(self.sandbox.world, order, restock=True, reason="customer", now=self.now())

    def shown(self, place: int = 0) -> int:
        """What it really shows for a listing, without asking its API."""
        rows: Any = truth(self.sandbox.world, now=self.now(), parts=[self.name])[self.name]
        return next(int(row["available"]) for row in rows if row["listing"] == self.listings[place].listing)

    def requests(self) -> list[Request]:
        """The webhooks that it has sent by now, signed."""
        return [
            Request(
                self.sandbox.settings.shop,
                None,
                {key.lower(): text for key, text in headers_of(self.sandbox, sent, sent.body or b"").items()},
                sent.body or b"",
            )
            for sent in self.sandbox.world.outbox.take()
            if sent.platform == self.name
        ]

    def parcels(self, *units: int, key: str = "run-1") -> list[Parcel]:
        """Parcels that tell the first listings these units."""
        offers = [Offer(listing, told, None) for listing, told in zip(self.listings, units, strict=False)]
        return [parcel for parcel, _ in self.channel.pack(offers, key)]


def account(name: str, connection: Connection, **secret: str) -> Account:
    """What a merchant would configure; `secret` replaces or adds some."""
    secrets = {**connection.secret, **secret}
    table: Mapping[str, object] = {
        **connection.plain,
        **connection.unthrottled,
        **{key: f"env:{key}" for key in secrets},
    }
    section = Section(Source(label="a test", folder=Path(), environ=secrets), f"channel[{name}]", table)
    made = CHANNELS[name].read(section)
    section.finish()
    assert made is not None
    return made


def setup_of(
    sandbox: Sandbox, http: httpx.Client, connection: Connection, drawers: tuple[Drawer, Drawer, Drawer]
) -> Setup:
    """What of the machine and of the shop a channel may use."""
    places = {row.name: str(row.id) for row in sandbox.world.catalog.locations.values()}
    return Setup(
        shop=sandbox.settings.shop,
        locations=places,
        pool=tuple(places[place] for place in connection.locations),
        http=http,
        now=sandbox.clock,
        monotonic_s=lambda: sandbox.clock().timestamp(),
        sleep=lambda _: None,
        tokens=drawers[0],
        learned=drawers[1],
        paces=drawers[2],
    )


@contextmanager
def standing(name: str) -> Iterator[Stand]:
    """Connect a channel of the table to its protocol in the sandbox."""
    unlimited = Settings(tiktok_writes_per_s=None, tiktok_reads_per_s=None)
    sandbox = make_sandbox(Options(items=6, woocommerce_items=6, settings=unlimited))
    wire = Wire(sandbox)
    connection = connections(sandbox)[name]
    with httpx.Client(transport=wire) as http:
        setup = setup_of(sandbox, http, connection, (Drawer(), Drawer(), Drawer()))
        channel = account(name, connection).connect(setup)
        items = {item.sku: str(number) for number, item in sandbox.world.catalog.items.items()}
        lookup = Lookup()
        census = channel.take_census(1, lookup)
        listings = [replace(row, item=items[row.sku or ""]) for row in census.listings]
        lookup.learn(listings, {})
        yield Stand(
            name=name,
            sandbox=sandbox,
            wire=wire,
            channel=channel,
            lookup=lookup,
            listings=listings,
            setup=setup,
        )
