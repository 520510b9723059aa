"""A small shop to keep books about."""

from datetime import UTC, datetime, timedelta

from onhand.domain.drift import Observation
from onhand.domain.stock import Bin, LevelKey, Movement, State

SHOP = "tees.myshopify.com"
OTHER = "mugs.myshopify.com"

BOSTON = "loc-boston"
WAREHOUSE = "loc-warehouse"
TEE = "item-tee"
CAP = "item-cap"

TEE_IN_BOSTON = LevelKey(TEE, BOSTON)
CAP_IN_BOSTON = LevelKey(CAP, BOSTON)

OPENED_AT = datetime(2026, 11, 1, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Return a time so many seconds after the shop has opened."""
    return OPENED_AT + timedelta(seconds=seconds)


def move(
    id_: str,
    source: State,
    target: State,
    units: int = 1,
    *,
    item: str = TEE,
    location: str = BOSTON,
    to_location: str | None = None,
    cause: str | None = None,
    origin: str = "shopify",
    occurred_s: float = 0,
) -> Movement:
    """Return a movement at one location, unless `to_location` says otherwise."""
    return Movement(
        id=id_,
        item=item,
        source=Bin(location, source),
        target=Bin(to_location or location, target),
        units=units,
        cause=cause or id_.rpartition("/")[0] or id_,
        origin=origin,
        reason="sold",
        occurred_at=at(occurred_s),
    )


def sale(id_: str, units: int = 1, *, item: str = TEE, location: str = BOSTON, origin: str = "shopify") -> Movement:
    """Return the movement of goods that a customer takes with them."""
    return move(id_, State.AVAILABLE, State.CUSTOMER, units, item=item, location=location, origin=origin)


def seen(
    available_units: int,
    seconds: float,
    *,
    key: LevelKey = TEE_IN_BOSTON,
    reading: int = 0,
    source: str = "shopify",
    **others: int,
) -> Observation:
    """Return an observation of a level; other states by their name."""
    units = {State.AVAILABLE: available_units} | {State(name): much for name, much in others.items()}
    return Observation(
        source=source, item=key.item, location=key.location, units=units, observed_at=at(seconds), reading=reading
    )
