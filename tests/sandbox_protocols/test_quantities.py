"""Writing quantities: what takes effect, and every refusal of the real platform."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from onhand.sandbox.world.catalog import Part
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.documents import ADJUST, MOVE, SET

LEDGER = "gid://onhand/Order/1"


def change(shop: Shop, *, item: int = 0, location: int = 0, **more: Any) -> Json:
    here = {"inventoryItemId": shop.item_gid(item), "locationId": shop.location_gid(location)}
    return here | {"delta": -2, "changeFromQuantity": None} | more


def adjusting(*changes: Json, name: str = "available", **more: Any) -> Json:
    return {"name": name, "reason": "correction", "changes": list(changes)} | more


def quantity(shop: Shop, *, item: int = 0, units: int = 5, **more: Any) -> Json:
    here = {"inventoryItemId": shop.item_gid(item), "locationId": shop.location_gid()}
    return here | {"quantity": units, "changeFromQuantity": None} | more


def setting(*quantities: Json, name: str = "available", **more: Any) -> Json:
    return {"name": name, "reason": "correction", "quantities": list(quantities)} | more


def end(shop: Shop, name: str, *, location: int = 0, **more: Any) -> Json:
    ledger = {} if name == "available" else {"ledgerDocumentUri": LEDGER}
    return {"name": name, "locationId": shop.location_gid(location), "changeFromQuantity": None} | ledger | more


def moved(shop: Shop, source: Json, target: Json, *, item: int = 0, units: int = 3) -> Json:
    return {"inventoryItemId": shop.item_gid(item), "quantity": units, "from": source, "to": target}


def moving(*changes: Json, **more: Any) -> Json:
    reference = "gid://onhand/Movement/1"
    return {"reason": "reservation_created", "referenceDocumentUri": reference, "changes": list(changes)} | more


def written(shop: Shop, document: str, ask: Json, key: str = "key-1") -> Json:
    payload: Json = next(iter(shop.admin.data(document, {"input": ask, "key": key}).values()))
    return payload


def refusals(shop: Shop, document: str, ask: Json, key: str = "key-1") -> list[tuple[str, str]]:
    payload = written(shop, document, ask, key)
    assert payload["inventoryAdjustmentGroup"] is None
    return [(error["code"], ".".join(error["field"] or [])) for error in payload["userErrors"]]


def test_an_adjustment_changes_the_level_and_says_what_it_did(shop: Shop) -> None:
    before = shop.level().available
    ask = adjusting(change(shop, changeFromQuantity=before), referenceDocumentUri="gid://onhand/Movement/7")
    payload = written(shop, ADJUST, ask)
    assert payload["userErrors"] == []
    group = payload["inventoryAdjustmentGroup"]
    assert (group["reason"], group["referenceDocumentUri"]) == ("correction", "gid://onhand/Movement/7")
    assert [(row["name"], row["delta"], row["quantityAfterChange"]) for row in group["changes"]] == [
        ("available", -2, before - 2),
        ("on_hand", -2, None),
    ]
    assert shop.level().available == before - 2


def test_a_group_is_found_again_by_its_id(shop: Shop) -> None:
    group = written(shop, ADJUST, adjusting(change(shop)))["inventoryAdjustmentGroup"]
    query = """query G($id: ID!) { node(id: $id) { ... on InventoryAdjustmentGroup { id reason
      changes(quantityNames: ["available"]) { name delta } } } }"""
    found = shop.admin.data(query, {"id": group["id"]})["node"]
    assert found == {"id": group["id"], "reason": "correction", "changes": [{"name": "available", "delta": -2}]}


def test_an_adjustment_may_leave_less_than_nothing(shop: Shop) -> None:
    before = shop.level().available
    written(shop, ADJUST, adjusting(change(shop, delta=-before - 4)))
    assert shop.level().available == -4


def test_setting_on_hand_moves_available_by_the_same_amount(shop: Shop) -> None:
    shop.level().reserved = 3
    before = shop.level()
    on_hand, available = before.on_hand, before.available
    written(shop, SET, setting(quantity(shop, units=on_hand + 6, changeFromQuantity=on_hand), name="on_hand"))
    assert (shop.level().available, shop.level().reserved) == (available + 6, 3)


def test_a_move_keeps_what_is_on_hand(shop: Shop) -> None:
    level = shop.level()
    available, on_hand = level.available, level.on_hand
    source = end(shop, "available", changeFromQuantity=available)
    payload = written(shop, MOVE, moving(moved(shop, source, end(shop, "reserved", changeFromQuantity=0))))
    assert payload["userErrors"] == []
    assert [(row["name"], row["delta"]) for row in payload["inventoryAdjustmentGroup"]["changes"]] == [
        ("available", -3),
        ("reserved", 3),
    ]
    assert (level.available, level.reserved, level.on_hand) == (available - 3, 3, on_hand)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        ({"name": "committed"}, ("INVALID_QUANTITY_NAME", "input.name")),
        ({"name": "on_hand"}, ("INVALID_QUANTITY_NAME", "input.name")),
        ({"reason": "because"}, ("INVALID_REASON", "input.reason")),
        ({"referenceDocumentUri": "no uri"}, ("INVALID_REFERENCE_DOCUMENT", "input.referenceDocumentUri")),
    ],
)
def test_an_adjustment_as_a_whole_is_refused(quiet_shop: Shop, ask: Json, expected: tuple[str, str]) -> None:
    row = change(quiet_shop, ledgerDocumentUri=LEDGER) if "name" in ask else change(quiet_shop)
    assert refusals(quiet_shop, ADJUST, adjusting(row) | ask, key=str(ask)) == [expected]


@pytest.mark.parametrize(
    ("name", "row", "code", "field"),
    [
        ("available", {"delta": 2_000_000_001}, "INVALID_QUANTITY_TOO_HIGH", "delta"),
        ("available", {"delta": -2_000_000_001}, "INVALID_QUANTITY_TOO_LOW", "delta"),
        (
            "available",
            {"inventoryItemId": "gid://shopify/InventoryItem/1"},
            "INVALID_INVENTORY_ITEM",
            "inventoryItemId",
        ),
        ("available", {"inventoryItemId": "no id"}, "INVALID_INVENTORY_ITEM", "inventoryItemId"),
        ("available", {"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION", "locationId"),
        ("available", {"ledgerDocumentUri": LEDGER}, "INVALID_AVAILABLE_DOCUMENT", "ledgerDocumentUri"),
        ("reserved", {}, "INVALID_QUANTITY_DOCUMENT", "ledgerDocumentUri"),
        ("reserved", {"ledgerDocumentUri": "gid://shopify/Order/1"}, "INTERNAL_LEDGER_DOCUMENT", "ledgerDocumentUri"),
        ("reserved", {"ledgerDocumentUri": "order 1"}, "INVALID_LEDGER_DOCUMENT", "ledgerDocumentUri"),
        ("available", {"changeFromQuantity": 999_999}, "CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity"),
    ],
)
def test_a_row_of_an_adjustment_is_refused(quiet_shop: Shop, name: str, row: Json, code: str, field: str) -> None:
    ask = adjusting(change(quiet_shop, **row), name=name)
    assert refusals(quiet_shop, ADJUST, ask, key=f"{name} {row}") == [(code, f"input.changes.0.{field}")]


def test_all_rows_of_an_adjustment_have_one_ledger_document(quiet_shop: Shop) -> None:
    rows = [change(quiet_shop, item=one, ledgerDocumentUri=f"{LEDGER}{one}") for one in (0, 1)]
    found = refusals(quiet_shop, ADJUST, adjusting(*rows, name="reserved"), key="two documents")
    assert found == [("MAX_ONE_LEDGER_DOCUMENT", "input.changes")]


def test_every_stale_row_is_named_and_no_row_takes_effect(shop: Shop) -> None:
    before = [shop.level(item).available for item in range(4)]
    rows = [
        change(shop, item=item, changeFromQuantity=units + (1 if item in {1, 3} else 0))
        for item, units in enumerate(before)
    ]
    assert refusals(shop, ADJUST, adjusting(*rows)) == [
        ("CHANGE_FROM_QUANTITY_STALE", "input.changes.1.changeFromQuantity"),
        ("CHANGE_FROM_QUANTITY_STALE", "input.changes.3.changeFromQuantity"),
    ]
    assert [shop.level(item).available for item in range(4)] == before


def test_a_bundle_parent_is_not_to_be_written(shop: Shop) -> None:
    item = shop.item()
    parts = (Part(shop.item(1).inventory_item_id, 2),)
    shop.world.catalog.replace_item(replace(item, parts=parts), now=shop.world.started_at)
    assert refusals(shop, ADJUST, adjusting(change(shop))) == [
        ("NON_MUTABLE_INVENTORY_ITEM", "input.changes.0.inventoryItemId")
    ]


@pytest.mark.parametrize(
    ("ask", "row", "code", "field"),
    [
        ({"name": "reserved"}, {}, "INVALID_NAME", "input.name"),
        ({}, {"quantity": -1}, "INVALID_QUANTITY_NEGATIVE", "input.quantities.0.quantity"),
        ({}, {"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH", "input.quantities.0.quantity"),
        ({}, {"changeFromQuantity": -7}, "CHANGE_FROM_QUANTITY_STALE", "input.quantities.0.changeFromQuantity"),
        ({"reason": ""}, {}, "INVALID_REASON", "input.reason"),
    ],
)
def test_setting_a_quantity_is_refused(quiet_shop: Shop, ask: Json, row: Json, code: str, field: str) -> None:
    wanted = setting(quantity(quiet_shop) | row) | ask
    assert refusals(quiet_shop, SET, wanted, key=f"{ask} {row}") == [(code, field)]


def test_setting_the_same_place_twice_in_one_call_is_refused(quiet_shop: Shop) -> None:
    ask = setting(quantity(quiet_shop, units=1), quantity(quiet_shop, units=2))
    expected = [("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "input.quantities.1")]
    assert refusals(quiet_shop, SET, ask, key="twice") == expected


def test_moving_between_locations_is_refused(quiet_shop: Shop) -> None:
    row = moved(quiet_shop, end(quiet_shop, "available"), end(quiet_shop, "reserved", location=1))
    assert refusals(quiet_shop, MOVE, moving(row), key="away") == [("DIFFERENT_LOCATIONS", "input.changes.0")]


def test_moving_to_the_same_name_is_refused(quiet_shop: Shop) -> None:
    row = moved(quiet_shop, end(quiet_shop, "damaged"), end(quiet_shop, "damaged"))
    assert refusals(quiet_shop, MOVE, moving(row), key="same") == [("SAME_QUANTITY_NAME", "input.changes.0")]


def test_moving_committed_units_is_refused(quiet_shop: Shop) -> None:
    row = moved(quiet_shop, end(quiet_shop, "available"), end(quiet_shop, "committed"))
    found = refusals(quiet_shop, MOVE, moving(row), key="committed")
    assert found == [("INVALID_QUANTITY_NAME", "input.changes.0.to.name")]


def test_moving_a_negative_number_is_refused(quiet_shop: Shop) -> None:
    row = moved(quiet_shop, end(quiet_shop, "available"), end(quiet_shop, "reserved"), units=-1)
    found = refusals(quiet_shop, MOVE, moving(row), key="negative")
    assert found == [("INVALID_QUANTITY_NEGATIVE", "input.changes.0.quantity")]


def test_a_move_names_at_most_two_ledger_documents(quiet_shop: Shop) -> None:
    rows = [
        moved(
            quiet_shop,
            end(quiet_shop, "available"),
            end(quiet_shop, "reserved", ledgerDocumentUri=f"{LEDGER}{item}"),
            item=item,
        )
        for item in range(3)
    ]
    found = refusals(quiet_shop, MOVE, moving(*rows), key="three documents")
    assert found == [("MAXIMUM_LEDGER_DOCUMENT_URIS", "input.changes")]


def test_a_stale_end_of_a_move_is_named(quiet_shop: Shop) -> None:
    row = moved(quiet_shop, end(quiet_shop, "available"), end(quiet_shop, "reserved", changeFromQuantity=41))
    found = refusals(quiet_shop, MOVE, moving(row), key="stale")
    assert found == [("CHANGE_FROM_QUANTITY_STALE", "input.changes.0.to.changeFromQuantity")]


@pytest.mark.parametrize("missing", ["from", "to"])
def test_a_compare_that_is_left_out_is_refused_while_null_is_none(quiet_shop: Shop, missing: str) -> None:
    row = moved(quiet_shop, end(quiet_shop, "available"), end(quiet_shop, "reserved"))
    del row[missing]["changeFromQuantity"]
    error = quiet_shop.admin.error(MOVE, {"input": moving(row), "key": missing})
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    expected = "InventoryMoveQuantityTerminalInput must include the following argument: changeFromQuantity."
    assert error["message"] == expected


def test_a_compare_must_also_be_given_in_a_literal(quiet_shop: Shop) -> None:
    document = f"""mutation {{ inventoryAdjustQuantities(input: {{name: "available", reason: "correction", changes: [
      {{delta: 1, inventoryItemId: "{quiet_shop.item_gid()}", locationId: "{quiet_shop.location_gid()}"}}]}})
      @idempotent(key: "literal") {{ userErrors {{ code }} }} }}"""
    assert quiet_shop.admin.error(document)["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


def test_a_write_without_a_key_is_refused(quiet_shop: Shop) -> None:
    before = quiet_shop.level().available
    document = ADJUST.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    error = quiet_shop.admin.error(document, {"input": adjusting(change(quiet_shop))})
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert quiet_shop.level().available == before


def test_a_blank_key_is_refused(quiet_shop: Shop) -> None:
    error = quiet_shop.admin.error(ADJUST, {"input": adjusting(change(quiet_shop)), "key": "  "})
    assert error["extensions"]["code"] == "BAD_REQUEST"


def test_251_rows_are_refused_and_250_are_taken(shop: Shop) -> None:
    rows = [change(shop, delta=1, item=number % 12, location=number % 3) for number in range(251)]
    error = shop.admin.error(ADJUST, {"input": adjusting(*rows), "key": "251"})
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert written(shop, ADJUST, adjusting(*rows[:250]), key="250")["userErrors"] == []


def test_fields_that_the_version_does_not_have_are_refused(quiet_shop: Shop) -> None:
    ask = adjusting(change(quiet_shop, compareQuantity=3))
    error = quiet_shop.admin.error(ADJUST, {"input": ask, "key": "old"})
    assert "compareQuantity" in error["message"]
    document = ADJUST.replace("reason referenceDocumentUri", "reason quantityBefore")
    assert "quantityBefore" in quiet_shop.admin.error(document, {"input": ask, "key": "old"})["message"]
