"""Only what Shopify signed comes in, whatever its headers say."""

from datetime import UTC, datetime

import pytest

from onhand.channels.shopify.settings import ShopifySettings
from onhand.channels.shopify.webhooks import Verifier
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature

CURRENT, OLD = "shpss_invented-current-secret", "shpss_invented-old-secret"
BODY = (
    b'{"inventory_item_id":43300000000001,"location_id":75500000001,"available":-3,'
    b'"updated_at":"2026-11-23T06:37:45+00:00"}'
)
# Made with `openssl dgst -sha256 -hmac SECRET -binary | base64`, not with this code.
BY_CURRENT = "IXn8TkptFuw5QBdn8bTCFG519ZrJr+tz5/lT2RtDh8s="
BY_OLD = "Fbwi0kMkBCbwTl90H86avTXybwARm9ZCBSfVeiJbtR4="
UNICODE_BODY = b'\xef\xbb\xbf{"sku":"Jacke \xe2\x80\x9eGr\xc3\xbcn\xe2\x80\x9c"}\r\n'
UNICODE_BY_CURRENT = "Vyytk3C9bdBZAl3VwlBwc9v/qiVFDcbtRzAK7tqObQc="
EMPTY_BY_CURRENT = "ye+zkCvyj0Wxj5MGM2XZ6+wZZ4Lba1E5wEVdBBZ1/rk="
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOPIC = "inventory_levels/update"


def verify(headers: dict[str, str], body: bytes = BODY, path_topic: str | None = TOPIC) -> Delivery:
    return Verifier([CURRENT, OLD]).verify(Request("tees.myshopify.com", path_topic, headers, body), NOW)


@pytest.mark.parametrize(
    ("body", "signature"),
    [(BODY, BY_CURRENT), (BODY, BY_OLD), (UNICODE_BODY, UNICODE_BY_CURRENT), (b"", EMPTY_BY_CURRENT)],
)
def test_a_webhook_signed_with_either_secret_comes_in(body: bytes, signature: str) -> None:
    assert verify({"x-shopify-hmac-sha256": signature}, body).body == body


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "IXn8TkptFuw5QBdn8bTCFG519ZrJr+tz5/lT2RtDh8s",  # no padding
        "IXn8TkptFuw5QBdn8bTCFG519ZrJr+tz5/lT2RtDh8t=",  # decodes to the same bytes, and is not what Shopify sends
        "IXn8TkptFuw5QBdn8bTCFG519ZrJr+tz5/lT2RtDh8s= ",
        "2179fc4e4a6d16ec39401767f1b4c2146e75f59ac9afeb73e7f953d91b4387cb",  # hex
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "not base64 at all, \N{SNOWMAN}",
        "A" * 10_000,
    ],
)
def test_a_forged_signature_stays_outside(signature: str) -> None:
    with pytest.raises(BadSignature):
        verify({"x-shopify-hmac-sha256": signature})


def test_a_webhook_without_a_signature_stays_outside() -> None:
    with pytest.raises(BadSignature, match="carries no signature"):
        verify({"x-shopify-topic": TOPIC})


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b" ", BODY.replace(b"-3", b"30")])
def test_one_changed_byte_spoils_the_signature(body: bytes) -> None:
    with pytest.raises(BadSignature):
        verify({"x-shopify-hmac-sha256": BY_CURRENT}, body)


def test_without_any_secret_nothing_comes_in() -> None:
    request = Request("tees.myshopify.com", TOPIC, {"x-shopify-hmac-sha256": BY_CURRENT}, BODY)
    with pytest.raises(BadSignature):
        Verifier([]).verify(request, NOW)


def test_an_empty_secret_is_refused_because_everybody_could_sign_with_it() -> None:
    with pytest.raises(ValueError, match="empty"):
        ShopifySettings(shop="tees.myshopify.com", client_secrets=("real", ""))


def test_settings_keep_their_secrets_to_themselves() -> None:
    settings = ShopifySettings(shop="tees.myshopify.com", client_secrets=(CURRENT,), access_token="shpat_invented")
    assert CURRENT not in repr(settings)
    assert "shpat_invented" not in repr(settings)


def test_the_topic_we_subscribed_with_outweighs_the_unsigned_header() -> None:
    headers = {"x-shopify-hmac-sha256": BY_CURRENT, "x-shopify-topic": "orders/create"}
    assert verify(headers).topic == TOPIC
    assert verify(headers, path_topic=None).topic == "orders/create"


def test_a_delivery_carries_shopifys_ids_and_time() -> None:
    headers = {
        "x-shopify-hmac-sha256": BY_CURRENT,
        "x-shopify-webhook-id": "b54557e4-0000-4000-a000-000000000001",
        "x-shopify-event-id": "98880550-0000-4000-a000-000000000002",
        "x-shopify-triggered-at": "2026-11-23T01:37:45.123456789-05:00",
    }
    delivery = verify(headers)
    assert delivery.delivery_id == headers["x-shopify-webhook-id"]
    assert delivery.event_id == headers["x-shopify-event-id"]
    assert delivery.triggered_at == datetime(2026, 11, 23, 6, 37, 45, 123456, tzinfo=UTC)
    assert (delivery.shop, delivery.channel, delivery.received_at) == ("tees.myshopify.com", "shopify", NOW)


def test_next_generation_headers_are_understood_too() -> None:
    headers = {"shopify-hmac-sha256": BY_CURRENT, "shopify-webhook-id": "w-1", "shopify-topic": TOPIC}
    delivery = verify(headers, path_topic=None)
    assert (delivery.delivery_id, delivery.topic) == ("w-1", TOPIC)


def test_without_an_id_the_same_body_is_the_same_delivery_and_another_topic_is_another() -> None:
    headers = {"x-shopify-hmac-sha256": BY_CURRENT}
    first, again = verify(headers), verify(headers)
    assert first.delivery_id == again.delivery_id
    assert verify(headers, path_topic="inventory_levels/connect").delivery_id != first.delivery_id
    assert verify(headers | {"x-shopify-webhook-id": "x" * 5_000}).delivery_id == first.delivery_id


@pytest.mark.parametrize("triggered_at", ["yesterday", "2026-11-23T10:00:00", "0001-01-01T00:00:00+14:00", ""])
def test_a_nonsense_time_in_an_unsigned_header_is_no_reason_to_refuse(triggered_at: str) -> None:
    headers = {"x-shopify-hmac-sha256": BY_CURRENT, "x-shopify-triggered-at": triggered_at}
    assert verify(headers).triggered_at is None
