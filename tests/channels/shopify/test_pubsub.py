"""Webhooks that Google pushes: the token is proven, then the message is opened; everything else is refused."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from onhand.channels.shopify.envelopes import UNREADABLE
from onhand.channels.shopify.google_keys import GoogleKeys
from onhand.channels.shopify.parse import parse
from onhand.channels.shopify.pubsub import PubSubDoor, PushSettings
from onhand.intake.receive import receive
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature, ChannelUnavailable, UnreadableDelivery
from tests.channels.shopify import bodies
from tests.support.google import ACCOUNT, AUDIENCE, Google, google

SHOP = "tees.myshopify.com"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LEVEL = b'{"inventory_item_id":43300000000001,"location_id":1,"available":7,"updated_at":"2026-11-23T07:00:00-05:00"}'


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def platform() -> Iterator[Google]:
    with google() as held:
        held.new_key("one")
        yield held


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def keys(platform: Google, ticks: Ticks) -> Iterator[GoogleKeys]:
    with httpx.Client(follow_redirects=True, timeout=60) as http:  # even so it follows none
        yield GoogleKeys(platform.url, http, ticks)


@pytest.fixture
def door(keys: GoogleKeys) -> PubSubDoor:
    return PubSubDoor(PushSettings(audience=AUDIENCE, service_account=ACCOUNT), keys)


def push(data: bytes = LEVEL, **attributes: str | None) -> bytes:
    named = {
        "X-Shopify-Topic": "inventory_levels/update",
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Webhook-Id": "f267a21b-b283-58e6-923a-0f3be44ce67c",
        "X-Shopify-Event-Id": "a2533945-511e-45bb-a0fa-1dba0ad9ecb1",
    }
    changed = {name.replace("_", "-"): value for name, value in attributes.items()}
    message = {
        "data": base64.b64encode(data).decode(),
        "attributes": {name: value for name, value in (named | changed).items() if value is not None},
        "messageId": "2070443601311540",
        "publishTime": "2026-11-23T12:00:00.000Z",
    }
    return json.dumps({"message": message, "subscription": "projects/project/subscriptions/onhand"}).encode()


def come(door: PubSubDoor, token: str | None, body: bytes | None = None, now: datetime = NOW) -> Delivery:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return receive(Request(SHOP, None, headers, push() if body is None else body), door, now)


def test_a_push_with_a_good_token_holds_a_webhook_to_the_letter(door: PubSubDoor, platform: Google) -> None:
    delivery = come(door, platform.token(NOW))
    assert (delivery.shop, delivery.channel, delivery.topic) == (SHOP, "shopify", "inventory_levels/update")
    assert (delivery.body, delivery.delivery_id) == (LEVEL, "f267a21b-b283-58e6-923a-0f3be44ce67c")
    assert come(door, platform.token(NOW, iss="accounts.google.com")).topic == "inventory_levels/update"
    assert platform.asked == 1


def test_one_topic_may_carry_several_shops_and_the_message_says_which(door: PubSubDoor, platform: Google) -> None:
    body = push(X_Shopify_Shop_Domain="mugs.myshopify.com")
    assert come(door, platform.token(NOW), body).shop == "mugs.myshopify.com"


def test_without_an_id_of_shopifys_the_messages_own_tells_repeats(door: PubSubDoor, platform: Google) -> None:
    assert come(door, platform.token(NOW), push(X_Shopify_Webhook_Id=None)).delivery_id == "2070443601311540"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example.com"},
        {"iss": "https://accounts.example.com"},
        {"email": "somebody@project.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"exp": int((NOW - timedelta(minutes=2)).timestamp())},
        {"iat": int((NOW + timedelta(minutes=2)).timestamp())},
        {"exp": None},
        {"email": None},
        {"aud": None},
        {"exp": 1e300},
    ],
    ids=str,
)
def test_a_genuine_token_that_is_not_for_us_is_refused(
    door: PubSubDoor, platform: Google, claims: dict[str, Any]
) -> None:
    with pytest.raises(BadSignature):
        come(door, platform.token(NOW, **claims))


def test_a_token_of_another_hand_is_refused_whatever_it_says_of_itself(door: PubSubDoor, platform: Google) -> None:
    claims = jwt.decode(platform.token(NOW), options={"verify_signature": False})
    foreign = generate_private_key(public_exponent=65537, key_size=2048)
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})
    # The public key as the secret of a symmetric signature: the oldest trick there is.
    head, payload = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "HS256", "kid": "one", "typ": "JWT"}, claims)
    )
    digest = hmac.digest(platform.key_set(), f"{head}.{payload}".encode(), "sha256")
    symmetric = f"{head}.{payload}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    good = platform.token(NOW)
    for token in (
        platform.token(NOW, signed_with=foreign),
        unsigned,
        symmetric,
        good[:-4] + "AAAA",
        "not.a.token",
        "",
        "x" * 10_000,
        None,
    ):
        with pytest.raises(BadSignature):
            come(door, token)
    with pytest.raises(BadSignature):
        receive(Request(SHOP, None, {"authorization": f"Basic {good}"}, push()), door, NOW)


def test_a_key_that_is_too_short_is_no_key(door: PubSubDoor, platform: Google) -> None:
    platform.new_key("short", bits=1024)
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = platform.token(NOW, kid="short")
    with pytest.raises(BadSignature, match="does not have"):
        come(door, token)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not JSON", "no message that can be read"),
        (b"[" * 100_000, "no message that can be read"),
        (b'{"message": {"data": "%%%"}}', "no message that can be read"),
        (push(X_Shopify_Topic=None), "X-Shopify-Topic is missing"),
        (push(X_Shopify_Shop_Domain=None), "X-Shopify-Shop-Domain is missing"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_proven_and_cannot_be_read_is_parked(door: PubSubDoor, platform: Google, body: bytes, why: str) -> None:
    delivery = come(door, platform.token(NOW), body)
    assert (delivery.shop, delivery.topic) == (SHOP, UNREADABLE)
    with pytest.raises(UnreadableDelivery, match=why):
        parse(delivery, bodies.catalog())


def test_keys_are_asked_for_once_and_again_when_they_are_too_old(
    door: PubSubDoor, platform: Google, ticks: Ticks
) -> None:
    for _ in range(3):
        come(door, platform.token(NOW))
    assert platform.asked == 1
    ticks.now_s = 22_801.0
    come(door, platform.token(NOW))
    assert platform.asked == 2


def test_a_new_key_is_found_and_strangers_cannot_make_us_ask_all_the_time(
    door: PubSubDoor, platform: Google, ticks: Ticks
) -> None:
    come(door, platform.token(NOW))
    platform.new_key("two")
    for _ in range(5):
        with pytest.raises(BadSignature):
            come(door, platform.token(NOW, kid="two"))
    assert platform.asked == 1
    ticks.now_s = 31.0
    assert come(door, platform.token(NOW, kid="two")).topic == "inventory_levels/update"
    assert platform.asked == 2


def test_keys_are_never_fetched_from_where_an_answer_points_to(
    door: PubSubDoor, platform: Google, ticks: Ticks
) -> None:
    with google() as stranger:
        stranger.new_key("one")
        platform.status, platform.headers = 302, {"Location": stranger.url}
        with pytest.raises(ChannelUnavailable, match="302"):
            come(door, stranger.token(NOW))
        assert stranger.asked == 0


def test_while_google_is_away_known_keys_go_on_and_others_are_answered_at_once(
    door: PubSubDoor, platform: Google, ticks: Ticks
) -> None:
    come(door, platform.token(NOW))
    platform.status, ticks.now_s = 503, 30_000.0
    assert come(door, platform.token(NOW)).topic == "inventory_levels/update"
    asked = platform.asked
    platform.new_key("two")
    for _ in range(3):
        with pytest.raises(ChannelUnavailable):
            come(door, platform.token(NOW, kid="two"))
    assert platform.asked == asked
