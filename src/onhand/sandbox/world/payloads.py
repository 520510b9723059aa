"""Shopify's webhook bodies in the shapes of its documented samples (API 2026-07 and 2026-10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from onhand.sandbox.world import people
from onhand.sandbox.world.catalog import Item, Location
from onhand.sandbox.world.orders import Edit, Fulfillment, FulfillmentOrder, Order, OrderLine, Refund, RefundLine
from onhand.sandbox.world.outbox import Act, Payload
from onhand.sandbox.world.world import World


def stamp(moment: datetime) -> str:
    """Return a time as Shopify writes it: whole seconds with an offset."""
    return moment.replace(microsecond=0).isoformat()


def optional_stamp(moment: datetime | None) -> str | None:
    """Return a time as Shopify writes it; None stays None."""
    return None if moment is None else stamp(moment)


def money(cents: int) -> str:
    """Return an amount as Shopify writes it, "12.50"."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _money_set(cents: int, currency: str) -> Payload:
    amount = {"amount": money(cents), "currency_code": currency}
    return {"shop_money": amount, "presentment_money": amount}


def level_payload(world: World, item_id: int, location_id: int) -> Payload | None:
    """Return inventory_levels/update as the level is now; None when there is no such level any more."""
    level = world.levels.get(item_id, location_id)
    if level is None:
        return None
    return {
        "inventory_item_id": item_id,
        "location_id": location_id,
        "available": level.available if world.catalog.known[item_id].tracked else None,
        "updated_at": stamp(level.updated_at),
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{level.id}?inventory_item_id={item_id}",
    }


def _line(line: OrderLine, currency: str) -> Payload:
    left = line.unfulfilled_units
    shipped = "fulfilled" if line.fulfilled_units and not left else "partial" if line.fulfilled_units else None
    return {
        "id": line.id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line.id}",
        "current_quantity": line.current_units,
        "fulfillable_quantity": left,
        "fulfillment_service": "manual",
        "fulfillment_status": shipped,
        "gift_card": False,
        "grams": 100,
        "name": line.title,
        "price": money(line.price_cents),
        "price_set": _money_set(line.price_cents, currency),
        "product_exists": line.product_id is not None,
        "product_id": line.product_id,
        "properties": [],
        "quantity": line.ordered_units,
        "requires_shipping": True,
        "sku": line.sku,
        "taxable": True,
        "title": line.title,
        "total_discount": "0.00",
        "variant_id": line.variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": None,
        "vendor": None,
    }


def fulfillment_payload(order: Order, fulfillment: Fulfillment, currency: str) -> Payload:
    """Return a fulfilment as fulfillments/create and an order's `fulfillments` carry it."""
    lines: list[Payload] = []
    for part in fulfillment.lines:
        line = order.line(part.line_id)
        if line is not None:
            lines.append(_line(line, currency) | {"quantity": part.units})
    carried = order.channel != "shopify_pos"
    numbers = [f"1Z{fulfillment.id}"] if carried else []
    urls = [f"https://www.ups.com/track?tracknum={number}" for number in numbers]
    return {
        "id": fulfillment.id,
        "order_id": order.id,
        "status": fulfillment.status.lower(),
        "created_at": stamp(fulfillment.created_at),
        "updated_at": stamp(fulfillment.updated_at),
        "service": "manual",
        "location_id": fulfillment.location_id,
        "tracking_company": "UPS" if carried else None,
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
        "shipment_status": None,
        "origin_address": None,
        "email": people.email(order.number),
        "destination": people.address(order.number) if carried else None,
        "line_items": lines,
        "receipt": {},
        "name": fulfillment.name,
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{fulfillment.id}",
    }


def _refund_line(order: Order, refunded: RefundLine, currency: str) -> Payload:
    line = order.line(refunded.line_id)
    cents = 0 if line is None else line.price_cents * refunded.units
    return {
        "id": refunded.id,
        "quantity": refunded.units,
        "line_item_id": refunded.line_id,
        "location_id": refunded.location_id,
        "restock_type": refunded.restock_type,
        "subtotal": cents / 100,
        "total_tax": 0,
        "subtotal_set": _money_set(cents, currency),
        "total_tax_set": _money_set(0, currency),
        "line_item": None if line is None else _line(line, currency),
    }


