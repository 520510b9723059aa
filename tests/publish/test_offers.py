"""Offers: lowering goes at once, raising only after a look; each write is durable first."""

from dataclasses import replace
from datetime import datetime

from onhand.channels.tiktok_shop import TikTokShopChannel
from onhand.ports.channel import Applied, Rejected, Shown, Throttled, Unknown, Wanted
from onhand.publish import look, offers
from onhand.store import Books, Intent, Store
from tests.answers.shop import LISTINGS, MORNING, SHOP, later
from tests.publish.channels import tiktok_channel

TIKTOK = "tiktok_shop"


def offered(books: Books, units: int, told: int | None, *, shown_at: datetime | None = None) -> None:
    """Let TEE's listing have these units to sell, and these told."""
    books.channels.arm(TIKTOK, armed=True)
    books.offers.compute([(TIKTOK, "t-1", units), (TIKTOK, "t-2", 1), ("online_store", "1", 9)], later(5))
    books.offers.told(TIKTOK, "t-2", 1, later(5))
    if shown_at is not None:
        assert told is not None
        books.offers.shown(TIKTOK, "t-1", told, 0, shown_at)
    elif told is not None:
        books.offers.told(TIKTOK, "t-1", told, later(5))


def asked_to_look(books: Books, at: datetime) -> list[str]:
    return [ask.key for ask in books.asks.due(TIKTOK, Wanted.LISTING, 10, at)]


def plan(books: Books, tiktok: TikTokShopChannel, at: datetime, run: str = "run-1") -> list[Intent]:
    return [planned.intent for planned in offers.plan(books, tiktok, 8, at, run=run)]


def told(books: Books) -> int | None:
    return next(row.told_units for row in books.offers.rows(channel=TIKTOK) if row.listing == "t-1")


def test_lowering_goes_at_once_and_is_durable_before_it_is_sent(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=8)
        (intent,) = plan(books, tiktok, later(6))
        kept = books.intents.get(intent.key)
        assert kept is not None
        assert (kept.status, kept.attempts, kept.body) == ("sent", 1, intent.body)
        assert b'"quantity":3' in kept.body
        assert intent.key.startswith("run-1")
        assert plan(books, tiktok, later(6), "run-2") == []  # one open write a listing


def test_a_raise_waits_for_a_look_that_is_younger_than_what_touched_the_item(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=9, told=5)
        assert plan(books, tiktok, later(6)) == []
        assert asked_to_look(books, later(6)) == ["t-1"]
        errand = look.plan(books, tiktok, later(6))
        assert errand is not None
        look.conclude(books, tiktok, errand, {"t-1": Shown(5, 0)}, later(7))
        (intent,) = plan(books, tiktok, later(8))
        assert intent.rows[0].units == {"units": 9}


def test_a_look_from_before_the_item_was_touched_is_no_leave_to_raise(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=9, told=5, shown_at=MORNING.replace(hour=7))
        assert plan(books, tiktok, later(6)) == []


def test_a_number_about_to_be_computed_anew_is_not_raised_to_but_may_lower(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=9, told=5, shown_at=later(6))
        books.pictures.set_unplaced("tiktok_shop/order/1", {"1": 4}, later(7))
        assert plan(books, tiktok, later(7)) == []
        books.offers.told(TIKTOK, "t-1", 20, later(7))
        assert [intent.rows[0].units for intent in plan(books, tiktok, later(7))] == [{"units": 9}]


def test_a_listing_of_which_nothing_is_known_is_looked_at_before_it_is_told(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=None)
        assert plan(books, tiktok, later(6)) == []
        assert asked_to_look(books, later(6)) == ["t-1"]


def test_in_shadow_and_on_hold_nothing_is_planned_and_nothing_is_asked(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=8)
        books.channels.arm(TIKTOK, armed=False)
        assert plan(books, tiktok, later(6)) == []
        books.channels.arm(TIKTOK, armed=True)
        books.channels.pause(TIKTOK, paused=True)
        assert plan(books, tiktok, later(6)) == []
        books.channels.pause(TIKTOK, paused=False)
        books.channels.hold(TIKTOK, "asks")
        assert plan(books, tiktok, later(6)) == []
        assert books.intents.unsettled() == []
        assert books.asks.count() == 0


def sent(books: Books, tiktok: TikTokShopChannel, units: int, told_units: int) -> Intent:
    offered(books, units=units, told=told_units)
    (intent,) = plan(books, tiktok, later(6))
    return intent


