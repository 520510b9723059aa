"""Booking orders: the movements that make the ledger agree with a picture of one. Needs a transaction."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import msgspec

from onhand.domain.bundles import Bundled
from onhand.domain.openings import Opened
from onhand.domain.orders import OrderPicture
from onhand.domain.pictures import Seen, judge
from onhand.domain.settling import Settlement, not_put_back, settle, without_shipped_before
from onhand.domain.stock import Movement, State, fold
from onhand.domain.twins import claimed, uncovered
from onhand.intake.adoptions import append_explaining
from onhand.intake.booked import Booked, key_of
from onhand.intake.goods import Goods, check_gone, counted_at, goods_of, still_booked
from onhand.intake.tracking import PLATFORM
from onhand.ports.channel import Ask, Problem, Wanted
from onhand.store import Books

CONTRADICTED = "order told and read differ"
"""The kind of problem: one an order. The next audit that compares everything settles it."""

BELATED = timedelta(minutes=1)
"""Nothing at Shopify lags behind its own webhooks for longer: what is read so long after it was told is what stands."""


CLOCKS_AGREE = timedelta(seconds=15)
"""How far our clock may be from a channel's, the time included that a picture takes until it is booked."""


def book_order(books: Books, picture: OrderPicture, now: datetime) -> Booked:
    """Make the ledger agree with an order."""
    seen = books.pictures.seen(picture.cause)
    digest = digest_of(picture)
    told = picture.version.reading == 0
    about = (Wanted.ORDER, key_of(picture.cause))
    verdict = judge(seen, picture.version, digest)
    if verdict == "older" and not told and books.pictures.told_before(picture.cause, now - BELATED):
        books.problems.raise_(_contradicted(picture), now)
        verdict = "newer"
    if verdict == "same" and not told and seen is not None and seen.known_at is None:
        verdict = "newer"  # a webhook told as much, and does not say what was there before a level was opened
    passed_over = set() if picture.hold is State.COMMITTED else books.pictures.passed_over(picture.cause)
    if verdict == "same" and not told and passed_over - books.catalog.uncounted(passed_over):
        verdict = "newer"  # some of its goods are counted again, and nothing of them was booked
    match verdict:
        case "older" | "same":
            if verdict == "same" and not told:
                books.pictures.confirm(picture.cause, picture.version.reading, now)
                _follow_twins(books, picture, now)
            return Booked(about, f"{picture.cause}: {verdict}, not news")
        case "tie":
            because = "two pictures of the same second differ"
            return Booked(about, f"{picture.cause}: {because}, asked again", (Ask(*about, because),))
    goods, opened, settlement, written = _make_agree(books, picture, seen, now)
    is_known = not told or (seen is not None and seen.known_at is not None)
    held = settlement.held if is_known else {}
    books.openings.keep(picture.cause, seen, held)
    books.pictures.remember(
        picture.cause,
        picture.origin,
        picture.version,
        digest,
        told=told,
        recorded_at=now,
        made_by=picture.made_by,
        name=picture.name,
        known_at=picture.version.at if is_known else None,
        holds=bool(held),
    )
    _note_passed_over(books, picture, goods, passed_over)
    if picture.refunded:
        books.returned.put_refunded(picture.cause, not_put_back(goods.picture))
    _follow_the_channel(books, goods, settlement.movements, now)
    check_gone(books, picture, goods.uncounted, now)
    _follow_twins(books, picture, now)
    note = f"{picture.cause}: {written} movements"
    if settlement.unplaced_units or not goods.picture.complete:
        return Booked(about, f"{note}, asked for more", (Ask(*about, "the webhook does not say everything"),))
    if not is_known and any(picture.placed_at <= cut for cut in opened.cuts.values()):
        return Booked(about, f"{note}, asked for more", (Ask(*about, "it is older than an opening of its levels"),))
    return Booked(about, note)


class _Agreed(NamedTuple):
    """What of an order concerns the books, the openings of its levels, and how many movements made them agree."""

    goods: Goods
    opened: Opened
    settlement: Settlement
    written: int


