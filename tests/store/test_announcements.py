"""Announcements behave alike in both databases."""

from onhand.domain.catalog import Item
from onhand.store import Books, Store
from tests.store.goods import CAP, OTHER, SHOP, TEE, at

WEB = "tiktok_shop"


def offer(books: Books, seconds: float, **units: int) -> None:
    """Let items have units to sell."""
    books.offers.ensure([(WEB, name, {"tee": TEE, "cap": CAP}[name]) for name in units], at(0))
    books.offers.compute([(WEB, name, much) for name, much in units.items()], at(seconds))


def note(books: Books, seconds: float, skus: list[str] | None = None) -> None:
    books.announcements.note("erp", [WEB], skus, at(0), at(seconds))


def test_the_newest_number_of_each_item_is_due_once_and_comes_again_when_asked(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offer(books, 1, tee=5, cap=2)
        note(books, 2)
        due = books.announcements.due("erp", at(2), 9)
        assert sorted((row.item, row.units, row.sequence) for row in due) == [(CAP, 2, 1), (TEE, 5, 1)]
        for row in due:
            books.announcements.conclude(row, delivered=True, due_at=None, trouble=None)
        note(books, 3)
        assert books.announcements.due("erp", at(3), 9) == []
        offer(books, 4, tee=4)
        note(books, 4)
        (row,) = books.announcements.due("erp", at(4), 9)
        assert (row.item, row.units, row.sequence, row.attempts, row.delivered) == (TEE, 4, 2, 0, False)
        books.announcements.conclude(row, delivered=False, due_at=at(60), trouble="busy")
        assert books.announcements.due("erp", at(59), 9) == []
        assert [one.trouble for one in books.announcements.all(9)] == ["busy", None]
        assert books.announcements.replay("erp", everything=False, now=at(5)) == 1
        assert books.announcements.replay("erp", everything=True, now=at(5)) == 2
        assert session.of(OTHER).announcements.all(9) == []


def test_a_listener_that_is_gone_is_told_nothing_until_somebody_asks(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offer(books, 1, tee=5)
        note(books, 2)
        books.announcements.stop("erp", "answered 410")
        assert books.announcements.stopped() == {"erp": "answered 410"}
        assert books.announcements.due("erp", at(9), 9) == []
        assert books.announcements.replay("erp", everything=False, now=at(10)) == 1
        assert books.announcements.stopped() == {}
        assert [row.units for row in books.announcements.due("erp", at(10), 9)] == [5]


def test_only_skus_that_were_asked_for_are_noted(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([Item(item=TEE, sku="Tee-Blk", title="Tee", tracked=True)], at(0))
        offer(books, 1, tee=5, cap=2)
        note(books, 2, ["Tee-Blk"])
        assert [(row.item, row.sku) for row in books.announcements.due("erp", at(2), 9)] == [(TEE, "Tee-Blk")]


def test_what_a_channel_has_no_number_for_any_more_is_told_as_nothing_once_and_comes_back_with_a_number(
    store: Store,
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offer(books, 1, tee=5, cap=2)
        note(books, 2)
        for row in books.announcements.due("erp", at(2), 9):
            books.announcements.conclude(row, delivered=True, due_at=None, trouble=None)
        books.offers.remove(WEB, ["tee"])
        for seconds in (3, 4):
            books.announcements.withdraw("erp", [WEB], at(seconds))
        (row,) = books.announcements.due("erp", at(4), 9)
        assert (row.item, row.units, row.offered, row.sequence, row.computed_at) == (TEE, 0, False, 2, at(3))
        books.announcements.conclude(row, delivered=True, due_at=None, trouble=None)
        offer(books, 5, tee=0)
        note(books, 6)
        (row,) = books.announcements.due("erp", at(6), 9)
        assert (row.item, row.units, row.offered, row.sequence) == (TEE, 0, True, 3)


def test_only_channels_that_are_looked_at_are_withdrawn_and_only_this_listeners(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offer(books, 1, tee=5)
        note(books, 2)
        books.announcements.note("other", [WEB], None, at(0), at(2))
        books.offers.remove(WEB, ["tee"])
        books.announcements.withdraw("erp", ["online_store"], at(3))
        books.announcements.withdraw("other", [WEB], at(3))
        assert [row.offered for row in books.announcements.due("erp", at(3), 9)] == [True]
        assert [row.offered for row in books.announcements.due("other", at(3), 9)] == [False]
