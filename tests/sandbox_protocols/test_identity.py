"""What Shopify's API says of bundles, shared items, prices, and things that were deleted."""

from __future__ import annotations

from tests.sandbox_protocols.clients import Shop

BUNDLE = """query B($id: ID!) { productVariant(id: $id) { id sku price inventoryPolicy requiresComponents
  productVariantComponents(first: 5) { nodes { quantity productVariant { id inventoryItem { id } } } } } }"""
ITEM = """query I($id: ID!) { inventoryItem(id: $id) { sku unitCost { amount currencyCode } variants(first: 5) {
  nodes { id position } } inventoryLevels(first: 5) { nodes { quantities(names: ["available"]) { quantity } } } } }"""
ORDER = """query O($id: ID!) { order(id: $id) { lineItems(first: 9) { nodes { sku variant { id } product { id }
  lineItemGroup { id title quantity variantId variantSku productId } } }
  fulfillmentOrders(first: 5) { nodes { lineItems(first: 9) { nodes { inventoryItemId variant { id } } } } } } }"""


def test_a_bundle_names_its_components_and_its_orders_name_the_bundle(shop: Shop) -> None:
    tee, cap = shop.item(0), shop.item(1)
    made = shop.do("add_item", sku="SET", components=[{"sku": tee.sku, "units": 2}, {"sku": cap.sku, "units": 1}])
    variant = f"gid://shopify/ProductVariant/{made['variant_id']}"
    bundle = shop.admin.data(BUNDLE, {"id": variant})["productVariant"]
    assert bundle["requiresComponents"] is True
    assert [
        (row["quantity"], row["productVariant"]["inventoryItem"]["id"])
        for row in bundle["productVariantComponents"]["nodes"]
    ] == [(2, shop.item_gid(0)), (1, shop.item_gid(1))]
    placed = shop.do("order", channel="online_store", lines=[{"sku": "SET", "units": 1}])
    order = shop.admin.data(ORDER, {"id": f"gid://shopify/Order/{placed['id']}"})["order"]
    groups = [line["lineItemGroup"] for line in order["lineItems"]["nodes"]]
    assert [(group["variantId"], group["variantSku"], group["quantity"]) for group in groups] == [
        (variant, "SET", 1)
    ] * 2
    assert groups[0]["id"] == groups[1]["id"]
    (part,) = order["fulfillmentOrders"]["nodes"]
    assert {row["inventoryItemId"] for row in part["lineItems"]["nodes"]} == {shop.item_gid(0), shop.item_gid(1)}


def test_variants_that_share_an_item_are_listed_with_it(shop: Shop) -> None:
    changed = shop.do("change_item", sku=shop.item().sku, another_variant=True, cost_cents=1_250)
    item = shop.admin.data(ITEM, {"id": shop.item_gid()})["inventoryItem"]
    assert item["unitCost"] == {"amount": "12.5", "currencyCode": "USD"}
    assert item["variants"]["nodes"] == [
        {"id": f"gid://shopify/ProductVariant/{number}", "position": place}
        for place, number in enumerate(changed["variant_ids"], start=1)
    ]
    last = f"gid://shopify/ProductVariant/{changed['variant_ids'][1]}"
    assert shop.admin.data(BUNDLE, {"id": last})["productVariant"]["id"] == last


def test_a_deleted_item_is_null_everywhere_and_its_orders_have_lines_without_a_variant(shop: Shop) -> None:
    gone = shop.item()
    placed = shop.do("order", channel="online_store", lines=[{"sku": gone.sku, "units": 1}])
    gid, variant = shop.item_gid(), f"gid://shopify/ProductVariant/{gone.variant_id}"
    shop.do("remove_item", sku=gone.sku)
    assert shop.admin.data(ITEM, {"id": gid})["inventoryItem"] is None
    assert shop.admin.data(BUNDLE, {"id": variant})["productVariant"] is None
    order = shop.admin.data(ORDER, {"id": f"gid://shopify/Order/{placed['id']}"})["order"]
    (line,) = order["lineItems"]["nodes"]
    assert (line["sku"], line["variant"], line["product"]) == (gone.sku, None, None)
    assert order["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"] == [{"inventoryItemId": None, "variant": None}]


def test_an_item_without_a_sku_has_none(shop: Shop) -> None:
    made = shop.do("add_item", sku="")
    item = shop.admin.data(ITEM, {"id": f"gid://shopify/InventoryItem/{made['inventory_item_id']}"})["inventoryItem"]
    assert (item["sku"], item["unitCost"]) == (None, None)
