"""A simulated Shopify to speak with, and what a test does to it through the control."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from graphql import GraphQLSchema, build_schema

import onhand.sandbox.shopify
from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.domain.stock import LevelKey
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Census, SeenLevel, Wanted
from onhand.sandbox.log import LoggedCall
from onhand.sandbox.server import Running

SCHEMA = Path(onhand.sandbox.shopify.__file__).with_name("admin_2026-10.graphql")
RULES = SCHEMA.with_name("runtime_rules.json")


@cache
def official_schema() -> GraphQLSchema:
    """Return Shopify's schema, built once a process: that takes half a second."""
    return build_schema(SCHEMA.read_text(encoding="utf-8"))


class Shop:
    """A shop in the sandbox, and a channel connected to it."""

    def __init__(self, *, running: Running, http: httpx.Client, channel: ShopifyChannel) -> None:
        self.running = running
        self.http = http
        self.channel = channel
        self.lookup = Lookup()
        self.readings = 0

    def do(self, what: str, **asked: Any) -> dict[str, Any]:
        """Ask the control for something, such as a sale."""
        response = self.http.post(f"{self.running.addresses['control']}/{what}", json=asked)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def reading(self) -> int:
        """Return the next reading's number."""
        self.readings += 1
        return self.readings

    def calls(self) -> list[LoggedCall]:
        """Return the calls of the app, oldest first."""
        return list(self.running.sandbox.log.calls)

    def item(self, place: int) -> str:
        """Return the item at a place of the catalog."""
        return str(list(self.running.sandbox.world.catalog.items)[place])

    def sku(self, place: int) -> str:
        """Return the SKU at a place of the catalog."""
        return [item.sku for item in self.running.sandbox.world.catalog.items.values()][place]

    def location(self, name: str) -> str:
        """Return a location's id."""
        return str(self.running.sandbox.world.catalog.location_of_name(name).id)

    def units(self, item: str, location: str, state: str = "available") -> int:
        """Return what Shopify believes to be in a state."""
        level = self.running.sandbox.world.levels.get(int(item), int(location))
        return 0 if level is None else level.units(state)

    def order(self, *lines: tuple[int, int], channel: str = "online_store", location: str | None = None) -> str:
        """Order (place of the catalog, units) rows; return the order's id."""
        asked: dict[str, Any] = {
            "channel": channel,
            "lines": [{"sku": self.sku(place), "units": units} for place, units in lines],
        }
        if location is not None:
            asked["location"] = location
        return str(self.do("order", **asked)["id"])

    def read(self, wanted: Wanted, keys: Sequence[str]) -> Any:
        """Read from the channel."""
        return self.channel.read(wanted, keys, self.reading(), self.lookup)


def connect(running: Running, http: httpx.Client, **more: Any) -> ShopifyChannel:
    """Return a channel with the sandbox's own token; `more` replaces settings."""
    address = running.addresses["shopify"]
    assert isinstance(address, dict)
    settings: dict[str, Any] = {
        "shop": address["shop"],
        "client_id": address["client_id"],
        "client_secrets": (address["client_secret"],),
        "access_token": address["access_token"],
        "api_url": f"{address['url']}/admin",
    }
    return ShopifyChannel(ShopifySettings(**(settings | more)), http)


def levels_of(census: Census) -> list[SeenLevel]:
    """Return every level of a census whose item is counted."""
    return [level for batch in census.levels for level in batch if level.units is not None]


def level_ids_of(census: Census) -> dict[LevelKey, str]:
    """Return the platform's own ids of all levels of a census."""
    return {LevelKey(level.item, level.location): level.level_id for batch in census.levels for level in batch}
