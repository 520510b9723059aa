"""Signatures, against the worked example of TikTok Shop's own page and against an independent calculation."""

import hashlib
import hmac
from urllib.parse import parse_qs

from hypothesis import given
from hypothesis import strategies as st

from onhand.channels.tiktok_shop.signing import sign, signed_query

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


def test_the_worked_example_of_the_partner_center_comes_out() -> None:
    query = {"app_key": "29a39d", "timestamp": "1623812664"}
    made = sign("e59af819cc", "/authorization/202309/shops", query, b"")
    assert made == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"


def test_neither_the_token_nor_an_earlier_signature_is_signed() -> None:
    query = {"app_key": "29a39d", "timestamp": "1623812664"}
    more = query | {"sign": "old", "access_token": "ROW_secret"}
    assert sign("s", "/p", query, b"") == sign("s", "/p", more, b"")


def test_every_byte_of_the_body_counts() -> None:
    assert sign("s", "/p", {}, b'{"a":1}') != sign("s", "/p", {}, b'{"a": 1}')


@given(
    st.dictionaries(st.sampled_from(["page_token", "ids", "shop_cipher", "timestamp"]), WORDS), st.binary(max_size=60)
)
def test_values_are_signed_as_they_are_and_sent_encoded(query: dict[str, str], body: bytes) -> None:
    sent = signed_query("secret", "/order/202309/orders", query, body)
    received = {name: values[0] for name, values in parse_qs(sent, keep_blank_values=True).items()}
    claimed = received.pop("sign")
    assert received == query
    words = "".join(name + received[name] for name in sorted(received))
    text = b"secret/order/202309/orders" + words.encode() + body + b"secret"
    assert claimed == hmac.new(b"secret", text, hashlib.sha256).hexdigest()
    assert " " not in sent
    assert "+" not in sent
