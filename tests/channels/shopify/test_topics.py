"""Names of webhook topics: those that there are, those that people take for one, and what onhand does with each."""

import re

import pytest

from onhand.channels.shopify import TOPICS, explain, topics
from onhand.channels.shopify.parse import READERS, parse
from onhand.ports.errors import UnreadableDelivery
from tests.channels.shopify import bodies
from tests.channels.shopify.platform import SCHEMA
from tests.channels.shopify.test_told_orders import delivered


def enum_of_the_schema() -> set[str]:
    found = re.search(r"enum WebhookSubscriptionTopic \{(.*?)\}", SCHEMA.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return set(found[1].split())


def test_the_topics_are_exactly_those_of_the_schema() -> None:
    assert set(topics.HEADERS) == enum_of_the_schema()
    assert len(topics.HEADERS) == 218
    assert {header.replace("/", "_").replace(".", "_").upper() for header in topics.HEADERS.values()} == set(
        topics.HEADERS
    )


def test_every_topic_that_we_subscribe_to_or_read_exists() -> None:
    assert [topic for topic in (*TOPICS, *READERS) if not topics.exists(topic)] == []


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("orders.create", "orders/create"),
        ("order/created", "orders/create"),
        ("ORDERS_CREATE", "orders/create"),
        ("inventory_level.update", "inventory_levels/update"),
        ("inventoryLevels/updated", "inventory_levels/update"),
        ("refund.create", "refunds/create"),
        ("fulfillment_order.moved", "fulfillment_orders/moved"),
        ("fulfilment_orders/moved", "fulfillment_orders/moved"),
        ("orders/canceled", "orders/cancelled"),
    ],
)
def test_another_spelling_of_a_topic_is_told_its_own(asked: str, meant: str) -> None:
    explained = explain(asked)
    assert not explained.exists
    assert [row.topic for row in explained.topics] == [meant]
    assert [row.enum for row in explained.topics] == [meant.replace("/", "_").upper()]
    assert "spelling" in explained.because


@pytest.mark.parametrize(
    "asked",
    ["inventory_level.adjust", "inventory_levels/adjust", "inventory_adjustments/create", "inventory_adjustments"],
)
def test_there_is_no_topic_for_an_adjustment_and_the_level_is_told_instead(asked: str) -> None:
    explained = explain(asked)
    assert not explained.exists
    assert [(row.topic, row.enum) for row in explained.topics] == [
        ("inventory_levels/update", "INVENTORY_LEVELS_UPDATE")
    ]
    assert "not the change" in explained.because
    assert explained.topics[0].subscribed
    assert "never books it" in explained.topics[0].onhand


def test_a_transfer_has_no_topic_for_its_making_or_its_arrival() -> None:
    assert explain("inventory_transfers/create").topics[0].topic == "inventory_transfers/ready_to_ship"
    assert explain("inventory_transfers/received").topics[0].topic == "inventory_shipments/receive_items"


def test_what_only_the_apps_configuration_can_ask_for_is_said_to_be_so() -> None:
    (row,) = explain("customers/redact").topics
    assert row.enum is None
    assert "configuration file" in row.onhand
    assert [row.topic for row in explain("gdpr").topics] == list(topics.COMPLIANCE)


def test_a_name_like_none_of_them_gets_no_guess() -> None:
    assert explain("weather/forecast").topics == ()
    assert topics.suggest("weather/forecast") == ""


def test_an_alias_names_only_topics_that_there_are() -> None:
    named = {topic for alias in topics._ALIASES.values() for topic in alias.topics}
    assert [topic for topic in named if not topics.exists(topic)] == []
    taken = [topic for topic in topics.HEADERS.values() if topics.alias_of(topic) and not topics.same_word(topic)]
    assert taken == []


def test_an_unknown_topic_on_the_wire_is_parked_with_what_was_probably_meant() -> None:
    with pytest.raises(UnreadableDelivery, match=r"'inventory_levels/adjust'.*did you mean inventory_levels/update\?"):
        parse(delivered({}, "inventory_levels/adjust"), bodies.catalog())
    with pytest.raises(UnreadableDelivery, match=r"'orders\.create'.*did you mean orders/create\?"):
        parse(delivered({}, "orders.create"), bodies.catalog())
