"""Privacy topics: what each asks for, that only its own signed body asks for it, and the one address for all shops."""

import json
from typing import Any

import pytest

from onhand.channels.shopify.law import ADDRESS, LawDoor
from onhand.channels.shopify.parse import parse
from onhand.channels.shopify.webhooks import Verifier
from onhand.intake.receive import receive
from onhand.ports.channel import Ask, Report, Wanted
from onhand.ports.delivery import Request
from onhand.ports.errors import BadSignature, UnreadableDelivery
from tests.channels.shopify import bodies
from tests.channels.shopify.test_told_orders import NOW, delivered
from tests.web.senders import SECRET, shopify_headers

SHOP = delivered({}, "orders/create").shop
SHOP_REDACT = {"shop_id": 954889, "shop_domain": SHOP}
CUSTOMER_REDACT = SHOP_REDACT | {
    "customer": {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"},
    "orders_to_redact": [299938, 280263],
}
DATA_REQUEST = SHOP_REDACT | {
    "orders_requested": [299938],
    "customer": CUSTOMER_REDACT["customer"],
    "data_request": {"id": 9999},
}


class NamedVerifier(Verifier):
    """A verifier as a channel is one."""

    name = "shopify"


def signed(body: bytes) -> dict[str, str]:
    return {name.lower(): value for name, value in shopify_headers(body, topic="shop/redact").items()}


def read(body: Any, topic: str) -> Report:
    return parse(delivered(body, topic), bodies.catalog())


def test_a_customer_is_forgotten_by_number() -> None:
    assert read(CUSTOMER_REDACT, "customers/redact").forget_naming == ("299938", "280263", "191167")
    guest = CUSTOMER_REDACT | {"customer": None}
    assert read(guest, "customers/redact").forget_naming == ("299938", "280263")


def test_a_request_for_data_is_told_that_there_is_none() -> None:
    report = read(DATA_REQUEST, "customers/data_request")
    assert "keeps no data of customers" in report.note
    assert "john@example.com" not in report.note


def test_a_shop_is_forgotten_by_its_own_request_and_by_no_other() -> None:
    assert read(SHOP_REDACT, "shop/redact").forget_shop
    # Only the body is signed: a captured request of a customer's, sent as the shop's own, must erase nothing.
    for captured in (CUSTOMER_REDACT, DATA_REQUEST, bodies.pos_sale(), {"id": 1, "domain": SHOP}):
        with pytest.raises(UnreadableDelivery):
            read(captured, "shop/redact")


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        (SHOP_REDACT, "shop/redact"),
        (CUSTOMER_REDACT, "customers/redact"),
        (DATA_REQUEST, "customers/data_request"),
    ],
)
def test_what_is_about_another_shop_than_its_address_is_parked(body: dict[str, Any], topic: str) -> None:
    with pytest.raises(UnreadableDelivery, match=r"about mugs\.myshopify\.com, and came to the address of"):
        read(body | {"shop_domain": "mugs.myshopify.com"}, topic)


def test_changed_scopes_are_looked_at() -> None:
    report = read({"id": "gid://shopify/App/1", "previous": ["read_orders"], "current": []}, "app/scopes_update")
    assert report.asks == (Ask(Wanted.RIGHTS, "all", "app/scopes_update"),)


def test_one_address_serves_all_shops_and_the_signed_body_says_which() -> None:
    door = LawDoor([NamedVerifier(["shpss_other"]), NamedVerifier([SECRET])])
    body = json.dumps(SHOP_REDACT | {"shop_domain": "Mugs.myshopify.com"}).encode()
    delivery = receive(Request(ADDRESS, None, signed(body), body), door, NOW)
    assert (delivery.shop, delivery.topic, delivery.body) == ("mugs.myshopify.com", "shop/redact", body)


def test_what_no_app_signed_is_refused_there_and_what_names_no_shop_is_parked() -> None:
    door = LawDoor([NamedVerifier([SECRET])])
    body = json.dumps(SHOP_REDACT).encode()
    with pytest.raises(BadSignature):
        receive(Request(ADDRESS, None, signed(body), body + b" "), door, NOW)
    nameless = b'{"id": 1}'
    delivery = receive(Request(ADDRESS, None, signed(nameless), nameless), door, NOW)
    with pytest.raises(UnreadableDelivery, match="names no shop"):
        parse(delivery, bodies.catalog())
