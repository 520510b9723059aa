"""Transfers are settled by difference: whatever was told before, the books end where the newest picture says."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.openings import Opened
from onhand.domain.pictures import Seen, Version, judge
from onhand.domain.stock import Bin, LevelKey, Levels, State, fold
from onhand.domain.transfers import (
    UNDATED,
    Sent,
    TransferLine,
    TransferPicture,
    TransferStatus,
    effect_of,
    settle_transfer,
)

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SHELF, ASIDE = Bin("Warehouse", State.AVAILABLE), Bin("Warehouse", State.RESERVED)
UNDER_WAY, ARRIVED = Bin("Boston", State.INCOMING), Bin("Boston", State.AVAILABLE)
SENT_BACK = Bin("Boston", State.SUPPLIER)


def minute(number: int) -> datetime:
    return T0 + timedelta(minutes=number)


def transfer(
    reading: int = 1,
    status: TransferStatus = TransferStatus.READY_TO_SHIP,
    *,
    sent: tuple[Sent, ...] = (),
    origin: str | None = "Warehouse",
    destination: str | None = "Boston",
) -> TransferPicture:
    return TransferPicture(
        cause="shopify/transfer/7",
        origin="shopify",
        version=Version(at=UNDATED, reading=reading),
        name="#T0001",
        status=status,
        created_at=T0,
        seen_at=minute(reading),
        from_location=origin,
        to_location=destination,
        lines=(TransferLine("TEE", 5),),
        sent=sent,
    )


def shipment(units: int = 5, accepted: int = 0, rejected: int = 0, at: int = 5) -> Sent:
    received_at = minute(at + 5) if accepted or rejected else None
    return Sent("9", "TEE", units, minute(at), accepted, rejected, received_at)


def books_after(*pictures: TransferPicture) -> dict[Bin, int]:
    return {bin_: units for (_, bin_), units in book(pictures).items()}


def book(pictures: Sequence[TransferPicture], cuts: dict[LevelKey, datetime] | None = None) -> Levels:
    """Book pictures as intake does: an older one moves nothing."""
    booked: Levels = {}
    seen: Seen | None = None
    count = 0
    for picture in pictures:
        if judge(seen, picture.version, str(picture)) in ("older", "same"):
            continue
        movements = settle_transfer(picture, booked, Opened(cuts=cuts or {}), count).movements
        booked, count = fold(movements, start=booked), count + len(movements)
        seen = Seen(version=picture.version, digest=str(picture), told_digest=None)
    return booked


def test_a_draft_moves_nothing() -> None:
    assert books_after(transfer(status=TransferStatus.DRAFT)) == {}


def test_ready_to_ship_puts_the_units_aside_at_the_origin() -> None:
    assert books_after(transfer()) == {SHELF: -5, ASIDE: 5}


def test_what_was_sent_is_incoming_and_what_was_not_still_waits() -> None:
    part = transfer(2, TransferStatus.IN_PROGRESS, sent=(shipment(3),))
    assert books_after(transfer(), part) == {SHELF: -5, ASIDE: 2, UNDER_WAY: 3}


def test_accepted_units_are_sold_at_the_destination_and_rejected_ones_stand_on_no_shelf() -> None:
    arrived = transfer(3, TransferStatus.TRANSFERRED, sent=(shipment(5, accepted=3, rejected=2),))
    assert books_after(arrived) == {SHELF: -5, ARRIVED: 3, SENT_BACK: 2}
    assert {row.reason for row in settle_transfer(arrived, {}, Opened(), 0).movements} == {
        "transferred",
        "sent and rejected on arrival",
    }


def test_more_accepted_than_sent_comes_from_outside_and_incoming_ends_at_zero() -> None:
    arrived = transfer(3, TransferStatus.TRANSFERRED, sent=(shipment(5, accepted=6, rejected=1),))
    assert books_after(arrived) == {SHELF: -5, ARRIVED: 6, SENT_BACK: -1}


def test_cancelling_frees_what_waits_and_leaves_what_is_under_way() -> None:
    cancelled = transfer(3, TransferStatus.CANCELLED, sent=(shipment(3),))
    assert books_after(transfer(), cancelled) == {SHELF: -3, UNDER_WAY: 3}
    assert books_after(transfer(), transfer(2, TransferStatus.CANCELLED)) == {}


def test_a_purchase_comes_from_the_supplier_and_reserves_nothing() -> None:
    waiting = transfer(origin=None)
    assert books_after(waiting) == {}
    sent = transfer(2, TransferStatus.IN_PROGRESS, sent=(shipment(4),), origin=None)
    assert books_after(waiting, sent) == {SENT_BACK: -4, UNDER_WAY: 4}


def test_goods_for_another_shop_leave_the_books() -> None:
    gone = transfer(2, TransferStatus.IN_PROGRESS, sent=(shipment(),), destination=None)
    assert books_after(gone) == {SHELF: -5, Bin("Warehouse", State.SUPPLIER): 5}


def test_a_deleted_location_keeps_what_the_books_had_there() -> None:
    sent = transfer(2, TransferStatus.IN_PROGRESS, sent=(shipment(2),))
    assert books_after(transfer(), replace(sent, from_location=None)) == books_after(sent)
    received = transfer(3, TransferStatus.IN_PROGRESS, sent=(shipment(2, accepted=2),), destination=None)
    assert books_after(transfer(), sent, received) == {SHELF: -5, ASIDE: 3, ARRIVED: 2}
    later = replace(received, version=Version(at=UNDATED, reading=4), from_location=None)
    assert books_after(transfer(), sent, received, later) == {SHELF: -5, ASIDE: 3, ARRIVED: 2}


def test_each_side_is_cut_at_its_own_opening() -> None:
    sent = transfer(9, TransferStatus.IN_PROGRESS, sent=(shipment(5, at=5),))
    opened_there = {LevelKey("TEE", "Boston"): minute(6)}
    assert book([sent], opened_there) == {("TEE", SHELF): -5, ("TEE", Bin("Warehouse", State.SUPPLIER)): 5}
    opened_here = {LevelKey("TEE", "Warehouse"): minute(4)}
    assert book([sent], opened_here) == {("TEE", ASIDE): -5, ("TEE", UNDER_WAY): 5}
    both = {LevelKey("TEE", "Warehouse"): minute(8), LevelKey("TEE", "Boston"): minute(8)}
    assert book([sent], both) == {}


counts = st.integers(min_value=0, max_value=6)


@st.composite
def shipments(draw: st.DrawFn, number: int) -> Sent:
    units = draw(st.integers(min_value=1, max_value=6))
    accepted = draw(st.integers(min_value=0, max_value=units + 2))
    rejected = draw(st.integers(min_value=0, max_value=max(0, units - accepted)))
    shipped = draw(st.integers(min_value=1, max_value=20))
    received_at = minute(shipped + 2) if accepted or rejected else None
    return Sent(
        str(number), draw(st.sampled_from(["TEE", "CAP"])), units, minute(shipped), accepted, rejected, received_at
    )


@st.composite
def pictures(draw: st.DrawFn) -> TransferPicture:
    reading = draw(st.integers(min_value=1, max_value=9))
    places = [("Warehouse", "Boston"), (None, "Boston"), ("Warehouse", None)]
    origin, destination = draw(st.sampled_from(places))
    sent = tuple(draw(shipments(number)) for number in range(draw(st.integers(min_value=0, max_value=3))))
    status = draw(st.sampled_from([one for one in TransferStatus if one is not TransferStatus.VANISHED]))
    return replace(
        transfer(
            reading,
            status,
            origin=origin,
            destination=destination,
            sent=sent if status is not TransferStatus.DRAFT else (),
        ),
        lines=tuple(TransferLine(item, draw(counts)) for item in ("TEE", "CAP")),
    )


cut_times = st.dictionaries(
    st.sampled_from([LevelKey(item, place) for item in ("TEE", "CAP") for place in ("Warehouse", "Boston")]),
    st.integers(min_value=-1, max_value=25).map(minute),
)


@given(pictures(), cut_times)
def test_for_every_item_all_bins_sum_to_zero(picture: TransferPicture, cuts: dict[LevelKey, datetime]) -> None:
    booked = book([picture], cuts)
    for item in ("TEE", "CAP"):
        assert sum(units for (one, _), units in booked.items() if one == item) == 0


@given(pictures(), cut_times)
def test_a_repeat_moves_nothing(picture: TransferPicture, cuts: dict[LevelKey, datetime]) -> None:
    first = settle_transfer(picture, {}, Opened(cuts=cuts), 0).movements
    assert settle_transfer(picture, fold(first), Opened(cuts=cuts), len(first)).movements == ()


@given(pictures())
def test_without_a_cut_the_books_hold_what_the_transfer_did(picture: TransferPicture) -> None:
    assert book([picture]) == effect_of(picture)


@given(st.lists(pictures(), min_size=1, max_size=6), cut_times, st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_end_in_the_same_books(
    life: list[TransferPicture], cuts: dict[LevelKey, datetime], chance: random.Random
) -> None:
    named = [
        replace(
            one, version=Version(at=minute(number), reading=number), from_location="Warehouse", to_location="Boston"
        )
        for number, one in enumerate(life, start=1)
    ]
    told = [*named, *chance.choices(named, k=4)]
    chance.shuffle(told)
    assert book(told, cuts) == book(named[-1:], cuts)


@given(pictures(), cut_times)
def test_a_transfer_that_vanished_holds_nothing_any_more_and_moves_nothing_else(
    picture: TransferPicture, cuts: dict[LevelKey, datetime]
) -> None:
    first = settle_transfer(picture, {}, Opened(cuts=cuts), 0)
    gone = replace(picture, status=TransferStatus.VANISHED, from_location=None, to_location=None, lines=(), sent=())
    known = Opened(cuts=cuts, held=first.held, known_at=dict.fromkeys(("TEE", "CAP"), minute(30)))
    booked = fold(first.movements)
    last = settle_transfer(gone, booked, known, len(first.movements)).movements
    before, after = Counter(booked), Counter(fold(last, start=booked))
    for key, units in first.held.items():
        before[key] += units
        after[key] += units
    for item, bin_ in {*before, *after}:
        if bin_.state in (State.RESERVED, State.INCOMING):
            assert after[item, bin_] == min(0, before[item, bin_])
    for item in ("TEE", "CAP"):
        aside, shelf = Bin("Warehouse", State.RESERVED), Bin("Warehouse", State.AVAILABLE)
        assert after[item, shelf] - before[item, shelf] == max(0, before[item, aside])
