"""Reading fulfilment orders and fulfilments, transfers and shipments."""

from __future__ import annotations

from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import FieldTable, amount, counted_rows, iso, listed, money_bag, searched
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.read_orders import order_of
from onhand.sandbox.shopify.terms import Getter
from onhand.sandbox.shopify.views import FulfilledLineView, FulfillmentOrderLineView, ShipmentView, VariantView
from onhand.sandbox.world.orders import Fulfillment, FulfillmentOrder, OrderLine
from onhand.sandbox.world.transfers import Transfer

TRANSFER_GETTERS: dict[str, Getter] = {
    "id": lambda transfer: transfer.id,
    "status": lambda transfer: transfer.status,
    "created_at": lambda transfer: transfer.created_at,
    "origin_id": lambda transfer: transfer.origin_id,
    "destination_id": lambda transfer: transfer.destination_id,
}


def _id_key(row: Any) -> tuple[int, int]:
    return row.id, row.id


def _view_key(view: FulfillmentOrderLineView) -> tuple[int, int]:
    return view.line.id, view.line.id


def _lines(part: FulfillmentOrder, call: Call) -> list[FulfillmentOrderLineView]:
    order = order_of(call, part.order_id)
    return [FulfillmentOrderLineView(order, line) for line in part.lines]


def _fulfilments_of(part: FulfillmentOrder, call: Call) -> list[Fulfillment]:
    order = order_of(call, part.order_id)
    return [one for one in order.fulfillments if one.fulfillment_order_id == part.id]


def _parts_of(fulfilment: Fulfillment, call: Call) -> list[FulfillmentOrder]:
    order = order_of(call, fulfilment.order_id)
    return [part for part in order.fulfillment_orders if part.id == fulfilment.fulfillment_order_id]


def _fulfilled_lines(fulfilment: Fulfillment, call: Call) -> list[FulfilledLineView]:
    order = order_of(call, fulfilment.order_id)
    return [FulfilledLineView(order, line, fulfilment.line_id(index)) for index, line in enumerate(fulfilment.lines)]


def _order_line(view: FulfillmentOrderLineView | FulfilledLineView) -> OrderLine:
    line = view.order.line(view.line.line_id)
    assert line is not None, "what is shipped is a line of its own order"
    return line


def _fulfilled_cents(view: FulfilledLineView) -> int:
    return _order_line(view).price_cents * view.line.units


def _assigned(part: FulfillmentOrder, call: Call) -> dict[str, object]:
    place = call.world.catalog.locations[part.location_id]
    return {"location": place, "name": place.name, "countryCode": "US"}


def _snapshot(call: Call, transfer: Transfer, location_id: int | None) -> dict[str, object] | None:
    if location_id is None:
        return None
    place = call.world.catalog.locations[location_id]
    return {"location": place, "name": place.name, "snapshottedAt": iso(transfer.created_at)}


def _shipments(transfer: Transfer) -> list[ShipmentView]:
    return [ShipmentView(transfer, shipment) for shipment in transfer.shipments]


def _received(transfer: Transfer) -> int:
    return sum(line.accepted_units + line.rejected_units for one in transfer.shipments for line in one.lines)


def _tracking(view: ShipmentView) -> dict[str, object] | None:
    number = view.shipment.tracking_number
    shown: dict[str, object] = {"trackingNumber": number, "trackingUrl": None, "company": None, "arrivesAt": None}
    return None if number is None else shown


def _sum(view: ShipmentView, name: str) -> int:
    return sum(int(getattr(line, name)) for line in view.shipment.lines)


_FULFILLMENT_ORDER: FieldTable = {
    "id": lambda part: gid("FulfillmentOrder", part.id),
    "status": lambda part: part.status,
    "requestStatus": lambda _: "UNSUBMITTED",
    "createdAt": lambda part: iso(part.created_at),
    "updatedAt": lambda part: iso(part.updated_at),
    "fulfillAt": lambda part: iso(part.created_at),
    "fulfillBy": lambda _: None,
    "assignedLocation": _assigned,
    "order": lambda part, call: order_of(call, part.order_id),
    "orderId": lambda part: gid("Order", part.order_id),
    "orderName": lambda part, call: order_of(call, part.order_id).name,
    "orderProcessedAt": lambda part, call: iso(order_of(call, part.order_id).processed_at),
    "lineItems": listed(_lines, _view_key),
    "fulfillments": listed(_fulfilments_of, _id_key),
    "merchantRequests": listed(lambda _: (), _id_key),
    "deliveryMethod": lambda part: {
        "id": gid("DeliveryMethod", part.id),
        "methodType": part.method,
        "minDeliveryDateTime": None,
        "maxDeliveryDateTime": None,
        "presentedName": None,
        "serviceCode": None,
        "sourceReference": None,
    },
    "fulfillmentHolds": lambda part: [
        {
            "id": gid("FulfillmentHold", one.id),
            "reason": one.reason,
            "displayReason": one.reason.capitalize().replace("_", " "),
            "reasonNotes": one.notes or None,
            "handle": one.handle,
            "heldByRequestingApp": one.handle is not None,
        }
        for one in part.holds
    ],
}

_FULFILLMENT_ORDER_LINE: FieldTable = {
    "id": lambda view: gid("FulfillmentOrderLineItem", view.line.id),
    "inventoryItemId": lambda view: _order_line(view).variant_id and gid("InventoryItem", view.line.item_id),
    "totalQuantity": lambda view: view.line.total_units,
    "remainingQuantity": lambda view: view.line.remaining_units,
    "lineItem": _order_line,
    "productTitle": lambda view: _order_line(view).title,
    "variantTitle": lambda _: None,
    "vendor": lambda _: None,
    "sku": lambda view: _order_line(view).sku,
    "requiresShipping": lambda _: True,
    "variant": lambda view, call: (
        _order_line(view).variant_id
        and VariantView(call.world.catalog.known[view.line.item_id], _order_line(view).variant_id)
    ),
}

