"""Bundles: items that are made of others when they are sold, and have no units of their own."""

from typing import NamedTuple


class Component(NamedTuple):
    """Units of an item that go into one bundle."""

    item: str
    units: int


class Bundle(NamedTuple):
    """A bundle and what it is made of.

    No components: the platform did not say them, and nobody can tell how many there are to sell. At most 30 of them,
    and none is a bundle itself (Shopify 2026-10, `productVariantRelationshipBulkUpdate` and the code
    NESTED_PARENT_PRODUCT_VARIANT).
    """

    item: str
    components: tuple[Component, ...]
