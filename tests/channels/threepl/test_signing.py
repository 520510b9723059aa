"""Only the third party itself is heard: Standard Webhooks with two secrets, and ShipHero's signature."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from onhand.channels.standard_webhooks import key_of, sign, verify_standard
from onhand.channels.threepl.signing import verify_shiphero
from onhand.ports.errors import BadSignature, ConfigError

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OLD, NEW = key_of("whsec_" + base64.b64encode(b"the old one").decode(), ""), key_of("a plain one", "")
BODY = b'{"kind":"snapshot"}'


def headers(key: bytes, at: datetime = NOW, body: bytes = BODY) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": sign(key, "msg_1", stamp, body)}


def test_the_signature_is_the_one_of_the_specification() -> None:
    # The worked example of the specification's own libraries.
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "")
    made = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("key", [OLD, NEW])
def test_both_secrets_are_good_while_one_replaces_the_other(key: bytes) -> None:
    signed = verify_standard(headers(key), BODY, [NEW, OLD], NOW)
    assert (signed.message_id, signed.sent_at) == ("msg_1", NOW)


def test_one_good_signature_among_several_is_enough() -> None:
    several = headers(NEW)
    several["webhook-signature"] = f"v1a,nothing v1,AAAA {several['webhook-signature']}"
    assert verify_standard(several, BODY, [NEW], NOW).message_id == "msg_1"


def test_a_secret_that_was_replaced_is_good_for_nothing() -> None:
    with pytest.raises(BadSignature, match="none of the 1 secrets"):
        verify_standard(headers(OLD), BODY, [NEW], NOW)


@pytest.mark.parametrize("change", ["body", "id", "time"])
def test_whatever_is_changed_on_the_way_is_noticed(change: str) -> None:
    sent, body = headers(NEW), BODY
    if change == "body":
        body += b" "
    elif change == "id":
        sent["webhook-id"] = "msg_2"
    else:
        sent["webhook-timestamp"] = str(int(NOW.timestamp()) - 1)
    with pytest.raises(BadSignature):
        verify_standard(sent, body, [NEW], NOW)


@pytest.mark.parametrize("off", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_a_recording_is_refused(off: timedelta) -> None:
    with pytest.raises(BadSignature, match="300 s apart"):
        verify_standard(headers(NEW, NOW + off), BODY, [NEW], NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": ""},
        {"webhook-id": "\u00e9"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-timestamp": "\u0663"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,\u00e9"},
    ],
)
def test_headers_of_a_stranger_are_refused(changed: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        verify_standard({**headers(NEW), **changed}, BODY, [NEW], NOW)


def test_shiphero_signs_the_raw_body() -> None:
    digest = base64.b64encode(hmac.new(NEW, BODY, hashlib.sha256).digest()).decode()
    sent = {"x-shiphero-hmac-sha256": digest, "x-shiphero-message-id": "sh-1"}
    assert verify_shiphero(sent, BODY, [OLD, NEW]).message_id == "sh-1"
    with pytest.raises(BadSignature):
        verify_shiphero(sent, BODY + b" ", [OLD, NEW])


def test_a_secret_that_was_copied_in_half_is_found_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match="copy it again"):
        key_of("whsec_abc", "threepl[acme].secret")