def _make_agree(books: Books, picture: OrderPicture, seen: Seen | None, now: datetime) -> _Agreed:
    booked = books.ledger.caused_by(picture.cause) if seen else []
    goods = _without_twins(books, goods_of(books, picture, booked))
    items = {line.item for line in goods.picture.lines} | {row.item for row in booked}
    opened, order = _openings_of(books, goods.picture, seen, items, booked)
    shown = fold(still_booked(booked, goods.uncounted, opened.cuts, partial(counted_at, picture)))
    unclaimed = books.pictures.unclaimed_items(picture.cause) if seen else ()
    settlement = settle(order, shown, opened, len(booked), unclaimed)
    written = append_explaining(books, picture.origin, settlement.movements, now, settlement.counted_at)
    if settlement.unplaced_units or seen:
        books.pictures.set_unplaced(picture.cause, settlement.unplaced_units, now)
    if books.channels.get(picture.origin).imported != "no" and picture.hold is not State.COMMITTED:
        books.twins.keep(picture, waits=any(row.units for row in picture.placed))
    return _Agreed(goods, opened, settlement, written)


def _without_twins(books: Books, goods: Goods) -> Goods:
    """Leave out what orders at the platform have claimed for this one: it is held once, and counts for its channel."""
    picture = goods.picture
    if picture.hold is State.COMMITTED or books.channels.get(picture.origin).imported == "no":
        return goods
    covers = books.twins.covers(picture.cause)
    before = dict.fromkeys(books.bundles.bundled(picture.cause), Bundled(0, 0))
    rest = uncovered(picture, covers)
    counts = before | dict(goods.bundled)
    for item, count in rest.covered.items():
        there = counts.get(item, Bundled(0, 0))
        counts[item] = Bundled(there.open_units + count.open_units, there.taken_units + count.taken_units)
    if covers:
        _learn_of_imports(books, picture.origin)
    return goods._replace(picture=rest.picture, bundled=counts)


def _follow_twins(books: Books, picture: OrderPicture, now: datetime) -> None:
    """Give back what an order from elsewhere holds as far as this one claims it, in the very transaction.

    The platform's order may come first, change, or be cancelled: what it no longer claims is held again.
    """
    if picture.origin != PLATFORM:
        return
    channels = books.channels.importing()
    if not channels:
        return
    named = [f"{channel}/order/{number}" for channel in channels for number in picture.known_as]
    causes = sorted({*named, *books.twins.stood_for(picture.cause)})
    units = claimed(picture, books.pictures.unclaimed_items(picture.cause)) if causes else {}
    for cause in causes:
        if books.twins.cover(cause, picture.cause, units):
            kept, seen = books.twins.picture(cause), books.pictures.seen(cause)
            if kept is not None and seen is not None:
                _book_again(books, kept, seen, now)


def _book_again(books: Books, picture: OrderPicture, seen: Seen, now: datetime) -> None:
    """Book the picture that is known of an order from elsewhere once more: its twins claim something else by now."""
    goods, _, settlement, _ = _make_agree(books, picture, seen, now)
    held = settlement.held if seen.known_at is not None else {}
    books.openings.keep(picture.cause, seen, held)
    books.pictures.remember(
        picture.cause,
        picture.origin,
        seen.version,
        seen.digest,
        told=False,
        recorded_at=now,
        known_at=seen.known_at,
        holds=bool(held),
    )
    # The channel sold it when it was placed: what it shows does not change with who holds the units here.
    books.bundles.put_bundled(picture.cause, picture.origin, goods.bundled)


def _learn_of_imports(books: Books, channel: str) -> None:
    """A twin has come, so another app brings this channel's orders to the platform."""
    if books.channels.get(channel).imported == "unknown":
        books.channels.set_imported(channel, "yes")


