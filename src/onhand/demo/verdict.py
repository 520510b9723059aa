"""The verdict: the books beside the sandbox's own truth, which shares no code with them."""

from collections.abc import Iterable, Mapping
from typing import Any

from onhand.app import App
from onhand.demo.options import Drifts, Parity
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey


def compare_with_truth(app: App, shop: str, truth: Mapping[str, Any]) -> Parity:
    """Compare every level in every state, and every listing, with what the platforms really hold."""
    with app.store.reading() as session:
        books = session.of(shop)
        locations = {location.name: location.location for location in books.catalog.locations()}
        levels = books.ledger.all_levels()
        counted = [row for row in truth["shopify"] if row["counted"]]
        keys = [LevelKey(str(row["inventory_item_id"]), locations[row["location"]]) for row in counted]
        owed = books.owed.units(keys)
        offers = {row.listing: row.units for row in books.offers.rows(channel="tiktok_shop")}
    checked = differing = 0
    for row, key in zip(counted, keys, strict=True):
        untold = owed.get(key, {})
        for state in KEPT_STATES:
            checked += 1
            booked = levels.get((key.item, Bin(key.location, state)), 0) - untold.get(state, 0)
            differing += booked != row[str(state)]
    for row in truth["tiktok_shop"]:
        checked += 1
        differing += offers.get(str(row["sku_id"])) != row["available"]
    return Parity(checked=checked, differing=differing)


def count_drifts(app: App, shop: str) -> Drifts:
    """Return what became of the gaps that were filed."""
    with app.store.reading() as session:
        books = session.of(shop)
        rows = books.drifts.rows()
        left = {adoption.cause for adoption in books.drifts.open_adoptions(_keys(rows))}
    adopted = [row for row in rows if row.status == "adopted"]
    wrong = sum(row.note not in left for row in adopted)
    return Drifts(
        opened=len(rows),
        explained=sum(row.status == "closed" for row in rows) + wrong,
        healed=len(adopted) - wrong,
        wrong=wrong,
        open=sum(row.status == "open" for row in rows),
    )


def _keys(rows: Iterable[Any]) -> list[LevelKey]:
    return sorted({LevelKey(row.item, row.location) for row in rows})


def broken_promises(facts: Mapping[str, int], going_on: Iterable[str]) -> tuple[str, ...]:
    """Return one sentence for every promise that was not kept; `facts` are counts that must be zero, by promise."""
    return (*(f"{promise}: {units}" for promise, units in facts.items() if units), *going_on)
