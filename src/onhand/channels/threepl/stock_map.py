"""The answer of a third party's own `fetch_stock`: a flat map from SKU to what is on hand.

Source: Shopify's fulfilment service callbacks (Admin API 2026-10, FulfillmentService.callbackUrl); here the other side
answers.
"""

from onhand.channels.fields import MOST_ROWS, Troubles, read_json, table
from onhand.channels.threepl.standard import Framed
from onhand.domain.notices import Notice, NoticeRow


def read_stock_map(body: bytes, framed: Framed) -> Notice:
    """Return the notice of a map, true when it was asked for. Raises UnreadableDelivery that names the SKU.

    Never complete: what it leaves out may be a SKU that the third party names otherwise. It knows one number, which is
    on hand by the contract.
    """
    what = f"stock map {framed.message_id} of {framed.source}"
    troubles = Troubles(what)
    units = table(read_json(body, what), troubles, "the body")
    if not units or len(units) > MOST_ROWS:
        troubles.add("the body", f"names {len(units)} SKUs, it must be 1 to {MOST_ROWS}")
        units = {}
    rows = []
    for number, (name, much) in enumerate(units.items(), start=1):
        where = f"row {number}"
        sku = troubles.name(f"{where}, sku", name)
        on_hand = troubles.units(f"{where}, {sku or 'sku'}", much)
        if sku is None or on_hand is None:
            troubles.add(where, "must be a SKU with a number")
        rows.append(NoticeRow(row=number, sku=sku, on_hand_units=on_hand, available_units=on_hand))
    troubles.check()
    return Notice(
        kind="snapshot",
        source=framed.source,
        message_id=framed.message_id,
        as_of=framed.received_at,
        location=framed.location,
        rows=tuple(rows),
    )
