"""What webhooks of TikTok Shop ask for: they are hints, the pictures are read back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.channels.tiktok_shop.parse import parse
from onhand.ports.channel import Ask, Report, Shown, StockChange, Wanted
from onhand.ports.delivery import Delivery
from onhand.ports.errors import UnreadableDelivery
from tests.channels.tiktok_shop.shop import SETTINGS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def delivered(body: bytes) -> Delivery:
    return Delivery(
        shop=SETTINGS.shop,
        channel="tiktok_shop",
        topic="",
        delivery_id="7",
        event_id=None,
        triggered_at=None,
        received_at=NOW,
        body=body,
    )


def told(kind: int, data: Any = None, **more: Any) -> Report:
    envelope = {"type": kind, "tts_notification_id": "7", "shop_id": "7495", "timestamp": 1795435200} | more
    if data is not None:
        envelope["data"] = data
    return parse(delivered(json.dumps(envelope).encode()), SETTINGS)


def test_an_order_is_always_read_back() -> None:
    report = told(1, {"order_id": "5761", "order_status": "UNPAID", "is_on_hold_order": False, "update_time": 1})
    assert report == Report(asks=(Ask(Wanted.ORDER, "5761", "TikTok Shop reports it as UNPAID"),))


def test_an_order_id_may_be_a_number() -> None:
    assert told(1, {"order_id": 576131002}).asks[0].key == "576131002"
    assert told(1, {"order_id": 576131002}, shop_id=7495).asks[0].key == "576131002"


def test_the_webhooks_own_word_for_cancelled_is_understood() -> None:
    assert told(1, {"order_id": "5", "order_status": "CANCEL"}).asks[0].because == "TikTok Shop reports it as CANCELLED"


def test_a_cancellation_has_its_order_read_back() -> None:
    report = told(11, {"order_id": "5761", "cancel_id": "9", "cancel_status": "CANCELLATION_REQUEST_COMPLETE"})
    assert [ask[:2] for ask in report.asks] == [(Wanted.ORDER, "5761")]


def test_a_return_is_read_back_with_its_order() -> None:
    report = told(12, {"order_id": "5761", "return_id": 9001, "return_status": "BUYER_SHIPPED_ITEM"})
    because = "TikTok Shop reports a return as BUYER_SHIPPED_ITEM"
    assert report.asks == (Ask(Wanted.RETURN, "9001", because), Ask(Wanted.ORDER, "5761", because))
    assert [ask[:2] for ask in told(12, {"order_id": "5761"}).asks] == [(Wanted.ORDER, "5761")]
    with pytest.raises(UnreadableDelivery, match="which return changed is not said"):
        told(12, {"return_status": "BUYER_SHIPPED_ITEM"})


@pytest.mark.parametrize("kind", [68, 71])
def test_a_change_of_stock_is_told_with_its_deltas_its_snapshot_and_its_locks(kind: int) -> None:
    after = {"total_available_quantity": 7, "total_committed_quantity": 2, "in_shop_quantity": 4}
    locks = {"campaign_locked_quantity": 2, "creator_locked_quantity": 1}
    details = [
        {"trigger_source": "order_created", "total_available_quantity_delta": -2},
        {"trigger_source": "campaign_lock", "campaign_locked_quantity_delta": 2},
    ]
    data = {"sku_id": 17324, "quantity_snapshot_after_change": after | locks, "change_detail": details}
    (change,) = told(kind, data | {"occurred_at": "2026-11-23T11:59:59.123456789Z"}).stock_changes
    assert change == StockChange(
        listing="17324",
        shown=Shown(7, 2, locked_units=3, locked_for="campaigns (2), creators (1)"),
        delta_units=-2,
        sources=("campaign_lock", "order_created"),
        by_app=False,
        changed_at=datetime(2026, 11, 23, 11, 59, 59, 123456, tzinfo=UTC),
    )


@pytest.mark.parametrize("at", [None, "soon", "2026-11-23T11:59:59"])
def test_a_change_at_no_time_that_can_be_read_is_a_change_all_the_same(at: str | None) -> None:
    data = {"sku_id": "1", "quantity_snapshot_after_change": {"total_available_quantity": 1}, "occurred_at": at}
    (change,) = told(71, data).stock_changes
    assert (change.changed_at, change.sources, change.by_app) == (None, (), False)


def test_a_change_without_a_snapshot_is_looked_at() -> None:
    assert told(71, {"sku_id": "1"}).asks[0].because == "its stock changed: no reason given"


@pytest.mark.parametrize("kind", [5, 50])
def test_a_product_taken_off_sale_makes_us_look_at_its_listings(kind: int) -> None:
    report = told(kind, {"product_id": 1731, "status": "DEACTIVATED", "skus": [{"sku_id": 1}, {"id": "2"}]})
    assert [ask[:2] for ask in report.asks] == [(Wanted.LISTING, "1"), (Wanted.LISTING, "2")]
    assert "DEACTIVATED" in report.note


def test_when_the_seller_withdraws_we_stop_and_say_so() -> None:
    report = told(6, {"message": "bye"})
    assert report.closed
    assert "onhand connect tiktok-shop --code" in report.problems[0].next_step


def test_an_authorization_that_will_end_is_a_problem_in_time() -> None:
    report = told(7, {"expiration_time": 1798000000})
    assert not report.closed
    assert "1798000000" in report.problems[0].message


@pytest.mark.parametrize("kind", [3, 4, 24, 27, 39, 63, 67])
def test_what_concerns_no_stock_of_ours_is_only_noted(kind: int) -> None:
    report = told(kind, {"anything": 1})
    assert report == Report(note=report.note)
    assert report.note


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "envelope"),
        (b"[]", "envelope"),
        (b'{"type":"1","data":{}}', "envelope"),
        (b'{"type":1.0,"data":{}}', "envelope"),
        (b'{"data":{"order_id":"5"}}', "type"),
        (b'{"type":1,"data":{}}', "order_id"),
        (b'{"type":1,"data":{"order_id":5.5}}', "order_id"),
        (b'{"type":1,"data":{"order_id":NaN}}', "data|envelope"),
        (b'{"type":1,"data":{"order_id":"5 or 1=1"}}', "no id"),
        (b'{"type":1,"data":{"order_id":""}}', "no id"),
        (b'{"type":1,"shop_id":"999","data":{"order_id":"5"}}', "shop_id is 999.*7495"),
        (b'{"type":71,"data":{"sku_id":[1]}}', "sku_id"),
        (b'{"type":4711,"data":{}}', "type 4711"),
        (b"body dropped: 5000000 bytes came, 2097152 are kept at most", "envelope"),
    ],
)
def test_what_cannot_be_read_is_named_and_parked(body: bytes, what: str) -> None:
    with pytest.raises(UnreadableDelivery, match=what):
        parse(delivered(body), SETTINGS)


@given(
    st.binary(max_size=100)
    | st.fixed_dictionaries(
        {"type": st.sampled_from([1, 5, 6, 7, 11, 50, 68, 71, 3, 99])},
        optional={
            "data": st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(
                        st.sampled_from(["order_id", "sku_id", "skus", "product_id", "change_detail"]), inner
                    )
                ),
                max_leaves=8,
            ),
            "shop_id": st.sampled_from(["7495", 7495, "1", None]),
        },
    )
    .map(json.dumps)
    .map(str.encode)
)
def test_whatever_comes_is_read_or_parked_and_nothing_else_happens(body: bytes) -> None:
    try:
        report = parse(delivered(body), SETTINGS)
    except UnreadableDelivery:
        return
    assert report.note or report.asks or report.problems
