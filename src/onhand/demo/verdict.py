"""The verdict: the books beside the sandbox's own truth, which shares no code with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from onhand.app import App
from onhand.demo.options import Drifts, Parity
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, State

LISTED: Final = ("tiktok_shop", "woocommerce")
"""Tables of the truth in which every row is a listing that takes a number."""

ON_HAND: Final = tuple(state for state in KEPT_STATES if state is not State.INCOMING)


def compare_with_truth(app: App, shop: str, truth: Mapping[str, Any]) -> Parity:
    """Compare every level in every state, and every listing, with what the platforms really hold."""
    return together(compare_platforms(app, shop, truth, {}))


def together(platforms: Mapping[str, Parity]) -> Parity:
    """Return what comparing each of some platforms came to."""
    return Parity(*(sum(numbers) for numbers in zip(*platforms.values(), strict=True)))


def compare_platforms(
    app: App, shop: str, truth: Mapping[str, Any], third_parties: Mapping[str, str]
) -> dict[str, Parity]:
    """Return what comparing came to by platform; `third_parties` are by the location that each keeps."""
    found = {"shopify": _compare_levels(app, shop, truth)}
    found |= {name: _compare_listings(app, shop, name, truth[name]) for name in LISTED if truth[name]}
    found |= {name: _compare_shelves(app, shop, truth["physical"], at) for at, name in third_parties.items()}
    return found


def _compare_listings(app: App, shop: str, name: str, rows: Sequence[Mapping[str, Any]]) -> Parity:
    """Compare what each listing shows with what it was told last."""
    with app.store.reading() as session:
        offers = {row.listing: row.units for row in session.of(shop).offers.rows(channel=name)}
    differing = sum(offers.get(str(row["listing"])) != row["available"] for row in rows)
    return Parity(checked=len(rows), differing=differing)


def _compare_shelves(app: App, shop: str, rows: Iterable[Mapping[str, Any]], at: str) -> Parity:
    """Compare what really stands at a location with what the books hold there in all states on hand."""
    with app.store.reading() as session:
        books = session.of(shop)
        (location,) = (row.location for row in books.catalog.locations() if row.name == at)
        items = {item.sku: item.item for item in books.catalog.items()}
        levels = books.ledger.all_levels()
    standing = {items[row["sku"]]: row["units"] for row in rows if row["location"] == at}
    held = {item: sum(levels.get((item, Bin(location, state)), 0) for state in ON_HAND) for item in standing}
    return Parity(checked=len(standing), differing=sum(held[item] != units for item, units in standing.items()))


def _compare_levels(app: App, shop: str, truth: Mapping[str, Any]) -> Parity:
    """Compare every level in every state with what Shopify holds."""
    with app.store.reading() as session:
        books = session.of(shop)
        locations = {location.name: location.location for location in books.catalog.locations()}
        levels = books.ledger.all_levels()
        counted = [row for row in truth["shopify"] if row["counted"]]
        keys = [LevelKey(str(row["inventory_item_id"]), locations[row["location"]]) for row in counted]
        owed = books.owed.units(keys)
    checked = differing = 0
    for row, key in zip(counted, keys, strict=True):
        untold = owed.get(key, {})
        for state in KEPT_STATES:
            checked += 1
            booked = levels.get((key.item, Bin(key.location, state)), 0) - untold.get(state, 0)
            differing += booked != row[str(state)]
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
