"""How WooCommerce's REST API v3 writes products, orders, refunds and webhooks; its webhooks carry the same rows."""

from __future__ import annotations

from datetime import datetime

from onhand.sandbox.world import people
from onhand.sandbox.world.outbox import Payload
from onhand.sandbox.world.woocommerce import WooHook, WooLine, WooOrder, WooProduct, WooRefund
from onhand.sandbox.world.world import World


def moment(at: datetime) -> str:
    """Return a time as the API writes it: whole seconds, without a zone."""
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def product_row(world: World, product: WooProduct) -> Payload:
    """Return a simple product or a variation."""
    row: Payload = {
        "id": product.id,
        "name": product.title,
        "type": "simple" if product.parent_id is None else "variation",
        "status": "publish",
        "sku": product.sku,
        "price": f"{world.catalog.known[product.item_id].price_cents / 100:.2f}",
        "manage_stock": True,
        "stock_quantity": product.units,
        "stock_status": "instock" if product.units > 0 else "outofstock",
        "date_modified_gmt": moment(product.updated_at),
        "variations": [],
    }
    return row if product.parent_id is None else {**row, "parent_id": product.parent_id}


def parent_row(world: World) -> Payload:
    """Return the product whose variations are sold: it has no stock of its own."""
    shop = world.woocommerce
    return {
        "id": shop.parent_id,
        "name": "Many kinds",
        "type": "variable",
        "status": "publish",
        "sku": "",
        "manage_stock": False,
        "stock_quantity": None,
        "variations": [product.id for product in shop.products.values() if product.parent_id is not None],
    }


def order_row(world: World, order: WooOrder) -> Payload:
    """Return an order, with a shopper who does not exist."""
    first, last = people.shopper_name(order.id)
    return {
        "id": order.id,
        "number": str(order.id),
        "status": order.status,
        "currency": world.settings.currency,
        "date_created": moment(order.created_at),
        "date_created_gmt": moment(order.created_at),
        "date_modified_gmt": moment(order.updated_at),
        "date_completed_gmt": None if order.completed_at is None else moment(order.completed_at),
        "billing": {"first_name": first, "last_name": last, "email": people.email(order.id)},
        "line_items": [_line_row(line) for line in order.lines],
        "refunds": [{"id": one.id, "reason": "", "total": "-1.00"} for one in order.refunds],
    }


def refund_row(order: WooOrder, refund: WooRefund) -> Payload:
    """Return a refund: its rows count downwards and name the order's line in their metadata."""
    lines = {line.id: line for line in order.lines}
    return {
        "id": refund.id,
        "date_created_gmt": moment(refund.created_at),
        "reason": "",
        "line_items": [
            {
                "id": 1_000_000 + refund.id * 100 + number,
                "product_id": lines[line].product.parent_id or lines[line].product.id,
                "variation_id": lines[line].product.id if lines[line].product.parent_id is not None else 0,
                "quantity": -units,
                "sku": lines[line].product.sku,
                "meta_data": [{"id": number + 1, "key": "_refunded_item_id", "value": str(line)}],
            }
            for number, (line, units) in enumerate(refund.units.items())
        ],
    }


def hook_row(hook: WooHook) -> Payload:
    """Return a webhook: its secret is never shown again."""
    return {
        "id": hook.id,
        "name": hook.name,
        "status": hook.status,
        "topic": hook.topic,
        "resource": hook.topic.partition(".")[0],
        "event": hook.topic.partition(".")[2],
        "delivery_url": hook.address,
    }


def _line_row(line: WooLine) -> Payload:
    meta = [("_reduced_stock", line.reduced_units), ("_restock_refunded_items", line.restocked_units)]
    return {
        "id": line.id,
        "name": line.product.title,
        "product_id": line.product.parent_id or line.product.id,
        "variation_id": line.product.id if line.product.parent_id is not None else 0,
        "quantity": line.units,
        "sku": line.product.sku,
        "total": f"{line.units * line.price_cents / 100:.2f}",
        "meta_data": [
            {"id": number + 1, "key": key, "value": str(units)} for number, (key, units) in enumerate(meta) if units
        ],
    }
