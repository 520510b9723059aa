"""Listings: which SKUs the shop sells, in which warehouses, what it shows of them, and how it is told.

Sources: Partner API, POST /product/202502/products/search, GET /logistics/202309/warehouses,
POST /product/202309/inventory/search, POST /product/202309/products/{product_id}/inventory/update.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from onhand.channels.tiktok_shop.settings import NAME, TikTokSettings
from onhand.domain.catalog import Listing
from onhand.ports.channel import Offer, Problem, Shown

PRODUCTS_A_PAGE = 100
RESULTS_A_SEARCH = 10_000  # a search ends there (code 12052180); a narrower window of time goes on
SKUS_A_LOOK = 600
SKUS_A_SEARCH = 10
MOST_UNITS = 99_999

# Of other products (frozen, deleted, taken down by TikTok Shop) the stock cannot be set.
_TELLABLE = frozenset({"DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED"})
_SALES = "SALES_WAREHOUSE"
_ENABLED = "ENABLED"
_BETWEEN = ","


class _Stock(msgspec.Struct):
    warehouse_id: str


class Sku(msgspec.Struct):
    """A listing inside a product."""

    id: str
    seller_sku: str = ""
    inventory: list[_Stock] | None = None


class Product(msgspec.Struct):
    """A product with its listings."""

    id: str
    status: str = ""
    skus: list[Sku] = []


class ProductPage(msgspec.Struct):
    """A page of products. `total_count` is of the whole search."""

    products: list[Product] = []
    next_page_token: str = ""
    total_count: int = 0


class Warehouse(msgspec.Struct):
    """A warehouse of the shop."""

    id: str
    name: str = ""
    effect_status: str = _ENABLED
    type: str = _SALES
    is_default: bool = False


class Warehouses(msgspec.Struct):
    """All warehouses of the shop."""

    warehouses: list[Warehouse] = []


class _Campaign(msgspec.Struct):
    campaign_name: str = ""
    quantity: int = 0


class _Creator(msgspec.Struct):
    creator_name: str = ""
    quantity: int = 0


class _Distribution(msgspec.Struct):
    """Of the units that may be sold, those that promotions keep; the rest is for everybody."""

    campaign_inventory: list[_Campaign] | None = None
    creator_inventory: list[_Creator] | None = None


class _ShownThere(msgspec.Struct):
    warehouse_id: str = ""
    available_quantity: int = 0


class _ShownSku(msgspec.Struct):
    id: str
    total_available_quantity: int = 0
    total_committed_quantity: int = 0
    total_available_inventory_distribution: _Distribution | None = None
    warehouse_inventory: list[_ShownThere] | None = None


class _ShownProduct(msgspec.Struct):
    product_id: str = ""
    skus: list[_ShownSku] = []


class ShownStock(msgspec.Struct):
    """The answer of a look at stock."""

    inventory: list[_ShownProduct] = []


class WarehouseError(msgspec.Struct):
    """What was wrong with one warehouse of a SKU."""

    warehouse_id: str = ""
    code: int = 0
    message: str = ""


class ErrorDetail(msgspec.Struct):
    """Which SKU an error is about."""

    sku_id: str = ""
    extra_errors: list[WarehouseError] | None = None


class UpdateError(msgspec.Struct):
    """A failure inside an answer that calls itself a success."""

    code: int = 0
    message: str = ""
    detail: ErrorDetail | None = None

    def about(self, code: int) -> bool:
        """Return whether it says a code, for the SKU or for one of its warehouses."""
        extra = (self.detail.extra_errors if self.detail else None) or []
        return self.code == code or any(one.code == code for one in extra)


class Updated(msgspec.Struct):
    """The answer of a write. Any entry in `errors` is a failure of its SKU."""

    errors: list[UpdateError] | None = None


def listings_of(
    products: Iterable[Product], warehouses: Mapping[str, Warehouse], settings: TikTokSettings
) -> tuple[Listing, ...]:
    """Return the listings whose stock can be told.

    `place` names every warehouse of the SKU, because a write must carry them all; the first is the one that sells.
    """
    return tuple(
        Listing(
            channel=NAME,
            listing=sku.id,
            item=None,
            sku=sku.seller_sku or None,
            group=product.id,
            place=_BETWEEN.join(_in_order(sku, warehouses, settings)) or None,
        )
        for product in products
        if product.status in _TELLABLE
        for sku in product.skus
    )


def _in_order(sku: Sku, warehouses: Mapping[str, Warehouse], settings: TikTokSettings) -> list[str]:
    """Return a SKU's warehouses, the one that is to sell first: mapped, then enabled, then the shop's default."""
    mapped = settings.warehouses or {}

    def rank(warehouse_id: str) -> tuple[bool, bool, bool, str]:
        warehouse = warehouses.get(warehouse_id) or Warehouse(id=warehouse_id, effect_status="UNKNOWN")
        return (
            warehouse_id not in mapped,
            not _sells(warehouse),
            not warehouse.is_default,
            warehouse_id,
        )

    return sorted({stock.warehouse_id for stock in sku.inventory or ()}, key=rank)


def _sells(warehouse: Warehouse) -> bool:
    return warehouse.type == _SALES and warehouse.effect_status == _ENABLED


def warehouse_problems(warehouses: Iterable[Warehouse], settings: TikTokSettings) -> tuple[Problem, ...]:
    """Return what a person must settle about warehouses: closed ones, and ones that no location stands behind."""
    mapped = settings.warehouses or {}
    selling = [warehouse for warehouse in warehouses if warehouse.type == _SALES]
    problems: list[Problem] = []
    for warehouse in selling:
        name = f"warehouse {warehouse.name!r} ({warehouse.id})"
        if warehouse.effect_status != _ENABLED and (warehouse.id in mapped or len(selling) == 1):
            message = f"{name} is {warehouse.effect_status.lower()}: TikTok Shop shows its units and sells none of them"
            next_step = "end its holiday or order limit in the Seller Center"
            problems.append(Problem("warehouse does not sell", f"{NAME}/{warehouse.id}", message, next_step))
        if warehouse.id not in mapped and len(selling) > 1:
            message = f"{name} is not mapped to a location: its orders are taken from {settings.default_location!r}"
            next_step = f'name its location under warehouses in onhand.toml: "{warehouse.id}" = "…"'
            problems.append(Problem("unmapped warehouse", f"{NAME}/{warehouse.id}", message, next_step))
    return tuple(problems)


def by_product(offers: Sequence[Offer]) -> list[tuple[str, list[Offer]]]:
    """Return offers by the product that one call can tell, in the order of each product's first offer."""
    groups: defaultdict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        if offer.listing.group is not None:
            groups[offer.listing.group].append(offer)
    return list(groups.items())


