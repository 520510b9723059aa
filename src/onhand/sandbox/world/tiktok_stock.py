"""TikTok Shop's stock: what the app, people and promotions do to listings, each told by a webhook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.outbox import Payload
from onhand.sandbox.world.tiktok import Product, Promotion, Sku, TriggerSource, Warehouse
from onhand.sandbox.world.world import World


def set_stock(
    world: World, *, sku_id: str, units: int, now: datetime, elsewhere: Mapping[str, int] | None = None
) -> int:
    """Set what a SKU shows as available, absolutely and without compare; return an id for `Confirmations.confirm`.

    Of `units`, `elsewhere` stand in warehouses beside the first; None leaves them all in the first.
    Raises Refused("unknown_sku"). Bounds are the API's business, not the shop's.
    """
    sku = world.tiktok.skus.get(sku_id)
    if sku is None:
        raise Refused("unknown_sku", f"TikTok Shop has no SKU {sku_id}; it lists {len(world.tiktok.skus)}")
    delta = units - sku.available_units
    moved = sku.elsewhere != dict.fromkeys(sku.elsewhere, 0) | dict(elsewhere or {})
    sku.elsewhere = dict.fromkeys(sku.elsewhere, 0) | dict(elsewhere or {})
    if delta or moved:
        shift(world, sku, available=delta, committed=0, source="api_sync", now=now)
    return world.confirmations.told(listing_key(world, sku), units)


def lock(world: World, sku: Sku, *, kind: Promotion, name: str, units: int, now: datetime) -> None:
    """Lock units for a campaign or a creator (negative: let them go). Raises Refused for more than there are.

    They stay among the available ones and cannot be lowered below (Partner API, code 12052393).
    """
    held = sku.locks.get((kind, name), 0)
    if held + units < 0 or sku.locked_units + units > sku.available_units:
        raise Refused(
            "bad_lock", f"asked to lock {units} of SKU {sku.sku_id}: {held} are, {sku.available_units} are there"
        )
    sku.locks[kind, name] = held + units
    source: dict[Promotion, tuple[TriggerSource, TriggerSource]] = {
        "campaign": ("campaign_lock", "campaign_unlock"),
        "creator": ("creator_lock", "creator_unlock"),
    }
    shift(world, sku, available=0, committed=0, source=source[kind][units < 0], now=now, locked={kind: units})


def set_by_hand(world: World, sku: Sku, *, units: int, now: datetime) -> None:
    """Let somebody set a SKU's stock in the Seller Center."""
    shift(world, sku, available=units - sku.available_units, committed=0, source="manual_adjustment", now=now)


def switch_product(world: World, product: Product, *, status: str, now: datetime) -> None:
    """Put a product on sale or take it off, and tell it and its SKUs."""
    product.status, product.updated_at = status, now
    data: Payload = {"product_id": product.product_id, "status": status, "update_time": int(now.timestamp())}
    world.outbox.queue_tiktok(5, world.tiktok.shop_id, data, now=now)
    said = {"ACTIVATE": "ACTIVATED", "SELLER_DEACTIVATED": "DEACTIVATED"}.get(status)
    if said is not None:
        skus = [{"sku_id": sku_id, "status": said} for sku_id in product.sku_ids]
        of_skus: Payload = {"product_id": product.product_id, "skus": skus, "update_time": int(now.timestamp())}
        world.outbox.queue_tiktok(50, world.tiktok.shop_id, of_skus, now=now)


def shift(
    world: World,
    sku: Sku,
    *,
    available: int,
    committed: int,
    source: TriggerSource,
    now: datetime,
    locked: Mapping[Promotion, int] | None = None,
) -> None:
    """Change what a SKU shows and tell it; `locked` are units that promotions take (negative: let go)."""
    sku.available_units += available
    sku.committed_units += committed
    sku.updated_at = now
    moved = Counter[str](locked or {})
    moved.update(_sell_locked(sku))
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond:06d}000Z"
    change: Payload = {
        "idempotency_key": world.outbox.new_id(),
        "trigger_source": source,
        "occurred_at": moment,
        "total_quantity_delta": available + committed,
        "total_available_quantity_delta": available,
        "total_committed_quantity_delta": committed,
        "in_shop_quantity_delta": available - sum(moved.values()),
        "campaign_locked_quantity_delta": moved["campaign"],
        "creator_locked_quantity_delta": moved["creator"],
    }
    data: Payload = {
        "event_id": world.outbox.new_id(),
        "occurred_at": moment,
        "product_id": sku.product_id,
        "sku_id": sku.sku_id,
        "quantity_snapshot_after_change": {
            "total_quantity": sku.available_units + sku.committed_units,
            "total_available_quantity": sku.available_units,
            "total_committed_quantity": sku.committed_units,
            "in_shop_quantity": sku.available_units - sku.locked_units,
            "campaign_locked_quantity": sku.locked_for("campaign"),
            "creator_locked_quantity": sku.locked_for("creator"),
        },
        "change_detail": [change],
    }
    world.outbox.queue_tiktok(71, world.tiktok.shop_id, data, now=now)


def _sell_locked(sku: Sku) -> dict[str, int]:
    """Take what was sold beyond the units of everybody out of what promotions keep. [I]: who buys there is not said."""
    taken: Counter[str] = Counter()
    for (kind, name), units in list(sku.locks.items()):
        over = sku.locked_units - sku.available_units
        if over > 0:
            share = min(units, over)
            sku.locks[kind, name] = units - share
            taken[kind] -= share
    return dict(taken)


def default_warehouse(world: World) -> Warehouse:
    """Return the first warehouse; raises Refused where there is none."""
    if world.tiktok.warehouse is None:
        raise Refused("no_warehouse", "TikTok Shop has no warehouse in this world")
    return world.tiktok.warehouse


def listing_key(world: World, sku: Sku) -> tuple[str, int, int]:
    """Return what a listing is called in the confirmations."""
    return ("tiktok_shop", sku.item_id, default_warehouse(world).location_id)


def move(sku: Sku, warehouse_id: str, units: int) -> None:
    """Change what stands in a warehouse beside the first; the first has the rest of what is available."""
    if warehouse_id in sku.elsewhere:
        sku.elsewhere[warehouse_id] += units
