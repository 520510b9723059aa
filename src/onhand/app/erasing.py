"""Erasing: everything that is kept of one shop goes, and nothing of another; customers are forgotten on request."""

from typing import NamedTuple

from onhand.app.build import App
from onhand.config import SHOPIFY
from onhand.intake.end_of_use import close
from onhand.intake.process import POSITION
from onhand.ports.errors import ConfigError


class Erased(NamedTuple):
    """What was erased of a shop: its rows in the log, now without content, and its movements."""

    shop: str
    deliveries: int
    movements: int


def erase_shop(app: App, shop: str, because: str) -> Erased:
    """Erase a shop: raw bodies, tokens, books. Raises ConfigError where nothing is known of it.

    Each step may be done again, and the request is the last thing to go: what a process that ended has begun is found
    and finished. A shop that is still configured begins anew, empty, and nothing is written to it.
    """
    now = app.clock.now()
    with app.store.writing() as session:
        if shop not in session.shops():
            raise ConfigError(f"nothing is known of {shop}: there are {', '.join(session.shops()) or 'no shops'}")
        books = session.of(shop)
        books.erasure.ask(because, now)
        movements, _ = books.ledger.head()
    app.forget_tokens(shop)
    deliveries = app.log.erase(shop)
    with app.store.writing() as session:
        session.erase(shop)
        session.count_erased(shop, deliveries)
        if shop in app.shops:
            session.add_shop(shop, now)
            for channel in app.writable(shop):
                session.of(shop).channels.meet(channel, armed=False)
            close(session.of(shop), SHOPIFY, now)
    app.log.checkpoint()
    app.store.checkpoint()
    return Erased(shop, deliveries, movements)


def forget_customers(app: App, shop: str) -> int:
    """Drop the raw bodies that requests of a shop name, however young; return how many went.

    Deliveries are booked in order: what came before a request is booked when the request is, and needs no body.
    """
    with app.store.reading() as session:
        redactions = session.of(shop).redactions.open()
        booked = session.position(POSITION)
    total = 0
    for redaction in redactions:
        forgotten = app.log.forget_naming(shop, redaction.ids, booked)
        with app.store.writing() as session:
            session.of(shop).redactions.end(redaction, forgotten, app.clock.now())
        total += forgotten
    return total


def wanted_erasures(app: App) -> dict[str, str]:
    """Return why each shop must be erased of which that was asked."""
    with app.store.reading() as session:
        asked = {shop: session.of(shop).erasure.because() for shop in session.shops()}
    return {shop: because for shop, because in asked.items() if because is not None}