def stock_rows(offer: Offer, settings: TikTokSettings) -> list[dict[str, object]]:
    """Return the rows of one SKU: every warehouse of it, with the units of its location.

    What stands where the SKU has no warehouse, and a number that is not spread, is sold from the first one.
    """
    if offer.listing.place is None:
        return [{"quantity": offer.units}]
    left, told = dict(offer.spread), dict.fromkeys(offer.listing.place.split(_BETWEEN), 0)
    for warehouse_id in told:
        told[warehouse_id] = left.pop(settings.location_of(warehouse_id), 0)
    told[next(iter(told))] += offer.units - sum(told.values())
    return [{"warehouse_id": warehouse_id, "quantity": units} for warehouse_id, units in told.items()]


def shown_by_sku(stock: ShownStock, settings: TikTokSettings) -> dict[str, Shown]:
    """Return what is shown, by listing."""
    return {sku.id: _shown(sku, settings) for product in stock.inventory for sku in product.skus}


def _shown(sku: _ShownSku, settings: TikTokSettings) -> Shown:
    """Return what one SKU shows: units that are locked for campaigns and creators are among the available ones."""
    kept = sku.total_available_inventory_distribution or _Distribution()
    locks = [(f"campaign {row.campaign_name!r}", row.quantity) for row in kept.campaign_inventory or ()]
    locks += [(f"creator {row.creator_name!r}", row.quantity) for row in kept.creator_inventory or ()]
    held = [(who, units) for who, units in locks if units > 0]
    there: Counter[str] = Counter()
    for row in sku.warehouse_inventory or ():
        there[settings.location_of(row.warehouse_id)] += row.available_quantity
    return Shown(
        sku.total_available_quantity,
        sku.total_committed_quantity,
        locked_units=sum(units for _, units in held),
        locked_for=", ".join(f"{who} ({units})" for who, units in held),
        spread=dict(there) if len(there) > 1 else None,
    )
