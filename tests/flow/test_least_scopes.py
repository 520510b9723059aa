"""A merchant grants only what onhand cannot do without: a person is told of the gap, and the books still get there."""

from dataclasses import replace
from pathlib import Path

from onhand.channels.shopify.channel import UNREAD
from onhand.channels.shopify.scopes import READING, WRITING
from onhand.intake.subscribing import REFUSED
from tests.flow.merchant import BOSTON, UNLIMITED, WAREHOUSE, Choices, Merchant, open_shop

LEAST = tuple(scope for need in (*READING, *WRITING) if need.necessary for scope in need.scopes)


def equal(merchant: Merchant, sku: str) -> bool:
    """Tell whether every state of an item agrees at the warehouse and in Boston."""
    return all(
        merchant.level(sku, at, state) == merchant.at_shopify(sku, at, state)
        for at in (WAREHOUSE, BOSTON)
        for state in ("available", "committed", "reserved", "incoming")
    )


def test_what_no_scope_lets_come_is_found_by_audits(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(settings=replace(UNLIMITED, scopes=LEAST))) as merchant:
        sold, held, sent = merchant.tee, merchant.cap, merchant.hoodie
        order = merchant.order("online_store", sold, 2)
        merchant.until_equal(lambda: merchant.level(sold, WAREHOUSE, "committed"), 2)
        merchant.do("fulfil", order=order)
        merchant.do("return", order=order, lines=[{"sku": sold, "units": 1}])
        merchant.do("dispose", **{"return": f"{order}-R1", "type": "RESTOCKED", "location": BOSTON})
        merchant.do("draft", lines=[{"sku": held, "units": 1}], reserve_for_s=3600.0)
        lines = [{"sku": sent, "units": 3}]
        merchant.do("transfer", **{"from": WAREHOUSE, "to": BOSTON, "lines": lines, "until": "in_transit"})
        merchant.booked()
        merchant.app.audit(merchant.shop)
        for sku in (sold, held, sent):
            merchant.until(lambda sku=sku: equal(merchant, sku), f"books and Shopify agree on {sku}")  # type: ignore[misc]
        with merchant.app.store.reading() as session:
            told = {row.kind: row.message for row in session.of(merchant.shop).problems.open()}
        assert set(told) == {REFUSED, UNREAD}
        assert "and 17 more topics" in told[REFUSED]
        assert "read_returns" in told[UNREAD]
