"""Bodies that must go before their time, and a shop that must go altogether: exactly those, and for good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onhand.log.sqlite_log import SqliteLog
from tests.log.deliveries import NOON, delivery, open_log

TEES, MUGS = "tees.myshopify.com", "mugs.myshopify.com"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = open_log(tmp_path)
    yield log
    log.close()


def bodies(log: SqliteLog) -> list[bytes]:
    return [logged.delivery.body for logged in log.read(0, 10_000)]


def test_only_bodies_that_name_the_number_as_a_whole_are_forgotten(log: SqliteLog) -> None:
    named = [
        b'{"id":1001}',
        b'{"order_id": 1001, "x": 1}',
        b'{"gid":"gid://shopify/Order/1001"}',
        b"1001" + b" " * 5000,
    ]
    others = [b'{"id":11001}', b'{"id":10010}', b'{"id":1002}', b"{}"]
    log.append([delivery(number, body=body) for number, body in enumerate(named + others)])
    assert log.forget_naming(TEES, ["1001", "77"], log.last_position()) == len(named)
    assert bodies(log) == others
    assert log.forget_naming(TEES, ["1001"], log.last_position()) == 0
    assert log.forget_naming(TEES, [], log.last_position()) == 0
    assert log.counts().accepted == 8


def test_d15_another_shops_bodies_and_those_not_booked_yet_stay(log: SqliteLog) -> None:
    log.append([delivery(1, body=b"1001"), delivery(2, body=b"1001", shop=MUGS), delivery(3, body=b"1001")])
    assert log.forget_naming(TEES, ["1001"], 2) == 1
    assert [logged.position for logged in log.read(0, 10)] == [2, 3]


def test_many_pages_of_bodies_are_looked_through(log: SqliteLog) -> None:
    log.append([delivery(number, body=b"1001" if number % 3 else b"{}") for number in range(700)])
    assert log.forget_naming(TEES, ["1001"], log.last_position()) == 466
    assert len(bodies(log)) == 234


def test_an_erased_shop_leaves_rows_without_content_and_repeats_are_still_known(log: SqliteLog) -> None:
    log.append([delivery(number) for number in range(600)] + [delivery(1, shop=MUGS)])
    log.anchor(TEES, 5, b"head", NOON)
    log.anchor(MUGS, 6, b"head", NOON)
    assert log.erase(TEES) == 600
    assert [logged.delivery.shop for logged in log.read(0, 1000)] == [MUGS]
    assert (log.anchors(TEES), log.anchors(MUGS)) == ([], [(6, b"head")])
    assert log.append([delivery(3)]) == [False]
    assert log.erase(TEES) == 600
    assert log.erase("unknown.myshopify.com") == 0
    assert log.counts().accepted == 601
