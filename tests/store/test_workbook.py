"""The workbook as the books keep it, and buffers of single items."""

from onhand.domain.selling import SellingRule
from onhand.publish.recalculate import explain, recalculate
from onhand.store import Store
from onhand.store.item_buffers import ItemBuffer
from onhand.store.workbook import WorkbookCursor
from tests.store.goods import BOSTON, OTHER, SHOP, TEE, at


def test_a_row_waits_until_it_was_written_and_longest_waiting_comes_first(store: Store) -> None:
    with store.writing() as session:
        book = session.of(SHOP).workbook
        book.want("levels", {"a": ("TEE", 3), "b": ("CAP", 1)}, at(1))
        book.told("levels", {"a": ("TEE", 3), "b": ("CAP", 1)})
        book.want("levels", {"b": ("CAP", 2), "c": ("HAT", 9)}, at(5))
        book.want("levels", {"b": ("CAP", 4)}, at(9))
        book.want("levels", {"a": ("TEE", 3)}, at(9))
        assert [(row.key, row.wanted, row.told, row.changed_at) for row in book.untold(10)] == [
            ("b", ("CAP", 4), ("CAP", 1), at(5)),
            ("c", ("HAT", 9), None, at(5)),
        ]
        assert book.waiting() == (2, at(5))
        assert session.of(OTHER).workbook.waiting() == (0, None)


def test_a_row_that_is_gone_from_books_and_sheet_is_forgotten(store: Store) -> None:
    with store.writing() as session:
        book = session.of(SHOP).workbook
        book.want("drifts", {"1": ("open",)}, at(1))
        book.told("drifts", {"1": ("open",)})
        book.want("drifts", {"1": None}, at(2))
        assert [row.wanted for row in book.untold(10)] == [None]
        book.told("drifts", {"1": None})
        assert book.rows("drifts") == {}


def test_what_a_person_wrote_is_kept_as_found_until_it_is_put_right(store: Store) -> None:
    with store.writing() as session:
        book = session.of(SHOP).workbook
        book.want("levels", {"a": (3, "")}, at(1))
        book.told("levels", {"a": (3, "")})
        book.remark("levels", "a", wanted=(3, "you wrote 7"), found=(7, ""), remark="you wrote 7", at=at(4))
        assert [(row.wanted, row.told, row.changed_at) for row in book.untold(10)] == [
            ((3, "you wrote 7"), (7, ""), at(4))
        ]
        assert book.remarks() == {("levels", "a"): ("you wrote 7", at(4))}
        book.end_remark("levels", "a")
        assert book.remarks() == {}


def test_a_tab_that_was_made_again_is_written_anew(store: Store) -> None:
    with store.writing() as session:
        book = session.of(SHOP).workbook
        book.want("levels", {"a": (3,)}, at(1))
        book.told("levels", {"a": (3,)})
        book.forget_tab("levels", at(7))
        assert book.waiting() == (1, at(7))
        book.move(WorkbookCursor("1abc", 4, at(2), 1))
        book.move(WorkbookCursor("1abc", 9, at(3), 2))
        assert book.cursor() == WorkbookCursor("1abc", 9, at(3), 2)
        assert session.of(OTHER).workbook.cursor() is None


def test_a_buffer_of_one_item_counts_in_place_of_its_channels(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        rules = [SellingRule(channel=name, locations=(BOSTON,), buffer_units=1) for name in ("tiktok_shop", "web")]
        books.channels.set_rules(rules, at(0))
        books.offers.ensure([("tiktok_shop", "sku-1", TEE), ("web", "sku-1", TEE)], at(0))
        recalculate(books, at(1))
        assert books.offers.stale(10) == []
        books.item_buffers.set("tiktok_shop", TEE, ItemBuffer(4, "the sheet"), at(2))
        assert {row.item for row in books.offers.stale(10)} == {TEE}
        terms = {term.what: (term.units, term.because) for term in explain(books, TEE, "tiktok_shop").terms}
        assert terms["buffer"] == (-4, "kept back from tiktok_shop by the sheet")
        assert explain(books, TEE, "web").terms[0].because == "kept back from web by its rule"
        recalculate(books, at(3))
        books.item_buffers.set("tiktok_shop", TEE, ItemBuffer(4, "the sheet"), at(4))
        assert books.offers.stale(10) == []
        books.item_buffers.forget("tiktok_shop", TEE)
        assert {row.item for row in books.offers.stale(10)} == {TEE}
        assert books.item_buffers.all() == {}
