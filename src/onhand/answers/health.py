"""The shop in one look: do the counts agree, and what needs a person?"""

from dataclasses import dataclass
from datetime import datetime

from onhand.answers.oversells import worst_oversells
from onhand.answers.selling import Lane, lanes
from onhand.intake.subscribing import silent
from onhand.ports.delivery import Log
from onhand.store import Session

SHOPIFY = "shopify"
"""The channel whose topics have a rhythm: TikTok Shop's webhooks carry a type, and are polled for as well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """Numbers for one shop; deliveries are those of the whole installation, because one log serves every shop.

    `needs_you` counts what only a person can settle: open drifts, problems, parked deliveries, and `oversold` places:
    levels below zero that nobody allowed, and orders that nothing is left for. Held channels are problems already.
    `last_audit_at` None: never audited. `silent_topics` have not come for longer than the shop's rhythm allows; that
    may be a quiet day, so it needs nobody yet.
    """

    shop: str
    stock_points: int
    agreeing: int
    gaps: int
    needs_you: int
    unknowns: int
    drifts: int
    problems: int
    oversold: int
    accepted: int
    duplicates: int
    rejected: int
    waiting: int
    parked: int
    asks: int
    last_audit_at: datetime | None
    silent_topics: tuple[str, ...]
    channels: tuple[Lane, ...]


def health(session: Session, log: Log, shop: str, now: datetime) -> Health:
    """Return the numbers as of `now`."""
    books = session.of(shop)
    counts = [session.of(name).deliveries.counts() for name in session.shops()]
    done, parked = (sum(count[status] for count in counts) for status in ("done", "parked"))
    stock_points, agreeing, gaps = books.observations.tally()
    drifts, problems = len(books.drifts.rows(status="open")), len(books.problems.open())
    oversold, _ = worst_oversells(books, shop, 0)
    channels = tuple(lanes(books))
    audit = books.audits.latest()
    accepted, duplicates, rejected = log.counts()
    return Health(
        shop=shop,
        stock_points=stock_points,
        agreeing=agreeing,
        gaps=gaps,
        needs_you=drifts + problems + parked + oversold,
        unknowns=sum(lane.unknown for lane in channels),
        drifts=drifts,
        problems=problems,
        oversold=oversold,
        accepted=accepted,
        duplicates=duplicates,
        rejected=rejected,
        waiting=accepted - done - parked - session.erased_deliveries(),
        parked=parked,
        asks=books.asks.count(),
        last_audit_at=audit.started_at if audit else None,
        silent_topics=tuple(rhythm.topic for rhythm in silent(books.arrivals.rhythms(SHOPIFY, now), now)),
        channels=channels,
    )
