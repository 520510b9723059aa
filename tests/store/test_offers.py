"""Offers: what is told first, and what is told at all."""

from onhand.domain.catalog import Item
from onhand.store import Books, Intent, IntentRow, Store
from tests.store.goods import CAP, OTHER, SHOP, TEE, at, sale

TIKTOK = "tiktok_shop"


def fill(books: Books, offers: dict[str, tuple[int, int | None]]) -> None:
    """Make a listing for each name, with the units it should be told and those it was told."""
    for number, (listing, (units, told_units)) in enumerate(offers.items()):
        books.offers.ensure([(TIKTOK, listing, f"item-{listing}")], at(number))
        books.offers.compute([(TIKTOK, listing, units)], at(100))
        if told_units is not None:
            books.offers.told(TIKTOK, listing, told_units, at(100))


def untold(books: Books) -> list[str]:
    return [row.listing for row in books.offers.untold(TIKTOK, 99)]


def test_the_worst_risk_of_overselling_is_told_first(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(
            books,
            {
                "raise-late": (9, 4),
                "raise-zero": (3, 0),
                "lower-to-five": (5, 8),
                "same": (6, 6),
                "lower-to-one": (1, 2),
                "lower-to-zero": (0, 50),
                "lower-to-zero-later": (0, 1),
                "never-told": (2, None),
            },
        )
        assert untold(books) == [
            "lower-to-zero",
            "lower-to-zero-later",
            "lower-to-one",
            "never-told",
            "lower-to-five",
            "raise-late",
            "raise-zero",
        ]
        assert [row.listing for row in books.offers.untold(TIKTOK, 2)] == ["lower-to-zero", "lower-to-zero-later"]
        assert books.offers.untold("online_store", 9) == []


def test_an_offer_that_was_never_computed_is_not_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.offers.ensure([(TIKTOK, "new", TEE)], at(1))
        assert untold(books) == []


def test_a_listing_with_an_open_intent_waits_for_its_outcome(store: Store) -> None:
    intent = Intent(
        key="run-1/1",
        channel=TIKTOK,
        kind="offer",
        body=b"{}",
        rows=(IntentRow("lower", "item-lower", None, {"units": 1}),),
        planned_at=at(200),
    )
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"lower": (1, 2), "other": (3, 4)})
        books.intents.plan(intent)
        assert untold(books) == ["other"]
        books.intents.conclude("run-1/1", "unknown", "no answer", at(201))
        assert untold(books) == ["other"]
        books.intents.conclude("run-1/1", "rejected", "no", at(202))
        assert untold(books) == ["lower", "other"]


def test_a_parked_listing_is_left_alone_until_it_is_taken_up_again(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"lower": (1, 2)})
        books.offers.park(TIKTOK, "lower", "the product is under review")
        assert untold(books) == []
        assert books.offers.rows()[0].parked_reason == "the product is under review"
        books.offers.unpark(TIKTOK, "lower")
        assert untold(books) == ["lower"]


def test_what_a_channel_shows_is_what_it_was_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"tee": (5, 5)})
        books.offers.shown(TIKTOK, "tee", 9, 2, at(300))
        (row,) = books.offers.untold(TIKTOK, 9)
        assert (row.channel, row.units, row.told_units, row.shown_at) == (TIKTOK, 5, 9, at(300))
        (offer,) = books.offers.rows(channel=TIKTOK)
        assert (offer.shown_units, offer.unseen_units, offer.stale) == (9, 2, True)


def test_what_a_channel_sold_itself_it_shows_no_more(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"tee": (5, 5), "cap": (5, None)})
        books.offers.sold(TIKTOK, "item-tee", 2, at(900))
        books.offers.sold(TIKTOK, "item-cap", 2, at(900))
        books.offers.sold("online_store", "item-tee", 1, at(900))
        told = {row.listing: row.told_units for row in books.offers.rows()}
        assert told == {"tee": 3, "cap": None}
        books.offers.sold(TIKTOK, "item-tee", 9, at(900))
        assert {row.told_units for row in books.offers.rows(items=["item-tee"])} == {0}


def test_a_sale_from_before_a_number_was_told_or_seen_does_not_lower_it_again(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"told": (5, None), "seen": (5, None)})
        books.offers.told(TIKTOK, "told", 5, at(500))
        books.offers.shown(TIKTOK, "seen", 5, 0, at(500))
        for sold_at, left in ((at(498), 5), (at(500), 4)):
            books.offers.sold(TIKTOK, "item-told", 1, sold_at)
            books.offers.sold(TIKTOK, "item-seen", 1, sold_at)
            assert {row.told_units for row in books.offers.rows(channel=TIKTOK)} == {left}


def test_a_run_knows_how_many_listings_it_would_set_to_zero(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"to-zero": (0, 5), "is-zero": (0, 0), "never-told": (0, None), "to-one": (1, 5), "up": (9, 5)})
        assert books.offers.count(TIKTOK) == (5, 1)
        assert books.offers.count("online_store") == (0, 0)
        books.offers.park(TIKTOK, "up", "refused")
        books.ledger.append([sale("order/1/1", item="item-up")], at(300))
        assert books.offers.tally(TIKTOK) == (5, 4, 1, 1)


