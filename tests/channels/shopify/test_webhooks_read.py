"""Webhooks about levels, items, products, locations and the app; and what cannot be read at all."""

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLEnumType

from onhand.channels.shopify import TOPICS
from onhand.channels.shopify.parse import READERS, parse
from onhand.domain.catalog import Listing
from onhand.domain.drift import Observation
from onhand.domain.stock import State
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Report, Wanted
from onhand.ports.errors import UnreadableDelivery
from tests.channels.shopify import bodies
from tests.channels.shopify.bodies import BOSTON, CAP, CAP_ITEM, TEE, TEE_ITEM, WAREHOUSE
from tests.channels.shopify.platform import official_schema
from tests.channels.shopify.test_told_orders import delivered

LEVEL = "inventory_levels/update"


def read(payload: object, topic: str = LEVEL) -> Report:
    return parse(delivered(payload, topic), bodies.catalog())


@pytest.mark.parametrize("units", [7, 0, -3, 1_000_000_000, -1_000_000_000])
def test_a_level_is_an_observation_of_what_is_available(units: int) -> None:
    assert read(bodies.level(units)) == Report(
        observations=(
            Observation(
                source="shopify",
                item=TEE_ITEM,
                location=str(WAREHOUSE),
                units={State.AVAILABLE: units},
                observed_at=datetime(2026, 11, 23, 15, 0, 2, tzinfo=UTC),
            ),
        )
    )


def test_a15_a_byte_order_mark_does_not_hide_a_level() -> None:
    assert read(b"\xef\xbb\xbf" + bodies.as_body(bodies.level())) == read(bodies.level())


def test_an_untracked_item_has_no_level_to_observe() -> None:
    report = read(bodies.level(None))
    assert report.observations == ()
    assert "does not count" in report.note


def test_a_level_that_nobody_knows_asks_for_its_item_and_place() -> None:
    report = read(bodies.level(location_id=BOSTON))
    assert [(ask.wanted, ask.key) for ask in report.asks] == [(Wanted.ITEM, TEE_ITEM), (Wanted.LOCATIONS, "all")]
    assert len(report.observations) == 1


def test_a_level_that_is_cut_off_is_read_again() -> None:
    report = read({"inventory_item_id": int(TEE_ITEM), "location_id": WAREHOUSE}, "inventory_levels/disconnect")
    assert [(ask.wanted, ask.key) for ask in report.asks] == [(Wanted.LEVEL, f"{TEE_ITEM}@{WAREHOUSE}")]


@pytest.mark.parametrize("event", ["create", "update", "delete"])
def test_a_changed_item_is_read(event: str) -> None:
    report = read({"id": int(TEE_ITEM), "sku": "TÉE-ß-黒"}, f"inventory_items/{event}")
    assert [(ask.wanted, ask.key) for ask in report.asks] == [(Wanted.ITEM, TEE_ITEM)]


@pytest.mark.parametrize("event", ["create", "update", "activate", "deactivate", "delete"])
def test_a_changed_location_has_them_all_read(event: str) -> None:
    report = read({"id": BOSTON, "name": "Boston"}, f"locations/{event}")
    assert [ask.wanted for ask in report.asks] == [Wanted.LOCATIONS]


def product(**more: Any) -> dict[str, Any]:
    variants = [
        {"id": TEE, "inventory_item_id": int(TEE_ITEM), "sku": "TÉE-ß-黒", "inventory_quantity": 3},
        {"id": CAP, "inventory_item_id": int(CAP_ITEM), "sku": ""},
    ]
    return {"id": 7100000000001, "title": "Tee", "variants": variants} | more


def test_a_product_that_changed_teaches_its_listings_and_asks_nothing() -> None:
    report = read(product(), "products/update")
    assert report.listings == (
        Listing(channel="shopify", listing=str(TEE), item=TEE_ITEM, sku="TÉE-ß-黒"),
        Listing(channel="shopify", listing=str(CAP), item=CAP_ITEM, sku=None),
    )
    assert report.asks == ()


def test_a_new_variant_is_asked_for_also_when_the_webhook_only_names_it() -> None:
    payload = product(
        variants=[{"id": 51, "inventory_item_id": 61, "sku": "NEW"}, {"id": 52, "inventory_item_id": None}],
        variant_gids=[
            {"admin_graphql_api_id": f"gid://shopify/ProductVariant/{number}"} for number in (51, 52, 53, TEE)
        ],
    )
    report = read(payload, "products/update")
    assert [(ask.wanted, ask.key) for ask in report.asks] == [
        (Wanted.ITEM, "61"),
        (Wanted.ITEM, "variant:52"),
        (Wanted.ITEM, "variant:53"),
    ]


