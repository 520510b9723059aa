"""What the publisher reads of a channel's capabilities: bounds, revisions a day, carrying out later."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from onhand.domain.catalog import Listing
from onhand.ports.capabilities import Capabilities
from onhand.ports.channel import Applied, Offer, Outcome, Parcel, Shown, Wanted
from onhand.publish import bounds, look, offers
from onhand.store import Books, Store
from tests.answers.shop import SHOP, later

MARKET = "tiktok_shop"


@dataclass
class Market:
    """A channel of capabilities that no channel of ours has yet; it takes what it is sent."""

    capabilities: Capabilities
    name: str = MARKET
    sent: list[Parcel] = field(default_factory=list)

    def ready(self) -> int:
        """As many as one likes."""
        return 8

    def pack(self, offers: Sequence[Offer], key: str) -> list[tuple[Parcel, tuple[Offer, ...]]]:
        """A parcel an offer."""
        return [
            (Parcel(f"{key}/{number}", self.name, str(offer.units).encode()), (offer,))
            for number, offer in enumerate(offers)
        ]

    def send(self, parcel: Parcel) -> Outcome:
        """Take it."""
        self.sent.append(parcel)
        return Applied(None, "taken")

    def read_shown(self, listings: Sequence[Listing]) -> dict[str, Shown]:
        """Nothing of each: a test says what is shown."""
        return dict.fromkeys([listing.listing for listing in listings], Shown(0, 0))


def able(**more: Any) -> Capabilities:
    return replace(Capabilities(rows_a_parcel=1, most_units=None), **more)


def offer(books: Books, units: int, told: int | None) -> None:
    books.channels.arm(MARKET, armed=True)
    books.offers.compute([(MARKET, "t-1", units), (MARKET, "t-2", 1), ("online_store", "1", 9)], later(5))
    books.offers.told(MARKET, "t-2", 1, later(5))
    if told is not None:
        books.offers.shown(MARKET, "t-1", told, 0, later(6))


def plan(books: Books, market: Market, minute: int, run: str) -> list[int]:
    """What the listing is told now, and taken."""
    planned = offers.plan(books, market, 8, later(minute), run=run)
    for each in planned:
        offers.conclude(books, each.intent, Applied(None, "taken"), later(minute))
    return [row.units["units"] for each in planned for row in each.intent.rows]


def told(books: Books) -> int | None:
    return next(row.told_units for row in books.offers.rows(channel=MARKET) if row.listing == "t-1")


def problems(books: Books) -> list[str]:
    return [row.message for row in books.problems.open()]


def test_what_is_beyond_is_told_as_the_nearest_once_and_a_person_sees_it(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        market = Market(able(most_units=99))
        offer(books, 250, told=50)
        assert plan(books, market, 7, "a") == [99]
        assert told(books) == 99
        assert plan(books, market, 8, "b") == []
        assert books.offers.tally(MARKET).untold == 0
        (message,) = problems(books)
        assert "may sell 250" in message
        assert "at most 99" in message
        offer(books, 98, told=99)
        assert plan(books, market, 9, "c") == [98]
        assert problems(books) == []


def test_a_channel_that_cannot_be_told_zero_is_told_its_least_and_is_not_held_for_emptying(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        market = Market(able(least_units=1))
        offer(books, 0, told=5)
        assert plan(books, market, 7, "a") == [1]
        (message,) = problems(books)
        assert "may sell 0" in message
        assert "at least 1" in message
        assert books.offers.count(MARKET).zeros_pending == 0
        assert plan(books, market, 8, "b") == []


def test_raises_stop_before_the_last_revisions_of_a_day_which_are_kept_for_lowering(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        market = Market(able(revisions_a_day=5))
        offer(books, 9, told=9)
        numbers: list[int] = []
        for step, units in enumerate((10, 11, 12, 13, 14, 3, 2)):
            books.offers.compute([(MARKET, "t-1", units)], later(10 + step))
            books.offers.shown(MARKET, "t-1", told(books) or 0, 0, later(10 + step))
            numbers += plan(books, market, 10 + step, f"r{step}")
        assert numbers == [10, 11, 12, 13, 3]  # the fifth raise and the second lowering had to wait
        (message,) = problems(books)
        assert "told 5 times within a day, 5 are allowed: 2 must wait" in message
        tomorrow = later(16) + bounds.DAY
        planned = offers.plan(books, market, 8, tomorrow, run="next")
        assert [row.units["units"] for each in planned for row in each.intent.rows] == [2]
        assert problems(books) == []


def test_what_is_accepted_is_believed_when_it_is_shown_and_told_again_after_patience(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        market = Market(able(asynchronous=True))
        offer(books, 3, told=9)
        assert plan(books, market, 7, "a") == [3]

        def seen(units: int, after: timedelta) -> None:
            at = later(7) + after
            errand = look.plan(books, market, at)
            assert errand is not None
            assert [listing.listing for listing in errand.listings] == ["t-1"]
            look.conclude(books, market, errand, {"t-1": Shown(units, 0)}, at)

        seen(9, timedelta(seconds=20))  # accepted, and not carried out yet
        assert told(books) == 3
        assert [ask.key for ask in books.asks.due(MARKET, Wanted.LISTING, 9, later(8))] == ["t-1"]
        seen(9, bounds.UNCONFIRMED_FOR + timedelta(seconds=1))  # it never was
        assert told(books) == 9
        assert plan(books, market, 10, "b") == [3]
