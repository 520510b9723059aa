"""Opening a shop: what orders, transfers and drafts look like around the first reading of its levels.

What more may come of is read before the levels: all of it lies in their opening balances. What has changed by the time
the levels were read tells by its own times on which side it was. Where it tells none (an order that is to be shipped
from elsewhere, a transfer), its levels are opened anew between two equal looks at it.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from onhand.app.steps import Steps
from onhand.domain.orders import OrderPicture
from onhand.domain.reservations import DraftPicture
from onhand.domain.stock import KEPT_STATES, LevelKey
from onhand.domain.transfers import TransferPicture, effect_of
from onhand.intake.book import book_picture
from onhand.intake.book_transfers import book_transfer, digest_of
from onhand.intake.goods import goods_of
from onhand.intake.opening import reopen
from onhand.ports.channel import Changed, Picture, Wanted
from onhand.ports.clock import Clock
from onhand.ports.errors import ChannelRefused
from onhand.store import Books, Store

ROUNDS = 3
"""How often levels are opened anew while what touches them goes on changing; what never rests is judged later."""

logger = logging.getLogger(__name__)

Pictures = Mapping[str, Picture]
"""By cause."""


def look_before(steps: Steps, store: Store) -> Pictures:
    """Return everything of which more may come, as it is before levels are read. Raises ChannelUnavailable."""
    return _read(steps, store, _unfinished(steps).values())


def open_around(steps: Steps, store: Store, clock: Clock, before: Pictures, read_at: datetime) -> None:
    """Settle what the openings hold of everything that was looked at `before`.

    `read_at` is the platform's time at which the reading of the levels began. Raises ChannelUnavailable.
    """
    held = {**before, **_look_again(steps, store, clock, before)}
    causes = sorted(held)
    for start in range(0, len(causes), _CHUNK):
        with store.writing() as session:
            books, now = session.of(steps.shop), clock.now()
            for cause in causes[start : start + _CHUNK]:
                picture = held[cause]
                if isinstance(picture, TransferPicture):
                    book_transfer(books, picture, now, read_before=read_at)
                else:
                    book_picture(books, picture, now)


_CHUNK = 200
"""Pictures a transaction."""


def _look_again(steps: Steps, store: Store, clock: Clock, before: Pictures) -> Pictures:
    """Return the pictures of what changed without a time of its own: their levels are opened anew after them."""
    listed = _unfinished(steps)
    news = [row for cause, row in listed.items() if _may_differ(row, before.get(cause))]
    gone = [_row_of(picture) for cause, picture in before.items() if cause not in listed]
    restless = {
        cause: picture
        for cause, picture in _read(steps, store, [*news, *gone]).items()
        if _is_untimed(before.get(cause), picture)
    }
    first = dict(restless)
    for _ in range(ROUNDS if restless else 0):
        with store.reading() as session:
            books = session.of(steps.shop)
            keys = sorted({key for one in (*first.values(), *restless.values()) for key in _levels_of(books, one)})
            keys = sorted({*keys, *(key for cause in first for key in _levels_of(books, before.get(cause)))})
        if not steps.read_levels(keys):
            break
        again = _read(steps, store, [_row_of(picture) for picture in restless.values()])
        if all(_is_same(picture, again.get(cause)) for cause, picture in restless.items()):
            with store.writing() as session:
                reopen(session.of(steps.shop), keys, clock.now())
            return restless
        restless = {**restless, **again}
    return {}


def _unfinished(steps: Steps) -> dict[str, Changed]:
    try:
        return {row.cause: row for row in steps.parts.shopify.unfinished()}
    except ChannelRefused as refusal:
        logger.warning("%s: nothing is looked at around the opening: %s", steps.shop, refusal)
        return {}


def _read(steps: Steps, store: Store, rows: Iterable[Changed]) -> dict[str, Picture]:
    """Read facts, whole and without booking them."""
    shopify = steps.parts.shopify
    with store.writing() as session:
        reading = session.of(steps.shop).asks.next_reading()
    rows = list(rows)
    pictures: dict[str, Picture] = {}
    for wanted in dict.fromkeys(row.wanted for row in rows):
        keys = [row.key for row in rows if row.wanted is wanted]
        size = shopify.batch_size(wanted)
        for start in range(0, len(keys), size):
            try:
                answer = shopify.read(wanted, keys[start : start + size], reading, steps.parts.lookup)
            except ChannelRefused as refusal:
                logger.warning("%s: a %s is not looked at around the opening: %s", steps.shop, wanted, refusal)
                break
            pictures.update({picture.cause: picture for picture in answer.report.pictures})
    return pictures


def _row_of(picture: Picture) -> Changed:
    _, kind, key = picture.cause.split("/")
    return Changed(Wanted(kind), key, picture.cause, None)


def _may_differ(row: Changed, before: Picture | None) -> bool:
    return before is None or row.changed_at is None or row.changed_at != before.version.at


def _is_untimed(before: Picture | None, after: Picture) -> bool:
    """Return whether something happened to a fact that no time of its own tells."""
    if isinstance(after, TransferPicture):
        return not _is_same(after, before)
    if isinstance(after, DraftPicture):
        return not _is_same(after, before)
    if not isinstance(after, OrderPicture):
        return False
    if isinstance(before, OrderPicture):
        return bool(_places(before)) and not _places(after) <= _places(before)
    return bool(_places(after)) and after.version.at > after.placed_at


def _places(order: OrderPicture) -> set[tuple[str, str | None]]:
    return {(row.line, row.location) for row in order.placed if row.units}


def _is_same(one: Picture, other: Picture | None) -> bool:
    if isinstance(one, TransferPicture) and isinstance(other, TransferPicture):
        return digest_of(one) == digest_of(other)
    return other is not None and one.version.at == other.version.at


def _levels_of(books: Books, picture: Picture | None) -> set[LevelKey]:
    """Return the levels that a fact may have touched: an order does not say from where it was moved."""
    if isinstance(picture, TransferPicture):
        touched = {(item, bin_) for item, bin_ in effect_of(picture) if bin_.state in KEPT_STATES}
        return {LevelKey(item, bin_.location) for item, bin_ in touched}
    if isinstance(picture, OrderPicture | DraftPicture):
        if isinstance(picture, OrderPicture):
            items = {line.item for line in goods_of(books, picture, []).picture.lines}
        else:
            items = {line.item for line in picture.lines}
        return {key for item in items for key in books.catalog.levels_of(item)}
    return set()