def test_e10_removing_the_app_closes_the_channel() -> None:
    assert read({"id": 1, "domain": "tees.myshopify.com"}, "app/uninstalled").closed


@pytest.mark.parametrize("topic", ["bulk_operations/finish", "variants/out_of_stock", "shop/update", "products/delete"])
def test_harmless_topics_leave_a_note_and_nothing_else(topic: str) -> None:
    report = read({"id": 1}, topic)
    assert report == Report(note=report.note)
    assert topic in report.note


@pytest.mark.parametrize("topic", ["", "orders/teleported", "carts/update", "ORDERS_CREATE", "orders/create "])
def test_a16_an_unknown_topic_is_parked_by_its_name(topic: str) -> None:
    with pytest.raises(UnreadableDelivery, match=f"topic {topic!r}"):
        read(bodies.order(), topic)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe{\x00}\x00",
        b"{}",
        b"<html>503</html>",
        bodies.as_body(bodies.level()) + b"x",
        bodies.as_body(bodies.level()).replace(b'"available": 7', b'"available": NaN'),
        bodies.as_body(bodies.level()).replace(b'"available": 7', b'"available": 1e400'),
        bodies.as_body(bodies.level()).replace(b'"available": 7', b'"available": 7, "available": 8'),
        b'{"a":' * 200_000,
        b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
@pytest.mark.parametrize("topic", [LEVEL, "orders/updated"])
def test_a_genuine_body_that_is_no_proper_json_is_parked(body: bytes, topic: str) -> None:
    with pytest.raises(UnreadableDelivery, match=f"{topic} of tees.myshopify.com cannot be read"):
        read(body, topic)


@pytest.mark.parametrize(
    "wrong",
    [
        {"available": "7"},
        {"available": 7.0},
        {"available": True},
        {"available": [7]},
        {"available": 1_000_000_001},
        {"available": -1_000_000_001},
        {"available": 10**40},
        {"inventory_item_id": str(TEE_ITEM)},
        {"inventory_item_id": float(TEE_ITEM)},
        {"inventory_item_id": 0},
        {"inventory_item_id": -1},
        {"inventory_item_id": 2**63},
        {"location_id": None},
        {"updated_at": "2026-11-23T10:00:02"},
        {"updated_at": "soon"},
        {"updated_at": 1700000000},
        {"updated_at": "0001-01-01T00:00:00+14:00"},
    ],
    ids=str,
)
def test_d09_a_level_of_the_wrong_type_is_parked_with_what_and_where(wrong: dict[str, Any]) -> None:
    (field,) = wrong
    with pytest.raises(UnreadableDelivery) as parked:
        read(bodies.level() | wrong)
    assert field in str(parked.value) or "year" in str(parked.value) or "date" in str(parked.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", -1),
        ("quantity", 10**12),
        ("quantity", "2"),
        ("quantity", 2.5),
        ("quantity", None),
        ("fulfillable_quantity", -1),
        ("id", "1"),
        ("variant_id", "gid://shopify/ProductVariant/1"),
    ],
)
def test_d09_a_line_of_the_wrong_type_is_parked_with_its_place(field: str, value: object) -> None:
    payload = bodies.order(line_items=[bodies.line(1, TEE, 1, 1), bodies.line(2, TEE, 1, 1, **{field: value})])
    with pytest.raises(UnreadableDelivery, match=r"line_items\[1\]\." + field):
        read(payload, "orders/create")


@pytest.mark.parametrize("field", ["id", "created_at", "updated_at", "line_items", "fulfillments", "refunds"])
def test_a16_an_order_that_lacks_a_field_is_parked_because_guessing_would_move_stock(field: str) -> None:
    payload = bodies.order()
    del payload[field]
    with pytest.raises(UnreadableDelivery, match=field):
        read(payload, "orders/create")


def test_ids_beyond_what_a_float_can_hold_stay_exact() -> None:
    payload = bodies.level(7, inventory_item_id=9007199254740993, location_id=9223372036854775807)
    (seen,) = parse(delivered(payload, LEVEL), Lookup()).observations
    assert (seen.item, seen.location) == ("9007199254740993", "9223372036854775807")


def test_only_topics_that_shopify_has_are_read() -> None:
    topics = official_schema().type_map["WebhookSubscriptionTopic"]
    assert isinstance(topics, GraphQLEnumType)
    # The three compliance topics are set in the app's configuration only: they are not in the enum.
    compliance = {"customers/data_request", "customers/redact", "shop/redact"}
    assert {topic for topic in READERS if topic.replace("/", "_").upper() not in topics.values} == compliance
    assert set(TOPICS) <= set(READERS)
