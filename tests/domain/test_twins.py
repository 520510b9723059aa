"""What an order brought to the platform by an app claims, and what it leaves of the order it stands for."""

from datetime import UTC, datetime

import pytest

from onhand.domain.bundles import Bundled
from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped
from onhand.domain.pictures import Version
from onhand.domain.stock import State
from onhand.domain.twins import claimed, references, uncovered

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def order(*units: tuple[str, int, int], refunded: tuple[Refunded, ...] = ()) -> OrderPicture:
    """Return an order of (item, waiting units, shipped units) rows."""
    return OrderPicture(
        cause="tiktok_shop/order/1",
        origin="tiktok_shop",
        version=Version(at=NOW),
        placed_at=NOW,
        lines=tuple(OrderLine(item, item, waiting + left) for item, waiting, left in units),
        placed=tuple(Placed(item, "L", waiting) for item, waiting, _ in units if waiting),
        shipped=tuple(Shipped(item, "L", left, NOW) for item, _, left in units if left),
        refunded=refunded,
        hold=State.RESERVED,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("576000000000000001", ("576000000000000001",)),
        ("TikTokOrderID:576000000000000001, sale", ("576000000000000001",)),
        ("#TT-576000000000000001-1", ("576000000000000001",)),
        ("5760000000000", ()),
        ("1" * 21, ()),
        ("", ()),
    ],
)
def test_an_order_id_is_found_wherever_a_connector_writes_it(text: str, found: tuple[str, ...]) -> None:
    assert references([None, text, text]) == found


def test_what_is_cancelled_or_claims_no_stock_is_not_claimed() -> None:
    off = Refunded("TEE", None, 1, Restock.CANCEL, NOW)
    back = Refunded("TEE", None, 1, Restock.RETURN, NOW)
    twin = order(("TEE", 3, 1), ("CAP", 2, 0), refunded=(off, back))
    assert claimed(twin, {"CAP"}) == {"TEE": 3}


def test_a_twin_leaves_what_it_does_not_carry() -> None:
    rest = uncovered(order(("TEE", 3, 0), ("CAP", 1, 0)), {"TEE": 2, "MUG": 5})
    assert rest.picture.placed == (Placed("TEE", "L", 1), Placed("CAP", "L", 1))
    assert rest.picture.lines == (OrderLine("TEE", "TEE", 1), OrderLine("CAP", "CAP", 1))
    assert rest.covered == {"TEE": Bundled(2, 2)}


def test_what_has_left_is_covered_after_what_waits() -> None:
    rest = uncovered(order(("TEE", 1, 2)), {"TEE": 2})
    assert rest.picture.placed == (Placed("TEE", "L", 0),)
    assert rest.picture.shipped == (Shipped("TEE", "L", 1, NOW),)
    assert rest.covered == {"TEE": Bundled(1, 2)}
