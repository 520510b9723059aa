"""The wire into the ingress: a test sends whatever it likes."""

import hashlib
import json
from itertools import count, cycle
from typing import Any

import httpx

from onhand import answers
from onhand.answers.deliveries import DeliveryRow
from onhand.sandbox.signing import shopify_signature, tiktok_signature
from tests.flow.merchant import WAREHOUSE, Merchant

SOON_S = 30.0
"""Within what time a good delivery is booked whatever came before it; most take a few hundredths of a second, and
what is tried again by itself takes minutes.
"""

LEVELS = "inventory_levels/update"


class Wire:
    """Sends to the ingress whatever a test likes."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        secrets = merchant.running.sandbox.secrets
        self._secret, self._app = secrets.client_secret, (secrets.tiktok_app_key, secrets.tiktok_app_secret)
        self._base = f"{merchant.serving.addresses['webhooks']}/webhooks"
        self._numbers = count(1)
        self.sent: set[str] = set()
        self.till = cycle([merchant.sku() for _ in range(20)])
        self.http = httpx.Client(timeout=60)

    def shopify(
        self, body: object, topic: str = LEVELS, *, secret: str | None = None, shop: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send a body, signed unless the headers say otherwise, to the address of a topic."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        told = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": shopify_signature(secret or self._secret, raw),
            "X-Shopify-Webhook-Id": f"wire-{next(self._numbers)}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = {name: value for name, value in told.items() if value}
        self.sent.add(sent["X-Shopify-Webhook-Id"])
        return self.http.post(f"{self._base}/shopify/{shop or self.merchant.shop}/{topic}", content=raw, headers=sent)

    def tiktok(self, body: object) -> httpx.Response:
        """Send a signed body to TikTok Shop's door."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.sent.add(hashlib.sha256(raw).hexdigest())  # its name where it has no tts_notification_id
        headers = {"Authorization": tiktok_signature(*self._app, raw)}
        return self.http.post(f"{self._base}/tiktok-shop/{self.merchant.shop}", content=raw, headers=headers)

    def inbox(self, status: str | None = None, shop: str | None = None) -> answers.Inbox:
        """Return what `onhand inbox ls` shows."""
        with self.merchant.app.store.reading() as session:
            return answers.inbox(session, self.merchant.app.log, shop or self.merchant.shop, status, 50)

    def newest(self) -> DeliveryRow:
        """Return the newest delivery of a test's own once everything is booked."""
        return self.mine()[0]

    def mine(self) -> list[DeliveryRow]:
        """Return the deliveries that tests have sent, newest first, once everything is booked."""
        self.merchant.booked()
        ours = [row for row in self.inbox().deliveries if row.delivery_id in self.sent]
        return sorted(ours, key=lambda row: -row.position)

    def level(self, sku: str, available: object, *, at: str | None = None, location: str = WAREHOUSE) -> dict[str, Any]:
        """Return a body of inventory_levels/update."""
        item, place = self.merchant.key(sku, location)
        moment = at or self.merchant.app.clock.now().replace(microsecond=0).isoformat()
        return {"inventory_item_id": int(item), "location_id": int(place), "available": available, "updated_at": moment}
