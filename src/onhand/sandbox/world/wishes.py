"""What shoppers want, before it is an order or nothing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Units of an item that a shopper wants."""

    item_id: int
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OfflineSale:
    """What a till without connection sold and has not told anybody yet."""

    location_id: int
    wishes: tuple[Wish, ...]
    sold_at: datetime
