"""The one address for the topics that the law demands: the app's configuration file names it once for all shops.

Source: shopify.dev, "Privacy law compliance": `compliance_topics` in the app's configuration, one `uri` for all; the
body names the shop in `shop_domain`, and is signed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from onhand.channels.shopify.envelopes import keep_unopened
from onhand.channels.shopify.payloads import LawPayload
from onhand.channels.shopify.settings import NAME
from onhand.ports.channel import Verifies
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature

ADDRESS: Final = "compliance"
"""What stands in the address where otherwise a shop does: /webhooks/shopify/compliance."""


class LawDoor:
    """Takes what any of our apps has signed, and gives it to the shop that the body names."""

    name = NAME

    def __init__(self, shops: Sequence[Verifies]) -> None:
        self._shops = shops

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery as one of the shop that it is about. Raises BadSignature."""
        for shop in self._shops:
            try:
                delivery = shop.verify(request, received_at)
            except BadSignature:
                continue
            return _addressed(delivery)
        raise BadSignature(f"none of the apps of {len(self._shops)} shops signed what came to /{ADDRESS}")


def _addressed(delivery: Delivery) -> Delivery:
    try:
        named = msgspec.json.decode(delivery.body, type=LawPayload)
    except (ValueError, RecursionError) as error:
        why = f"what came to the address /{ADDRESS} names no shop: {error}"
        return keep_unopened(delivery.shop, delivery.delivery_id, why, delivery.body, delivery.received_at)
    return replace(delivery, shop=named.shop_domain.lower()[:253])
