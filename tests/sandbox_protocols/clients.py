"""Plain clients of the sandbox's platforms, written from the platforms' documentation and from nothing of onhand."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from onhand.sandbox.server import Running
from onhand.sandbox.world.catalog import Item, Location
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.world import World

Json = dict[str, Any]


@dataclass(kw_only=True)
class Admin:
    """An app at Shopify's Admin API."""

    http: httpx.Client
    url: str
    token: str

    def post(self, query: str, variables: Mapping[str, Any] | None = None, *, timeout_s: float = 10) -> httpx.Response:
        """Send one GraphQL call."""
        body = {"query": query, "variables": variables or {}}
        headers = {"X-Shopify-Access-Token": self.token}
        return self.http.post(
            f"{self.url}/admin/api/2026-10/graphql.json", json=body, headers=headers, timeout=timeout_s
        )

    def answer(self, query: str, variables: Mapping[str, Any] | None = None) -> Json:
        """Return the whole answer of a call that came with HTTP 200."""
        response = self.post(query, variables)
        assert response.status_code == 200, response.text
        held: Json = response.json()
        return held

    def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Json:
        """Return the data of a call that had no errors."""
        held = self.answer(query, variables)
        assert "errors" not in held, held["errors"]
        found: Json = held["data"]
        return found

    def error(self, query: str, variables: Mapping[str, Any] | None = None) -> Json:
        """Return the only top-level error of a call."""
        errors = self.answer(query, variables)["errors"]
        assert len(errors) == 1, errors
        found: Json = errors[0]
        return found


@dataclass(kw_only=True)
class Seller:
    """An app at TikTok Shop's API."""

    http: httpx.Client
    url: str
    app_key: str
    app_secret: str
    token: str
    cipher: str | None

    def sign(self, path: str, query: Mapping[str, str], body: bytes) -> str:
        """Return the signature as Partner Center describes it."""
        pairs = "".join(f"{name}{value}" for name, value in sorted(query.items()))
        text = self.app_secret.encode() + path.encode() + pairs.encode() + body + self.app_secret.encode()
        return hmac.new(self.app_secret.encode(), text, hashlib.sha256).hexdigest()

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        timestamp: int | None = None,
        sign: str | None = None,
    ) -> httpx.Response:
        """Send one signed call; `timestamp` and `sign` replace the right ones."""
        raw = b"" if body is None else json.dumps(body).encode()
        full = {"app_key": self.app_key, "timestamp": str(timestamp or int(time.time())), **(query or {})}
        if self.cipher is not None:
            full["shop_cipher"] = self.cipher
        full["sign"] = sign or self.sign(path, full, raw)
        headers = {"x-tts-access-token": self.token, "content-type": "application/json"}
        return self.http.request(method, f"{self.url}{path}?{urlencode(full)}", content=raw, headers=headers)

    def data(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None) -> Json:
        """Return the data of a call that was served."""
        response = self.call(method, path, query, body)
        held = response.json()
        assert (response.status_code, held["code"]) == (200, 0), response.text
        found: Json = held["data"]
        return found

    def code(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None) -> int:
        """Return the code of a call."""
        return int(self.call(method, path, query, body).json()["code"])


@dataclass(kw_only=True)
class Shop:
    """A running sandbox with a client of each platform."""

    running: Running
    admin: Admin
    seller: Seller

    def do(self, what: str, **asked: Any) -> Json:
        """Ask the control for something, such as a sale."""
        response = self.admin.http.post(f"{self.running.addresses['control']}/{what}", json=asked)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    @property
    def world(self) -> World:
        """The merchant's world behind the platforms."""
        return self.running.sandbox.world

    def item(self, index: int = 0) -> Item:
        """Return an item by its place in the catalog."""
        return list(self.world.catalog)[index]

    def location(self, index: int = 0) -> Location:
        """Return a location by its place in the catalog: 0 is the warehouse."""
        return list(self.world.catalog.locations.values())[index]

    def level(self, item: int = 0, location: int = 0) -> Level:
        """Return a level by the places of item and location."""
        level = self.world.levels.get(self.item(item).inventory_item_id, self.location(location).id)
        assert level is not None
        return level

    def item_gid(self, index: int = 0) -> str:
        """Return the global id of an item."""
        return f"gid://shopify/InventoryItem/{self.item(index).inventory_item_id}"

    def location_gid(self, index: int = 0) -> str:
        """Return the global id of a location."""
        return f"gid://shopify/Location/{self.location(index).id}"


def shop_of(running: Running, http: httpx.Client) -> Shop:
    """Return a running sandbox with its clients."""
    shopify, tiktok = running.addresses["shopify"], running.addresses["tiktok_shop"]
    assert isinstance(shopify, dict)
    assert isinstance(tiktok, dict)
    admin = Admin(http=http, url=shopify["url"], token=shopify["access_token"])
    seller = Seller(
        http=http,
        url=tiktok["url"],
        app_key=tiktok["app_key"],
        app_secret=tiktok["app_secret"],
        token=tiktok["access_token"],
        cipher=tiktok["shop_cipher"],
    )
    return Shop(running=running, admin=admin, seller=seller)
