"""What comes over the wire and should not: each gets its answer and a word in the inbox, and nobody else waits."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from onhand.sandbox.signing import shopify_signature
from tests.flow.merchant import BOSTON, NEVER_BY_ITSELF, OLD_SECRET, WAREHOUSE, Choices, open_shop
from tests.flow.wire import LEVELS, SOON_S, Wire


@pytest.fixture(scope="module")
def shared_wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    choices = Choices(items=110, audit=NEVER_BY_ITSELF, rotating=True)
    with open_shop(tmp_path_factory.mktemp("wire"), choices) as merchant:
        wire = Wire(merchant)
        yield wire
        wire.http.close()


@pytest.fixture
def wire(shared_wire: Wire) -> Iterator[Wire]:
    """A door that takes what it should; after every test a sale is booked within moments."""
    shared_wire.merchant.begin()
    yield shared_wire
    a_sale_is_booked_within_moments(shared_wire)


def a_sale_is_booked_within_moments(wire: Wire) -> None:
    merchant, sku = wire.merchant, next(wire.till)
    tills = merchant.ats(sku, "shopify_pos")
    merchant.sale(sku, 1, at=BOSTON)
    merchant.until_equal(lambda: merchant.ats(sku, "shopify_pos"), tills - 1, within_s=SOON_S)


class Nonsense(NamedTuple):
    """A body that Shopify has signed and nobody can read, and a word of the reason."""

    topic: str
    body: bytes
    reason: str


ORDER: dict[str, Any] = {
    "id": 77,
    "processed_at": "2026-11-23T07:00:00-05:00",
    "created_at": "2026-11-23T07:00:00-05:00",
    "updated_at": "2026-11-23T07:00:00-05:00",
    "line_items": [{"id": 1, "variant_id": 2, "quantity": 1, "fulfillable_quantity": 1}],
    "fulfillments": [],
    "refunds": [],
}
LEVEL: dict[str, Any] = {
    "inventory_item_id": 1,
    "location_id": 2,
    "available": 3,
    "updated_at": "2026-11-23T07:00:00-05:00",
}


def order_of(quantity: object) -> bytes:
    line = {**ORDER["line_items"][0], "quantity": quantity}
    return json.dumps({**ORDER, "line_items": [line]}).encode()


def level_with(**fields: object) -> bytes:
    return json.dumps({**LEVEL, **fields}).encode()


NONSENSE = {
    "empty": Nonsense(LEVELS, b"", "it is no JSON"),
    "no JSON": Nonsense(LEVELS, b"<html>busy</html>", "it is no JSON"),
    "broken text": Nonsense(LEVELS, b'{"id":"\xff\xfe"}', "cannot be read"),
    "cut": Nonsense("orders/create", json.dumps(ORDER).encode()[:60], "cannot be read"),
    "NaN": Nonsense(LEVELS, level_with().replace(b": 3", b": NaN"), "cannot be read"),
    "1e400": Nonsense(LEVELS, level_with().replace(b": 3", b": 1e400"), "cannot be read"),
    "half a unit": Nonsense(LEVELS, level_with(available=1.5), "Expected `int | null`, got `float`"),
    "text for a number": Nonsense(LEVELS, level_with(available="7"), "Expected `int | null`, got `str`"),
    "a list": Nonsense(LEVELS, b"[1,2,3]", "Expected `object`, got `array`"),
    "a key twice": Nonsense(LEVELS, level_with()[:-1] + b', "available": 9}', "stands twice"),
    "a field missing": Nonsense(LEVELS, b'{"inventory_item_id": 1, "location_id": 2}', "missing required field"),
    "a depth bomb": Nonsense("orders/create", b'{"id":' + b"[" * 200_000, "cannot be read"),
    "a time without a zone": Nonsense(LEVELS, level_with(updated_at="2026-11-23T07:00:00"), "cannot be read"),
    "a time out of range": Nonsense(LEVELS, level_with(updated_at="0001-01-01T00:00:00+14:00"), "cannot be read"),
    "far too many": Nonsense(LEVELS, level_with(available=10**9 + 1), "<= 1000000000"),
    "an order of minus one": Nonsense("orders/create", order_of(-1), "Expected `int` >= 0"),
    "an order of too many": Nonsense("orders/create", order_of(10**9 + 1), "<= 1000000000"),
    "an id beyond 64 bits": Nonsense(LEVELS, level_with(inventory_item_id=2**63), "cannot be read"),
    "an unknown topic": Nonsense("orders/teleported", b'{"id": 1}', "does not read topic 'orders/teleported'"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a08_genuine_nonsense_hears_200_and_is_parked_with_the_reason_and_the_bytes(wire: Wire, name: str) -> None:
    topic, body, reason = NONSENSE[name]
    parked_before = wire.inbox().parked
    assert wire.shopify(body, topic).status_code == 200
    newest = wire.newest()
    assert (newest.status, newest.topic) == ("parked", topic)
    assert newest.note is not None
    assert reason in newest.note
    assert wire.inbox().parked == parked_before + 1
    kept = wire.merchant.app.log.find(newest.position)
    assert kept is not None
    assert kept.delivery.body == body


def test_a13_five_megabytes_hear_200_and_are_noted_without_their_bytes(wire: Wire) -> None:
    body = b'{"id": 1, "note": "' + b"x" * 5_000_000 + b'"}'
    assert wire.shopify(body, "orders/create").status_code == 200
    newest = wire.newest()
    assert newest.status == "parked"
    kept = wire.merchant.app.log.find(newest.position)
    assert kept is not None
    assert kept.delivery.body.startswith(b"body dropped: 5000021 bytes came")


@pytest.mark.parametrize(
    "change",
    [
        lambda wire, body: wire.shopify(body, secret="shpss_somebody_else"),
        lambda wire, body: wire.shopify(body, X_Shopify_Hmac_Sha256=""),
        lambda wire, body: wire.shopify(body, X_Shopify_Hmac_Sha256="AAAA"),
        lambda wire, body: wire.shopify(
            {**body, "available": 1}, X_Shopify_Hmac_Sha256=shopify_signature(wire._secret, json.dumps(body).encode())
        ),
        lambda wire, body: wire.shopify(
            json.dumps(body).encode()[:-9],
            X_Shopify_Hmac_Sha256=shopify_signature(wire._secret, json.dumps(body).encode()),
        ),
    ],
    ids=["forged", "unsigned", "too short", "changed", "truncated"],
)
def test_a09_what_nobody_signed_hears_401_and_leaves_a_count_only(
    wire: Wire, change: Callable[[Wire, dict[str, Any]], httpx.Response]
) -> None:
    merchant = wire.merchant
    before, accepted = wire.inbox(), merchant.app.log.counts().accepted
    may_sell = merchant.ats(merchant.tee, "tiktok_shop")
    assert change(wire, wire.level(merchant.tee, 0)).status_code == 401
    assert wire.inbox().rejected == before.rejected + 1
    assert merchant.app.log.counts().accepted == accepted
    assert merchant.ats(merchant.tee, "tiktok_shop") == may_sell


def test_a01_the_same_delivery_eight_times_at_once_is_booked_once_and_all_hear_200(wire: Wire) -> None:
    merchant = wire.merchant
    body, before = wire.level(merchant.tee, 5), merchant.app.log.counts().duplicates
    heard: list[int] = []

    def send() -> None:
        heard.append(wire.shopify(body, X_Shopify_Webhook_Id="one-and-the-same").status_code)

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    merchant.booked()
    assert heard == [200] * 8
    assert merchant.booked_deliveries()["one-and-the-same"] == 1
    assert merchant.app.log.counts().duplicates == before + 7


def test_a02_one_event_in_two_deliveries_is_kept_twice_and_moves_once(wire: Wire) -> None:
    merchant = wire.merchant
    body = wire.level(merchant.tee, 5)
    for _ in range(2):
        assert wire.shopify(body, X_Shopify_Event_Id="the-same-event").status_code == 200
    second, first = wire.mine()[:2]
    assert first.note is not None
    assert second.note is not None
    assert first.note.endswith("seen")
    assert second.note.endswith("not news")


def test_a03_a11_an_older_level_and_a_replay_from_days_ago_change_nothing(wire: Wire) -> None:
    merchant = wire.merchant
    merchant.next_second()
    wire.shopify(wire.level(merchant.tee, 5))
    merchant.until_equal(lambda: merchant.ats(merchant.tee, "tiktok_shop"), 5)
    for at in ("2026-11-20T07:00:00-05:00", "2020-01-01T00:00:00Z"):
        assert wire.shopify(wire.level(merchant.tee, 1, at=at)).status_code == 200
        note = wire.newest().note
        assert note is not None
        assert note.endswith("not news")
    assert merchant.ats(merchant.tee, "tiktok_shop") == 5


def test_a_level_that_shopify_never_had_lowers_for_a_moment_and_is_put_right_by_looking(wire: Wire) -> None:
    """Signed once, sent with another meaning or much too late: an absolute number is a hint, and is read back."""
    merchant = wire.merchant
    may_sell = merchant.ats(merchant.tee, "tiktok_shop")
    merchant.next_second()
    wire.shopify(wire.level(merchant.tee, -3))
    merchant.until_equal(lambda: merchant.ats(merchant.tee, "tiktok_shop"), 0)
    steps = merchant.app.steps(merchant.shop)

    def looked_at() -> bool:
        steps.judge(grace_s=0.0, adopt=True)
        return merchant.ats(merchant.tee, "tiktok_shop") == may_sell

    merchant.until(looked_at, "a reading is newer than what was told")  # by Shopify's clock, in whole seconds
    assert merchant.adopted(merchant.tee) == []


def test_a_huge_level_raises_nothing(wire: Wire) -> None:
    merchant = wire.merchant
    before = merchant.ats_everywhere(merchant.tee)
    wire.shopify(wire.level(merchant.tee, 10**9))
    assert wire.newest().status == "done"
    merchant.until_equal(lambda: merchant.ats_everywhere(merchant.tee), before)
    merchant.app.steps(merchant.shop).read_levels([merchant.key(merchant.tee, WAREHOUSE)])


def test_d04_a_level_of_an_item_or_a_place_that_nobody_knows_is_kept_and_asked_about(wire: Wire) -> None:
    merchant = wire.merchant
    stranger = {**LEVEL, "inventory_item_id": 999_999_999}
    assert wire.shopify(stranger).status_code == 200
    newest = wire.newest()
    assert (newest.status, "asked for item 999999999" in str(newest.note)) == ("done", True)
    nowhere = {**wire.level(merchant.tee, 3), "location_id": 888_888_888}
    assert wire.shopify(nowhere).status_code == 200
    newest = wire.newest()
    assert (newest.status, "asked for" in str(newest.note)) == ("done", True)
    merchant.until(lambda: merchant.ats(merchant.tee, "online_store") > 3, "a place that is unknown lowers nothing")

    def asks() -> int:
        with merchant.app.store.reading() as session:
            return session.of(merchant.shop).asks.count()

    merchant.until_equal(asks, 0)


def test_an_order_of_things_nobody_knows_is_read_back_and_lowers_nothing(wire: Wire) -> None:
    merchant = wire.merchant
    before = merchant.ats_everywhere(merchant.tee)
    assert wire.shopify(ORDER, "orders/create").status_code == 200
    assert wire.newest().status == "done"
    assert merchant.ats_everywhere(merchant.tee) == before


@pytest.mark.parametrize("sku", ["Tee-Größe-Ø", "Ｔ恤-黑色", "👕-XL", "a\u0301-combined", "x" * 255])
def test_d07_a_sku_in_any_script_sells_like_any_other(wire: Wire, sku: str) -> None:
    merchant = wire.merchant
    item = merchant.item(merchant.tee)
    merchant.do("change_item", sku=merchant.tee, new_sku=sku)

    def named() -> list[str]:
        with merchant.app.store.reading() as session:
            return [row.item for row in session.of(merchant.shop).catalog.item_by_sku(sku)]

    merchant.until_equal(named, [item])
    tills = merchant.ats(sku, "shopify_pos")
    merchant.sale(sku, 1, at=BOSTON)
    merchant.until_equal(lambda: merchant.ats(sku, "shopify_pos"), tills - 1)


def test_a10_the_topic_of_the_address_counts_and_not_the_header(wire: Wire) -> None:
    merchant = wire.merchant
    wire.shopify(wire.level(merchant.tee, 4), X_Shopify_Topic="app/uninstalled")
    newest = wire.newest()
    assert (newest.topic, newest.status) == (LEVELS, "done")
    merchant.until_equal(lambda: merchant.ats(merchant.tee, "tiktok_shop"), 4)


def test_a10_a_captured_body_sent_to_the_address_of_another_topic_is_parked(wire: Wire) -> None:
    """Shopify signs the body and nothing else: whoever has caught one may send it anywhere."""
    merchant = wire.merchant
    wire.shopify(wire.level(merchant.tee, 4), "app/uninstalled")
    assert wire.newest().status == "parked"
    wire.shopify(ORDER, LEVELS)
    assert wire.newest().status == "parked"
    with merchant.app.store.reading() as session:
        state = session.of(merchant.shop).channels.get("shopify")
    assert (state.armed, state.held_reason) == (True, None)


def test_a12_while_the_secret_is_changed_both_are_good_and_a_third_is_not(wire: Wire) -> None:
    merchant = wire.merchant
    assert wire.shopify(wire.level(merchant.tee, 6), secret=OLD_SECRET).status_code == 200
    assert wire.newest().status == "done"
    assert wire.shopify(wire.level(merchant.tee, 6), secret="shpss_older_still").status_code == 401


def test_a17_a_shop_that_is_not_configured_hears_200_and_is_parked_apart(wire: Wire) -> None:
    gone = "gone.myshopify.com"
    before = wire.inbox().parked
    assert wire.shopify(ORDER, "orders/create", shop=gone).status_code == 200
    wire.merchant.booked()
    (row,) = wire.inbox("parked", gone).deliveries
    assert row.note is not None
    assert row.note.startswith("no shop 'gone.myshopify.com' with channel 'shopify' is configured")
    assert wire.inbox().parked == before + 1
    assert gone not in {parked.shop for parked in wire.inbox("parked").deliveries}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "envelope"),
        ({"type": 4711, "shop_id": None, "data": {}}, "webhook type 4711"),
        ({"type": 1, "shop_id": "someone-elses", "data": {"order_id": "1"}}, "shop_id is someone-elses"),
        ({"type": 1, "data": {"order_id": "../../etc/passwd"}}, "is no id of TikTok Shop's"),
        ({"type": 1, "data": "text"}, "data: Expected `object`, got `str`"),
    ],
)
def test_nonsense_of_tiktok_shop_is_parked_too(wire: Wire, body: object, reason: str) -> None:
    assert wire.tiktok(body).status_code == 200
    newest = wire.newest()
    assert (newest.channel, newest.status) == ("tiktok_shop", "parked")
    assert reason in str(newest.note)


def test_a_parked_delivery_can_be_replayed_once_it_can_be_read(wire: Wire) -> None:
    wire.shopify(b"{}", "orders/create")
    position = wire.newest().position
    note = wire.merchant.app.replay(wire.merchant.shop, position)
    assert note is not None
    assert "cannot be read" in note
    assert wire.merchant.app.replay(wire.merchant.shop, position + 10_000) is None


def test_good_deliveries_in_a_flood_of_nonsense_are_booked_within_moments(wire: Wire) -> None:
    flood = threading.Event()

    def pour() -> None:
        for kind in list(NONSENSE.values()) * 5:
            if flood.is_set():
                return
            wire.shopify(kind.body, kind.topic)

    pourer = threading.Thread(target=pour)
    pourer.start()
    for _ in range(3):
        a_sale_is_booked_within_moments(wire)
    flood.set()
    pourer.join()