def refund_payload(order: Order, refund: Refund, currency: str) -> Payload:
    """Return a refund as refunds/create and an order's `refunds` carry it."""
    transactions: list[Payload] = []
    if refund.money_cents:
        transactions.append(
            {
                "id": refund.id + 1,
                "order_id": order.id,
                "kind": "refund",
                "gateway": "bogus",
                "status": "success",
                "created_at": stamp(refund.created_at),
                "amount": money(refund.money_cents),
                "currency": currency,
            }
        )
    return {
        "id": refund.id,
        "order_id": order.id,
        "created_at": stamp(refund.created_at),
        "processed_at": stamp(refund.created_at),
        "note": refund.note,
        "user_id": None,
        "restock": any(line.restock_type != "no_restock" for line in refund.lines),
        "duties": [],
        "total_duties_set": _money_set(0, currency),
        "refund_shipping_lines": [],
        "return": None if refund.return_id is None else {"id": refund.return_id},
        "order_adjustments": [],
        "refund_line_items": [_refund_line(order, line, currency) for line in refund.lines],
        "transactions": transactions,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund.id}",
    }


def order_payload(order: Order, currency: str) -> Payload:
    """Return the whole order as orders/* carry it; `location_id` is set for POS only, as Shopify does."""
    total = sum(line.price_cents * line.ordered_units for line in order.lines)
    current = sum(line.price_cents * line.current_units for line in order.lines)
    shipped_to = people.address(order.number)
    created_at = stamp(order.created_at)
    return {
        "id": order.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
        "app_id": order.app.id,
        "browser_ip": f"203.0.113.{order.number % 250}",
        "cancel_reason": order.cancel_reason,
        "cancelled_at": optional_stamp(order.cancelled_at),
        "client_details": None,
        "closed_at": optional_stamp(order.closed_at),
        "confirmation_number": None,
        "confirmed": True,
        "contact_email": people.email(order.number),
        "created_at": created_at,
        "currency": currency,
        "current_total_price": money(current),
        "customer": people.customer(order.number, created_at),
        "device_id": order.device_id,
        "email": people.email(order.number),
        "financial_status": order.financial_status,
        "fulfillment_status": order.fulfilment_status,
        "location_id": order.retail_location_id,
        "merchant_of_record_app_id": None,
        "name": order.name,
        "note": None,
        "number": order.number - 1000,
        "order_number": order.number,
        "phone": shipped_to["phone"],
        "processed_at": stamp(order.processed_at),
        "reference": None,
        "source_identifier": order.source_identifier,
        "source_name": order.source_name,
        "source_url": None,
        "tags": ", ".join(order.tags),
        "test": False,
        "total_price": money(total),
        "updated_at": stamp(order.updated_at),
        "user_id": None,
        "billing_address": shipped_to,
        "shipping_address": shipped_to if order.channel != "shopify_pos" else None,
        "fulfillments": [fulfillment_payload(order, one, currency) for one in order.fulfillments],
        "line_items": [_line(line, currency) for line in order.lines],
        "refunds": [refund_payload(order, one, currency) for one in order.refunds],
        # [I]: Shopify's sample shows an empty list and nothing else.
        "returns": [{"id": one.id, "admin_graphql_api_id": f"gid://shopify/Return/{one.id}"} for one in order.returns],
        "line_item_groups": [
            {
                "id": group.id,
                "quantity": group.units,
                "title": group.title,
                "variant_id": group.variant_id,
                "variant_sku": group.sku,
                "product_id": group.product_id,
                "properties": [],
            }
            for group in {line.group.id: line.group for line in order.lines if line.group is not None}.values()
        ],
    }


