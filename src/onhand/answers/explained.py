"""Why a channel may sell so many: every term of the number, summing to it."""

from dataclasses import dataclass

from onhand.answers.lookup import NotKnown, find_channel, find_items
from onhand.publish.recalculate import NoSuchOffer
from onhand.publish.recalculate import explain as explain_item
from onhand.store import Books


@dataclass(frozen=True, kw_only=True, slots=True)
class TermShown:
    """One addend. `location` is None where it concerns the whole pool."""

    what: str
    location: str | None
    units: int
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """What a channel may sell of an item, with the terms that sum to `units`."""

    shop: str
    sku: str | None
    item: str
    title: str
    channel: str
    units: int
    terms: tuple[TermShown, ...]


def explain(books: Books, shop: str, sku: str, channel: str) -> list[Explained]:
    """Return the explanation for each item of that SKU which `channel` lists; almost always one.

    Raises NotKnown for an unknown SKU or channel, and where the channel lists no item of that SKU.
    """
    find_channel(books, channel)
    explained, reasons = [], []
    for item in find_items(books, sku):
        try:
            explanation = explain_item(books, item.item, channel)
        except NoSuchOffer as error:
            reasons.append(str(error))
            continue
        explained.append(
            Explained(
                shop=shop,
                sku=item.sku,
                item=item.item,
                title=item.title,
                channel=channel,
                units=explanation.units,
                terms=tuple(
                    TermShown(what=term.what, location=term.location, units=term.units, because=term.because)
                    for term in explanation.terms
                ),
            )
        )
    if not explained:
        raise NotKnown(f"{sku!r} cannot be explained: {'; '.join(reasons)}")
    return explained
