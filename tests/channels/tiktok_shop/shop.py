"""A channel connected to a simulated TikTok Shop, and settings for one that is not connected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from onhand.channels.tiktok_shop import TikTokSettings, TikTokShopChannel
from onhand.domain.catalog import Listing
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Offer
from onhand.sandbox.server import Running

SETTINGS = TikTokSettings(
    shop="tees.myshopify.com",
    shop_id="7495",
    app_key="29a39d",
    app_secrets=("canary-app-secret",),
    access_token="ROW_access",
    refresh_token="ROW_refresh",
    shop_cipher="GCP_cipher",
    default_location="L1",
    warehouses={"W1": "L1", "W2": "L2"},
)
WITHOUT_LIMITS = {"writes_per_s": 10_000.0, "reads_per_s": 10_000.0}


def connect(running: Running, http: httpx.Client, **more: Any) -> TikTokShopChannel:
    """Return a channel with the sandbox's own tokens; `more` replaces settings."""
    at: Any = running.addresses["tiktok_shop"]
    world = running.sandbox.world
    assert world.tiktok.warehouse is not None
    location = str(world.tiktok.warehouse.location_id)
    settings = TikTokSettings(
        shop="tees.myshopify.com",
        shop_id=at["shop_id"],
        app_key=at["app_key"],
        app_secrets=(at["app_secret"],),
        access_token=at["access_token"],
        refresh_token=at["refresh_token"],
        shop_cipher=at["shop_cipher"],
        api_url=at["url"],
        auth_url=at["auth_url"],
        default_location=location,
        warehouses={world.tiktok.warehouse.id: location},
    )
    return TikTokShopChannel(replace(settings, **(WITHOUT_LIMITS | more)), http)


@dataclass(kw_only=True)
class Shop:
    """A shop in the sandbox, with a channel that has read its listings."""

    running: Running
    http: httpx.Client
    channel: TikTokShopChannel
    listings: Sequence[Listing]
    lookup: Lookup

    def do(self, what: str, **asked: Any) -> dict[str, Any]:
        """Ask the control for something, such as an order."""
        response = self.http.post(f"{self.running.addresses['control']}/{what}", json=asked)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def order(self, *lines: tuple[int, int], status: str = "AWAITING_SHIPMENT") -> str:
        """Order (place among the listings, units) rows on TikTok Shop; return the order's id."""
        rows = [{"sku": self.listings[place].sku, "units": units} for place, units in lines]
        return str(self.do("order", channel="tiktok_shop", lines=rows, status=status)["id"])

    def offer(self, place: int, units: int) -> Offer:
        """Return an offer of a listing."""
        return Offer(self.listings[place], units, None)

    def shown(self, place: int) -> int:
        """Return what TikTok Shop sells of a listing, without asking its API."""
        return self.running.sandbox.world.tiktok.skus[self.listings[place].listing].available_units


def open_shop(running: Running, http: httpx.Client, **more: Any) -> Shop:
    """Return a shop whose listings are mapped to items of the same SKU."""
    channel = connect(running, http, **more)
    items = {item.sku: str(number) for number, item in running.sandbox.world.catalog.items.items()}
    lookup = Lookup()
    census = channel.take_census(1, lookup)
    listings = [replace(listing, item=items[listing.sku or ""]) for listing in census.listings]
    lookup.learn(listings, {})
    return Shop(running=running, http=http, channel=channel, listings=listings, lookup=lookup)
