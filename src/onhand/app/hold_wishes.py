"""What somebody asks to have held, in their words, and what it means in the books."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from onhand.answers import NotKnown, find_channel, find_items, find_location
from onhand.domain.catalog import Item, Location, match_key
from onhand.domain.holds import LONGEST_S, MOST_UNITS, USUAL_S, HoldWish
from onhand.ports.errors import OnhandError
from onhand.store import Books

LONGEST_REFERENCE = 200


class NotHoldable(OnhandError):
    """What is asked for cannot be held by anybody: a SKU of several items, a number that is out of bounds."""


class HoldAsked(NamedTuple):
    """What somebody asks to have held, in their words: of a `sku` or an `item`, at a `location` or for a `channel`.

    `reference` is for people: a till, a basket.
    """

    sku: str | None = None
    item: str | None = None
    units: int = 1
    for_s: int = USUAL_S
    location: str | None = None
    channel: str | None = None
    reference: str | None = None


def read_wishes(books: Books, asked: Sequence[tuple[str, HoldAsked]]) -> list[HoldWish | OnhandError]:
    """Return what each of some requests, given with its key, means in the books; or why it means nothing.

    A request that was granted means what it meant then, also where its item was removed meanwhile.
    """
    words = _Words(books, [wish for _, wish in asked])
    found: list[HoldWish | OnhandError] = []
    for key, wish in asked:
        try:
            found.append(words.read(key, wish))
        except (NotKnown, NotHoldable) as trouble:
            before = books.holds.of_keys([key]).get(key)
            found.append(trouble if before is None else before.wish._replace(asked=_text_of(wish)))
    return found


class _Words:
    """What the words of some requests mean, read at once; what is not found is looked for as people mean it."""

    def __init__(self, books: Books, asked: Sequence[HoldAsked]) -> None:
        self._books = books
        keys = {key for wish in asked if (key := match_key(wish.sku)) is not None}
        self._by_sku: dict[str | None, list[Item]] = {}
        for item in books.catalog.items_by_skus(keys) if keys else ():
            self._by_sku.setdefault(match_key(item.sku), []).append(item)
        ids = {wish.item for wish in asked if wish.item is not None}
        self._by_id = books.catalog.items_of(ids) if ids else {}
        named = any(wish.location is not None for wish in asked)
        self._places = {location.name: location for location in (books.catalog.locations() if named else ())}
        self._channels = {rule.channel for rule in books.channels.rules()}

    def read(self, key: str, asked: HoldAsked) -> HoldWish:
        """Return what a request means. Raises NotKnown, NotHoldable."""
        _check(asked)
        item = self._item(asked)
        if not (item.tracked or item.bundle):
            raise NotHoldable(f"nobody counts item {item.item}: turn on `Track quantity` for it in Shopify")
        location = None if asked.location is None else self._location(asked.location).location
        if asked.channel is not None and asked.channel not in self._channels:
            find_channel(self._books, asked.channel)
        return HoldWish(
            key=key,
            asked=_text_of(asked),
            item=item.item,
            units=asked.units,
            for_s=asked.for_s,
            channel=asked.channel,
            location=location,
            reference=asked.reference,
        )

    def _location(self, name: str) -> Location:
        place = self._places.get(name) or find_location(self._books, name)
        if not place.active:
            raise NotHoldable(f"location {place.name!r} is deactivated in Shopify: name one that is active")
        return place

    def _item(self, asked: HoldAsked) -> Item:
        if asked.item is not None:
            if asked.item not in self._by_id:
                raise NotKnown(f"there is no item {asked.item!r}, or it was removed; a SKU goes into `sku`")
            return self._by_id[asked.item]
        named = asked.sku or ""
        found = self._by_sku.get(match_key(named)) or self._still_sold(find_items(self._books, named))
        if len(found) != 1:
            ids = ", ".join(sorted(item.item for item in found))
            raise NotHoldable(f"{len(found)} items carry SKU {named!r} ({ids or 'none any more'}): name one as `item`")
        return found[0]

    def _still_sold(self, items: Sequence[Item]) -> list[Item]:
        removed = self._books.catalog.removed([item.item for item in items])
        return [item for item in items if item.item not in removed]


def _text_of(asked: HoldAsked) -> str:
    return json.dumps({name: value for name, value in asked._asdict().items() if value is not None})


def _check(asked: HoldAsked) -> None:
    if (asked.sku is None) == (asked.item is None):
        raise NotHoldable("say what to hold: a sku or an item, one of the two")
    if (asked.location is None) == (asked.channel is None):
        raise NotHoldable("say from where: a location that the goods leave, or a channel by whose rule they are sold")
    if not 1 <= asked.units <= MOST_UNITS:
        raise NotHoldable(f"units is from 1 to {MOST_UNITS}, got {asked.units}")
    if not 1 <= asked.for_s <= LONGEST_S:
        raise NotHoldable(f"for_s is from 1 to {LONGEST_S} seconds, got {asked.for_s}: what lasts longer is an order")
    reference = asked.reference
    if reference is not None and not (len(reference) <= LONGEST_REFERENCE and reference.isprintable()):
        raise NotHoldable(
            f"reference is up to {LONGEST_REFERENCE} characters on one line, got {len(reference)}: {reference[:40]!r}"
        )
