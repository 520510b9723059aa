"""What every entry of the table must do, before its real protocol in the sandbox."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from onhand.channels import CHANNELS
from onhand.domain.orders import OrderPicture
from onhand.ports.channel import Applied, Offer, Rejected, Report, Throttled, Unknown, Wanted
from onhand.ports.delivery import Delivery
from onhand.ports.errors import BadSignature, ChannelRefused, ChannelUnavailable, UnreadableDelivery
from onhand.sandbox.markets import MARKETS, connections
from tests.channels.contract.stand import HOOKS, Stand, standing

MUTATIONS = 400


@pytest.fixture(params=sorted(CHANNELS))
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    """Each channel of the table in turn."""
    with standing(request.param) as made:
        yield made


def told_by(stand: Stand) -> list[Delivery]:
    """Webhooks about an order, verified."""
    stand.channel.ensure_webhooks(HOOKS)
    stand.order()
    requests = stand.requests()
    assert requests, "an order must be told of"
    return [stand.channel.verify(request, stand.now()) for request in requests]


def pictures(stand: Stand, *orders: str) -> list[OrderPicture]:
    report = stand.channel.read(Wanted.ORDER, orders, 2, stand.lookup).report
    return [picture for picture in report.pictures if isinstance(picture, OrderPicture)]


def held_units(picture: OrderPicture) -> int:
    return sum(placed.units for placed in picture.placed)


def test_every_entry_has_a_protocol_in_the_sandbox_to_be_tried_with() -> None:
    assert set(MARKETS) == set(CHANNELS)


def test_who_answers_is_named(stand: Stand) -> None:
    assert stand.channel.ping()
    assert stand.channel.name == stand.name


def test_a_signed_webhook_is_genuine_and_what_is_changed_missing_or_foreign_is_not(stand: Stand) -> None:
    stand.channel.ensure_webhooks(HOOKS)
    stand.order()
    request, *_ = stand.requests()
    assert stand.channel.verify(request, stand.now()).body == request.body
    signing = [name for name, text in request.headers.items() if len(text) >= 40]
    assert signing, "a header must carry the signature"
    unsigned = {name: text for name, text in request.headers.items() if name not in signing}
    wrong = {name: text[:-5] + "AAAAA" if name in signing else text for name, text in request.headers.items()}
    strange = {name: "ä" * 64 if name in signing else text for name, text in request.headers.items()}
    for headers, body in (
        (request.headers, request.body + b" "),
        (unsigned, request.body),
        (wrong, request.body),
        (strange, request.body),
    ):
        with pytest.raises(BadSignature):
            stand.channel.verify(request._replace(headers=headers, body=body), stand.now())


def test_while_a_secret_is_rotated_both_are_good(stand: Stand) -> None:
    stand.channel.ensure_webhooks(HOOKS)
    stand.order()
    request, *_ = stand.requests()
    (old,) = (key for key in CHANNELS[stand.name].keys if key.startswith("old_"))
    signing = old.removeprefix("old_")
    right = connections(stand.sandbox)[stand.name].secret[signing]
    rotating = stand.again(**{signing: "the-new-one", old: right})
    assert rotating.verify(request, stand.now()).body == request.body
    with pytest.raises(BadSignature):
        stand.again(**{signing: "the-new-one"}).verify(request, stand.now())


def test_a_repeat_carries_the_id_of_the_first(stand: Stand) -> None:
    stand.channel.ensure_webhooks(HOOKS)
    stand.order()
    for request in stand.requests():
        first, again = (stand.channel.verify(request, stand.now() + timedelta(hours=hours)) for hours in (0, 5))
        assert first.delivery_id == again.delivery_id
        assert first.channel == stand.name


def test_webhooks_are_asked_for_again_without_being_sent_twice(stand: Stand) -> None:
    stand.channel.ensure_webhooks(HOOKS)
    stand.order()
    once = len(stand.requests())
    stand.channel.ensure_webhooks(HOOKS)
    stand.order()
    assert len(stand.requests()) == once


def test_what_an_order_does_is_told_or_asked_for(stand: Stand) -> None:
    reports = [stand.channel.parse(delivery, stand.lookup) for delivery in told_by(stand)]
    assert any(report.pictures or report.asks for report in reports)


def test_garbage_is_unreadable_and_nothing_else(stand: Stand) -> None:
    rng = random.Random(7)
    deliveries = told_by(stand)
    unreadable = 0
    for number in range(MUTATIONS):
        delivery = deliveries[number % len(deliveries)]
        try:
            broken = replace(delivery, body=_mutated(delivery.body, rng))
            assert isinstance(stand.channel.parse(broken, stand.lookup), Report)
        except UnreadableDelivery:
            unreadable += 1
    assert unreadable > MUTATIONS // 20


def _mutated(body: bytes, rng: random.Random) -> bytes:
    raw = bytearray(body)
    match rng.randrange(4):
        case 0:
            del raw[rng.randrange(len(raw)) :]
        case 1:
            for _ in range(rng.randint(1, 8)):
                raw[rng.randrange(len(raw))] = rng.randrange(256)
        case 2:
            start = rng.randrange(len(raw))
            raw[start:start] = rng.choice((b"null", b"[" * 300, b'"x"', b"-1", b"1e999", b"\xff\xfe", b"{}"))
        case _:
            words = (b"null", b'""', b"[]", b"{}", b"true", b"99999999999999999999", b'"\xc3\xa4"')
            parts = bytes(raw).split(b",")
            place = rng.randrange(len(parts))
            name, colon, _ = parts[place].partition(b":")
            parts[place] = name + colon + rng.choice(words)
            return b",".join(parts)
    return bytes(raw)


def test_the_census_names_every_listing_once_and_is_whole(stand: Stand) -> None:
    census = stand.channel.take_census(5, stand.lookup)
    try:
        assert census.complete
        assert census.reading == 5
        assert {row.listing for row in census.listings} == {row.listing for row in stand.listings}
        assert len(census.listings) == len({row.listing for row in census.listings}) > 1
        assert {row.channel for row in census.listings} == {stand.name}
    finally:
        census.close()


def test_an_order_is_read_and_what_is_not_known_is_missing(stand: Stand) -> None:
    order = stand.order(2)
    reading = stand.channel.read(Wanted.ORDER, [order, "404404"], 2, stand.lookup)
    assert reading.missing == ("404404",)
    (picture,) = pictures(stand, order)
    assert picture.cause == f"{stand.name}/order/{order}"
    assert picture.version.reading in (None, 2)
    assert held_units(picture) == 2
    assert {line.item for line in picture.lines} == {stand.listings[0].item}


def test_a_cancelled_order_holds_nothing(stand: Stand) -> None:
    order = stand.order()
    stand.cancel(order)
    (picture,) = pictures(stand, order)
    assert held_units(picture) == 0


def test_what_changed_is_found_and_what_was_before_is_not(stand: Stand) -> None:
    first = stand.order()
    began = stand.now()
    found = list(stand.channel.changed(began - timedelta(seconds=5)))
    assert (Wanted.ORDER, first) in {(row.wanted, row.key) for row in found}
    assert {row.cause for row in found} >= {f"{stand.name}/order/{first}"}
    assert list(stand.channel.changed(began + timedelta(hours=1))) == []
    assert first in {row.key for row in stand.channel.unfinished()}


def test_kinds_that_a_channel_does_not_know_have_no_room_in_a_reading(stand: Stand) -> None:
    assert stand.channel.batch_size(Wanted.ORDER) > 0
    assert stand.channel.batch_size(Wanted.LEVEL) == 0


def test_what_is_told_is_shown(stand: Stand) -> None:
    for parcel in stand.parcels(7, 4):
        assert parcel.channel == stand.name
        assert isinstance(stand.channel.send(parcel), Applied)
    assert (stand.shown(0), stand.shown(1)) == (7, 4)
    shown = stand.channel.read_shown(stand.listings[:2])
    assert [shown[row.listing].available_units for row in stand.listings[:2]] == [7, 4]


def test_what_open_orders_hold_stands_beside_what_is_sold(stand: Stand) -> None:
    before = stand.channel.read_shown(stand.listings[:1])[stand.listings[0].listing]
    stand.order()
    after = stand.channel.read_shown(stand.listings[:1])[stand.listings[0].listing]
    assert after.available_units == before.available_units - 1
    assert after.committed_units in (before.committed_units, before.committed_units + 1)


def test_parcels_carry_every_offer_once_under_keys_of_their_own(stand: Stand) -> None:
    offers = [Offer(listing, 3, None) for listing in stand.listings]
    packed = stand.channel.pack(offers, "run-9")
    assert sorted(offer.listing.listing for _, carried in packed for offer in carried) == sorted(
        listing.listing for listing in stand.listings
    )
    keys = [parcel.key for parcel, _ in packed]
    assert len(keys) == len(set(keys))
    assert all(key.startswith("run-9/") for key in keys)
    rows = stand.channel.capabilities.rows_a_parcel
    assert rows is None or all(len(carried) <= rows for _, carried in packed)


def test_a_row_that_is_refused_is_named_and_the_others_are_carried_out(stand: Stand) -> None:
    unknown = replace(stand.listings[0], listing="909090909", item="x")
    packed = stand.channel.pack([Offer(stand.listings[0], 5, None), Offer(unknown, 1, None)], "run")
    outcomes = [(stand.channel.send(parcel), carried) for parcel, carried in packed]
    refused = [(outcome, carried) for outcome, carried in outcomes if isinstance(outcome, Rejected)]
    ((outcome, carried),) = refused
    assert [carried[number].listing.listing for number in outcome.rows] == [unknown.listing]
    assert unknown.listing in outcome.reason
    assert stand.shown(0) == 5


def test_an_answer_that_was_lost_is_unknown_and_reading_back_shows_what_became_of_it(stand: Stand) -> None:
    (parcel,) = stand.parcels(9)
    stand.wire.loses = True
    assert isinstance(stand.channel.send(parcel), Unknown)
    stand.wire.loses = False
    shown = stand.channel.read_shown(stand.listings[:1])
    assert shown[stand.listings[0].listing].available_units == stand.shown() == 9


def test_a_platform_that_cannot_be_reached_was_not_asked(stand: Stand) -> None:
    (parcel,) = stand.parcels(9)
    before = stand.shown()
    stand.wire.down = True
    assert isinstance(stand.channel.send(parcel), Throttled)
    with pytest.raises(ChannelUnavailable):
        stand.channel.read(Wanted.ORDER, ["1"], 2, stand.lookup)
    with pytest.raises(ChannelUnavailable):
        stand.channel.read_shown(stand.listings[:1])
    with pytest.raises(ChannelUnavailable):
        list(stand.channel.changed(stand.now()))
    stand.wire.down = False
    assert stand.shown() == before


@pytest.mark.parametrize("kind", ["throttle", "error_5xx", "outage"])
def test_a_platform_in_trouble_is_named_and_never_leaves_an_error_of_its_own(stand: Stand, kind: str) -> None:
    (parcel,) = stand.parcels(9)
    stand.sandbox.faults.set(kind, share=1.0)  # type: ignore[arg-type] # the kinds are three of its own
    assert isinstance(stand.channel.send(parcel), Throttled | Unknown | Rejected)
    calls = (
        lambda: stand.channel.read_shown(stand.listings[:1]),
        lambda: stand.channel.read(Wanted.ORDER, ["1"], 2, stand.lookup),
        lambda: list(stand.channel.changed(stand.now())),
        lambda: list(stand.channel.unfinished()),
        lambda: stand.channel.take_census(3, stand.lookup),
        stand.channel.ping,
        lambda: stand.channel.ensure_webhooks(HOOKS),
    )
    for call in calls:
        with pytest.raises((ChannelUnavailable, ChannelRefused)):
            call()
    if kind == "throttle":
        assert isinstance(stand.channel.send(parcel), Throttled)


def test_the_bounds_that_are_declared_are_those_that_are_taken(stand: Stand) -> None:
    able = stand.channel.capabilities
    assert not able.a_number_a_location, "the sandbox plays none such yet: teach it first"
    least, most = able.bounded(-1), able.most_units if able.most_units is not None else 1_000_000
    for units in (least, most):
        (parcel,) = stand.parcels(units)
        assert isinstance(stand.channel.send(parcel), Applied)
        assert stand.shown() == units


def test_ready_is_how_much_may_go_now(stand: Stand) -> None:
    assert stand.channel.ready() >= 1
