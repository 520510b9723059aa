"""An app's writes to levels: compared first, all rows or none."""

from __future__ import annotations

from onhand.sandbox.world.adjustments import AdjustRow, MoveRow, SetRow, WriteResult
from onhand.sandbox.world.world import World
from onhand.sandbox.world.writes import adjust, move, set_units
from tests.sandbox.shop import BOSTON, NOW, WAREHOUSE, item_id, listen, location_id, make_shop, topics, units


def adjusted(world: World, *rows: AdjustRow) -> WriteResult:
    return adjust(world, state="available", rows=rows, reason="correction", reference_uri="app://1", now=NOW)


def row(world: World, location: str, delta: int, compare: int | None, sku: str = "TEE") -> AdjustRow:
    return AdjustRow(
        item_id=item_id(world, sku),
        location_id=location_id(world, location),
        delta_units=delta,
        compare_units=compare,
    )


def test_an_adjustment_changes_every_row_and_is_told_once_a_level() -> None:
    world = make_shop()
    listen(world, "inventory_levels/update")
    result = adjusted(world, row(world, WAREHOUSE, -3, 10), row(world, BOSTON, 2, None))
    assert units(world, "TEE", WAREHOUSE)["available"] == 7
    assert units(world, "TEE", BOSTON)["available"] == 7
    assert result.group is not None
    assert [(one.delta_units, one.after_units) for one in result.group.changes] == [(-3, 7), (2, 7)]
    assert world.adjustment_groups[result.group.id].reference_document_uri == "app://1"
    assert len(topics(world)) == 2


def test_one_stale_row_refuses_them_all_and_every_stale_row_is_named() -> None:
    world = make_shop()
    result = adjusted(world, row(world, WAREHOUSE, -3, 9), row(world, BOSTON, 2, 5), row(world, BOSTON, 1, 6, "CAP"))
    assert result.group is None
    assert [(error.index, error.code) for error in result.errors] == [
        (0, "CHANGE_FROM_QUANTITY_STALE"),
        (2, "CHANGE_FROM_QUANTITY_STALE"),
    ]
    assert result.errors[0].message == "The quantity is 10, not 9 as the request expects."
    assert units(world, "TEE", BOSTON)["available"] == 5


def test_an_adjustment_may_go_below_zero() -> None:
    world = make_shop()
    adjusted(world, row(world, BOSTON, -9, 5))
    assert units(world, "TEE", BOSTON) == {"on_hand": -4, "available": -4}


def test_setting_on_hand_changes_available_by_the_same_amount() -> None:
    world = make_shop()
    move(world, rows=[shift(world, 2, None, None)], reason="other", reference_uri=None, now=NOW)
    target = SetRow(item_id=item_id(world, "TEE"), location_id=location_id(world, BOSTON), units=9, compare_units=5)
    set_units(world, state="on_hand", rows=[target], reason="correction", reference_uri=None, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 9, "available": 7, "reserved": 2}


def shift(world: World, count: int, from_compare: int | None, to_compare: int | None) -> MoveRow:
    return MoveRow(
        item_id=item_id(world, "TEE"),
        location_id=location_id(world, BOSTON),
        from_state="available",
        to_state="reserved",
        units=count,
        from_compare_units=from_compare,
        to_compare_units=to_compare,
    )


def test_a_move_compares_both_ends() -> None:
    world = make_shop()
    stale = move(world, rows=[shift(world, 2, 5, 1)], reason="other", reference_uri=None, now=NOW)
    assert [error.field for error in stale.errors] == [("to", "changeFromQuantity")]
    done = move(world, rows=[shift(world, 2, 5, 0)], reason="other", reference_uri=None, now=NOW)
    assert done.errors == ()
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 3, "reserved": 2}


def test_unknown_items_and_locations_are_named() -> None:
    world = make_shop()
    wrong = [
        AdjustRow(item_id=1, location_id=location_id(world, BOSTON), delta_units=1, compare_units=None),
        AdjustRow(item_id=item_id(world, "TEE"), location_id=2, delta_units=1, compare_units=None),
    ]
    result = adjusted(world, *wrong)
    assert [error.code for error in result.errors] == ["INVALID_INVENTORY_ITEM", "INVALID_LOCATION"]
