"""Returns, exchanges, drafts and orders of apps: told or lost, the books end equal to Shopify in every state."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onhand.channels.shopify.channel import UNREAD
from onhand.sandbox.account.scopes import SCOPES
from tests.flow.merchant import BOSTON, NEVER_BY_ITSELF, UNLIMITED, WAREHOUSE, Choices, Merchant, open_shop

STATES = ("available", "committed", "reserved")


def equal(merchant: Merchant, sku: str) -> bool:
    """Tell whether every state of an item agrees at the warehouse and in Boston."""
    return all(
        merchant.level(sku, at, state) == merchant.at_shopify(sku, at, state)
        for at in (WAREHOUSE, BOSTON)
        for state in STATES
    )


def shipped(merchant: Merchant, sku: str, units: int) -> str:
    """Return an online order that was shipped whole."""
    order = merchant.order("online_store", sku, units)
    merchant.do("fulfil", order=order)
    return order


def told_or_lost(merchant: Merchant, lost: bool, *steps: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Do things, with their webhooks told, or all of them lost and an audit afterwards; return the answers."""
    if lost:
        merchant.booked()
        merchant.fault("lose")
    answers = [merchant.do(what, **ask) for what, ask in steps]
    if lost:
        merchant.do("heal")
        merchant.app.audit(merchant.shop)
    else:
        merchant.booked()
    return answers


@pytest.mark.parametrize("lost", [False, True])
def test_a_return_is_counted_again_where_it_was_restocked(merchant: Merchant, lost: bool) -> None:
    sku = merchant.sku()
    order = shipped(merchant, sku, 3)
    merchant.booked()
    before = merchant.level(sku, BOSTON)
    name = f"{order}-R1"
    steps: list[tuple[str, dict[str, Any]]] = [
        ("return", {"order": order, "lines": [{"sku": sku, "units": 2}]}),
        ("dispose", {"return": name, "type": "PROCESSING_REQUIRED"}),
        ("dispose", {"return": name, "type": "RESTOCKED", "location": BOSTON, "units": 1}),
    ]
    told_or_lost(merchant, lost, *steps)
    merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")
    assert merchant.level(sku, BOSTON) == before + 1
    assert merchant.adopted(sku) == []


def test_a_processed_return_is_counted_once_although_its_refund_names_it_too(merchant: Merchant) -> None:
    sku = merchant.sku()
    order = shipped(merchant, sku, 2)
    before = merchant.at_shopify(sku, BOSTON)
    merchant.do("return", order=order)
    merchant.do("process_return", **{"return": f"{order}-R1", "type": "RESTOCKED", "location": BOSTON})
    merchant.booked()
    merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")
    assert merchant.level(sku, BOSTON) == before + 2
    assert merchant.adopted(sku) == []


def test_what_is_sent_in_exchange_is_committed(merchant: Merchant) -> None:
    sku, other = merchant.sku(), merchant.sku()
    order = shipped(merchant, sku, 1)
    merchant.do("return", order=order, exchange=[{"sku": other, "units": 1}])
    merchant.booked()
    merchant.until_equal(lambda: merchant.level(other, WAREHOUSE, "committed"), 1)
    merchant.until(lambda: equal(merchant, other), "books and Shopify to agree")


@pytest.mark.parametrize("lost", [False, True])
def test_a_draft_reserves_where_its_level_shows_it_and_gives_it_back(merchant: Merchant, lost: bool) -> None:
    sku = merchant.sku()
    lines = [{"sku": sku, "units": 2}]
    (draft,) = told_or_lost(merchant, lost, ("draft", {"lines": lines, "reserve_for_s": 3600.0}))
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "reserved"), 2)
    merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")
    assert merchant.adopted(sku) == []
    told_or_lost(merchant, lost, ("delete_draft", {"draft": draft["draft"]}))
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "reserved"), 0)
    merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")


def test_a_draft_that_is_completed_commits_what_it_had_reserved(merchant: Merchant) -> None:
    sku = merchant.sku()
    draft = merchant.do("draft", lines=[{"sku": sku, "units": 2}], reserve_for_s=3600.0)["draft"]
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "reserved"), 2)
    merchant.do("complete_draft", draft=draft)
    merchant.booked()
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 2)
    merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")
    assert merchant.adopted(sku) == []


def test_an_order_that_claimed_nothing_is_named_and_booked_back_under_its_own_name(merchant: Merchant) -> None:
    sku = merchant.sku()
    order = merchant.do("app_order", lines=[{"sku": sku, "units": 2}], behaviour="BYPASS")
    merchant.booked()
    merchant.app.audit(merchant.shop)
    merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")
    (drift,) = merchant.drifts(sku)
    assert (drift.cause, drift.status) == ("an app created this order without claiming stock", "closed")
    assert merchant.adopted(sku) == []
    merchant.do("fulfil", order=order["order"])
    merchant.booked()
    merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")
    assert merchant.level(sku, WAREHOUSE, "committed") == 0


@pytest.mark.parametrize(
    ("what", "ask"),
    [
        ("app_order", {"behaviour": "DECREMENT_IGNORING_POLICY"}),
        ("pickup", {"location": BOSTON}),
        ("ship_from_till", {"location": BOSTON}),
    ],
)
def test_every_way_to_sell_is_booked_where_shopify_counts_it(
    merchant: Merchant, what: str, ask: dict[str, Any]
) -> None:
    sku = merchant.sku()
    order = merchant.do(what, lines=[{"sku": sku, "units": 1}], **ask)["order"]
    for deed in ("hold", "release", "fulfil", "unfulfil"):
        merchant.do(deed, order=order)
        merchant.booked()
        merchant.until(lambda: equal(merchant, sku), f"books and Shopify to agree after {deed}")
    assert merchant.adopted(sku) == []


def test_without_the_scope_for_returns_everything_else_goes_on_and_a_person_is_told(tmp_path: Path) -> None:
    granted = tuple(scope for scope in SCOPES if scope.partition("_")[2] != "returns")
    settings = replace(UNLIMITED, scopes=granted)
    with open_shop(tmp_path, Choices(settings=settings, audit=NEVER_BY_ITSELF)) as merchant:
        sku, other = merchant.sku(), merchant.sku()
        order = shipped(merchant, sku, 2)
        merchant.do("return", order=order)
        merchant.do("process_return", **{"return": f"{order}-R1", "type": "RESTOCKED", "location": BOSTON})
        merchant.booked()
        merchant.fault("lose")
        merchant.do("adjust", sku=other, location=BOSTON, units=3)
        merchant.order("online_store", other, 1)
        merchant.do("heal")
        merchant.app.audit(merchant.shop, fix=True)
        merchant.until(lambda: equal(merchant, sku), "books and Shopify to agree")
        merchant.until(lambda: equal(merchant, other), "books and Shopify to agree")
        assert merchant.adopted(other) == [(BOSTON, 3)]
        with merchant.app.store.reading() as session:
            told = [row for row in session.of(merchant.shop).problems.open() if row.kind == UNREAD]
        assert [row.key for row in told] == [f"{merchant.shop}/return"]
        assert "read_returns" in told[0].message
