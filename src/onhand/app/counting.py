"""What third parties have counted and the books do not show: looked into, then taken over, or shown to a person."""

import logging
from datetime import datetime, timedelta

from onhand.app.sheet_counts import SOURCE as SHEET
from onhand.app.steps import Steps
from onhand.app.threepl import graces_of
from onhand.audit.counts import due_counts, standing_counts
from onhand.channels.threepl.door import NAME
from onhand.heal.counts import adopt_count, report_count
from onhand.intake.book_notices import letting_through
from onhand.ports.clock import Clock
from onhand.ports.errors import ConfigError
from onhand.store import Books, Store
from onhand.store.counted import Count

logger = logging.getLogger(__name__)

SHEET_GRACE_S = 900.0
"""How long a gap may stand that opens behind a count from the sheet: something told late may close it."""

LOOK_BACK = timedelta(hours=1)
"""How far before a count orders are read again: what was shipped just then may be told late."""


def judge_counts(steps: Steps, store: Store, clock: Clock) -> int:
    """Look into counts whose gap has stood longer than the grace of their source; return how many were settled.

    Orders, returns and transfers that changed are read again first: only what they do not explain is taken over where
    the third party is believed, and filed for a person where it is not.
    """
    config = steps.parts.config
    graces_s = graces_of(config.threepls_of(steps.shop)) | (
        {SHEET: SHEET_GRACE_S} if config.has_sheet(steps.shop) else {}
    )
    if not graces_s:
        return 0
    with store.reading() as session:
        due = due_counts(session.of(steps.shop), clock.now(), graces_s)
    if not due:
        return 0
    since = min(count.as_of for count in due) - LOOK_BACK
    if not steps.read_again_what_changed(since, {count.key.item for count in due}):
        return 0
    with store.writing() as session:
        books, now = session.of(steps.shop), clock.now()
        standing = standing_counts(books, due, now)
        for count in standing:
            _settle(books, count, steps.authority_at(books, count.key.location), since, now)
    return len(standing)


def _settle(books: Books, count: Count, authority: str, since: datetime, now: datetime) -> None:
    evidence = [f"orders, transfers and drafts changed since {since:%Y-%m-%d %H:%M:%S} UTC were read"]
    if authority == count.source and not count.filed_units:  # what a person has taken back stays with a person
        logger.info(
            "%s adopted: %s by %+d", adopt_count(books, count, evidence, now).cause, count.cause, count.gap_units
        )
        return
    report_count(books, count, [*evidence, f"{authority} is believed there: its number stands"], now)


def let_through(store: Store, shop: str, delivery: str) -> int:
    """Let a count through that was held back, whatever goes to nothing in it; return the position of its delivery.

    Raises ConfigError where no third party has sent such a delivery.
    """
    with store.writing() as session:
        books = session.of(shop)
        position = books.counts.delivery_of(NAME, delivery)
        if position is None:
            raise ConfigError(f"no third party of {shop} has sent {delivery!r}: `onhand inbox ls` shows them")
        books.count(letting_through(delivery))
    return position
