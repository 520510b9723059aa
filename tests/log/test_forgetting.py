"""Bodies that must go before their time, and a shop that must go altogether: exactly those, and for good."""

import pytest

from onhand.log import KeptLog, sqlite_log
from tests.log.deliveries import NOON, delivery, until_shown

TEES, MUGS = "tees.myshopify.com", "mugs.myshopify.com"


def bodies(log: KeptLog) -> list[bytes]:
    return [logged.delivery.body for logged in log.read(0, 10_000)]


def test_only_bodies_that_name_the_number_as_a_whole_are_forgotten(log: KeptLog) -> None:
    named = [
        b'{"id":1001}',
        b'{"order_id": 1001, "x": 1}',
        b'{"gid":"gid://shopify/Order/1001"}',
        b"1001" + b" " * 5000,
    ]
    others = [b'{"id":11001}', b'{"id":10010}', b'{"id":1002}', b"{}"]
    log.append([delivery(number, body=body) for number, body in enumerate(named + others)])
    assert log.forget_naming(TEES, ["1001", "77"], log.last_position()) == len(named)
    until_shown(lambda: bodies(log), others)
    assert log.forget_naming(TEES, ["1001"], log.last_position()) == 0
    assert log.forget_naming(TEES, [], log.last_position()) == 0
    assert log.counts().accepted == 8


def test_d15_another_shops_bodies_and_those_not_booked_yet_stay(log: KeptLog) -> None:
    log.append([delivery(1, body=b"1001"), delivery(2, body=b"1001", shop=MUGS), delivery(3, body=b"1001")])
    assert log.forget_naming(TEES, ["1001"], 2) == 1
    until_shown(lambda: [logged.position for logged in log.read(0, 10)], [2, 3])


def test_many_pages_of_bodies_are_looked_through(log: KeptLog) -> None:
    log.append([delivery(number, body=b"{}" if number % 5 else b"1001") for number in range(450)])
    assert log.forget_naming(TEES, ["1001"], log.last_position()) == 90
    until_shown(lambda: len(bodies(log)), 360)


def test_an_erased_shop_leaves_rows_without_content_and_repeats_are_still_known(
    log: KeptLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_log, "_FORGET_AT_ONCE", 50)
    log.append([delivery(number) for number in range(130)] + [delivery(1, shop=MUGS)])
    log.anchor(TEES, 5, b"head", NOON)
    log.anchor(MUGS, 6, b"head", NOON)
    assert log.erase(TEES) == 130
    until_shown(lambda: [logged.delivery.shop for logged in log.read(0, 1000)], [MUGS])
    assert (log.anchors(TEES), log.anchors(MUGS)) == ([], [(6, b"head")])
    assert log.append([delivery(3)]) == [False]
    assert log.erase(TEES) == 130
    assert log.erase("unknown.myshopify.com") == 0
    assert log.counts().accepted == 131