def _openings_of(
    books: Books, picture: OrderPicture, seen: Seen | None, items: Collection[str], booked: Sequence[Movement]
) -> tuple[Opened, OrderPicture]:
    """Return what openings hold of an order, and what of it can concern the books at all.

    The platform that keeps the levels does not know of an order from elsewhere, unless an app brings them there: what
    waited for such an order when its levels were opened stood among the rest. An item that is counted again begins with
    what the platform shows by then: that was told what is booked of the order already, and nothing since.
    """
    opened = books.openings.of(picture.cause, seen, items)
    if picture.origin == PLATFORM or books.channels.get(picture.origin).imported == "yes":
        return opened, picture
    told_of = {row.item for row in booked} & opened.anew
    unknown = {key: cut for key, cut in opened.cuts.items() if key.item not in told_of}
    return replace(opened, cuts={}, held={}), without_shipped_before(picture, unknown)


def _note_passed_over(books: Books, picture: OrderPicture, goods: Goods, before: Collection[str]) -> None:
    """Keep which goods of an order from elsewhere nobody counts: counted again, they are looked at anew."""
    if picture.hold is State.COMMITTED or not (goods.uncounted or before):
        return
    known = books.catalog.items_of(goods.uncounted)
    now = {item for item, row in known.items() if not row.tracked and not row.bundle}
    if now != set(before):
        books.pictures.pass_over(picture.cause, picture.origin, now)


def _contradicted(picture: OrderPicture) -> Problem:
    message = (
        f"{picture.cause}: a webhook told of a change after {picture.version.at:%Y-%m-%d %H:%M:%S} UTC, the last one "
        "that the order itself shows: what it shows is booked"
    )
    next_step = "look at the order in Shopify; if it is right there, nothing: the next audit compares its levels"
    return Problem(CONTRADICTED, picture.cause, message, next_step)


def digest_of(picture: OrderPicture) -> str:
    """Return what two pictures of the same second are compared by: everything in them but the version."""
    content = (
        picture.placed_at, picture.lines, picture.placed, picture.shipped, picture.refunded, picture.gone,
        picture.unshipped, picture.hold, picture.added, picture.known_as,
    )  # fmt: skip
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=12).hexdigest()


def _placed_at(picture: OrderPicture, now: datetime) -> datetime:
    """Return when an order was placed by our clock: a sale is put in order with what we have told and seen.

    Times of the channel's have whole seconds, so small differences between the clocks are left alone.
    """
    apart = now - picture.read_at if picture.read_at is not None else timedelta(0)
    return picture.placed_at + apart if abs(apart) > CLOCKS_AGREE else picture.placed_at


def _follow_the_channel(books: Books, goods: Goods, movements: Sequence[Movement], now: datetime) -> None:
    """Lower what a channel is believed to show by what it has just sold itself: it did so before it told us.

    A look that came before the order has counted its units as unseen: it is looked again, or they count twice. What
    was sold in bundles lowers the bundle's listing, and not those of the components.
    """
    picture = goods.picture
    if picture.hold is State.COMMITTED:
        return
    sold: defaultdict[str, int] = defaultdict(int)
    for movement in movements:
        if movement.source.state is State.AVAILABLE:
            sold[movement.item] += movement.units
    if goods.bundled:
        before = books.bundles.bundled(picture.cause)
        books.bundles.put_bundled(picture.cause, picture.origin, goods.bundled)
        for item, count in goods.bundled.items():
            taken = count.taken_units - (before[item].taken_units if item in before else 0)
            if taken * count.taken_units > 0:  # a cancellation gives back: the channel shows that by itself
                sold[item] += taken
    for item, units in sold.items():
        if units > 0:
            books.offers.sold(picture.origin, item, units, _placed_at(picture, now))
    moved = sorted({*(movement.item for movement in movements), *goods.bundled})
    counted = [row for row in books.offers.rows(channel=picture.origin, items=moved) if row.unseen_units]
    if counted:
        because = "an order that it counted has become known"
        books.asks.add(picture.origin, [Ask(Wanted.LISTING, row.listing, because) for row in counted], now)
