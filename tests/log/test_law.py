"""The law of the port: the same tests over a file of this machine and over a stream that three servers keep."""

from dataclasses import replace
from datetime import timedelta

import pytest

from onhand.log import KeptLog, sqlite_log
from tests.log.deliveries import NOON, delivery, until_shown


def test_deliveries_come_back_as_they_came_and_in_order(log: KeptLog) -> None:
    bodies = [b"", b"{}", b"\xff\xfe\x00", "Größe Ü 👕".encode(), b"x" * 5_000, bytes(range(256)) * 40]
    sent = [delivery(number, body=body) for number, body in enumerate(bodies)]
    sent.append(replace(delivery(99), event_id=None, triggered_at=None, topic="ghost/topic"))
    assert log.append(sent) == [True] * 7
    assert [logged.delivery for logged in log.read(0, 100)] == sent
    assert [logged.position for logged in log.read(0, 100)] == sorted(logged.position for logged in log.read(0, 100))


def test_a_repeat_is_kept_once_whether_it_comes_later_or_in_the_same_commit(log: KeptLog) -> None:
    assert log.append([delivery(1), delivery(2)]) == [True, True]
    assert log.append([delivery(2), delivery(3), delivery(3), delivery(1)]) == [False, True, False, False]
    assert [logged.delivery for logged in log.read(0, 10)] == [delivery(1), delivery(2), delivery(3)]
    assert log.counts() == (3, 3, 0)


def test_one_shop_cannot_use_up_the_delivery_ids_of_another(log: KeptLog) -> None:
    other = delivery(1, shop="mugs.myshopify.com")
    tiktok = replace(delivery(1), channel="tiktok_shop")
    assert log.append([delivery(1), other, tiktok]) == [True, True, True]
    assert {logged.delivery.shop for logged in log.read(0, 10)} == {"tees.myshopify.com", "mugs.myshopify.com"}


@pytest.mark.parametrize("count", [1, 2, 5, 7, 63, 64, 65, 127, 300])
def test_a_batch_of_any_size_is_kept_whole(log: KeptLog, count: int) -> None:
    assert log.append([delivery(number) for number in range(count)]) == [True] * count
    assert len(log.read(0, 1000)) == log.last_position() == count


def test_reading_goes_on_behind_a_position(log: KeptLog) -> None:
    log.append([delivery(number) for number in range(10)])
    first = log.read(0, 4)
    rest = log.read(first[-1].position, 100)
    assert [logged.delivery for logged in [*first, *rest]] == [delivery(number) for number in range(10)]
    assert log.read(log.last_position(), 10) == []
    assert log.find(first[2].position) == first[2]
    assert log.find(10_000) is None


def test_bodies_go_after_their_time_but_not_those_of_parked_deliveries(
    log: KeptLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_log, "_FORGET_AT_ONCE", 4)
    log.append([delivery(number, after_s=number) for number in range(20)])
    assert log.forget_bodies(NOON + timedelta(seconds=10), keep=[3, 7]) == 8
    assert log.find(1) is None
    assert log.find(3) is not None
    until_shown(lambda: [logged.position for logged in log.read(0, 100)], [3, 7, *range(11, 21)])
    assert log.append([delivery(0)]) == [False]  # the repeat of a forgotten one is still a repeat
    assert log.forget_bodies(NOON + timedelta(seconds=12), keep=[7]) == 3
    until_shown(lambda: [logged.position for logged in log.read(0, 100)], [7, *range(13, 21)])


def test_a_clock_that_jumps_leaves_no_body_behind_for_ever(log: KeptLog) -> None:
    times = [0, 90_000, 1, 2]  # the second came while the clock was a day ahead
    log.append([delivery(number, after_s=after_s) for number, after_s in enumerate(times)])
    assert log.forget_bodies(NOON + timedelta(hours=1), keep=[]) == 3
    until_shown(lambda: [logged.position for logged in log.read(0, 10)], [2])
    assert log.forget_bodies(NOON + timedelta(days=2), keep=[]) == 1
    until_shown(lambda: log.read(0, 10), [])


def test_anchors_are_kept_per_shop_and_never_replaced(log: KeptLog) -> None:
    log.anchor("tees.myshopify.com", 10, b"head ten", NOON)
    log.anchor("tees.myshopify.com", 20, b"head twenty", NOON)
    log.anchor("tees.myshopify.com", 10, b"forged", NOON)
    assert log.anchors("tees.myshopify.com") == [(10, b"head ten"), (20, b"head twenty")]
    assert log.anchors("mugs.myshopify.com") == []
