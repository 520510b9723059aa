"""Products, warehouses and stock on TikTok Shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from onhand.sandbox.tiktok.asks import InventorySearch, ProductSearch, ProductSwitch, SkuStock, StockUpdate
from onhand.sandbox.tiktok.paging import page
from onhand.sandbox.tiktok.replies import (
    BUNDLE,
    CHECK_FAILED,
    INVALID,
    LIST_ALL_WAREHOUSES,
    LOCKED,
    OUT_OF_RANGE,
    UNKNOWN_WAREHOUSE,
    CallRefused,
    Data,
)
from onhand.sandbox.world.tiktok import Product, Promotion, Sku, Warehouse
from onhand.sandbox.world.tiktok_stock import set_stock, switch_product
from onhand.sandbox.world.world import World

# Inventory update: an older page says 0 to 99,999, the current one begins at 1; live connectors set 0, so 0 works
# unless the world says otherwise.
QUANTITY_MAX = 99_999
PRODUCT_IDS_MAX = 100
SKU_IDS_MAX = 600
SEARCH_SKUS_MAX = 10
SWITCHED_MAX = 20
_OFF_SALE = ("SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED")
# Products in these states take stock; frozen and deleted ones do not.
_WRITABLE = frozenset(("DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED"))


@dataclass(frozen=True, kw_only=True, slots=True)
class StockAnswer:
    """What an update answers; `confirmation_ids` are of the SKUs that took their stock."""

    data: Data
    confirmation_ids: tuple[int, ...]


def warehouses_of(world: World) -> list[Warehouse]:
    """Return the shop's sales warehouses, the default one first; raises CallRefused when the shop has none."""
    if not world.tiktok.warehouses:
        raise CallRefused(CHECK_FAILED, "This shop has no warehouse.")
    return world.tiktok.warehouses


def warehouses(world: World) -> Data:
    """GET /logistics/202309/warehouses: the sales warehouses, and where returns go, under an id of its own."""
    at, *others = warehouses_of(world)
    returns = {
        "id": str(int(at.id) + 500_000),
        "name": f"{at.name} returns",
        "effect_status": "ENABLED",
        "type": "RETURN_WAREHOUSE",
        "sub_type": "DOMESTIC_WAREHOUSE",
        "is_default": False,
    }
    sales = {**returns, "id": at.id, "name": at.name, "type": "SALES_WAREHOUSE", "is_default": True}
    more = [{**sales, "id": one.id, "name": one.name, "is_default": False} for one in others]
    return {"warehouses": [sales, *more, returns]}


def search_products(world: World, ask: ProductSearch, query: Mapping[str, str]) -> Data:
    """POST /product/202502/products/search."""
    for name, given in (("seller_skus", ask.seller_skus), ("sku_ids", ask.sku_ids)):
        if given is not None and len(given) > SEARCH_SKUS_MAX:
            raise CallRefused(INVALID, f"Invalid {name}: at most {SEARCH_SKUS_MAX} are allowed, got {len(given)}.")
    found = [product for product in world.tiktok.products.values() if _wanted(world, product, ask)]
    chosen, token = page(found, lambda product: (0, int(product.product_id)), query)
    at = warehouses_of(world)
    return {
        "products": [_product_row(world, product, at) for product in chosen],
        "next_page_token": token,
        "total_count": len(found),
    }


def search_inventory(world: World, ask: InventorySearch) -> Data:
    """POST /product/202309/inventory/search."""
    if ask.sku_ids:
        _at_most("sku_ids", len(ask.sku_ids), SKU_IDS_MAX)
        skus = [world.tiktok.skus[one] for one in dict.fromkeys(ask.sku_ids) if one in world.tiktok.skus]
    elif ask.product_ids:
        _at_most("product_ids", len(ask.product_ids), PRODUCT_IDS_MAX)
        products = [
            world.tiktok.products[one] for one in dict.fromkeys(ask.product_ids) if one in world.tiktok.products
        ]
        skus = [world.tiktok.skus[one] for product in products for one in product.sku_ids]
    else:
        raise CallRefused(INVALID, "Invalid parameter: product_ids or sku_ids is needed.")
    at = warehouses_of(world)
    by_product: dict[str, list[Data]] = {}
    for sku in skus:
        by_product.setdefault(sku.product_id, []).append(_inventory_row(_computed(world, sku), at))
    return {"inventory": [{"product_id": one, "skus": rows} for one, rows in by_product.items()]}


