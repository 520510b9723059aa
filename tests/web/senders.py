"""What platforms send, signed as they sign it, and an ingress that takes it."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.channels.tiktok_shop import TikTokSettings, TikTokShopChannel
from onhand.log import GroupCommit, Seal, SqliteLog
from onhand.ports.channel import Reports
from onhand.ports.clock import Clock
from onhand.web.ingress_server import IngressServer

SHOP = "tees.myshopify.com"
SECRET, OLD_SECRET = "shpss_new", "shpss_old"
APP_KEY, APP_SECRET = "29a39d", "canary-app-secret"
KEY = "M" * 43 + "="
LEVEL = (
    b'{"inventory_item_id":49148385,"location_id":655441491,"available":7,"updated_at":"2026-11-23T07:00:00-05:00",'
    b'"admin_graphql_api_id":"gid://shopify/InventoryLevel/110012006577?inventory_item_id=49148385"}'
)


class SystemClock:
    """This machine's time."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)


class Door:
    """An ingress at work, with its log."""

    def __init__(self, folder: Path, *, max_waiting: int = 4096, port: int = 0, clock: Clock | None = None) -> None:
        self.log = SqliteLog(folder / "onhand-log.db", Seal([KEY]))
        self.commit = GroupCommit(self.log, max_waiting=max_waiting)
        self._http = httpx.Client(timeout=60)
        self.server = IngressServer(f"127.0.0.1:{port}", reporters(self._http), self.commit, clock or SystemClock())
        self.server.start()
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.figures = self.server.figures

    def close(self) -> None:
        """Stop everything."""
        self.server.stop()
        self.commit.stop()
        self.log.close()
        self._http.close()

    def topics(self) -> list[str]:
        """The topics of what was kept."""
        return [logged.delivery.topic for logged in self.log.read(0, 10_000)]

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """A bare connection, for what no HTTP library would send."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
            yield connection


def reporters(http: httpx.Client) -> dict[tuple[str, str], Reports]:
    """Both channels of one shop."""
    shopify = ShopifySettings(shop=SHOP, client_id="onhand", client_secrets=(SECRET, OLD_SECRET), access_token="t")
    tiktok = TikTokSettings(
        shop=SHOP, shop_id="7495", app_key=APP_KEY, app_secrets=(APP_SECRET,), default_location="655441491"
    )
    return {("shopify", SHOP): ShopifyChannel(shopify, http), ("tiktok_shop", SHOP): TikTokShopChannel(tiktok, http)}


def shopify_headers(
    body: bytes, *, number: int = 1, secret: str = SECRET, topic: str = "inventory_levels/update"
) -> dict[str, str]:
    """The headers of a Shopify webhook; equal numbers are repeats."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Webhook-Id": f"b1a7c0de-0000-4000-8000-{number:012}",
        "X-Shopify-Event-Id": f"event-{number}",
        "X-Shopify-Triggered-At": "2026-11-23T12:00:00.123456789Z",
    }


def tiktok_webhook(number: int = 1) -> tuple[bytes, dict[str, str]]:
    """A webhook of TikTok Shop about an order: body and headers."""
    body = json.dumps(
        {
            "type": 1,
            "tts_notification_id": f"{7_000_000 + number}",
            "shop_id": "7495",
            "timestamp": 1_795_435_200,
            "data": {"order_id": "5761", "order_status": "AWAITING_SHIPMENT", "update_time": 1_795_435_199},
        }
    ).encode()
    digest = hmac.new(APP_SECRET.encode(), APP_KEY.encode() + body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Authorization": digest}
