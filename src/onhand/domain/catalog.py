"""Items, locations and listings: what is counted, where it stands, and how one channel names it."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple


class Money(NamedTuple):
    """An amount in a currency (ISO 4217), exact."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """What is counted. Its SKU is a label that merchants change; None where it has none.

    `tracked` is False where Shopify does not count it (2026-10, `InventoryItem.tracked`): its levels mean nothing.
    `sells_below_zero` is the inventory policy CONTINUE (`ProductVariant.inventoryPolicy`): Shopify's own channels sell
    on when nothing is left. `bundle` is a parent that is made of components (`ProductVariant.requiresComponents`): it
    has no units of its own. `price` and `unit_cost` are amounts in `currency`; None where nobody has said them.
    """

    item: str
    sku: str | None
    title: str
    tracked: bool = True
    sells_below_zero: bool = False
    bundle: bool = False
    price: Decimal | None = None
    unit_cost: Decimal | None = None
    currency: str | None = None

    @property
    def counted(self) -> bool:
        """Whether units of its own stand anywhere: it is tracked, and no bundle."""
        return self.tracked and not self.bundle

    def value_of(self, units: int) -> Money | None:
        """Return what so many units are worth: at cost, at the price where the cost is not known, else None."""
        each = self.price if self.unit_cost is None else self.unit_cost
        return None if each is None or self.currency is None else Money(each * units, self.currency)


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """A place where units stand, with what decides whether the Online Store counts them.

    `ships`: a shipping rate starts here (2026-10, `DeliveryProfile.profileLocationGroups`). `picks_up`: shoppers may
    fetch what they bought (`Location.localPickupSettingsV2`). Both None where they could not be read. Local delivery
    is not shown to apps.
    """

    location: str
    name: str
    active: bool
    fulfils_online: bool
    ships: bool | None = None
    picks_up: bool | None = None

    def why_not_online(self) -> str | None:
        """Return why the Online Store does not count what stands here, None where it does.

        Shopify counts active locations that fulfil online orders and have a rate, pickup or local delivery (help,
        "Setting up location fulfillment"). What could not be read is taken to be there.
        """
        if not self.active:
            return "it is deactivated"
        if not self.fulfils_online:
            return "it does not fulfil online orders"
        if self.ships is False and not self.picks_up:
            return "no shipping rate starts there, and nothing can be picked up there"
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """How one channel names an item.

    `listing` is the channel's own id. `item` is None while nothing says which item it is. `group` is what the
    channel updates in one call (a TikTok Shop product), `place` where the channel keeps it (a warehouse id).
    """

    channel: str
    listing: str
    item: str | None
    sku: str | None
    group: str | None = None
    place: str | None = None


def match_key(sku: str | None) -> str | None:
    """Return what two SKUs are compared by, or None for an empty one: NFC, without surrounding white space."""
    key = unicodedata.normalize("NFC", sku).strip() if sku else ""
    return key or None


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """Listings with the items that their SKUs name, and the ones that need a person, with the reason."""

    matched: tuple[Listing, ...]
    unmatched: tuple[tuple[Listing, str], ...]


def match_by_sku(listings: Iterable[Listing], items: Iterable[Item]) -> Matching:
    """Return each listing with its item where exactly one item and one listing carry the SKU.

    A SKU is free text on both sides: an empty or doubled one is never matched, only reported.
    """
    listings = tuple(listings)
    items_by_key, listings_by_key = defaultdict(list), defaultdict(list)
    for item in items:
        items_by_key[match_key(item.sku)].append(item.item)
    for listing in listings:
        listings_by_key[match_key(listing.sku)].append(listing.listing)
    matched: list[Listing] = []
    unmatched: list[tuple[Listing, str]] = []
    for listing in listings:
        key = match_key(listing.sku)
        candidates, rivals = items_by_key.get(key, []), listings_by_key[key]
        if key is None:
            unmatched.append((listing, "it has no SKU: give it one, or map it by hand"))
        elif len(rivals) > 1:
            unmatched.append((listing, f"{len(rivals)} listings carry SKU {key!r}: {', '.join(sorted(rivals))}"))
        elif not candidates:
            unmatched.append((listing, f"no item carries SKU {key!r}"))
        elif len(candidates) > 1:
            unmatched.append((listing, f"{len(candidates)} items carry SKU {key!r}: {', '.join(sorted(candidates))}"))
        else:
            matched.append(
                Listing(
                    channel=listing.channel,
                    listing=listing.listing,
                    item=candidates[0],
                    sku=listing.sku,
                    group=listing.group,
                    place=listing.place,
                )
            )
    return Matching(matched=tuple(matched), unmatched=tuple(unmatched))
