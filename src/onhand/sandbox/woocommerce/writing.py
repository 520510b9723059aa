"""Writing stock in batches, each row for itself, and webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from onhand.sandbox.state import Sandbox
from onhand.sandbox.woocommerce.answers import Answer, RefusedCall
from onhand.sandbox.world.woocommerce import WooHook, WooProduct
from onhand.sandbox.world.woocommerce_orders import set_stock
from onhand.sandbox.world.woocommerce_rows import hook_row, product_row

BATCH_MAX = 100  # woocommerce_rest_batch_items_limit
_TOPICS = frozenset(f"{what}.{how}" for what in ("order", "product") for how in ("created", "updated", "deleted"))


def write_products(sandbox: Sandbox, _: Mapping[str, str], __: Mapping[str, str], body: bytes, now: datetime) -> Answer:
    """POST products/batch."""
    return _write(sandbox, None, body, now)


def write_variations(
    sandbox: Sandbox, parameters: Mapping[str, str], _: Mapping[str, str], body: bytes, now: datetime
) -> Answer:
    """POST products/{id}/variations/batch."""
    return _write(sandbox, int(parameters["parent"]), body, now)


def make_webhook(sandbox: Sandbox, _: Mapping[str, str], __: Mapping[str, str], body: bytes, ___: datetime) -> Answer:
    """POST webhooks."""
    row = _object(body)
    for key in ("topic", "delivery_url"):
        if not isinstance(row.get(key), str):
            raise RefusedCall(400, "rest_missing_callback_param", f"Missing parameter(s): {key}")
    world = sandbox.world
    own_secret = str(sandbox.random.getrandbits(128))
    hook = WooHook(id=world.ids.next("woo_hook"), name="", topic="", address="", secret=own_secret)
    _change(hook, row)
    world.woocommerce.hooks[hook.id] = hook
    return Answer(rows=hook_row(hook), status=201)


def change_webhook(
    sandbox: Sandbox, parameters: Mapping[str, str], _: Mapping[str, str], body: bytes, __: datetime
) -> Answer:
    """POST webhooks/{id}."""
    hook = sandbox.world.woocommerce.hooks.get(int(parameters["hook"]))
    if hook is None:
        raise RefusedCall(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
    _change(hook, _object(body))
    return Answer(rows=hook_row(hook))


def _change(hook: WooHook, row: Mapping[str, Any]) -> None:
    topic, address = row.get("topic", hook.topic), str(row.get("delivery_url", hook.address))
    if topic not in _TOPICS:
        raise RefusedCall(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
    if urlsplit(address).scheme not in ("http", "https"):
        raise RefusedCall(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", "Delivery URL is not valid.")
    hook.topic, hook.address = topic, address
    hook.name, hook.secret = str(row.get("name", hook.name)), str(row.get("secret", hook.secret))
    if row.get("status") in ("active", "paused", "disabled"):
        hook.status, hook.failures_in_a_row = row["status"], 0


def _write(sandbox: Sandbox, parent: int | None, body: bytes, now: datetime) -> Answer:
    rows = _object(body).get("update", [])
    if not isinstance(rows, list):
        raise RefusedCall(400, "rest_invalid_param", "Invalid parameter(s): update")
    if len(rows) > BATCH_MAX:
        message = f"Unable to accept more than {BATCH_MAX} items for this request."
        raise RefusedCall(413, "woocommerce_rest_request_entity_too_large", message)
    answered: list[Mapping[str, object]] = []
    confirmed: list[int] = []
    for row in rows:
        product = sandbox.world.woocommerce.products.get(row.get("id", 0))
        wrong = _wrong(product, parent, row)
        if product is None or wrong is not None:
            answered.append({"id": row.get("id", 0), "error": wrong})
            continue
        confirmed.append(set_stock(sandbox.world, product, row["stock_quantity"], now))
        answered.append(product_row(sandbox.world, product))
    return Answer(rows={"update": answered}, confirmation_ids=tuple(confirmed))


def _wrong(product: WooProduct | None, parent: int | None, row: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return what is wrong with one row: an id that is of another product is no id here."""
    if product is None or product.parent_id != parent:
        code = "woocommerce_rest_product_invalid_id"
        return {"code": code, "message": "Invalid ID.", "data": {"status": 400}}
    units = row.get("stock_quantity")
    if not isinstance(units, int) or isinstance(units, bool) or row.get("manage_stock") is not True:
        message = "Invalid parameter(s): stock_quantity"
        return {"code": "rest_invalid_param", "message": message, "data": {"status": 400}}
    return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise RefusedCall(400, "rest_invalid_json", "Invalid JSON body passed.")
    return found
