"""Where units stand, who sells them from there, and what the Online Store cannot reach."""

from dataclasses import dataclass
from decimal import Decimal

from onhand.audit.places import look_at_places
from onhand.store import Books


@dataclass(frozen=True, kw_only=True, slots=True)
class Worth:
    """An amount of money as text, exact, and its currency."""

    amount: str
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceShown:
    """One location. `sells_online` is whether the Online Store counts it, `why_not` why it does not (else None).

    `channels` sell from it. `value` is at cost, or at the price where the cost is not known; items of which neither is
    known are left out.
    """

    shop: str
    location: str
    name: str
    active: bool
    sells_online: bool
    why_not: str | None
    channels: tuple[str, ...]
    available_units: int
    on_hand_units: int
    value: tuple[Worth, ...]


def places(books: Books, shop: str) -> list[PlaceShown]:
    """Return every location by name."""
    return [
        PlaceShown(
            shop=shop,
            location=place.location.location,
            name=place.location.name,
            active=place.location.active,
            sells_online=place.why_not_online is None,
            why_not=place.why_not_online,
            channels=place.channels,
            available_units=place.available_units,
            on_hand_units=place.on_hand_units,
            value=tuple(
                Worth(amount=str(money.amount.quantize(Decimal("0.01"))), currency=money.currency)
                for money in place.value
            ),
        )
        for place in look_at_places(books)
    ]
