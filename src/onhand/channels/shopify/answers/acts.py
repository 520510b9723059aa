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


class WrittenGroup(Struct, rename="camel"):
    """What a quantity mutation answers."""

    inventory_adjustment_group: Named | None
    user_errors: list[UserError]


class Written(Struct, rename="camel"):
    """move_quantities.graphql and adjust_quantities.graphql: each fills one of them."""

    inventory_move_quantities: WrittenGroup | None = None
    inventory_adjust_quantities: WrittenGroup | None = None


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
