"""What the control can be asked, as JSON objects; an unknown field is refused."""

from __future__ import annotations

from typing import Literal

import msgspec

from onhand.sandbox.faults import FaultKind
from onhand.sandbox.orders_by_hand import Line
from onhand.sandbox.polling import DEFAULT_SPEED
from onhand.sandbox.wishes import PlantKind


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request to the control; each kind says with `done` what it does and answers."""


class Sale(Ask, frozen=True):
    """Sell units of one SKU, or several `lines`, over the counter of a location."""

    location: str
    sku: str | None = None
    units: int = 1
    lines: list[Line] = []

    def lines_asked(self) -> list[Line]:
        """Return the lines, the single one first."""
        single = [] if self.sku is None else [Line(sku=self.sku, units=self.units)]
        return single + self.lines


class PlaceOrder(Ask, frozen=True):
    """Order in the Online Store, on TikTok Shop or WooCommerce; "shopify_pos" sells at `location` or the first till."""

    channel: Literal["online_store", "tiktok_shop", "woocommerce", "shopify_pos"]
    lines: list[Line]
    location: str | None = None
    status: Literal["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"] = "AWAITING_SHIPMENT"


class Refund(Ask, frozen=True):
    """Give money back; see `orders_by_hand.refund` for `restock`."""

    order: str
    lines: list[Line] | None = None
    restock: bool | str = True
    location: str | None = None


class Cancel(Ask, frozen=True):
    """Cancel an order."""

    order: str
    restock: bool = True
    reason: str = "customer"


class Fulfil(Ask, frozen=True):
    """Ship lines of an order, or all that is left."""

    order: str
    lines: list[Line] | None = None


class EditOrder(Ask, frozen=True):
    """Add units to an order and remove others."""

    order: str
    add: list[Line] = []
    remove: list[Line] = []
    restock: bool = True


class MoveOrder(Ask, frozen=True):
    """Let another location ship what is left of an order."""

    order: str
    to: str


class MakeTransfer(Ask, frozen=True):
    """Move goods between two locations, as far as `until` says; "draft" and "ready" can be cancelled."""

    from_: str = msgspec.field(name="from")
    to: str = ""
    lines: list[Line] = []
    until: Literal["draft", "ready", "in_transit", "received"] = "received"


class ChangeTransfer(Ask, frozen=True):
    """Set how many units of `lines` are to go beside those in shipments, take `remove` (SKUs) off, make it ready."""

    transfer: str
    lines: list[Line] = []
    remove: list[str] = []
    ready: bool = False


class ShipTransfer(Ask, frozen=True):
    """Send what is in no shipment, all of it or `lines`; `draft` only packs it, `packed` sends what was packed."""

    transfer: str
    lines: list[Line] = []
    draft: bool = False
    packed: bool = False


class ReceiveTransfer(Ask, frozen=True):
    """Receive what is under way: everything, or the units of `accepted` and `rejected`."""

    transfer: str
    accepted: list[Line] = []
    rejected: list[Line] = []


class CancelTransfer(Ask, frozen=True):
    """Cancel what was not shipped, or delete a draft; `vanish` takes any transfer away without a word."""

    transfer: str
    delete: bool = False
    vanish: bool = False


class Receive(Ask, frozen=True):
    """Receive goods from a supplier, or with `transfer` (its name) all of it that is under way."""

    location: str | None = None
    sku: str | None = None
    units: int = 0
    transfer: str | None = None


class Adjust(Ask, frozen=True):
    """Change a number in the admin by signed units; the shelf stays as it is."""

    location: str
    sku: str
    units: int
    state: str = "available"


class Theft(Ask, frozen=True):
    """Let units vanish."""

    location: str
    sku: str
    units: int


class HandOver(Theft, frozen=True):
    """Let a till that no platform knows hand units to a shopper, as far as they stand there."""


class SetFault(Ask, frozen=True):
    """Turn a fault on; `for_s` None until healed, `platform` None for both."""

    kind: FaultKind
    share: float
    for_s: float | None = None
    platform: Literal["shopify", "tiktok_shop", "woocommerce"] | None = None


class RouteCloud(Ask, frozen=True):
    """Post what goes to an event source or a Pub/Sub topic to a queue or a push endpoint on this machine."""

    uri: str
    address: str
    account: str = "123456789012"
    token: str | None = None


class Comply(Ask, frozen=True):
    """Send one of the topics that the law demands to an address, as the app's configuration file would have it.

    `orders` are names of orders, whose ids it carries; the shopper is made up.
    """

    topic: Literal["customers/data_request", "customers/redact", "shop/redact"]
    address: str
    orders: list[str] = []


class RotateSecret(Ask, frozen=True):
    """Give the app a new client secret beside the old one, which signs webhooks until it is revoked."""


class RevokeSecret(Ask, frozen=True):
    """Revoke the old client secret: the tokens that were asked for with it die, the new one signs from now on."""


class VoidTokens(Ask, frozen=True):
    """Let every token of the app be void."""


class Uninstall(Ask, frozen=True):
    """Let the merchant remove the app: tokens and subscriptions go, and `app/uninstalled` is sent."""


class Install(Ask, frozen=True):
    """Let the merchant install the app again; older tokens stay void."""


class GiveIdToken(Ask, frozen=True):
    """Return an ID token, as the admin hands it to an embedded app."""


class Play(Ask, frozen=True):
    """Play a day; `seed` None takes the sandbox's own."""

    for_s: float = 60.0
    seed: int | None = None
    orders_per_s: float = 12.0
    speed: float = DEFAULT_SPEED
    plant: list[PlantKind] = []
    plant_every_s: float = 5.0
    baseline: bool = True


