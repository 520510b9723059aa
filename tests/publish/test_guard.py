"""Guards: nothing goes to a channel that is not armed, is paused or held, or would be emptied at once."""

from onhand.publish.guard import Gate, gate, hold_if_emptying, resume
from onhand.store import Books, Store
from tests.answers.shop import MORNING, SHOP, later

TIKTOK = "tiktok_shop"


def listings(books: Books, units: list[tuple[int, int]]) -> None:
    """Replace the channel's listings by some with what may be sold and what was told."""
    books.offers.remove(TIKTOK, ["t-1", "t-2"])
    for number, (may_sell, told) in enumerate(units):
        books.offers.ensure([(TIKTOK, f"l-{number}", f"item-{number}")], MORNING)
        books.offers.compute([(TIKTOK, f"l-{number}", may_sell)], MORNING)
        books.offers.told(TIKTOK, f"l-{number}", told, MORNING)


def test_a_channel_is_open_only_when_it_is_armed_and_neither_paused_nor_held(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert gate(books, TIKTOK).reason == f"{TIKTOK} is in shadow: `onhand arm {TIKTOK}` lets onhand write"
        books.channels.arm(TIKTOK, armed=True)
        assert gate(books, TIKTOK) == Gate(open=True, reason="")
        books.channels.pause(TIKTOK, paused=True)
        assert "is paused" in gate(books, TIKTOK).reason
        books.channels.pause(TIKTOK, paused=False)
        books.channels.hold(TIKTOK, "9 of 9 listings would go to zero")
        assert gate(books, TIKTOK).reason == f"{TIKTOK} is held: 9 of 9 listings would go to zero"


def test_one_listing_alone_never_counts_as_emptying_a_channel(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        listings(books, [(0, 5), (3, 3)])
        assert not hold_if_emptying(books, TIKTOK, 0.05, later(1))
        assert books.problems.open() == []


def test_up_to_the_share_goes_and_one_more_stops_and_asks(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        listings(books, [(0, 5)] * 2 + [(5, 5)] * 38)
        assert not hold_if_emptying(books, TIKTOK, 0.05, later(1))
        books.offers.compute([(TIKTOK, "l-2", 0)], later(1))
        assert hold_if_emptying(books, TIKTOK, 0.05, later(2))
        (problem,) = books.problems.open()
        assert problem.message == f"{TIKTOK}: 3 of 40 listings would go to zero at once; up to 2 go without asking"
        assert f"onhand offers resume {TIKTOK}" in problem.next_step
        assert not gate(books, TIKTOK).open


def test_what_was_never_told_more_than_zero_does_not_count(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        listings(books, [(0, 0)] * 30 + [(0, 5)])
        assert not hold_if_emptying(books, TIKTOK, 0.05, later(1))


def test_resuming_lets_through_as_many_as_waited_and_no_more(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        listings(books, [(0, 5)] * 4 + [(5, 5)] * 6)
        assert hold_if_emptying(books, TIKTOK, 0.05, later(1))
        resume(books, TIKTOK, later(2))
        assert books.problems.open() == []
        assert not hold_if_emptying(books, TIKTOK, 0.05, later(3))
        books.offers.compute([(TIKTOK, "l-4", 0)], later(4))
        assert hold_if_emptying(books, TIKTOK, 0.05, later(4))


def test_leave_to_empty_is_used_up_by_what_goes_through(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        listings(books, [(0, 5)] * 4 + [(5, 5)] * 6)
        hold_if_emptying(books, TIKTOK, 0.05, later(1))
        resume(books, TIKTOK, later(2))
        for number in range(4):
            books.offers.told(TIKTOK, f"l-{number}", 0, later(3))
        assert not hold_if_emptying(books, TIKTOK, 0.05, later(3))
        books.offers.compute([(TIKTOK, f"l-{number}", 0) for number in (4, 5)], later(4))
        assert hold_if_emptying(books, TIKTOK, 0.05, later(4))
