"""Answers about what changed, or is not finished."""

from msgspec import Struct

from onhand.channels.shopify.answers.pages import Moment, Page


class ChangedOrder(Struct, rename="camel"):
    """An order with the time of its last change."""

    id: str
    updated_at: Moment


class ListedTransfer(Struct, rename="camel"):
    """A transfer in a list."""

    id: str
    status: str
    date_created: Moment | None


class ChangedDraft(Struct, rename="camel"):
    """A draft with the time of its last change."""

    id: str
    updated_at: Moment


class OrdersChanged(Struct):
    """orders_changed.graphql."""

    orders: Page[ChangedOrder]


class TransfersListed(Struct, rename="camel"):
    """transfers_listed.graphql."""

    inventory_transfers: Page[ListedTransfer]


class DraftsChanged(Struct, rename="camel"):
    """drafts_changed.graphql."""

    draft_orders: Page[ChangedDraft]


class Changes(Struct, rename="camel"):
    """changes.graphql; a list that was not asked for there is None."""

    orders: Page[ChangedOrder] | None = None
    inventory_transfers: Page[ListedTransfer] | None = None
    draft_orders: Page[ChangedDraft] | None = None
