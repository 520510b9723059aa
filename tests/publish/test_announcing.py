"""Listeners are told every number that changed: in order, at least once, for days, and others do not wait for them."""

from datetime import datetime, timedelta

import msgspec

from onhand.ports.listeners import Heard
from onhand.publish import announcing
from onhand.store import Books, Store
from onhand.store.announcements import Announcement
from tests.answers.shop import SHOP, later

ERP = "erp"
TAKEN = Heard("taken", "")
DOWN = Heard("again", "erp.example.com answered 503")


def offer(books: Books, units: int, at: datetime, channel: str = "tiktok_shop") -> None:
    books.offers.compute([(channel, "t-1" if channel == "tiktok_shop" else "1", units)], at)


def plan(books: Books, at: datetime, *, channels: tuple[str, ...] | None = ("tiktok_shop",)) -> list[Announcement]:
    return announcing.plan(books, ERP, channels=channels, skus=["TEE"], since=later(0), now=at)


def first(books: Books) -> Announcement:
    """Let one number be due."""
    offer(books, 5, later(5))
    (row,) = plan(books, later(6))
    return row


def test_a_number_that_changed_is_told_with_its_sequence_and_once(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        row = first(books)
        message, body = announcing.message_of(SHOP, row)
        told = msgspec.json.decode(body)
        assert told["type"] == "ats.changed"
        assert {key: told["data"][key] for key in ("item", "sku", "channel", "units", "sequence")} == {
            "item": "1",
            "sku": "TEE",
            "channel": "tiktok_shop",
            "units": 5,
            "sequence": 1,
        }
        assert (message, body) == announcing.message_of(SHOP, row)  # a repeat is known for one
        announcing.conclude(books, row, TAKEN, later(6))
        assert plan(books, later(7)) == []
        offer(books, 4, later(8))
        (next_row,) = plan(books, later(8))
        assert (next_row.units, next_row.sequence) == (4, 2)
        assert announcing.message_of(SHOP, next_row)[0] != message


def test_a_message_that_is_tried_again_after_its_item_got_another_sku_has_another_id(store: Store) -> None:
    with store.writing() as session:
        row = first(session.of(SHOP))
    renamed = row._replace(sku="TEE-NEW")
    assert announcing.message_of(SHOP, renamed)[0] != announcing.message_of(SHOP, row)[0]


def test_a_newer_number_takes_the_place_of_one_that_was_not_taken_and_waits_as_long(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        row = first(books)
        announcing.conclude(books, row, DOWN, later(6))
        offer(books, 3, later(7))
        again = later(6) + timedelta(seconds=announcing.WAITS_S[0])
        assert plan(books, again - timedelta(seconds=1)) == []
        (newer,) = plan(books, max(again, later(7)))
        assert (newer.units, newer.sequence, newer.attempts) == (3, 2, 1)


def test_an_answer_to_an_older_number_does_not_end_the_newer_one(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        row = first(books)
        offer(books, 2, later(7))
        plan(books, later(7))
        announcing.conclude(books, row, TAKEN, later(7))
        (newer,) = plan(books, later(8))
        assert newer.units == 2


def test_who_cannot_be_reached_is_tried_for_days_then_a_person_has_it_told_again(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        first(books)
        at, tries = later(6), 0
        while due := plan(books, at):
            (row,) = due
            announcing.conclude(books, row, DOWN, at)
            at, tries = at + timedelta(seconds=announcing.WAITS_S[min(tries, len(announcing.WAITS_S) - 1)]), tries + 1
        assert tries == len(announcing.WAITS_S) + 1
        assert at - later(6) > timedelta(days=3)
        (problem,) = books.problems.open()
        assert "given up" in problem.message
        assert "onhand webhooks replay erp" in problem.next_step
        assert books.announcements.replay(ERP, everything=False, now=at) == 1
        (row,) = plan(books, at)
        announcing.conclude(books, row, TAKEN, at)
        assert books.problems.open() == []


def test_gone_stops_everything_until_a_person_asks_for_it_again(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        announcing.conclude(books, first(books), Heard("gone", "erp.example.com answered 410"), later(6))
        offer(books, 1, later(7))
        assert plan(books, later(9)) == []
        assert books.announcements.stopped() == {ERP: "erp.example.com answered 410"}
        assert books.announcements.replay(ERP, everything=False, now=later(10)) == 1
        (row,) = plan(books, later(10))
        assert row.units == 1


def test_what_changed_while_nobody_listened_is_told_when_somebody_does_again(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        announcing.conclude(books, first(books), Heard("gone", "erp.example.com answered 410"), later(6))
        offer(books, 1, later(7))
        assert plan(books, later(8)) == []
        assert announcing.plan(books, ERP, channels=None, skus=["TEE"], since=later(400), now=later(500)) == []
        books.announcements.replay(ERP, everything=False, now=later(600))
        assert [
            row.units
            for row in announcing.plan(books, ERP, channels=None, skus=["TEE"], since=later(500), now=later(600))
        ] == [1]


def test_everything_can_be_told_once_more(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        row = first(books)
        announcing.conclude(books, row, TAKEN, later(6))
        assert books.announcements.replay(ERP, everything=False, now=later(7)) == 0
        assert books.announcements.replay(ERP, everything=True, now=later(7)) == 1
        assert [again.sequence for again in plan(books, later(7))] == [row.sequence]


def test_e09_two_listeners_wait_for_nothing_of_each_other(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        announcing.conclude(books, first(books), DOWN, later(6))
        (other,) = announcing.plan(
            books, "shop-window", channels=["tiktok_shop"], skus=["TEE"], since=later(0), now=later(6)
        )
        assert (other.units, other.attempts) == (5, 0)


def test_only_the_channels_and_skus_that_were_asked_for_are_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offer(books, 5, later(5))
        offer(books, 9, later(5), "online_store")
        assert [row.channel for row in plan(books, later(6), channels=("online_store",))] == ["online_store"]
        assert announcing.plan(books, "x", channels=None, skus=["NONE"], since=later(0), now=later(6)) == []
