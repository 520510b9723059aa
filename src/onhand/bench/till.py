"""A till sale as Shopify sends it, for benches: the whole order, personal data included, which onhand must drop."""

import json
import random
from datetime import datetime, timedelta

from onhand.bench.shop import BenchShop
from onhand.ports.delivery import Delivery

LINES = 3


def till_delivery(shop: BenchShop, number: int, sold_at: datetime, chance: random.Random) -> Delivery:
    """Return the delivery of sale `number`: three lines of one to three units, taken away at once."""
    at = (sold_at + timedelta(seconds=number // 50)).isoformat(timespec="seconds")
    location = chance.choice(shop.locations)
    variants = chance.sample(shop.variants, LINES)
    lines = [_line(number * 10 + place, variant, chance.randint(1, 3)) for place, variant in enumerate(variants)]
    fulfilment = {
        "id": number + 1,
        "status": "success",
        "created_at": at,
        "updated_at": at,
        "location_id": int(location),
        "line_items": [{"id": line["id"], "quantity": line["quantity"]} for line in lines],
    }
    body = {
        "id": number + 1,
        "admin_graphql_api_id": f"gid://shopify/Order/{number + 1}",
        "name": f"#{number + 1}",
        "created_at": at,
        "processed_at": at,
        "updated_at": at,
        "cancelled_at": None,
        "closed_at": at,
        "source_name": "pos",
        "location_id": int(location),
        "device_id": 7,
        "financial_status": "paid",
        "fulfillment_status": "fulfilled",
        "email": f"shopper{number}@example.com",
        "customer": {"id": number, "first_name": "Ada", "last_name": "Example", "phone": "+1 555 0100"},
        "billing_address": {"address1": "1 Example Street", "city": "Boston", "zip": "02110", "country_code": "US"},
        "note_attributes": [],
        "tags": "",
        "line_items": lines,
        "fulfillments": [fulfilment],
        "refunds": [],
        "returns": [],
    }
    return Delivery(
        shop=shop.name,
        channel="shopify",
        topic="orders/create",
        delivery_id=f"bench-{number}",
        event_id=None,
        triggered_at=None,
        received_at=sold_at,
        body=json.dumps(body).encode(),
    )


def _line(number: int, variant: int, units: int) -> dict[str, object]:
    money = {"shop_money": {"amount": "19.99", "currency_code": "USD"}}
    return {
        "id": number + 1,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{number + 1}",
        "variant_id": variant,
        "product_id": variant + 1,
        "sku": f"SKU-{variant}",
        "title": "Organic cotton tee, washed black",
        "name": "Organic cotton tee, washed black - M",
        "quantity": units,
        "current_quantity": units,
        "fulfillable_quantity": 0,
        "fulfillment_status": "fulfilled",
        "fulfillment_service": "manual",
        "requires_shipping": True,
        "taxable": True,
        "gift_card": False,
        "grams": 180,
        "price": "19.99",
        "price_set": money | {"presentment_money": money["shop_money"]},
        "total_discount": "0.00",
        "discount_allocations": [],
        "duties": [],
        "properties": [],
        "tax_lines": [{"title": "MA State Tax", "rate": 0.0625, "price": "1.25", "price_set": money}],
    }
