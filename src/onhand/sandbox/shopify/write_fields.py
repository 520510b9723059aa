"""Every mutation of the schema, bound to what it does."""

from __future__ import annotations

from collections.abc import Mapping

from onhand.sandbox.shopify import (
    bulk,
    write_levels,
    write_orders,
    write_quantities,
    write_subscriptions,
    write_transfers,
)
from onhand.sandbox.shopify.writing import MutationResolver, guarded

_GROUP = ("inventoryAdjustmentGroup",)
_TRANSFER = ("inventoryTransfer",)
_SHIPMENT = ("inventoryShipment",)
_SUBSCRIPTION = ("webhookSubscription",)
_BULK = ("bulkOperation",)
_MOVED = ("movedFulfillmentOrder", "originalFulfillmentOrder", "remainingFulfillmentOrder")
_TOGGLED = ("inventoryItem", "inventoryLevels")

WRITE_FIELDS: Mapping[str, MutationResolver] = {
    "bulkOperationCancel": guarded(bulk.cancel, empty=_BULK),
    "bulkOperationRunQuery": guarded(bulk.run_query, empty=_BULK),
    "fulfillmentCreate": guarded(write_orders.create_fulfillment, empty=("fulfillment",)),
    "fulfillmentOrderMove": guarded(write_orders.move_fulfillment_order, empty=_MOVED),
    "inventoryActivate": guarded(write_levels.activate, empty=("inventoryLevel",)),
    "inventoryAdjustQuantities": guarded(write_quantities.adjust_quantities, empty=_GROUP),
    "inventoryBulkToggleActivation": guarded(write_levels.toggle_activation, empty=_TOGGLED),
    "inventoryDeactivate": guarded(write_levels.deactivate, empty=()),
    "inventoryItemUpdate": guarded(write_levels.update_item, empty=("inventoryItem",)),
    "inventoryMoveQuantities": guarded(write_quantities.move_quantities, empty=_GROUP),
    "inventorySetQuantities": guarded(write_quantities.set_quantities, empty=_GROUP),
    "inventoryShipmentCreateInTransit": guarded(write_transfers.create_shipment_in_transit, empty=_SHIPMENT),
    "inventoryShipmentReceive": guarded(write_transfers.receive_shipment, empty=_SHIPMENT),
    "inventoryTransferCancel": guarded(write_transfers.cancel_transfer, empty=_TRANSFER),
    "inventoryTransferCreate": guarded(write_transfers.create_transfer, empty=_TRANSFER),
    "inventoryTransferCreateAsReadyToShip": guarded(write_transfers.create_ready_transfer, empty=_TRANSFER),
    "inventoryTransferMarkAsReadyToShip": guarded(write_transfers.mark_ready, empty=_TRANSFER),
    "orderCancel": guarded(write_orders.cancel_order, empty=("job",), errors=write_orders.CANCEL_ERRORS),
    "refundCreate": guarded(write_orders.create_refund, empty=("order", "refund")),
    "webhookSubscriptionCreate": guarded(write_subscriptions.create_subscription, empty=_SUBSCRIPTION),
    "webhookSubscriptionDelete": guarded(
        write_subscriptions.delete_subscription, empty=("deletedWebhookSubscriptionId",)
    ),
    "webhookSubscriptionUpdate": guarded(write_subscriptions.update_subscription, empty=_SUBSCRIPTION),
}
