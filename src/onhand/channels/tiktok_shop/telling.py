"""Telling: one parcel is a product; what is not taken is named row by row, and a 0 that is refused takes it off sale.

Source: Partner API, POST /product/202309/products/{product_id}/inventory/update: the quantity is what can ship now, of
every warehouse of the SKU; failures stand in `data.errors` of a success.
"""

import logging
from collections.abc import Sequence

import msgspec

from onhand.channels.tiktok_shop import listings as shelf
from onhand.channels.tiktok_shop import trouble
from onhand.channels.tiktok_shop.client import Call, Client, Effort, encode
from onhand.channels.tiktok_shop.off_sale import ACTIVATE, DEACTIVATE, LEAST_UNITS, OffSale, Switched
from onhand.channels.tiktok_shop.settings import NAME, TikTokSettings
from onhand.channels.tiktok_shop.trouble import NoAnswer, NotCarriedOut, Refused, VoidTokens
from onhand.ports.channel import Applied, Offer, Outcome, Parcel, Rejected, Throttled, Unknown

logger = logging.getLogger(__name__)

_ACCOUNT_RETRY_S = 60.0


class Stock(msgspec.Struct, omit_defaults=True):
    """Units of a SKU in a warehouse; None: the only one there is."""

    quantity: int
    warehouse_id: str | None = None


class Row(msgspec.Struct):
    """A SKU with its units in every warehouse."""

    id: str
    inventory: list[Stock]

    @property
    def units(self) -> int:
        """Units in all of them."""
        return sum(stock.quantity for stock in self.inventory)

    @property
    def has_zero(self) -> bool:
        """Whether a warehouse is told 0."""
        return any(stock.quantity == 0 for stock in self.inventory)


class _Request(msgspec.Struct):
    skus: list[Row]


class _Body(msgspec.Struct):
    """A parcel's body: the product, and the request exactly as it will be signed and sent."""

    product_id: str
    request: msgspec.Raw


def body_of(product_id: str, offers: Sequence[Offer], settings: TikTokSettings) -> bytes:
    """Return the body of the parcel that tells offers of one product."""
    rows = [{"id": offer.listing.listing, "inventory": shelf.stock_rows(offer, settings)} for offer in offers]
    return encode({"product_id": product_id, "request": msgspec.Raw(encode({"skus": rows}))})


