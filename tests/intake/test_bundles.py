"""Orders of bundles on a channel that takes numbers: components are taken, listings count what their channel counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.drift import Observation
from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped
from onhand.domain.pictures import Version
from onhand.domain.selling import SellingRule
from onhand.domain.stock import Bin, State
from onhand.intake.book import book
from onhand.ports.channel import Report, Shown
from onhand.publish.offers import show
from onhand.publish.recalculate import explain, recalculate
from onhand.store import Books, Store
from tests.intake.openings import open_observed

SHOP = "tees.myshopify.com"
T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
OPENED = T0 - timedelta(days=1)
ITEMS = (
    Item(item="1", sku="SET", title="Set", bundle=True),
    Item(item="2", sku="TEE", title="Tee"),
    Item(item="3", sku="CAP", title="Cap"),
)
SET = Bundle("1", (Component("2", 2), Component("3", 1)))
LISTINGS = tuple(Listing(channel="tiktok_shop", listing=f"t-{row.item}", item=row.item, sku=row.sku) for row in ITEMS)


def open_shop(store: Store) -> None:
    levels = [
        Observation(source="shopify", item=item, location="10", units={State.AVAILABLE: units}, observed_at=OPENED)
        for item, units in (("2", 9), ("3", 20))
    ]
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_locations([Location(location="10", name="Boston", active=True, fulfils_online=True)], OPENED)
        books.channels.set_rules(
            [SellingRule(channel=name, locations=("10",)) for name in ("online_store", "tiktok_shop")], OPENED
        )
        books.catalog.put_listings(LISTINGS, OPENED)
        book(books, "shopify", Report(items=ITEMS, bundles=(SET,)), OPENED)
    open_observed(store, SHOP, levels, OPENED)
    with store.writing() as session:
        books = session.of(SHOP)
        recalculate(books, OPENED)
        for row in books.offers.rows(channel="tiktok_shop"):
            books.offers.told("tiktok_shop", row.listing, row.units or 0, OPENED)


def order(version: int, **parts: object) -> OrderPicture:
    base = OrderPicture(
        cause="tiktok_shop/order/5",
        origin="tiktok_shop",
        version=Version(at=T0 + timedelta(minutes=version), reading=version),
        placed_at=T0,
        lines=(OrderLine("t-1", "1", 2), OrderLine("t-2", "2", 1)),
        hold=State.RESERVED,
    )
    return replace(base, **parts)  # type: ignore[arg-type]


WAITING = (Placed("t-1", "10", 2), Placed("t-2", "10", 1))


def told(books: Books) -> dict[str, int | None]:
    return {row.listing: row.told_units for row in books.offers.rows(channel="tiktok_shop")}


def units(books: Books, channel: str) -> dict[str, int | None]:
    return {row.item: row.units for row in books.offers.rows(channel=channel)}


def available(books: Books) -> dict[str, int]:
    return {
        item: units for (item, bin_), units in books.ledger.all_levels().items() if bin_ == Bin("10", State.AVAILABLE)
    }


def test_every_channel_may_sell_as_many_bundles_as_their_components_make(store: Store) -> None:
    open_shop(store)
    with store.writing() as session:
        books = session.of(SHOP)
        assert units(books, "online_store") == units(books, "tiktok_shop") == {"1": 4, "2": 9, "3": 20}
        explained = explain(books, "1", "online_store")
        assert explained.units == sum(term.units for term in explained.terms) == 4
        assert [term.because for term in explained.terms[:2]] == [
            "TEE 9 (2 each), CAP 20 (1 each): all of a bundle leaves from one location",
            "TEE: 9 may be sold (Boston 9), 2 go into each: enough for 4",
        ]


def test_an_order_of_a_bundle_takes_its_components_and_tells_shopify_of_them_alone(store: Store) -> None:
    open_shop(store)
    with store.writing() as session:
        books = session.of(SHOP)
        book(books, "tiktok_shop", Report(pictures=(order(1, placed=WAITING),)), NOW)
        assert available(books) == {"2": 9 - 2 * 2 - 1, "3": 20 - 2}
        assert {key.item for key in books.owed.open(10)} == {"2", "3"}
        recalculate(books, NOW)
        assert units(books, "tiktok_shop") == {"1": 2, "2": 4, "3": 18}
        assert told(books) == {"t-1": 4 - 2, "t-2": 9 - 1, "t-3": 20}


def test_what_a_channel_holds_of_a_bundle_is_no_order_that_we_do_not_know(store: Store) -> None:
    open_shop(store)
    with store.writing() as session:
        books = session.of(SHOP)
        book(books, "tiktok_shop", Report(pictures=(order(1, placed=WAITING),)), NOW)
        shown = {"t-1": Shown(2, 2), "t-2": Shown(8, 1), "t-3": Shown(20, 0)}
        assert [show(books, row, shown[row.listing], NOW) for row in LISTINGS] == [0, 0, 0]
        assert show(books, LISTINGS[0], Shown(1, 3), NOW) == 1
        recalculate(books, NOW)
        # One more bundle that nobody has told us of takes two tees and a cap from whatever else is made of them.
        assert units(books, "tiktok_shop") == {"1": 1, "2": 2, "3": 17}
        assert units(books, "online_store") == {"1": 2, "2": 4, "3": 18}


def test_cancelling_a_bundle_gives_its_components_back_and_shipping_takes_them_away(store: Store) -> None:
    open_shop(store)
    later = T0 + timedelta(minutes=2)
    cancelled = order(
        2,
        shipped=(Shipped("t-1", "10", 1, later),),
        refunded=(Refunded("t-1", "10", 1, Restock.CANCEL, later), Refunded("t-2", "10", 1, Restock.CANCEL, later)),
    )
    with store.writing() as session:
        books = session.of(SHOP)
        for picture in (order(1, placed=WAITING), cancelled, cancelled):
            book(books, "tiktok_shop", Report(pictures=(picture,)), NOW)
        assert available(books) == {"2": 9 - 2, "3": 20 - 1}
        assert books.pictures.held_units("tiktok_shop", ["1", "2", "3"]) == {}
        assert books.bundles.open_units("tiktok_shop", ["1", "2", "3"]) == {}
        assert told(books)["t-1"] == 4 - 2  # TikTok Shop shows by itself what it takes back


def test_a_bundle_of_which_nobody_says_what_it_is_made_of_is_not_booked_as_if_it_had_units(store: Store) -> None:
    open_shop(store)
    mystery = Item(item="9", sku="MYSTERY", title="Box", bundle=True)
    with store.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(items=(mystery,), bundles=(Bundle("9", ()),)), NOW)
        note = book(
            books,
            "tiktok_shop",
            Report(pictures=(order(1, lines=(OrderLine("t-9", "9", 1),), placed=(Placed("t-9", "10", 1),)),)),
            NOW,
        )
        assert note == "tiktok_shop/order/5: 0 movements, asked for more"
        recalculate(books, NOW)
        assert units(books, "online_store")["9"] == 0
        (term,) = explain(books, "9", "online_store").terms
        assert term.because == "the platform does not say what it is made of"


def test_a_bundle_of_components_that_are_gone_bundles_themselves_or_not_counted(store: Store) -> None:
    open_shop(store)
    odd = (
        Item(item="5", sku="NEST", title="Nest", bundle=True),
        Item(item="6", sku="LOST", title="Lost", bundle=True),
        Item(item="7", sku="FREE", title="Free", bundle=True),
        Item(item="8", sku="AIR", title="Air", tracked=False),
    )
    made = (
        Bundle("5", (Component("1", 1), Component("3", 1))),
        Bundle("6", (Component("404", 1), Component("3", 1))),
        Bundle("7", (Component("8", 1), Component("3", 4))),
    )
    with store.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(items=odd, bundles=made), NOW)
        recalculate(books, NOW)
        assert units(books, "online_store") == {"1": 4, "2": 9, "3": 20, "5": 0, "6": 0, "7": 5}
        assert explain(books, "5", "online_store").terms[1].because == (
            "SET: 0 may be sold (a bundle in a bundle cannot be counted, and shopify knows none), "
            "1 go into each: enough for 0"
        )
        assert explain(books, "6", "online_store").terms[1].because == (
            "404: 0 may be sold (it is not in the catalog any more), 1 go into each: enough for 0"
        )