def update_stock(world: World, product_id: str, ask: StockUpdate, now: datetime) -> StockAnswer:
    """POST /product/202309/products/{product_id}/inventory/update: absolute, each SKU for itself.

    A SKU that is refused stands in `errors` of an answer with code 0. Raises CallRefused for the whole product.
    """
    product = world.tiktok.products.get(product_id)
    if product is None:
        raise CallRefused(CHECK_FAILED, f"The product {product_id} does not exist.")
    if product.status not in _WRITABLE:
        raise CallRefused(CHECK_FAILED, f"The product {product_id} is {product.status} and takes no stock.")
    if not ask.skus:
        raise CallRefused(INVALID, "Invalid parameter: skus is empty.")
    at = warehouses_of(world)
    errors: list[Data] = []
    ids: list[int] = []
    for wanted in ask.skus:
        wrong = _wrong(world, product, wanted, at)
        if wrong is not None:
            errors.append(wrong)
            continue
        units = {one.warehouse_id or at[0].id: one.quantity for one in wanted.inventory}
        elsewhere = {place: many for place, many in units.items() if place != at[0].id}
        ids.append(set_stock(world, sku_id=wanted.id, units=sum(units.values()), elsewhere=elsewhere, now=now))
    return StockAnswer(data={"errors": errors}, confirmation_ids=tuple(ids))


def switch_products(world: World, ask: ProductSwitch, *, on_sale: bool, now: datetime) -> Data:
    """POST /product/202309/products/activate and /deactivate: each product for itself; failures stand in `errors`.

    An activated product is audited first; here the audit passes at once [I].
    """
    if not 1 <= len(ask.product_ids) <= SWITCHED_MAX:
        message = f"Invalid product_ids: 1 to {SWITCHED_MAX} are allowed, got {len(ask.product_ids)}."
        raise CallRefused(INVALID, message)
    errors: list[Data] = []
    for product_id in dict.fromkeys(ask.product_ids):
        product = world.tiktok.products.get(product_id)
        wanted = _OFF_SALE if on_sale else ("ACTIVATE",)
        if product is None or product.status not in wanted:
            said = "does not exist" if product is None else f"is {product.status}"
            message = f"The product {product_id} {said}."
            errors.append({"code": CHECK_FAILED, "message": message, "detail": {"product_id": product_id}})
        else:
            for status in ("PENDING", "ACTIVATE") if on_sale else ("SELLER_DEACTIVATED",):
                switch_product(world, product, status=status, now=now)
    return {"errors": errors}


def _wrong(world: World, product: Product, wanted: SkuStock, at: Sequence[Warehouse]) -> Data | None:
    least_units = world.settings.tiktok_least_units
    if wanted.id not in product.sku_ids:
        return _error(wanted.id, CHECK_FAILED, f"The SKU {wanted.id} is not of product {product.product_id}.", [])
    if world.tiktok.skus[wanted.id].combined:
        return _error(wanted.id, BUNDLE, "The stock of a virtual bundle cannot be edited.", [])
    if not wanted.inventory:
        return _error(wanted.id, LIST_ALL_WAREHOUSES, "Every warehouse of the SKU must be listed.", [])
    known = {one.id for one in at}
    extra: list[Data] = []
    for one in wanted.inventory:
        place = one.warehouse_id or at[0].id
        if place not in known or (one.warehouse_id is None and len(known) > 1):
            message = f"The warehouse {place} does not exist."
            extra.append({"warehouse_id": place, "code": UNKNOWN_WAREHOUSE, "message": message})
        elif not least_units <= one.quantity <= QUANTITY_MAX:
            message = f"The quantity {one.quantity} is out of range: {least_units} to {QUANTITY_MAX}."
            extra.append({"warehouse_id": place, "code": OUT_OF_RANGE, "message": message})
    if extra:
        return _error(wanted.id, int(str(extra[0]["code"])), "The stock of the SKU could not be changed.", extra)
    listed = [one.warehouse_id or at[0].id for one in wanted.inventory]
    if sorted(listed) != sorted(known):
        message = f"Every warehouse of the SKU must be listed once: {', '.join(sorted(known))}."
        return _error(wanted.id, LIST_ALL_WAREHOUSES, message, [])
    locked = world.tiktok.skus[wanted.id].locked_units
    if sum(one.quantity for one in wanted.inventory) < locked:
        message = f"{locked} units of the SKU are locked by a promotion: the stock cannot be lowered below."
        return _error(wanted.id, LOCKED, message, [])
    return None


