"""Access tokens of the app, by the client credentials grant."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

# What this app may do (Admin API 2026-10, access scopes of the fields that onhand uses).
SCOPES = (
    "read_assigned_fulfillment_orders",
    "read_fulfillments",
    "read_inventory",
    "read_inventory_shipments",
    "read_inventory_shipments_received_items",
    "read_inventory_transfers",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "read_orders",
    "read_products",
    "read_returns",
    "read_third_party_fulfillment_orders",
    "write_fulfillments",
    "write_inventory",
    "write_inventory_shipments",
    "write_inventory_transfers",
    "write_merchant_managed_fulfillment_orders",
    "write_orders",
)


class Tokens:
    """The tokens this shop accepts and until when; `first` is valid from the start."""

    def __init__(self, *, first: str, life_s: int, rng: random.Random, now: datetime) -> None:
        self._life = timedelta(seconds=life_s)
        self._rng = rng
        self._until: dict[str, datetime] = {first: now + self._life}

    def issue(self, now: datetime) -> str:
        """Return a new token; older ones stay valid until they expire."""
        token = f"shpat_{self._rng.getrandbits(128):032x}"
        self._until[token] = now + self._life
        return token

    def accepts(self, token: str, now: datetime) -> bool:
        """Tell whether a token is valid at `now`."""
        until = self._until.get(token)
        return until is not None and now < until
