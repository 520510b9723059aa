"""Answers to what we do: writes, bulk operations, subscriptions, and who we are."""

from msgspec import Struct

from onhand.channels.shopify.answers.pages import Moment, Named, Page


class UserError(Struct):
    """What Shopify finds wrong with a mutation. `field` is the path into its arguments."""

    message: str
    field: list[str] | None = None
    code: str | None = None

    def row(self) -> int | None:
        """Return which row of the input is meant, None when it is the whole of it."""
        return next((int(part) for part in self.field or () if part.isdecimal()), None)


class BulkStarted(Struct, rename="camel"):
    """A bulk operation that was started."""

    id: str


class BulkRunPayload(Struct, rename="camel"):
    """The inside of bulk_run.graphql."""

    bulk_operation: BulkStarted | None
    user_errors: list[UserError]


class BulkRun(Struct, rename="camel"):
    """bulk_run.graphql."""

    bulk_operation_run_query: BulkRunPayload


class BulkOperation(Struct, rename="camel"):
    """How far a bulk operation is. UnsignedInt64 travels as text, and `file_size` in bytes comes with the file.

    `partial_data_url` leads to what an operation that failed has found until then.
    """

    status: str
    error_code: str | None
    object_count: str | int
    root_object_count: str | int
    file_size: str | int | None
    url: str | None
    partial_data_url: str | None
    created_at: Moment


class BulkStatus(Struct, rename="camel"):
    """bulk_status.graphql."""

    bulk_operation: BulkOperation | None


class ChangedQuantity(Struct, rename="camel"):
    """One state of one level that a write changed; `quantity_after_change` is None where Shopify does not say it."""

    name: str
    quantity_after_change: int | None
    item: Named | None
    location: Named | None


class AdjustmentGroup(Struct, rename="camel"):
    """What a write has changed, and when."""

    id: str
    created_at: Moment | None = None
    changes: list[ChangedQuantity] = []


class WrittenGroup(Struct, rename="camel"):
    """What a quantity mutation answers."""

    inventory_adjustment_group: AdjustmentGroup | None
    user_errors: list[UserError]


class Switched(Struct, rename="camel"):
    """What the mutations answer that connect and disconnect levels."""

    user_errors: list[UserError]


class Written(Struct, rename="camel"):
    """The documents that write to levels: each fills one of these."""

    inventory_move_quantities: WrittenGroup | None = None
    inventory_adjust_quantities: WrittenGroup | None = None
    inventory_set_quantities: WrittenGroup | None = None
    inventory_activate: Switched | None = None
    inventory_bulk_toggle_activation: Switched | None = None

    @property
    def group(self) -> WrittenGroup | None:
        """What was answered about quantities."""
        return self.inventory_move_quantities or self.inventory_adjust_quantities or self.inventory_set_quantities

    @property
    def switched(self) -> Switched | None:
        """What was answered about connecting and disconnecting."""
        return self.inventory_activate or self.inventory_bulk_toggle_activation


class StockedLevel(Struct, rename="camel"):
    """Whether a level is connected."""

    is_active: bool
    location: Named


class StockedLevels(Struct):
    """All levels of an item."""

    nodes: list[StockedLevel]


class StockedItem(Struct, rename="camel"):
    """An item with its levels."""

    inventory_levels: StockedLevels


class ItemStocked(Struct, rename="camel"):
    """item_stocked.graphql."""

    inventory_item: StockedItem | None


class ServedVersion(Struct):
    """The API version in which a subscription's bodies are written."""

    handle: str


class Subscription(Struct, rename="camel"):
    """A webhook subscription; an empty `include_fields` sends everything."""

    id: str
    topic: str
    uri: str
    format: str
    filter: str | None
    include_fields: list[str]
    name: str | None
    api_version: ServedVersion


class Subscriptions(Struct, rename="camel"):
    """subscriptions.graphql."""

    webhook_subscriptions: Page[Subscription]


class SubscriptionChange(Struct, rename="camel"):
    """The inside of a change of subscriptions."""

    user_errors: list[UserError]


class Scope(Struct):
    """An access scope."""

    handle: str


class Installation(Struct, rename="camel"):
    """What the app may do in this shop."""

    access_scopes: list[Scope]


class PingedShop(Struct, rename="camel"):
    """Which shop answered."""

    name: str
    myshopify_domain: str


class Pinged(Struct, rename="camel"):
    """ping.graphql."""

    shop: PingedShop
    current_app_installation: Installation


class LeftMark(Struct, rename="camel"):
    """A value that the app keeps at the shop, and what a replacement is compared with."""

    value: str
    compare_digest: str


class MarkedInstallation(Struct):
    """The app in this shop, and its mark."""

    id: str
    metafield: LeftMark | None


class Marked(Struct, rename="camel"):
    """mark.graphql."""

    current_app_installation: MarkedInstallation


class MarkPayload(Struct, rename="camel"):
    """The inside of replace_mark.graphql."""

    user_errors: list[UserError]


class MarkReplaced(Struct, rename="camel"):
    """replace_mark.graphql."""

    metafields_set: MarkPayload
