"""An order of bundles is an order of their components, whatever becomes of it."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.bundles import Bundled, Component, Compositions, bundled, explode, made_of
from onhand.domain.openings import Opened
from onhand.domain.orders import Added, Gone, OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped, Unshipped
from onhand.domain.pictures import Version
from onhand.domain.settling import settle
from onhand.domain.stock import Bin, Movement, State, fold

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SET = (Component("CAP", 1), Component("TEE", 2))
SETS: Compositions = {"SET": [(T0, SET)]}


def minute(number: int) -> datetime:
    return T0 + timedelta(minutes=number)


def order(version: int = 1, *, units: int = 3, placed_minute: int = 0, **parts: object) -> OrderPicture:
    base = OrderPicture(
        cause="tiktok_shop/order/1",
        origin="tiktok_shop",
        version=Version(at=minute(version), reading=1),
        placed_at=minute(placed_minute),
        lines=(OrderLine("L1", "SET", units), OrderLine("L2", "TEE", 1)),
        hold=State.RESERVED,
    )
    return replace(base, **parts)  # type: ignore[arg-type]


def levels_after(pictures: Sequence[OrderPicture]) -> dict[tuple[str, Bin], int]:
    movements: list[Movement] = []
    for picture in pictures:
        movements += settle(picture, fold(movements), Opened(), len(movements)).movements
    return fold(movements)


def test_an_order_of_a_bundle_holds_its_components() -> None:
    placed = (Placed("L1", "Boston", 3), Placed("L2", "Boston", 1))
    levels = levels_after([explode(order(placed=placed), SETS)])
    assert {key: units for key, units in levels.items() if key[1].state is State.RESERVED} == {
        ("TEE", Bin("Boston", State.RESERVED)): 3 * 2 + 1,
        ("CAP", Bin("Boston", State.RESERVED)): 3,
    }


def test_an_order_without_bundles_stays_as_it_is() -> None:
    plain = order(lines=(OrderLine("L2", "TEE", 1),), placed=(Placed("L2", "Boston", 1),))
    assert explode(plain, SETS) is plain
    assert bundled(plain, SETS) == {}


def test_an_order_keeps_what_its_bundle_was_made_of_when_it_was_placed() -> None:
    history: Compositions = {"SET": [(minute(5), SET), (minute(9), (Component("SOCKS", 1),)), (minute(12), ())]}
    assert made_of(history, "SET", minute(1)) == SET
    assert made_of(history, "SET", minute(8)) == SET
    assert made_of(history, "SET", minute(9)) == (Component("SOCKS", 1),)
    assert made_of(history, "TEE", minute(9)) == (Component("TEE", 1),)
    early, late = (explode(order(placed_minute=at), history) for at in (6, 10))
    assert [line.item for line in early.lines] == ["CAP", "TEE", "TEE"]
    assert [line.item for line in late.lines] == ["SOCKS", "TEE"]


def test_a_channel_counts_a_bundle_under_its_own_listing_and_not_under_those_of_the_components() -> None:
    shipped = (Shipped("L1", "Boston", 2, minute(2)),)
    counts = bundled(order(placed=(Placed("L1", "Boston", 1), Placed("L2", "Boston", 1)), shipped=shipped), SETS)
    assert counts == {"SET": Bundled(1, 3), "TEE": Bundled(-2, -6), "CAP": Bundled(-1, -3)}


def test_every_row_that_names_a_line_of_a_bundle_names_its_components_afterwards() -> None:
    at = minute(2)
    rows = {
        "placed": Placed("L1", "Boston", 1),
        "shipped": Shipped("L1", "Boston", 1, at),
        "refunded": Refunded("L1", "Boston", 1, Restock.CANCEL, at),
        "gone": Gone("L1", "Boston", 1),
        "unshipped": Unshipped("L1", "Boston", 1, at, at),
        "added": Added("L1", 1, at),
    }
    told: dict[str, Any] = {name: (row,) for name, row in rows.items()}
    whole = order(lines=(OrderLine("L1", "SET", 1),), **told)
    named = {one.name for one in fields(OrderPicture) if isinstance(getattr(whole, one.name), tuple)}
    assert named == {"lines", "known_as", *rows}
    exploded = explode(whole, SETS)
    for name in named - {"known_as"}:  # which names the whole order
        assert [(row.line, row.units) for row in getattr(exploded, name)] == [("L1/CAP", 1), ("L1/TEE", 2)]


@st.composite
def lives(draw: st.DrawFn) -> list[OrderPicture]:
    """Return pictures of one order of bundles: each unit of it waits, ships, is cancelled or comes back."""
    pictures = []
    for version in range(1, draw(st.integers(1, 4)) + 1):
        units = draw(st.integers(1, 5))
        shipped = draw(st.integers(0, units))
        waiting = draw(st.integers(0, units - shipped))
        back = draw(st.integers(0, shipped))
        restock = draw(st.sampled_from([Restock.CANCEL, Restock.NONE]))
        gone = units - shipped - waiting
        place = draw(st.sampled_from(["Boston", "Warehouse"]))
        at = minute(version)
        pictures.append(
            order(
                version,
                lines=(OrderLine("L1", "SET", units),),
                placed=(Placed("L1", place, waiting),),
                shipped=(Shipped("L1", "Boston", shipped, at),) if shipped else (),
                gone=(Gone("L1", place, gone),) if gone else (),
                refunded=(
                    *((Refunded("L1", place, gone, restock, at),) if gone else ()),
                    *((Refunded("L1", place, back, Restock.RETURN, at),) if back else ()),
                ),
            )
        )
    return pictures


@given(lives())
def test_whatever_becomes_of_a_bundle_becomes_of_its_components_in_proportion(pictures: list[OrderPicture]) -> None:
    of_bundles = levels_after(pictures)
    of_components = levels_after([explode(picture, SETS) for picture in pictures])
    assert of_components == {
        (part.item, bin_): units * part.units for (_, bin_), units in of_bundles.items() for part in SET
    }