_FULFILLMENT: FieldTable = {
    "id": lambda one: gid("Fulfillment", one.id),
    "legacyResourceId": lambda one: str(one.id),
    "name": lambda one: one.name,
    "status": lambda one: one.status,
    "displayStatus": lambda one: "CANCELED" if one.status == "CANCELLED" else "FULFILLED",
    "createdAt": lambda one: iso(one.created_at),
    "updatedAt": lambda one: iso(one.updated_at),
    "location": lambda one, call: call.world.catalog.locations[one.location_id],
    "order": lambda one, call: order_of(call, one.order_id),
    "requiresShipping": lambda one, call: order_of(call, one.order_id).source_name == "web",
    "service": lambda _: None,
    "totalQuantity": lambda one: sum(line.units for line in one.lines),
    "trackingInfo": lambda _: [],
    "fulfillmentLineItems": listed(_fulfilled_lines, lambda view: (view.number, view.number)),
    "fulfillmentOrders": listed(_parts_of, _id_key),
}

_FULFILLMENT_LINE: FieldTable = {
    "id": lambda view: gid("FulfillmentLineItem", view.number),
    "lineItem": _order_line,
    "quantity": lambda view: view.line.units,
    "originalTotal": lambda view: amount(_fulfilled_cents(view)),
    "originalTotalSet": lambda view, call: money_bag(_fulfilled_cents(view), call.world.settings.currency),
}

_TRANSFER: FieldTable = {
    "id": lambda transfer: gid("InventoryTransfer", transfer.id),
    "name": lambda transfer: transfer.name,
    "status": lambda transfer: transfer.status,
    "dateCreated": lambda transfer: iso(transfer.created_at),
    "origin": lambda transfer, call: _snapshot(call, transfer, transfer.origin_id),
    "destination": lambda transfer, call: _snapshot(call, transfer, transfer.destination_id),
    "lineItems": searched(lambda transfer: transfer.lines, {"ID": _id_key}, {"id": lambda line: line.id}),
    "lineItemsCount": lambda transfer: counted_rows(len(transfer.lines)),
    "shipments": listed(_shipments, lambda view: (view.shipment.id, view.shipment.id)),
    "totalQuantity": lambda transfer: sum(line.total_units for line in transfer.lines),
    "receivedQuantity": _received,
    "note": lambda _: None,
    "referenceName": lambda _: None,
    "tags": lambda _: [],
    "hasTimelineComment": lambda _: False,
}

_TRANSFER_LINE: FieldTable = {
    "id": lambda line: gid("InventoryTransferLineItem", line.id),
    "inventoryItem": lambda line, call: call.world.catalog.known[line.item_id],
    "title": lambda line, call: call.world.catalog.known[line.item_id].title,
    "totalQuantity": lambda line: line.total_units,
    "shippedQuantity": lambda line: line.shipped_units,
    "shippableQuantity": lambda line: line.waiting_units,
    "processableQuantity": lambda line: line.free_units,
    "pickedForShipmentQuantity": lambda line: line.picked_units,
}

_SHIPMENT: FieldTable = {
    "id": lambda view: gid("InventoryShipment", view.shipment.id),
    "name": lambda view: f"{view.transfer.name}-S{view.transfer.shipments.index(view.shipment) + 1}",
    "status": lambda view: view.shipment.status,
    "dateCreated": lambda view: iso(view.shipment.created_at),
    "dateShipped": lambda view: iso(view.shipment.shipped_at),
    "dateReceived": lambda view: iso(view.shipment.received_at),
    "lineItems": searched(lambda view: view.shipment.lines, {"ID": _id_key}, {"id": lambda line: line.id}),
    "lineItemsCount": lambda view: counted_rows(len(view.shipment.lines)),
    "lineItemTotalQuantity": lambda view: _sum(view, "units"),
    "totalAcceptedQuantity": lambda view: _sum(view, "accepted_units"),
    "totalRejectedQuantity": lambda view: _sum(view, "rejected_units"),
    "totalReceivedQuantity": lambda view: _sum(view, "accepted_units") + _sum(view, "rejected_units"),
    "tracking": _tracking,
    "barcode": lambda _: None,
}

_SHIPMENT_LINE: FieldTable = {
    "id": lambda line: gid("InventoryShipmentLineItem", line.id),
    "inventoryItem": lambda line, call: call.world.catalog.known[line.item_id],
    "quantity": lambda line: line.units,
    "acceptedQuantity": lambda line: line.accepted_units,
    "rejectedQuantity": lambda line: line.rejected_units,
    "unreceivedQuantity": lambda line: line.open_units,
}

SHIPPING_FIELDS: dict[str, FieldTable] = {
    "FulfillmentOrder": _FULFILLMENT_ORDER,
    "FulfillmentOrderLineItem": _FULFILLMENT_ORDER_LINE,
    "Fulfillment": _FULFILLMENT,
    "FulfillmentLineItem": _FULFILLMENT_LINE,
    "InventoryTransfer": _TRANSFER,
    "InventoryTransferLineItem": _TRANSFER_LINE,
    "InventoryShipment": _SHIPMENT,
    "InventoryShipmentLineItem": _SHIPMENT_LINE,
}
