"""The books beside the sandbox's truth, number by number: what differs is named."""

from collections.abc import Mapping
from typing import Any

from onhand.app import App
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey
from onhand.store import Books


def differences(app: App, shop: str, truth: Mapping[str, Any]) -> list[str]:
    """Return one sentence for every level and listing that differs, with what the books know of it."""
    with app.store.reading() as session:
        books = session.of(shop)
        places = {location.name: location.location for location in books.catalog.locations()}
        return [*_levels(books, truth, places), *_listings(books, truth)]


def _levels(books: Books, truth: Mapping[str, Any], places: Mapping[str, str]) -> list[str]:
    levels = books.ledger.all_levels()
    found: list[str] = []
    for row in truth["shopify"]:
        if not row["counted"]:
            continue
        key = LevelKey(str(row["inventory_item_id"]), places[row["location"]])
        owed = books.owed.units([key]).get(key, {})
        for state in KEPT_STATES:
            booked = levels.get((key.item, Bin(key.location, state)), 0) - owed.get(state, 0)
            if booked != row[str(state)]:
                seen = books.observations.newest([key]).get(key)
                what = f"{row['sku']} at {row['location']}: books {booked} {state}, shopify {row[str(state)]}"
                found.append(f"{what}; owed {owed}, seen {seen}, history {books.ledger.history(key.item, limit=8)}")
    return found


def _listings(books: Books, truth: Mapping[str, Any]) -> list[str]:
    offers = {row.listing: row for row in books.offers.rows(channel="tiktok_shop")}
    found: list[str] = []
    for row in truth["tiktok_shop"]:
        offer = offers.get(str(row["sku_id"]))
        if offer is None or offer.units != row["available"]:
            intents = [
                (intent.key, intent.status, intent.note, intent.rows, intent.sent_at, intent.concluded_at)
                for intent in books.intents.recent(100_000)
                if any(carried.listing == str(row["sku_id"]) for carried in intent.rows)
            ]
            found.append(f"{row['sku']}: tiktok_shop shows {row['available']}, the offer is {offer}; intents {intents}")
    return found