class Teller:
    """Sends parcels. Safe to use from several threads."""

    def __init__(self, settings: TikTokSettings, client: Client, off_sale: OffSale) -> None:
        self._settings, self._client, self._off_sale = settings, client, off_sale

    def send(self, parcel: Parcel) -> Outcome:
        """Send one parcel and name what became of it. Never raises for what TikTok Shop can do."""
        body = msgspec.json.decode(parcel.body, type=_Body)
        try:
            return self._tell(body)
        except NotCarriedOut as error:
            return Throttled(error.retry_after_s)
        except (NoAnswer, OSError) as error:  # what could not be kept may have been done
            return Unknown(str(error))
        except VoidTokens as error:
            return Throttled(_ACCOUNT_RETRY_S, str(error))
        except Refused as error:
            if error.code in trouble.OF_THE_ACCOUNT:  # no listing is to blame
                logger.warning("%s: nothing can be told: %s", NAME, error)
                return Throttled(_ACCOUNT_RETRY_S, f"{error}; {trouble.way_out(error.code)}")
            return Rejected(stale=False, rows=(), reason=str(error))

    def _tell(self, body: _Body) -> Outcome:
        rows = msgspec.json.decode(body.request, type=_Request).skus
        if self._off_sale.learned().zero_refused:
            return self._tell_without_zero(body.product_id, rows)
        errors = self._update(body.product_id, bytes(body.request))
        refused = {error.detail.sku_id for error in errors if error.detail and error.about(trouble.OUT_OF_RANGE)}
        if any(row.id in refused and row.has_zero for row in rows):
            self._off_sale.learn_zero_refused()
            return self._tell_without_zero(body.product_id, rows)
        return rejected(errors, [row.id for row in rows]) if errors else Applied(None, f"{len(rows)} listings")

    def _tell_without_zero(self, product_id: str, rows: Sequence[Row]) -> Outcome:
        """Tell a shop that takes no 0: a product of which nothing is left goes off sale.

        Where it sells other SKUs, an empty one is told the least. What is off sale shows the least, too: a number for
        nobody to buy, unless somebody activates it by hand.
        """
        empty = [row.id for row in rows if not row.units]
        self._off_sale.told(empty, [row.id for row in rows if row.units])
        errors = ""
        off_sale = len(empty) == len(rows) and not self._others_on_sale(product_id, empty)
        if off_sale:
            self._off_sale.add(product_id)
            errors = self._switch(DEACTIVATE, product_id)
            if errors:
                self._off_sale.forget([product_id])  # it is off sale already, by somebody else's hand
        failed = self._update(product_id, encode(_Request([without_zeros(row) for row in rows])))
        if failed:
            return rejected(failed, [row.id for row in rows])
        if off_sale and not errors:
            return Applied(None, f"product {product_id} is taken off sale: this shop takes no 0")
        if not empty:
            return self._on_sale_again(product_id, len(rows))
        numbers = tuple(number for number, row in enumerate(rows) if not row.units)
        because = f"could not be taken off sale ({errors})" if off_sale else "sells other SKUs"
        reason = f"this shop takes no 0, and product {product_id} {because}: {LEAST_UNITS} is told instead"
        return Rejected(stale=False, rows=numbers, reason=reason, of_the_number=True)

    def _others_on_sale(self, product_id: str, empty: Sequence[str]) -> bool:
        """Return whether a product has SKUs that sell, beside some and those that stand at the least for nothing."""
        body = encode({"product_ids": [product_id]})
        call = Call(method="POST", path="/product/202309/inventory/search", body=body)
        shown = shelf.shown_by_sku(self._client.call(call, shelf.ShownStock), self._settings)
        nothing = {*empty, *self._off_sale.learned().empty}
        return any(one.available_units > 0 for sku, one in shown.items() if sku not in nothing)

    def _on_sale_again(self, product_id: str, listings: int) -> Outcome:
        note = f"{listings} listings"
        if product_id not in self._off_sale.learned().off_sale:
            return Applied(None, note)
        errors = self._switch(ACTIVATE, product_id)
        if errors:
            return Rejected(stale=False, rows=(), reason=f"putting product {product_id} on sale again: {errors}")
        return Applied(None, f"{note}, put on sale again")

    def _switch(self, path: str, product_id: str) -> str:
        """Return why a product was not (de)activated; nothing where it was."""
        call = Call(method="POST", path=path, body=encode({"product_ids": [product_id]}), effort=Effort.WRITE)
        errors = self._client.call(call, Switched).errors or []
        return "; ".join(f"{error.message} (code {error.code})" for error in errors)

    def _update(self, product_id: str, request: bytes) -> list[shelf.UpdateError]:
        path = f"/product/202309/products/{product_id}/inventory/update"
        call = Call(method="POST", path=path, body=request, effort=Effort.WRITE)
        return self._client.call(call, shelf.Updated).errors or []


def without_zeros(row: Row) -> Row:
    """Return a row that tells every warehouse the least at least; what that adds is taken from the fullest one."""
    stocks = [Stock(max(stock.quantity, LEAST_UNITS), stock.warehouse_id) for stock in row.inventory]
    over = sum(stock.quantity for stock in stocks) - row.units
    fullest = max(stocks, key=lambda stock: stock.quantity)
    fullest.quantity = max(LEAST_UNITS, fullest.quantity - over)
    return Row(row.id, stocks)


def rejected(errors: Sequence[shelf.UpdateError], skus: Sequence[str]) -> Rejected | Unknown:
    """Return which of the SKUs an answer that calls itself a success refuses, and why."""
    numbers = {sku: number for number, sku in enumerate(skus)}
    rows: set[int] = set()
    reasons: list[str] = []
    codes: set[int] = set()
    for error in errors:
        detail = error.detail or shelf.ErrorDetail()
        rows |= {numbers[detail.sku_id]} if detail.sku_id in numbers else set(numbers.values())
        for one in detail.extra_errors or (shelf.WarehouseError(code=error.code, message=error.message),):
            code, said = one.code or error.code, one.message or error.message
            where = f"listing {detail.sku_id or 'unnamed'}" + (f" in {one.warehouse_id}" if one.warehouse_id else "")
            codes.add(code)
            reasons.append(f"{where}: {said} (code {code}); {trouble.way_out(code)}")
    if codes <= trouble.PASSING:  # some SKUs may be set and some not
        return Unknown("; ".join(reasons))
    of_the_number = codes <= trouble.OF_THE_NUMBER
    return Rejected(
        stale=False,
        rows=tuple(sorted(rows)),
        reason="; ".join(reasons),
        of_the_number=of_the_number,
        computed_there=codes == {trouble.COMPUTED},
    )
