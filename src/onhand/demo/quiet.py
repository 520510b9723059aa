"""Waiting for quiet: nothing in the log unread, nothing asked, nothing owed, nothing untold, no gap."""

from datetime import timedelta
from time import monotonic, sleep

from onhand.app import App
from onhand.intake.process import POSITION

LOOK_EVERY_S = 0.2
SOON = timedelta(minutes=10)
"""What is asked for later than this waits for a time of its own, such as the end of a reservation, and holds up nobody.
"""

ROUNDS = 3
"""Looks in a row that must all find quiet: between two works a moment can look like it."""


def wait_for_quiet(app: App, shop: str, within_s: float) -> list[str]:
    """Return what still goes on after `within_s` seconds; empty as soon as all is quiet."""
    ends_at = monotonic() + within_s
    quiet = 0
    going_on: list[str] = []
    while monotonic() < ends_at:
        going_on = what_goes_on(app, shop)
        quiet = 0 if going_on else quiet + 1
        if quiet >= ROUNDS:
            return []
        sleep(LOOK_EVERY_S)
    return going_on


def what_goes_on(app: App, shop: str) -> list[str]:
    """Return what is not settled yet, one sentence each."""
    soon = app.clock.now() + SOON
    last_position = app.log.last_position()
    with app.store.reading() as session:
        books = session.of(shop)
        tally = books.observations.tally()
        untold = sum(books.offers.tally(name).untold for name in app.writable(shop) if name != "shopify")
        counts = {
            "deliveries wait to be booked": last_position - session.position(POSITION),
            "pictures are asked for": sum(ask.due_at <= soon for ask in books.asks.waiting()),
            "offers are stale": len(books.offers.stale(10)),
            "listings are untold": untold,
            "levels are owed a telling": books.owed.count(),
            "writes have no outcome yet": len(books.intents.unsettled()),
            "levels differ from the platform": tally.gaps,
            "units have no location": len(books.pictures.unplaced()),
        }
    return [f"{units} {what}" for what, units in counts.items() if units]
