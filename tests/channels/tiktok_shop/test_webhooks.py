"""Webhooks of TikTok Shop: whose they are, and how they are told apart."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.channels.tiktok_shop import TikTokShopChannel
from onhand.channels.tiktok_shop.webhooks import Verifier
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature
from tests.channels.tiktok_shop.shop import SETTINGS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRETS = ("new-canary", "old-canary")
VERIFIER = Verifier("29a39d", SECRETS)


def signed(body: bytes, secret: str = SECRETS[0]) -> Request:
    digest = hmac.new(secret.encode(), b"29a39d" + body, hashlib.sha256).hexdigest()
    return Request("tees.myshopify.com", None, {"authorization": digest}, body)


def verified(envelope: dict[str, Any]) -> Delivery:
    return VERIFIER.verify(signed(json.dumps(envelope).encode()), NOW)


def test_a_known_signature_is_made_anew() -> None:
    body = b'{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"7495"}'
    digest = "fbbf8dd5f6a0b4a8b4e10ba7ac8d7a6c5fa2a4ab9e2c1f3a7d6f8e0b1c2d3e4f"
    made = hmac.new(b"new-canary", b"29a39d" + body, hashlib.sha256).hexdigest()
    assert VERIFIER.verify(Request("s", None, {"authorization": made}, body), NOW).body == body
    with pytest.raises(BadSignature):
        VERIFIER.verify(Request("s", None, {"authorization": digest}, body), NOW)


def test_a12_during_a_rotation_both_secrets_are_good() -> None:
    assert VERIFIER.verify(signed(b"{}", "old-canary"), NOW).body == b"{}"
    with pytest.raises(BadSignature, match="none of the 2 secrets"):
        VERIFIER.verify(signed(b"{}", "third-secret"), NOW)


@pytest.mark.parametrize("claimed", [None, "", "ä" * 64, "0" * 64, "Bearer x", "A" * 10_000])
def test_without_a_good_signature_nothing_is_even_parsed(claimed: str | None) -> None:
    headers = {} if claimed is None else {"authorization": claimed}
    with pytest.raises(BadSignature, match="tees"):
        VERIFIER.verify(Request("tees.myshopify.com", None, headers, b"[" * 100_000), NOW)


def test_an_upper_case_signature_is_not_theirs() -> None:
    request = signed(b"{}")
    with pytest.raises(BadSignature):
        VERIFIER.verify(request._replace(headers={"authorization": request.headers["authorization"].upper()}), NOW)


def test_the_notification_names_the_delivery_and_its_type_is_the_topic() -> None:
    delivery = verified(
        {"type": 71, "tts_notification_id": "73271", "shop_id": 7495, "timestamp": 1795435200, "data": {}}
    )
    assert (delivery.channel, delivery.topic, delivery.delivery_id) == ("tiktok_shop", "71", "73271")
    assert delivery.triggered_at == datetime.fromtimestamp(1795435200, UTC)
    assert (delivery.shop, delivery.received_at, delivery.event_id) == ("tees.myshopify.com", NOW, None)


def test_a_notification_number_is_the_same_as_its_text() -> None:
    assert verified({"type": 1, "tts_notification_id": 73271}).delivery_id == "73271"


@pytest.mark.parametrize(
    "name", [{}, {"tts_notification_id": None}, {"tts_notification_id": ""}, {"tts_notification_id": "7" * 500}]
)
def test_without_a_usable_name_the_body_names_the_delivery(name: dict[str, Any]) -> None:
    envelope = {"type": 1, "data": {"order_id": "5"}} | name
    first, second = verified(envelope), verified(envelope | {"data": {"order_id": "6"}})
    assert len(first.delivery_id) == 64
    assert first.delivery_id != second.delivery_id
    assert first.delivery_id == verified(envelope).delivery_id


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_a_genuine_delivery_is_kept_whatever_it_says(body: bytes) -> None:
    assert VERIFIER.verify(signed(body), NOW).body == body


@pytest.mark.parametrize("timestamp", [0, -1, 2**62, "1795435200", 1.5, None, True])
def test_a_time_that_is_none_does_no_harm(timestamp: object) -> None:
    assert verified({"type": 1, "timestamp": timestamp}).triggered_at is None or timestamp is True


def test_a_body_nested_without_end_is_kept_too() -> None:
    body = b'{"data":' * 50_000
    assert VERIFIER.verify(signed(body), NOW).topic == ""


def test_secrets_do_not_show_in_what_is_printed() -> None:
    with httpx.Client(timeout=60) as http:
        channel = TikTokShopChannel(replace(SETTINGS, app_secrets=("hidden-canary",)), http)
    shown = repr(channel.settings)
    for secret in ("hidden-canary", "ROW_access", "ROW_refresh", "GCP_cipher"):
        assert secret not in shown
