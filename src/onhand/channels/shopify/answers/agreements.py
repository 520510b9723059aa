"""Answers about when units of an order were asked for."""

from msgspec import Struct

from onhand.channels.shopify.answers.pages import Moment, Named, Page


class Sale(Struct, rename="camel"):
    """Units that were sold or taken back; only a product's sale has a line."""

    action_type: str
    quantity: int | None
    line_item: Named | None = None


class Agreement(Struct, rename="camel"):
    """What was agreed on at one moment: an order, an edit of it, a return with an exchange, a refund."""

    happened_at: Moment
    reason: str
    sales: Page[Sale]


class OrderAgreements(Struct):
    """An order with its agreements."""

    id: str
    agreements: Page[Agreement]


class AgreementNodes(Struct):
    """agreements.graphql."""

    nodes: list[OrderAgreements | None]


class AgreementsOfOrder(Struct):
    """The agreements of one order."""

    agreements: Page[Agreement]


class AgreementSales(Struct):
    """agreement_sales.graphql."""

    order: AgreementsOfOrder | None