class Heal(Ask, frozen=True):
    """Turn all faults off and send at once whatever was held back."""


class StartReplay(Ask, frozen=True):
    """Play a file of till lines; `start` False only loads it (stores, items, first stock)."""

    path: str
    limit: int | None = None
    rate: float | None = None
    stock_units: int | None = None
    start: bool = True


class AddItem(Ask, frozen=True):
    """Add an item to the catalog; with `location` it is stocked there with `units`, with `listed` on TikTok Shop.

    `components` make it a bundle. A SKU that another item has is refused unless it is meant (`doubled`).
    """

    sku: str
    title: str | None = None
    price_cents: int = 1_990
    cost_cents: int | None = None
    components: list[Line] = []
    doubled: bool = False
    location: str | None = None
    units: int = 0
    listed: bool = False


class ChangeItem(Ask, frozen=True):
    """Change what Shopify says of an item; None leaves it as it is. `sku` may be "id:" and the inventory item's id.

    `sells_below_zero` is the inventory policy, `components` are those of a bundle, `another_variant` adds one that
    shares the item.
    """

    sku: str
    new_sku: str | None = None
    tracked: bool | None = None
    sells_below_zero: bool | None = None
    price_cents: int | None = None
    cost_cents: int | None = None
    components: list[Line] | None = None
    another_variant: bool = False
    doubled: bool = False


class RemoveItem(Ask, frozen=True):
    """Delete an item with its product and variants."""

    sku: str


class StockItem(Ask, frozen=True):
    """Stock an item at a location, or (`stocked` False) no longer: its level keeps its units and sells none."""

    sku: str
    location: str
    stocked: bool = True


class TearLevel(Ask, frozen=True):
    """Show on hand too high by `units` in the next `readings` of a level (None: in all); 0 units: never more."""

    sku: str
    location: str
    units: int
    readings: int | None = None


class AddLocation(Ask, frozen=True):
    """Open a location."""

    name: str
    fulfils_online_orders: bool = False
    has_till: bool = True


class ChangeLocation(Ask, frozen=True):
    """Rename, activate or deactivate a location, or change how web orders leave it; None leaves it as it is."""

    location: str
    new_name: str | None = None
    active: bool | None = None
    fulfils_online_orders: bool | None = None
    ships: bool | None = None
    picks_up: bool | None = None