def test_offers_are_found_by_sku_item_and_channel(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items(
            [Item(item=TEE, sku="Tee-Größe S", title="Tee"), Item(item=CAP, sku=None, title="Cap")], at(1)
        )
        books.offers.ensure([(TIKTOK, "l-tee", TEE), ("online_store", TEE, TEE), (TIKTOK, "l-cap", CAP)], at(1))
        assert [row.channel for row in books.offers.rows(sku=" Tee-Größe S ")] == ["online_store", TIKTOK]
        assert [row.sku for row in books.offers.rows(sku="Tee-Größe S", channel=TIKTOK)] == ["Tee-Größe S"]
        assert [row.listing for row in books.offers.rows(items=[CAP])] == ["l-cap"]
        assert [row.listing for row in books.offers.rows(items=[TEE, CAP], channel="online_store")] == [TEE]
        assert len(books.offers.rows()) == 3
        assert books.offers.rows(sku="nothing") == []
        assert session.of(OTHER).offers.rows() == []


def test_a_page_learns_which_items_have_new_offers(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"tee": (5, 5), "cap": (5, None)})
        assert set(books.offers.changed_since(at(100), 9)) == {"item-tee", "item-cap"}
        assert len(books.offers.changed_since(at(100), 1)) == 1
        assert books.offers.changed_since(at(101), 9) == []
        books.ledger.append([sale("order/1/1", item="item-tee")], at(150))
        assert books.offers.changed_since(at(150), 9) == ["item-tee"]
        books.offers.told(TIKTOK, "cap", 5, at(160))
        assert books.offers.changed_since(at(160), 9) == ["item-cap"]
        books.offers.shown(TIKTOK, "tee", 5, 0, at(170))
        assert books.offers.changed_since(at(170), 9) == ["item-tee"]


def test_a_look_that_a_wrong_clock_has_dated_ahead_is_no_leave_to_raise_and_a_touch_no_reason_to_wait(
    store: Store,
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"seen-ahead": (9, 4), "touched-ahead": (9, 4), "as-it-was": (9, 4)})
        books.offers.shown(TIKTOK, "seen-ahead", 4, 0, at(14_400))
        books.offers.ensure([(TIKTOK, "touched-ahead", "item-another")], at(14_400))
        books.offers.shown(TIKTOK, "as-it-was", 4, 0, at(150))
        books.offers.date_back(at(200))
        rows = {row.listing: row for row in books.offers.rows(channel=TIKTOK)}
        assert rows["seen-ahead"].shown_at is None
        assert rows["touched-ahead"].touched_at == at(200)
        assert (rows["as-it-was"].shown_at, rows["as-it-was"].touched_at) == (at(150), at(2))


def test_units_that_stand_elsewhere_than_they_were_told_are_untold_although_their_sum_stays(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"t": (5, 5)})
        assert untold(books) == []
        books.offers.spread([(TIKTOK, "t", {"W": 3, "B": 2, "X": 0})])
        (row,) = books.offers.untold(TIKTOK, 9)
        assert (row.units, row.told_units, row.spread) == (5, 5, (("B", 2), ("W", 3)))
        books.offers.told(TIKTOK, "t", 5, at(101), {"W": 3, "B": 2})
        assert untold(books) == []
        books.offers.shown(TIKTOK, "t", 5, 0, at(102), spread={"W": 1, "B": 4})
        assert untold(books) == ["t"]
        books.offers.shown(TIKTOK, "t", 5, 0, at(103), spread={"B": 2, "W": 3})
        assert untold(books) == []
        assert books.offers.tally(TIKTOK).untold == 0


def test_a_channel_that_goes_back_to_one_number_is_told_no_places(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.bound(TIKTOK, 0, None)
        books.channels.keep_at(TIKTOK, ("W", "B"), at(1))
        assert books.channels.kept_in() == {TIKTOK: ("W", "B")}
        fill(books, {"t": (5, 5)})
        books.offers.spread([(TIKTOK, "t", {"W": 3, "B": 2})])
        assert untold(books) == ["t"]
        books.channels.keep_at(TIKTOK, (), at(2))
        assert (books.channels.kept_in(), untold(books)) == ({}, [])


def test_what_is_locked_is_the_least_and_what_was_refused_as_a_number_is_told_when_it_changes(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        fill(books, {"t": (2, 8)})
        books.offers.shown(TIKTOK, "t", 8, 0, at(101), locked_units=5, locked_for="campaign 'A' (5)")
        (row,) = books.offers.untold(TIKTOK, 9)
        assert (row.units, row.sellable_units, row.locked_units) == (5, 2, 5)
        ((item, (lock,)),) = books.offers.locked(["item-t"]).items()
        assert (item, lock.units, lock.why) == ("item-t", 5, "campaign 'A' (5)")
        books.offers.park(TIKTOK, "t", "locked", 5)
        assert untold(books) == []
        books.offers.compute([(TIKTOK, "t", 6)], at(102))
        assert untold(books) == ["t"]
        assert books.offers.unpark_told(TIKTOK, ["t"]) == ["t"]
        assert books.offers.unpark_told(TIKTOK, ["t"]) == []
        books.offers.park(TIKTOK, "t", "frozen")
        assert untold(books) == []