def test_what_was_applied_is_told_and_read_back_after_a_moment(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        intent = sent(books, tiktok, 3, 8)
        note = offers.conclude(books, intent, Applied(None, "1 listings"), later(6))
        assert note == "tiktok_shop: 1 listings applied"
        assert told(books) == 3
        assert asked_to_look(books, later(6)) == []
        assert asked_to_look(books, later(7)) == ["t-1"]
        assert books.intents.unsettled() == []


def test_e07_a_read_back_that_shows_another_number_is_believed_and_told_again(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        intent = sent(books, tiktok, 3, 8)
        offers.conclude(books, intent, Applied(None, "1 listings"), later(6))
        errand = look.plan(books, tiktok, later(7))
        assert errand is not None
        look.conclude(books, tiktok, errand, {"t-1": Shown(8, 0)}, later(7))
        assert told(books) == 8
        (again,) = plan(books, tiktok, later(8), "run-2")
        assert again.rows[0].units == {"units": 3}


def fight(books: Books, tiktok: TikTokShopChannel, rounds: int) -> list[Intent]:
    """Let another program set 8 each time that we have told 3; return what we would tell then."""
    for round_ in range(rounds):
        (intent,) = plan(books, tiktok, later(6 + 5 * round_), f"round-{round_}")
        offers.conclude(books, intent, Applied(None, "1 listings"), later(7 + 5 * round_))
        errand = look.plan(books, tiktok, later(9 + 5 * round_))
        assert errand is not None
        look.conclude(books, tiktok, errand, {"t-1": Shown(8, 0)}, later(9 + 5 * round_))
    return plan(books, tiktok, later(60), "afterwards")


def overruled(books: Books) -> list[str]:
    return [problem.key for problem in books.problems.open() if problem.kind == offers.OVERRULED]


def test_b19_a_listing_that_another_program_sets_each_time_is_lowered_not_raised_and_a_person_is_told(
    store: Store,
) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=8)
        (lowering,) = fight(books, tiktok, 3)
        assert lowering.rows[0].units == {"units": 3}
        assert overruled(books) == ["tiktok_shop/t-1"]
        offers.conclude(books, lowering, Applied(None, "1 listings"), later(61))
        books.offers.compute([(TIKTOK, "t-1", 12)], later(62))
        books.offers.shown(TIKTOK, "t-1", 8, 0, later(63))
        assert plan(books, tiktok, later(64), "raise") == []
        offers.try_again(books, TIKTOK, later(65))
        assert overruled(books) == []
        (raised,) = plan(books, tiktok, later(66), "mended")
        assert raised.rows[0].units == {"units": 12}


def test_b19_once_or_twice_is_no_fight_and_one_look_that_agrees_begins_anew(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=8)
        (intent,) = fight(books, tiktok, 2)
        assert overruled(books) == []
        offers.conclude(books, intent, Applied(None, "1 listings"), later(61))
        assert books.offers.shown(TIKTOK, "t-1", 3, 0, later(63)) == 0
        books.offers.told(TIKTOK, "t-1", 3, later(64))
        assert books.offers.shown(TIKTOK, "t-1", 8, 0, later(66)) == 1


def test_a_refused_listing_is_parked_and_a_person_is_told(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        intent = sent(books, tiktok, 3, 8)
        offers.conclude(books, intent, Rejected(False, (0,), "the product is frozen (code 12052144)"), later(6))
        (problem,) = books.problems.open()
        assert problem.message == "tiktok_shop refused listing t-1: the product is frozen (code 12052144)"
        assert told(books) == 8
        assert plan(books, tiktok, later(9), "run-2") == []
        books.offers.unpark(TIKTOK, "t-1")
        assert len(plan(books, tiktok, later(9), "run-3")) == 1


def test_b12_only_the_guilty_row_of_a_refusal_is_parked(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        books.catalog.put_listings([replace(row, group="p-1") for row in LISTINGS], later(1))
        offered(books, units=3, told=8)
        books.offers.compute([(TIKTOK, "t-2", 0)], later(5))
        books.offers.told(TIKTOK, "t-2", 4, later(5))
        (intent,) = plan(books, tiktok, later(6))
        guilty = [row.listing for row in intent.rows].index("t-2")
        offers.conclude(books, intent, Rejected(False, (guilty,), "no"), later(6))
        parked = {row.listing: row.parked_reason for row in books.offers.rows(channel=TIKTOK)}
        assert parked == {"t-1": None, "t-2": "no"}


def test_an_unknown_outcome_covers_the_listing_until_it_is_read_back(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        intent = sent(books, tiktok, 3, 8)
        offers.conclude(books, intent, Unknown("TikTok Shop answered 504"), later(6))
        assert told(books) == 8
        assert plan(books, tiktok, later(7), "run-2") == []
        errand = look.plan(books, tiktok, later(7))
        assert errand is not None
        look.conclude(books, tiktok, errand, {"t-1": Shown(3, 0)}, later(7))
        settled = books.intents.get(intent.key)
        assert settled is not None
        assert (settled.status, settled.note) == ("applied", "outcome taken from reading back")
        assert told(books) == 3
        assert plan(books, tiktok, later(8), "run-3") == []


def test_an_unknown_outcome_of_two_listings_that_are_read_back_one_after_the_other_is_closed_by_the_second_look(
    store: Store,
) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        books.catalog.put_listings([replace(row, group="p-1") for row in LISTINGS], later(1))
        offered(books, units=3, told=8)
        books.offers.compute([(TIKTOK, "t-2", 0)], later(5))
        books.offers.told(TIKTOK, "t-2", 4, later(5))
        (intent,) = plan(books, tiktok, later(6))
        offers.conclude(books, intent, Unknown("TikTok Shop answered 504"), later(6))
        books.asks.postpone(TIKTOK, Wanted.LISTING, ["t-2"], later(20))
        for at, listing, shown, status in ((later(7), "t-1", 3, "unknown"), (later(21), "t-2", 0, "applied")):
            errand = look.plan(books, tiktok, at)
            assert errand is not None
            assert [row.listing for row in errand.listings] == [listing]
            look.conclude(books, tiktok, errand, {listing: Shown(shown, 0)}, at)
            settled = books.intents.get(intent.key)
            assert settled is not None
            assert settled.status == status


def test_an_unknown_outcome_that_was_not_carried_out_is_told_again_under_another_key(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        intent = sent(books, tiktok, 3, 8)
        offers.conclude(books, intent, Unknown("TikTok Shop answered 504"), later(6))
        errand = look.plan(books, tiktok, later(7))
        assert errand is not None
        look.conclude(books, tiktok, errand, {"t-1": Shown(8, 0)}, later(7))
        (again,) = plan(books, tiktok, later(8), "run-2")
        assert again.key != intent.key
        assert again.rows[0].units == {"units": 3}


def test_b20_what_was_throttled_may_be_told_a_newer_number_next_time(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        intent = sent(books, tiktok, 3, 8)
        assert offers.conclude(books, intent, Throttled(2.0), later(6)) == "tiktok_shop: throttled for 2.0 s"
        assert books.problems.open() == []
        books.offers.compute([(TIKTOK, "t-1", 2), (TIKTOK, "t-2", 1), ("online_store", "1", 9)], later(7))
        (again,) = plan(books, tiktok, later(8), "run-2")
        assert again.rows[0].units == {"units": 2}


def test_what_keeps_a_whole_channel_shut_is_one_problem_and_goes_when_it_opens(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        intent = sent(books, tiktok, 3, 8)
        offers.conclude(books, intent, Throttled(60.0, "the token is not valid (code 105002)"), later(6))
        (problem,) = books.problems.open()
        assert problem.message == "tiktok_shop: the token is not valid (code 105002)"
        (again,) = plan(books, tiktok, later(8), "run-2")
        offers.conclude(books, again, Applied(None, "1 listings"), later(8))
        assert books.problems.open() == []


def test_what_kept_a_channel_shut_is_no_problem_any_more_once_nothing_is_to_be_told(store: Store) -> None:
    """Else "set this machine's clock" would stand there until the next sale, long after the clock was set."""
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offers.conclude(books, sent(books, tiktok, 3, 8), Throttled(60.0, "invalid timestamp"), later(6))
        offered(books, units=8, told=8)
        assert plan(books, tiktok, later(8), "run-2") == []
        assert books.problems.open() == []


def test_units_that_the_channel_holds_and_we_do_not_know_are_kept_back_and_swept_for(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=8)
        plan(books, tiktok, later(6))
        offers.conclude(books, books.intents.unsettled(TIKTOK)[0], Applied(None, ""), later(6))
        errand = look.plan(books, tiktok, later(7))
        assert errand is not None
        assert look.conclude(books, tiktok, errand, {"t-1": Shown(3, 2)}, later(7)) is True
        offer = next(row for row in books.offers.rows(channel=TIKTOK) if row.listing == "t-1")
        assert (offer.unseen_units, offer.stale) == (2, True)


def test_what_a_channel_does_not_show_is_answered_all_the_same(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=9, told=5)
        plan(books, tiktok, later(6))
        errand = look.plan(books, tiktok, later(6))
        assert errand is not None
        assert look.conclude(books, tiktok, errand, {}, later(7)) is False
        assert asked_to_look(books, later(8)) == []
