"""Units that a campaign or a creator has locked: told no less, left alone by the others, and said to a person."""

from dataclasses import replace

from onhand.domain.selling import Explanation
from onhand.ports.channel import Applied, Rejected, Shown
from onhand.publish import look, offers
from onhand.publish.bounds import LOCKED
from onhand.publish.recalculate import explain, recalculate
from onhand.store import Books, Store
from tests.answers.shop import SHOP, later
from tests.publish.channels import tiktok_channel
from tests.publish.test_offers import TIKTOK, offered, plan, told

WHO = "campaign 'Black Friday' (6)"


def sellable(books: Books) -> dict[str, int | None]:
    return {row.channel: row.units for row in books.offers.rows(items=["1"])}


def lock_term(books: Books, channel: str) -> tuple[int, str]:
    said: Explanation = explain(books, "1", channel)
    (term,) = [term for term in said.terms if term.what == "locked"]
    return term.units, term.because


def problems(books: Books) -> list[str]:
    return [row.message for row in books.problems.open() if row.kind == LOCKED]


def test_what_is_locked_is_left_alone_by_the_channels_that_sell_from_the_same_place(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        recalculate(books, later(1))
        before = sellable(books)
        books.offers.shown(TIKTOK, "t-1", 8, 0, later(2), locked_units=6, locked_for=WHO)
        recalculate(books, later(3))
        after = sellable(books)
        assert after[TIKTOK] == before[TIKTOK] == 8
        assert after["online_store"] == (before["online_store"] or 0) - 6
        units, because = lock_term(books, "online_store")
        assert units == -6
        assert "tiktok_shop keeps them for campaign 'Black Friday' (6) and cannot be told less" in because
        assert "shopify does not know of it" in because
        units, because = lock_term(books, TIKTOK)
        assert (units, because) == (0, f"6 are kept for {WHO}: tiktok_shop cannot be told less")
        for row in books.offers.rows(items=["1"]):
            explained = explain(books, "1", row.channel)
            assert explained.units == sum(term.units for term in explained.terms) == row.units
        assert problems(books) == []


def test_a_channel_is_told_no_less_than_what_is_locked_and_a_person_sees_what_may_be_oversold(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=8, told=8)
        books.offers.shown(TIKTOK, "t-1", 8, 0, later(6), locked_units=6, locked_for=WHO)
        books.pictures.set_unplaced("shopify/order/1", {"1": 6}, later(7))  # leaves 2
        recalculate(books, later(8))
        assert sellable(books)[TIKTOK] == 2
        (message,) = problems(books)
        assert message == (
            "tiktok_shop/t-1 may sell 2; 6 are locked for campaign 'Black Friday' (6), and tiktok_shop cannot be told "
            "less: 4 units may be oversold. The other channels keep back what they can"
        )
        (intent,) = plan(books, tiktok, later(9))
        assert [row.units["units"] for row in intent.rows] == [6]
        offers.conclude(books, intent, Applied(None, ""), later(9))
        assert books.offers.tally(TIKTOK).untold == 0
        assert plan(books, tiktok, later(12), "run-2") == []
        books.offers.shown(TIKTOK, "t-1", 6, 0, later(13))  # the promotion is over
        recalculate(books, later(14))
        (intent,) = plan(books, tiktok, later(14), "run-3")
        assert [row.units["units"] for row in intent.rows] == [2]


def test_the_problem_goes_with_the_lock_and_with_the_shortage(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=8, told=8)
        books.offers.shown(TIKTOK, "t-1", 8, 0, later(6), locked_units=6, locked_for=WHO)
        books.pictures.set_unplaced("shopify/order/1", {"1": 6}, later(7))
        recalculate(books, later(8))
        assert problems(books)
        books.pictures.set_unplaced("shopify/order/1", {}, later(9))
        recalculate(books, later(10))
        assert problems(books) == []
        books.pictures.set_unplaced("shopify/order/1", {"1": 6}, later(11))
        recalculate(books, later(12))
        assert problems(books)
        found = tuple(books.catalog.listings_of(TIKTOK, ["t-1"]).values())
        errand = look.Look(listings=found, unknown_keys=(), reading=1)
        look.conclude(books, tiktok, errand, {"t-1": Shown(6, 0)}, later(13))
        assert problems(books) == []


def test_a_lock_that_began_between_look_and_write_refuses_one_number_and_not_the_next(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=8)
        (intent,) = plan(books, tiktok, later(6))
        refused = Rejected(False, (0,), "locked (code 12052393)", of_the_number=True)
        offers.conclude(books, intent, refused, later(6))
        assert plan(books, tiktok, later(7), "run-2") == []
        assert "another number is told by itself" in next(row.next_step for row in books.problems.open())
        books.offers.shown(TIKTOK, "t-1", 8, 0, later(8), locked_units=6, locked_for=WHO)
        books.offers.compute([(TIKTOK, "t-1", 3)], later(9))
        (intent,) = plan(books, tiktok, later(9), "run-3")
        assert [row.units["units"] for row in intent.rows] == [6]
        offers.conclude(books, intent, Applied(None, ""), later(9))
        assert told(books) == 6
        assert [row for row in books.problems.open() if row.kind == offers.REFUSED] == []
        assert all(row.parked_reason is None for row in books.offers.rows(channel=TIKTOK))


def test_a_channel_that_sells_from_elsewhere_loses_nothing_by_a_lock(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        rules = {rule.channel: rule for rule in books.channels.rules()}
        apart = tuple(place for place in rules["online_store"].locations if place not in rules[TIKTOK].locations)
        assert apart
        books.channels.set_rules([replace(rules["online_store"], locations=apart), rules[TIKTOK]], later(1))
        recalculate(books, later(2))
        before = sellable(books)["online_store"]
        books.offers.shown(TIKTOK, "t-1", 8, 0, later(3), locked_units=6, locked_for=WHO)
        recalculate(books, later(4))
        assert sellable(books)["online_store"] == before