def _error(sku_id: str, code: int, message: str, extra: list[Data]) -> Data:
    return {"code": code, "message": message, "detail": {"sku_id": sku_id, "extra_errors": extra}}


def _at_most(name: str, given: int, most: int) -> None:
    if given > most:
        raise CallRefused(INVALID, f"Invalid {name}: at most {most} are allowed, got {given}.")


def _wanted(world: World, product: Product, ask: ProductSearch) -> bool:
    created, updated = int(product.created_at.timestamp()), int(product.updated_at.timestamp())
    skus = [world.tiktok.skus[one] for one in product.sku_ids]
    return (
        (ask.status in {None, "ALL", product.status})
        and (ask.seller_skus is None or any(sku.seller_sku in ask.seller_skus for sku in skus))
        and (ask.sku_ids is None or any(sku.sku_id in ask.sku_ids for sku in skus))
        and (ask.create_time_ge is None or created >= ask.create_time_ge)
        and (ask.create_time_le is None or created <= ask.create_time_le)
        and (ask.update_time_ge is None or updated >= ask.update_time_ge)
        and (ask.update_time_le is None or updated <= ask.update_time_le)
    )


def _product_row(world: World, product: Product, at: Sequence[Warehouse]) -> Data:
    currency = world.settings.currency
    return {
        "id": product.product_id,
        "title": product.title,
        "status": product.status,
        "sales_regions": ["US"],
        "create_time": int(product.created_at.timestamp()),
        "update_time": int(product.updated_at.timestamp()),
        "skus": [
            {
                "id": sku.sku_id,
                "seller_sku": sku.seller_sku,
                "price": {"currency": currency, "tax_exclusive_price": _price(world, sku)},
                "inventory": [{"warehouse_id": one.id, "quantity": sku.units_in(one.id)} for one in at],
            }
            for sku in (world.tiktok.skus[one] for one in product.sku_ids)
        ],
    }


def _kept(sku: Sku, kind: Promotion) -> list[Data]:
    return [
        {f"{kind}_name": name, "quantity": units} for (of, name), units in sku.locks.items() if of == kind and units
    ]


def _price(world: World, sku: Sku) -> str:
    return f"{world.catalog.known[sku.item_id].price_cents / 100:.2f}"


def _computed(world: World, sku: Sku) -> Sku:
    """Return a virtual bundle with what its components' listings are enough for [I], anything else as it is."""
    if not sku.combined:
        return sku
    available = min(world.tiktok.skus[part].available_units // count for part, count in sku.combined)
    return replace(sku, available_units=available, elsewhere=dict.fromkeys(sku.elsewhere, 0))


def _inventory_row(sku: Sku, at: Sequence[Warehouse]) -> Data:
    return {
        "id": sku.sku_id,
        "seller_sku": sku.seller_sku,
        "total_available_quantity": sku.available_units,
        "total_committed_quantity": sku.committed_units,
        "warehouse_inventory": [
            {
                "warehouse_id": one.id,
                "available_quantity": sku.units_in(one.id),
                # [I]: which warehouse a committed unit stands in is shown for the default one only.
                "committed_quantity": sku.committed_units if one is at[0] else 0,
            }
            for one in at
        ],
        "total_available_inventory_distribution": {
            "in_shop_inventory": {"quantity": sku.available_units - sku.locked_units},
            "campaign_inventory": _kept(sku, "campaign"),
            "creator_inventory": _kept(sku, "creator"),
        },
    }
