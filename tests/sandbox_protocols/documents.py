"""The GraphQL documents these tests send."""

from __future__ import annotations

GROUP = """inventoryAdjustmentGroup { id createdAt reason referenceDocumentUri app { id }
  changes { name delta quantityAfterChange ledgerDocumentUri item { id } location { id } } }
  userErrors { field message code }"""

ADJUST = f"""mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {{
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {{ {GROUP} }} }}"""
SET = f"""mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {{
  inventorySetQuantities(input: $input) @idempotent(key: $key) {{ {GROUP} }} }}"""
MOVE = f"""mutation Move($input: InventoryMoveQuantitiesInput!, $key: String!) {{
  inventoryMoveQuantities(input: $input) @idempotent(key: $key) {{ {GROUP} }} }}"""
LEVELS = """query Levels($ids: [ID!]!) { nodes(ids: $ids) { ... on InventoryItem { id sku tracked updatedAt
  inventoryLevels(first: 50, includeInactive: true) { pageInfo { hasNextPage endCursor }
    nodes { id isActive updatedAt location { id }
      quantities(names: ["available", "on_hand", "committed", "incoming", "reserved", "damaged", "safety_stock",
        "quality_control"]) { name quantity updatedAt } } } } } }"""
ORDERS = """query Orders($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { id name createdAt processedAt updatedAt
  cancelledAt cancelReason sourceName displayFulfillmentStatus displayFinancialStatus retailLocation { id }
  lineItems(first: 10) { nodes { id sku quantity currentQuantity unfulfilledQuantity
    variant { id inventoryItem { id } } } }
  fulfillmentOrders(first: 5) { nodes { id status assignedLocation { name location { id } }
    lineItems(first: 10) { nodes { id inventoryItemId totalQuantity remainingQuantity lineItem { id } } } } }
  fulfillments(first: 5) { id status location { id } fulfillmentLineItems(first: 10) { nodes { id quantity } } }
  refunds(first: 5) { id createdAt refundLineItems(first: 10) { nodes {
    id quantity restockType restocked location { id } lineItem { id } } } } } } }"""
