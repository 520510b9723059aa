"""Access scopes: which of them each thing that onhand does needs, and what a grant lacks or has too much of.

Sources: Admin API 2026-10, `offline_scopes` of the schema for the fields in documents/ (tests hold every document to
it) and the topic list for webhooks. Who may write may read: write_x covers read_x.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple


class Need(NamedTuple):
    """Scopes that one thing needs, and what is lost without them. Not `necessary`: everything else works."""

    scopes: tuple[str, ...]
    lost: str
    necessary: bool = True


READING: Final = (
    Need(("read_inventory",), "levels cannot be read: nothing works"),
    Need(("read_products",), "items cannot be told apart by their SKUs: the catalog cannot be read"),
    Need(("read_locations",), "locations have no names: levels cannot be placed"),
    Need(("read_orders",), "orders cannot be read: sales would show as unexplained differences"),
    Need(
        (
            "read_merchant_managed_fulfillment_orders",
            "read_assigned_fulfillment_orders",
            "read_third_party_fulfillment_orders",
        ),
        "where an order ships from stays unknown for some locations",
    ),
    Need(("read_draft_orders",), "what draft orders reserve is seen by levels only", necessary=False),
    Need(("read_returns",), "returns that are restocked are seen by their level only", necessary=False),
    Need(
        ("read_inventory_transfers", "read_inventory_shipments", "read_inventory_shipments_received_items"),
        "what transfers reserve and bring shows as unexplained differences",
        necessary=False,
    ),
    Need(("read_shipping",), "that every location has a shipping rate is taken for granted", necessary=False),
)
WRITING: Final = (Need(("write_inventory",), "Shopify cannot be told of what was sold elsewhere"),)
"""Needed once Shopify is armed; until then onhand only reads."""


class ScopeGap(NamedTuple):
    """What a grant lacks, each scope with what is lost without it, and what it has that nothing here needs."""

    missing: tuple[tuple[str, str], ...]
    lesser: tuple[tuple[str, str], ...]
    surplus: tuple[str, ...]


def needed(*, writes: bool) -> tuple[str, ...]:
    """Return the least scopes to ask a merchant for; `writes` once Shopify is to be told of anything."""
    return tuple(sorted({scope for need in (*READING, *(WRITING if writes else ())) for scope in need.scopes}))


def compare(granted: Iterable[str], *, writes: bool) -> ScopeGap:
    """Return what a grant lacks and has too much of."""
    held = set(granted)
    needs = (*READING, *(WRITING if writes else ()))
    lacking = [(scope, need) for need in needs for scope in need.scopes if not _covered(scope, held)]
    wanted = {scope for need in (*READING, *WRITING) for scope in need.scopes}
    surplus = {scope for scope in held - wanted if not _covered_by_use(scope, wanted, held)}
    return ScopeGap(
        missing=tuple((scope, need.lost) for scope, need in lacking if need.necessary),
        lesser=tuple((scope, need.lost) for scope, need in lacking if not need.necessary),
        surplus=tuple(sorted(surplus | ({"write_inventory"} & held if not writes else set()))),
    )


def _covered(scope: str, held: set[str]) -> bool:
    return scope in held or (scope.startswith("read_") and f"write_{scope.removeprefix('read_')}" in held)


def _covered_by_use(scope: str, wanted: set[str], held: set[str]) -> bool:
    """Tell whether a writing scope is what lets onhand read: more than is needed, and still in use."""
    read = f"read_{scope.removeprefix('write_')}"
    return scope.startswith("write_") and read in wanted and read not in held
