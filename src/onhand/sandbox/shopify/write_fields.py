"""Every mutation of the schema, bound to what it does."""

from __future__ import annotations

from collections.abc import Mapping

from onhand.sandbox.shopify import (
    bulk,
    write_assigning,
    write_drafts,
    write_edits,
    write_levels,
    write_metafields,
    write_orders,
    write_quantities,
    write_returns,
    write_shipments,
    write_subscriptions,
    write_transfers,
)
from onhand.sandbox.shopify.writing import MutationResolver, guarded

_GROUP = ("inventoryAdjustmentGroup",)
_TRANSFER = ("inventoryTransfer",)
_SHIPMENT = ("inventoryShipment",)
_SUBSCRIPTION = ("webhookSubscription",)
_BULK = ("bulkOperation",)
_DRAFT = ("draftOrder",)
_RETURN = ("return",)
_EDITED = ("calculatedLineItem", "calculatedOrder")
_TOGGLED = ("inventoryItem", "inventoryLevels")

WRITE_FIELDS: Mapping[str, MutationResolver] = {
    "bulkOperationCancel": guarded(bulk.cancel, empty=_BULK),
    "bulkOperationRunQuery": guarded(bulk.run_query, empty=_BULK),
    "draftOrderComplete": guarded(write_drafts.complete_draft, empty=_DRAFT),
    "draftOrderCreate": guarded(write_drafts.create_draft, empty=_DRAFT),
    "draftOrderDelete": guarded(write_drafts.delete_draft, empty=("deletedId",)),
    "draftOrderUpdate": guarded(write_drafts.update_draft, empty=_DRAFT),
    "fulfillmentCancel": guarded(write_assigning.cancel_fulfillment, empty=("fulfillment",)),
    "fulfillmentCreate": guarded(write_orders.create_fulfillment, empty=("fulfillment",)),
    "fulfillmentOrderHold": guarded(write_assigning.hold, empty=write_assigning.HELD),
    "fulfillmentOrderLineItemsPreparedForPickup": guarded(write_assigning.prepare_for_pickup, empty=()),
    "fulfillmentOrderMerge": guarded(write_assigning.merge, empty=("fulfillmentOrderMerges",)),
    "fulfillmentOrderMove": guarded(write_assigning.move, empty=write_assigning.MOVED),
    "fulfillmentOrderReleaseHold": guarded(write_assigning.release, empty=("fulfillmentOrder",)),
    "fulfillmentOrderSplit": guarded(write_assigning.split, empty=("fulfillmentOrderSplits",)),
    "inventoryActivate": guarded(write_levels.activate, empty=("inventoryLevel",)),
    "inventoryAdjustQuantities": guarded(write_quantities.adjust_quantities, empty=_GROUP),
    "inventoryBulkToggleActivation": guarded(write_levels.toggle_activation, empty=_TOGGLED),
    "inventoryDeactivate": guarded(write_levels.deactivate, empty=()),
    "inventoryItemUpdate": guarded(write_levels.update_item, empty=("inventoryItem",)),
    "inventoryMoveQuantities": guarded(write_quantities.move_quantities, empty=_GROUP),
    "inventorySetQuantities": guarded(write_quantities.set_quantities, empty=_GROUP),
    "inventoryShipmentAddItems": guarded(write_shipments.add_items, empty=(*_SHIPMENT, "addedItems")),
    "inventoryShipmentCreate": guarded(write_shipments.create_shipment, empty=_SHIPMENT),
    "inventoryShipmentCreateInTransit": guarded(write_shipments.create_shipment_in_transit, empty=_SHIPMENT),
    "inventoryShipmentDelete": guarded(write_shipments.delete_shipment, empty=("id",)),
    "inventoryShipmentMarkInTransit": guarded(write_shipments.mark_in_transit, empty=_SHIPMENT),
    "inventoryShipmentReceive": guarded(write_shipments.receive_shipment, empty=_SHIPMENT),
    "inventoryShipmentRemoveItems": guarded(write_shipments.remove_items, empty=_SHIPMENT),
    "inventoryShipmentSetTracking": guarded(write_shipments.set_tracking, empty=_SHIPMENT),
    "inventoryShipmentUpdateItemQuantities": guarded(
        write_shipments.update_quantities, empty=("shipment", "updatedLineItems")
    ),
    "inventoryTransferCancel": guarded(write_transfers.cancel_transfer, empty=_TRANSFER),
    "inventoryTransferCreate": guarded(write_transfers.create_transfer, empty=_TRANSFER),
    "inventoryTransferCreateAsReadyToShip": guarded(write_transfers.create_ready_transfer, empty=_TRANSFER),
    "inventoryTransferDelete": guarded(write_transfers.delete_transfer, empty=("deletedId",)),
    "inventoryTransferDuplicate": guarded(write_transfers.duplicate_transfer, empty=_TRANSFER),
    "inventoryTransferEdit": guarded(write_transfers.edit_transfer, empty=_TRANSFER),
    "inventoryTransferMarkAsReadyToShip": guarded(write_transfers.mark_ready, empty=_TRANSFER),
    "inventoryTransferRemoveItems": guarded(write_transfers.remove_items, empty=(*_TRANSFER, "removedQuantities")),
    "inventoryTransferSetItems": guarded(write_transfers.set_items, empty=(*_TRANSFER, "updatedLineItems")),
    "metafieldsSet": guarded(write_metafields.set_metafields, empty=write_metafields.EMPTY),
    "orderCancel": guarded(write_orders.cancel_order, empty=("job",), errors=write_orders.CANCEL_ERRORS),
    "orderCreate": guarded(write_drafts.create_order, empty=("order",)),
    "orderEditAddVariant": guarded(write_edits.add_variant, empty=_EDITED),
    "orderEditBegin": guarded(write_edits.begin, empty=("calculatedOrder",)),
    "orderEditCommit": guarded(write_edits.commit, empty=("order", "successMessages")),
    "orderEditSetQuantity": guarded(write_edits.set_quantity, empty=_EDITED),
    "refundCreate": guarded(write_orders.create_refund, empty=("order", "refund")),
    "returnCancel": guarded(write_returns.cancel_return, empty=_RETURN),
    "returnClose": guarded(write_returns.close_return, empty=_RETURN),
    "returnCreate": guarded(write_returns.create_return, empty=_RETURN),
    "returnProcess": guarded(write_returns.process_return, empty=_RETURN),
    "returnReopen": guarded(write_returns.reopen_return, empty=_RETURN),
    "reverseFulfillmentOrderDispose": guarded(write_returns.dispose, empty=("reverseFulfillmentOrderLineItems",)),
    "webhookSubscriptionCreate": guarded(write_subscriptions.create_subscription, empty=_SUBSCRIPTION),
    "webhookSubscriptionDelete": guarded(
        write_subscriptions.delete_subscription, empty=("deletedWebhookSubscriptionId",)
    ),
    "webhookSubscriptionUpdate": guarded(write_subscriptions.update_subscription, empty=_SUBSCRIPTION),
}
