"""Which item a SKU and a listing mean, and what becomes of items that are not counted, removed or trapped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from onhand.audit.compare import compare_touched
from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.drift import Observation
from onhand.domain.orders import OrderLine, OrderPicture, Placed, Shipped
from onhand.domain.pictures import Version
from onhand.domain.selling import SellingRule
from onhand.domain.stock import LevelKey, State
from onhand.domain.transfers import TransferLine, TransferPicture, TransferStatus
from onhand.intake.book import book
from onhand.intake.identity import check_every_sku, match_listings, remove_items
from onhand.intake.lookup import Lookup
from onhand.intake.opening import take_over_catalog
from onhand.ports.channel import Census, Problem, Report, Wanted
from onhand.publish.answered import REFUSED, forget_refusals
from onhand.publish.recalculate import explain, recalculate
from onhand.store import Books, Store
from onhand.store.people import OpenProblem
from tests.intake.openings import open_observed

SHOP = "tees.myshopify.com"
T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
OPENED = T0 - timedelta(days=1)
TEE = Item(item="2", sku="TEE", title="Tee", unit_cost=Decimal("4.00"), currency="USD")
CAP = Item(item="3", sku="CAP", title="Cap")
BOSTON = "10"
TEE_IN_BOSTON = LevelKey("2", BOSTON)
LISTINGS = (
    Listing(channel="tiktok_shop", listing="t-2", item=None, sku="TEE", group="p-2"),
    Listing(channel="tiktok_shop", listing="t-3", item=None, sku="CAP", group="p-3"),
)


def later(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def level(item: str, available: int, at: datetime, reading: int = 1, **others: int) -> Observation:
    units = {State.AVAILABLE: available} | {State(name): much for name, much in others.items()}
    return Observation(source="shopify", item=item, location=BOSTON, units=units, observed_at=at, reading=reading)


@pytest.fixture
def shop(store: Store) -> Store:
    """A shop with nine tees and twenty caps in Boston, listed on TikTok Shop."""
    with store.writing() as session:
        books = session.of(SHOP)
        boston = Location(location=BOSTON, name="Boston", active=True, fulfils_online=True)
        books.catalog.put_locations([boston], OPENED)
        rules = [SellingRule(channel=name, locations=(BOSTON,)) for name in ("online_store", "tiktok_shop")]
        books.channels.set_rules(rules, OPENED)
        book(books, "shopify", Report(items=(TEE, CAP)), OPENED)
    open_observed(store, SHOP, [level("2", 9, OPENED), level("3", 20, OPENED)], OPENED)
    with store.writing() as session:
        books = session.of(SHOP)
        match_listings(books, LISTINGS, OPENED)
        recalculate(books, OPENED)
    return store


def sold(books: Books) -> dict[tuple[str, str], int | None]:
    recalculate(books, later(60))
    return {(row.channel, row.listing): row.units for row in books.offers.rows()}


def problems(books: Books) -> dict[tuple[str, str], OpenProblem]:
    return {(problem.kind, problem.key): problem for problem in books.problems.open()}


def units(books: Books, item: str) -> dict[State, int]:
    return {bin_.state: much for (_, bin_), much in books.ledger.levels([item]).items()}


def order(version: int, placed_at: datetime, channel: str = "shopify", **parts: object) -> OrderPicture:
    base = OrderPicture(
        cause=f"{channel}/order/{int(placed_at.timestamp())}",
        origin=channel,
        version=Version(at=placed_at + timedelta(minutes=version), reading=version),
        placed_at=placed_at,
        lines=(OrderLine("L1", "2", 2),),
        hold=State.COMMITTED if channel == "shopify" else State.RESERVED,
    )
    return replace(base, **parts)  # type: ignore[arg-type]


WAITING = (Placed("L1", BOSTON, 2),)


def test_d06_a_doubled_sku_names_neither_item_until_one_of_them_gets_its_own(shop: Store) -> None:
    with shop.writing() as session:
        books = session.of(SHOP)
        twin = Item(item="4", sku=" CAP", title="Other cap")
        book(books, "shopify", Report(items=(twin,)), later(1))
        problem = problems(books)["sku used twice", "CAP"]
        assert "2 items carry SKU 'CAP': 3 (Cap), 4 (Other cap)" in problem.message
        late = Listing(channel="tiktok_shop", listing="t-9", item=None, sku="CAP", group="p-9")
        assert match_listings(books, [LISTINGS[1], late], later(2)) == []
        assert books.catalog.listings_of("tiktok_shop", ["t-3", "t-9"])["t-9"].item is None
        assert sold(books)["tiktok_shop", "t-3"] == 20  # the mapping that stood stands
        book(books, "shopify", Report(items=(replace(twin, sku="CAP-2"),)), later(3))
        assert ("sku used twice", "CAP") not in problems(books)


def test_items_without_a_sku_are_told_of_once_and_sold_under_their_ids(shop: Store) -> None:
    nameless = [Item(item=f"9{number}", sku=None, title=f"Sample {number}") for number in range(5)]
    with shop.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(items=tuple(nameless)), later(1))
        problem = problems(books)["items without a sku", "shopify"]
        assert problem.message.startswith("5 items have no SKU: 90 (Sample 0), 91 (Sample 1), 92 (Sample 2) and 2 more")
        assert ("online_store", "90") in sold(books)
        book(books, "shopify", Report(items=tuple(replace(row, sku=row.title) for row in nameless)), later(2))
        assert problems(books) == {}


def test_a_whole_reading_says_of_every_sku_whether_it_is_used_twice(shop: Store) -> None:
    with shop.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([replace(CAP, sku="TEE")], later(1))
        check_every_sku(books, later(1))
        assert set(problems(books)) == {("sku used twice", "TEE")}
        books.catalog.put_items([CAP], later(2))
        check_every_sku(books, later(2))
        assert problems(books) == {}


def test_a_listing_moves_to_the_item_that_was_made_anew_and_what_is_left_of_the_old_one_is_shown(shop: Store) -> None:
    anew = replace(TEE, item="7")
    with shop.writing() as session:
        books = session.of(SHOP)
        assert remove_items(books, ["2"], later(1)) == []
        assert sold(books) == {("online_store", "3"): 20, ("tiktok_shop", "t-2"): 0, ("tiktok_shop", "t-3"): 20}
        assert explain(books, "2", "tiktok_shop").terms[0].because == "its item is not in the catalog any more"
        assert "its item was removed from Shopify, so it is told 0" in (
            problems(books)["unmatched listing", "tiktok_shop/t-2"].message
        )
        book(books, "shopify", Report(items=(anew,), observations=(level("7", 5, later(2)),)), later(2))
        assert ("unmatched listing", "tiktok_shop/t-2") not in problems(books)
        assert books.catalog.listings_of("tiktok_shop", ["t-2"])["t-2"].item == "7"
        left = problems(books)["units left", "2"]
        assert left.message.endswith("and the books still show Boston 9 available, worth 36.00 USD")
    open_observed(shop, SHOP, [level("7", 5, later(2))], later(2))
    with shop.writing() as session:
        assert sold(session.of(SHOP))["tiktok_shop", "t-2"] == 5


def test_of_an_item_that_is_no_more_shopify_is_told_nothing_more(shop: Store) -> None:
    with shop.writing() as session:
        books = session.of(SHOP)
        book(books, "tiktok_shop", Report(pictures=(order(1, T0, "tiktok_shop", placed=WAITING),)), later(1))
        books.problems.raise_(Problem(REFUSED, f"2@{BOSTON}", "it could not be found", "mend it"), later(1))
        assert books.owed.open(10) != []
        remove_items(books, ["2"], later(2))
        assert books.owed.open(10) == []
        forget_refusals(books, later(2))
        assert REFUSED not in {kind for kind, _ in problems(books)}


def test_an_item_that_was_made_before_the_old_one_went_takes_its_listing_when_it_goes(shop: Store) -> None:
    with shop.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(items=(replace(TEE, item="7"),)), later(1))
        assert ("sku used twice", "TEE") in problems(books)
        assert [row.item for row in remove_items(books, ["2"], later(2))] == ["7"]
        assert set(problems(books)) == {("units left", "2")}
        assert "add it to item 7, which carries SKU 'TEE' now" in problems(books)["units left", "2"].next_step
        book(books, "shopify", Report(items=(TEE,)), later(3))
        assert ("units left", "2") not in problems(books)


def test_d10_an_item_that_is_tracked_no_more_leaves_the_books_without_a_loss_and_is_not_offered(
    shop: Store,
) -> None:
    with shop.writing() as session:
        books = session.of(SHOP)
        book(books, "tiktok_shop", Report(pictures=(order(1, T0, "tiktok_shop", placed=WAITING),)), later(1))
        assert units(books, "2") == {State.AVAILABLE: 7, State.RESERVED: 2, State.SUPPLIER: -9}
        book(books, "shopify", Report(items=(replace(TEE, tracked=False),)), later(2))
        assert units(books, "2") == {}
        assert books.ledger.unexplained_units() == (0, 0)
        assert books.owed.open(10) == []
        assert books.pictures.held_units("tiktok_shop", ["2"]) == {}
        assert set(sold(books)) == {("online_store", "3"), ("tiktok_shop", "t-3")}
        told = problems(books)["listing of an item nobody counts", "tiktok_shop/t-2"]
        assert "it keeps the number it shows" in told.message
        note = book(books, "shopify", Report(observations=(level("2", 4, later(3)),)), later(3))
        assert note == "level of 2 at 10: means nothing, nobody counts it"
        book(books, "shopify", Report(pictures=(order(1, later(4), placed=WAITING),)), later(4))
        shipped = order(9, T0, "tiktok_shop", shipped=(Shipped("L1", BOSTON, 2, later(5)),))
        book(books, "tiktok_shop", Report(pictures=(shipped,)), later(5))
        assert units(books, "2") == {}
        compare_touched(books, later(6))
        assert books.observations.gaps(later(99), 9) == []


def test_an_item_that_is_counted_again_begins_with_what_shopify_shows(shop: Store) -> None:
    with shop.writing() as session:
        books = session.of(SHOP)
        before = order(1, T0, placed=WAITING)
        book(books, "shopify", Report(pictures=(before,)), later(1))
        book(books, "shopify", Report(items=(replace(TEE, tracked=False),)), later(2))
        seen = level("2", 12, later(10), reading=7, committed=2)
        book(books, "shopify", Report(items=(TEE,), observations=(seen,)), later(10))
        assert units(books, "2") == {State.AVAILABLE: 12, State.COMMITTED: 2, State.SUPPLIER: -14}
        assert books.ledger.unexplained_units() == (0, 0)
        assert sold(books)["tiktok_shop", "t-2"] == 12
        assert problems(books) == {}
        # The order from before is in that number already; what becomes of it from now on is not.
        book(books, "shopify", Report(pictures=(order(11, T0, placed=WAITING),)), later(11))
        assert units(books, "2")[State.COMMITTED] == 2
        shipped = order(12, T0, shipped=(Shipped("L1", BOSTON, 2, later(12)),))
        book(books, "shopify", Report(pictures=(shipped,)), later(12))
        assert units(books, "2") == {State.AVAILABLE: 12, State.CUSTOMER: 2, State.SUPPLIER: -14}
        compare_touched(books, later(13))
        assert books.observations.gaps(later(99), 9) == [TEE_IN_BOSTON]  # until Shopify's level is read again


def test_units_on_a_level_that_is_stocked_no_more_are_shown_with_their_worth_until_it_is_again(shop: Store) -> None:
    ids = {TEE_IN_BOSTON: "gid://level"}
    with shop.writing() as session:
        books = session.of(SHOP)
        seen = (level("2", 9, later(1), reading=2),)
        asleep = Report(level_ids=ids, inactive_levels=frozenset(ids), observations=seen)
        book(books, "shopify", asleep, later(1))
        assert sold(books)["tiktok_shop", "t-2"] == 0
        problem = problems(books)["units on a level that is not stocked", "2@10"]
        assert problem.message.startswith("9 units of TEE (worth 36.00 USD) stand at Boston on a level")
        assert problem.next_step.startswith("`onhand level connect TEE 'Boston'` stocks it there again")
        book(books, "shopify", Report(level_ids=ids), later(2))
        assert sold(books)["tiktok_shop", "t-2"] == 9
        assert problems(books) == {}
        empty = Report(level_ids=ids, inactive_levels=frozenset(ids), observations=(level("2", 0, later(3), 3),))
        book(books, "shopify", empty, later(3))
        assert problems(books) == {}


def test_a_bundle_without_components_is_a_problem_until_it_has_some(shop: Store) -> None:
    box = Item(item="8", sku="BOX", title="Box", bundle=True)
    with shop.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(items=(box,), bundles=(Bundle("8", ()),)), later(1))
        assert "shopify names no components" in problems(books)["bundle without components", "8"].message
        book(books, "shopify", Report(items=(box,), bundles=(Bundle("8", (Component("2", 3),)),)), later(2))
        assert problems(books) == {}
        assert sold(books)["online_store", "8"] == 3
        # A component that nobody counts any more sets no limit: then nobody can say how many there are to sell.
        book(books, "shopify", Report(items=(replace(TEE, tracked=False),)), later(3))
        assert ("online_store", "8") not in sold(books)
        book(books, "shopify", Report(items=(TEE,), observations=(level("2", 7, later(4)),)), later(4))
        assert sold(books)["online_store", "8"] == 2


def test_a_whole_reading_asks_for_what_it_does_not_show_and_for_what_it_shows_otherwise(shop: Store) -> None:
    census = Census(items=(replace(CAP, tracked=False),), read_at=later(1), reading=3, complete=True)
    take_over_catalog(shop, SHOP, census, Lookup(), later(1))
    with shop.reading() as session:
        books = session.of(SHOP)
        asked = {ask.key: ask.because for ask in books.asks.all("shopify", Wanted.ITEM, 10)}
        assert asked == {
            "2": "a whole reading does not show it any more",
            "3": "it is counted now and was not, or the other way round",
        }
        assert books.catalog.items_of(["2", "3"]) == {"2": TEE, "3": CAP}


def test_an_order_of_a_removed_item_is_shown_and_what_it_did_before_stays_as_it_is(shop: Store) -> None:
    with shop.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(pictures=(order(1, T0, placed=WAITING),)), later(1))
        remove_items(books, ["2"], later(2))
        held = units(books, "2")
        # Shopify shows the lines of a deleted variant without an item.
        book(books, "shopify", Report(pictures=(order(3, T0, lines=()),)), later(3))
        assert units(books, "2") == held == {State.AVAILABLE: 7, State.COMMITTED: 2, State.SUPPLIER: -9}
        asked = order(1, later(4), "tiktok_shop", placed=WAITING)
        book(books, "tiktok_shop", Report(pictures=(asked,)), later(4))
        told = problems(books)["order of a removed item", asked.cause]
        assert "asks for 2 of item 2, which was removed from Shopify" in told.message
        shipped = order(2, later(4), "tiktok_shop", shipped=(Shipped("L1", BOSTON, 2, later(5)),))
        book(books, "tiktok_shop", Report(pictures=(shipped,)), later(5))
        assert ("order of a removed item", asked.cause) not in problems(books)
        assert units(books, "2") == held


def test_a_transfer_moves_nothing_of_an_item_that_nobody_counts(shop: Store) -> None:
    sent = TransferPicture(
        cause="shopify/transfer/1",
        origin="shopify",
        version=Version(at=later(1), reading=1),
        name="#T1",
        status=TransferStatus.READY_TO_SHIP,
        created_at=T0,
        seen_at=T0,
        from_location=BOSTON,
        to_location="20",
        lines=(TransferLine("2", 4), TransferLine("3", 1)),
    )
    with shop.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(pictures=(sent,)), later(1))
        assert units(books, "2")[State.RESERVED] == 4
        book(books, "shopify", Report(items=(replace(TEE, tracked=False),)), later(2))
        assert units(books, "2") == {}
        again = replace(sent, version=Version(at=later(3), reading=2), lines=(TransferLine("2", 5),))
        book(books, "shopify", Report(pictures=(again,)), later(3))
        assert units(books, "2") == {}
        assert State.RESERVED not in units(books, "3")