def edit_payload(edit: Edit) -> Payload:
    """Return orders/edited: line ids and unsigned deltas only, no restock flag and no location."""
    return {
        "order_edit": {
            "id": edit.id,
            "app_id": None,
            "created_at": stamp(edit.committed_at),
            "committed_at": stamp(edit.committed_at),
            "notify_customer": False,
            "order_id": edit.order_id,
            "staff_note": "",
            "user_id": None,
            "line_items": {
                "additions": [{"id": one.line_id, "delta": one.delta_units} for one in edit.additions],
                "removals": [{"id": one.line_id, "delta": one.delta_units} for one in edit.removals],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def part_payload(part: FulfillmentOrder) -> Payload:
    """Return a fulfilment order as fulfillment_orders/* name one."""
    return {
        "id": f"gid://shopify/FulfillmentOrder/{part.id}",
        "status": part.status.lower(),
        "assigned_location_id": f"gid://shopify/Location/{part.location_id}",
    }


def moved_payload(
    moved: FulfillmentOrder, origin: FulfillmentOrder, source_location_id: int, units: Mapping[int, int]
) -> Payload:
    """Return fulfillment_orders/moved: the fulfilment order before and after, and where it was."""
    return {
        "moved_fulfillment_order": part_payload(moved),
        "original_fulfillment_order": part_payload(origin),
        "destination_location_id": f"gid://shopify/Location/{moved.location_id}",
        "source_location": {"id": f"gid://shopify/Location/{source_location_id}"},
        "fulfillment_order_line_items_requested": [
            {"id": f"gid://shopify/FulfillmentOrderLineItem/{line_id}", "quantity": count}
            for line_id, count in units.items()
        ],
    }


def item_payload(item: Item) -> Payload:
    """Return inventory_items/create and /update."""
    return {
        "id": item.inventory_item_id,
        "sku": item.sku,
        "created_at": stamp(item.created_at),
        "updated_at": stamp(item.updated_at),
        "requires_shipping": True,
        "cost": None if item.cost_cents is None else money(item.cost_cents),
        "country_code_of_origin": None,
        "province_code_of_origin": None,
        "harmonized_system_code": None,
        "tracked": item.tracked,
        "country_harmonized_system_codes": [],
        "weight_value": 0,
        "weight_unit": "lb",
        "admin_graphql_api_id": f"gid://shopify/InventoryItem/{item.inventory_item_id}",
    }


def item_gone_payload(item: Item) -> Payload:
    """Return inventory_items/delete: which item it was, and nothing of what it was."""
    return {
        "id": item.inventory_item_id,
        "country_code_of_origin": None,
        "province_code_of_origin": None,
        "harmonized_system_code": None,
        "country_harmonized_system_codes": [],
        "admin_graphql_api_id": f"gid://shopify/InventoryItem/{item.inventory_item_id}",
    }


def product_payload(item: Item, sellable_units: int) -> Payload:
    """Return products/create and /update for the product of an item."""
    variants = [_variant(item, variant_id, sellable_units) for variant_id in item.variant_ids]
    return {
        "id": item.product_id,
        "title": item.title,
        "handle": item.sku.lower() or f"product-{item.product_id}",
        "status": "active",
        "vendor": "Tees",
        "product_type": "",
        "created_at": stamp(item.created_at),
        "updated_at": stamp(item.updated_at),
        "tags": "",
        "variants": variants,
        "admin_graphql_api_id": f"gid://shopify/Product/{item.product_id}",
    }


def _variant(item: Item, variant_id: int, sellable_units: int) -> Payload:
    return {
        "id": variant_id,
        "product_id": item.product_id,
        "title": "Default Title",
        "price": money(item.price_cents),
        "position": item.variant_ids.index(variant_id) + 1,
        "inventory_policy": "continue" if item.sells_below_zero else "deny",
        "created_at": stamp(item.created_at),
        "updated_at": stamp(item.updated_at),
        "sku": item.sku,
        "inventory_item_id": item.inventory_item_id,
        "inventory_quantity": sellable_units,
        "old_inventory_quantity": sellable_units,
        "admin_graphql_api_id": f"gid://shopify/ProductVariant/{variant_id}",
    }


def location_payload(location: Location) -> Payload:
    """Return locations/create, /update, /activate and /deactivate."""
    return {
        "id": location.id,
        "name": location.name,
        "address1": "1 Sample Street",
        "address2": None,
        "city": location.name,
        "zip": "02108",
        "province": "Massachusetts",
        "country": "US",
        "phone": "+1 555 0100",
        "created_at": stamp(location.created_at),
        "updated_at": stamp(location.updated_at),
        "country_code": "US",
        "country_name": "United States",
        "province_code": "MA",
        "legacy": False,
        "active": location.active,
        "admin_graphql_api_id": f"gid://shopify/Location/{location.id}",
    }


def tell_order(world: World, order: Order, topics: Iterable[str], act: Act) -> None:
    """Queue the order as it is now under each topic; the body is built once, and only if somebody listens."""
    body: list[bytes] = []

    def built() -> bytes:
        if not body:
            body.append(msgspec.json.encode(order_payload(order, world.settings.currency)))
        return body[0]

    for topic in topics:
        world.outbox.queue_body(topic, built, act)
