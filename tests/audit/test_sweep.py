"""Sweeping: orders that changed at a channel and are newer there than here are asked for, and only those."""

from dataclasses import replace
from datetime import timedelta

from onhand.audit import sweep
from onhand.domain.pictures import Version
from onhand.ports.channel import Changed, Wanted
from onhand.ports.errors import ChannelUnavailable
from onhand.store import Books, Store
from tests.answers.shop import BOSTON, SHOP, later, sold
from tests.publish.channels import shopify_channel

TEE, CAP = "1", "2"


def changed(number: int, minute: float) -> Changed:
    return Changed(Wanted.ORDER, str(number), f"shopify/order/{number}", later(minute))


def know(books: Books, number: int, minute: float) -> None:
    books.pictures.remember(
        f"shopify/order/{number}", "shopify", Version(at=later(minute)), "digest", told=True, recorded_at=later(minute)
    )


def asked(books: Books) -> list[str]:
    return [ask.key for ask in books.asks.due("shopify", Wanted.ORDER, 10, later(99))]


def test_a_sweep_reaches_back_behind_the_last_one(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        books.channels.move_cursor("shopify", later(30))
        planned = sweep.plan(books, shopify, later(31), overlap_s=600)
        assert (planned.since, planned.began_at) == (later(20), later(31))
        sweep.conclude(books, planned, [], later(32))
        assert sweep.plan(books, shopify, later(33), overlap_s=600).since == later(20)
        sweep.conclude(books, planned, [changed(1, 34)], later(32))
        assert sweep.plan(books, shopify, later(35), overlap_s=600).since == later(23)  # it took a minute to ask all


def test_a_sweep_begins_by_the_channels_time_however_wrong_ours_was(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        books.channels.move_cursor("shopify", later(30))
        planned = sweep.plan(books, shopify, later(300))
        sweep.conclude(books, planned, [changed(1, 33)], later(300))
        assert sweep.plan(books, shopify, later(34), overlap_s=600).since == later(23)


def test_only_orders_that_are_newer_there_are_asked_for(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        know(books, 1, 5)
        know(books, 2, 5)
        planned = sweep.plan(books, shopify, later(10))
        assert sweep.conclude(books, planned, [changed(1, 5), changed(2, 6), changed(3, 1)], later(10)) == 2
        assert sorted(asked(books)) == ["2", "3"]
        assert books.counter("missed_pictures") == 2


def test_a_sweep_that_got_no_answer_leaves_its_starting_point(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        books.channels.move_cursor("shopify", later(30))
        planned = sweep.plan(books, shopify, later(31))
        answer = sweep.look(shopify, planned)
        assert isinstance(answer, ChannelUnavailable)
        assert books.channels.get("shopify").cursor_at == later(30)
        assert planned.since == later(30) - timedelta(seconds=sweep.OVERLAP_S)


def test_what_may_have_changed_twice_within_a_second_is_asked_for_where_it_moved_a_doubted_item(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        for number, item in ((1, TEE), (2, TEE), (3, CAP), (4, TEE)):
            know(books, number, 5)
            books.ledger.append([sold(f"shopify/order/{number}", item, BOSTON, 1, at=later(5))], later(5))
        read_late = Version(at=later(5), reading=7)  # so long after its second that nothing of it can have been missed
        books.pictures.remember(
            "shopify/order/2", "shopify", read_late, "digest", told=False, recorded_at=later(5) + timedelta(seconds=31)
        )
        judged = replace(sweep.plan(books, shopify, later(10)), doubted=(TEE,), doubted_since=later(5))
        rows = [changed(1, 5), changed(2, 5), changed(3, 5), changed(4, 4)]
        assert sweep.conclude(books, judged, rows, later(10)) == 0
        assert asked(books) == ["1"]
        assert books.counter("missed_pictures") == 0


def test_a_transfer_that_is_open_here_and_no_longer_listed_is_read(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        for number, over in ((7, False), (8, True), (9, False)):
            books.pictures.remember(
                f"shopify/transfer/{number}",
                "shopify",
                Version(at=later(0), reading=number),
                "digest",
                told=False,
                recorded_at=later(1),
                closed=over,
            )
        listed = Changed(Wanted.TRANSFER, "9", "shopify/transfer/9", later(0))
        sweep.conclude(books, sweep.plan(books, shopify, later(10)), [listed], later(10))
        assert [ask.key for ask in books.asks.all("shopify", Wanted.TRANSFER, 9)] == ["7"]
