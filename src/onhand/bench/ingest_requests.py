"""What the senders of the ingest bench send: level webhooks of 227 bytes, signed beforehand."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

BODY_BYTES = 227  # Shopify's documented sample of inventory_levels/update
_FROM = datetime(2030, 1, 1, tzinfo=UTC)  # newer than anything that was read, so that every lap is news


def signed_requests(
    shop: str, secret: str, levels: Sequence[Sequence[int]], count: int, first_lap: int
) -> list[tuple[str, str]]:
    """Return `count` requests as the halves before and after the last 12 digits of the delivery id.

    They go through `levels` (item, location, available units) lap by lap; each lap is a second newer than the one
    before, and every second one shows a unit less, so that a worker has something to do.
    """
    return [
        _request(shop, secret, *_body(levels[number % len(levels)], first_lap + number // len(levels)))
        for number in range(count)
    ]


def _body(level: Sequence[int], lap: int) -> tuple[int, bytes]:
    item, location, units = level
    at = (_FROM + timedelta(seconds=lap)).isoformat(timespec="seconds")
    head = (
        f'{{"inventory_item_id":{item},"location_id":{location},"available":{max(0, units - lap % 2)},'
        f'"updated_at":"{at}","admin_graphql_api_id":"gid:\\/\\/shopify\\/InventoryLevel\\/'
    )
    tail = f'?inventory_item_id={item}"}}'
    return item, (head + "7" * (BODY_BYTES - len(head) - len(tail)) + tail).encode()


def _request(shop: str, secret: str, item: int, body: bytes) -> tuple[str, str]:
    signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    head = (
        f"POST /webhooks/shopify/{shop}/inventory_levels/update HTTP/1.1\r\n"
        "Host: hooks.example.com\r\nUser-Agent: Shopify-Captain-Hook\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Shopify-Topic: inventory_levels/update\r\nX-Shopify-Hmac-Sha256: {signature}\r\n"
        f"X-Shopify-Shop-Domain: {shop}\r\nX-Shopify-API-Version: 2026-10\r\n"
        f"X-Shopify-Event-Id: 9d4f2c1a-7b3e-4c5d-8e6f-{item % 10**12:012}\r\n"
        "X-Shopify-Triggered-At: 2026-11-23T17:00:00.123456789Z\r\n"
        "X-Shopify-Webhook-Id: b1a7c0de-0000-4000-8000-"
    )
    return head, f"\r\n\r\n{body.decode()}"
