"""A third party that keeps goods: it counts what really stands at its location, and tells of it when it likes.

It sees the shelf and nothing else, so a theft or a receipt there shows in its next count. A count is taken at one time
and sent at another, in any of its forms, twice, late or never: whoever drives the sandbox says so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from onhand.sandbox.control_asks import Ask
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world import moving
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.outbox import Delivery

Row = dict[str, object]

DAMAGED = "05"
"""The third party's reason code (X12 element 426) for what cannot be sold any more."""

SECRET = "whsec_" + base64.b64encode(b"what the sandbox's third party signs with").decode()


class TakeCount(Ask, frozen=True):
    """Count a location, all of it or some `skus`; `shown` are numbers that the third party believes instead."""

    location: str
    skus: list[str] | None = None
    shown: dict[str, int] = msgspec.field(default_factory=dict)


class MakeChange(Ask, frozen=True):
    """Find units at a location (negative: lose them), or receive them; only the third party knows of it.

    What takes damage (negative units) still stands there.
    """

    location: str
    sku: str
    units: int
    reason: Literal["adjustment", "receipt", "damage"] = "adjustment"


class AdviseShipment(Ask, frozen=True):
    """Say that an order was shipped, by its name in the shop."""

    location: str
    order: str


class SendNotice(Ask, frozen=True):
    """Send what was counted or changed: to an `address`, signed, or as a file of a `form` into a `folder`."""

    notice: str
    address: str | None = None
    folder: str | None = None
    form: Literal["csv", "edi"] = "csv"
    secret: str = SECRET


@dataclass(frozen=True, kw_only=True, slots=True)
class _Notice:
    kind: Literal["snapshot", "delta", "advice"]
    location: str
    at: datetime
    complete: bool
    units: dict[str, int]
    reason: str = ""
    order: str = ""


@dataclass
class ThirdParty:
    """What one third party has counted and changed so far, by the name of the notice."""

    sandbox: Sandbox
    notices: dict[str, _Notice] = field(default_factory=dict)

    def count(self, ask: TakeCount, now: datetime) -> Row:
        """Count what stands at a location now and return it; nothing is sent yet."""
        standing = self._standing(ask.location)
        skus = standing.keys() if ask.skus is None else ask.skus
        units = {sku: ask.shown.get(sku, standing.get(sku, 0)) for sku in skus}
        return self._keep(
            _Notice(kind="snapshot", location=ask.location, at=now, complete=ask.skus is None, units=units)
        )

    def change(self, ask: MakeChange, now: datetime) -> Row:
        """Change what stands at a location and return the notice of it; nothing is sent yet."""
        world = self.sandbox.world
        location = world.catalog.location_of_name(ask.location)
        item = world.catalog.item_of_sku(ask.sku)
        if ask.reason == "damage":
            if ask.units >= 0:
                raise Refused("bad_units", f"units that take damage are negative, got {ask.units}")
        elif ask.units < 0:
            moving.steal(world, item_id=item.inventory_item_id, location_id=location.id, units=-ask.units)
        else:
            world.shelf.put(item.inventory_item_id, location.id, ask.units)
        changed = {ask.sku: ask.units}
        return self._keep(
            _Notice(kind="delta", location=ask.location, at=now, complete=False, units=changed, reason=ask.reason)
        )

    def advise(self, ask: AdviseShipment, now: datetime) -> Row:
        """Write that an order was shipped and return the notice of it; nothing is sent yet, and only EDI says it."""
        order = next((order for order in self.sandbox.world.orders if order.name == ask.order), None)
        if order is None:
            raise Refused("unknown_order", f"the shop has no order {ask.order!r}")
        shipped: dict[str, int] = {}
        for fulfillment in order.fulfillments:
            for line in fulfillment.lines:
                sku = str(self.sandbox.world.catalog.known[line.item_id].sku)
                shipped[sku] = shipped.get(sku, 0) + line.units
        if not shipped:
            raise Refused("not_shipped", f"nothing of {ask.order} was shipped")
        return self._keep(
            _Notice(kind="advice", location=ask.location, at=now, complete=False, units=shipped, order=ask.order)
        )

    def send(self, ask: SendNotice, now: datetime) -> Row:
        """Send a notice; again and again where that is asked."""
        notice = self.notices.get(ask.notice)
        if notice is None:
            raise Refused("unknown_notice", f"there is no notice {ask.notice}; there are {', '.join(self.notices)}")
        if ask.address is not None:
            if notice.kind == "advice":
                raise Refused("no_form", f"{ask.notice} is a shipping advice: it goes into a folder, as EDI")
            body = self._json(ask.notice, notice)
            self.sandbox.world.outbox.waiting.append(_webhook(ask, body, now))
            if self.sandbox.world.outbox.on_queued is not None:
                self.sandbox.world.outbox.on_queued()
        if ask.folder is not None:
            path = Path(ask.folder) / f"{ask.notice}.{ask.form}"
            path.write_bytes(self.file(ask.notice, ask.form))
            path.with_name(f"{path.name}.done").touch()
        return {"sent": ask.notice}

    def file(self, notice: str, form: Literal["csv", "edi"]) -> bytes:
        """Return a notice as a file of a form; a shipping advice has one only."""
        if form == "csv" and self.notices[notice].kind == "advice":
            raise Refused("no_form", f"{notice} is a shipping advice: it goes as EDI")
        return _csv(self.notices[notice]) if form == "csv" else _x12(notice, self.notices[notice])

    def stock_answer(self, location: str) -> bytes:
        """Return the body of fetch_stock's answer."""
        return msgspec.json.encode(self.stock_map(location))

    def stock_map(self, location: str) -> dict[str, int]:
        """Return what stands at a location now, as the third party's own fetch_stock answers."""
        return self._standing(location)

    def _standing(self, location: str) -> dict[str, int]:
        world = self.sandbox.world
        here = world.catalog.location_of_name(location).id
        return {
            str(world.catalog.known[item_id].sku): place.units
            for (item_id, location_id), place in world.shelf
            if location_id == here and world.catalog.known[item_id].sku
        }

    def _keep(self, notice: _Notice) -> Row:
        name = f"notice-{len(self.notices) + 1}"
        self.notices[name] = notice
        return {"notice": name, "as_of": notice.at.isoformat(), "units": notice.units}

    def _json(self, name: str, notice: _Notice) -> bytes:
        key = "on_hand" if notice.kind == "snapshot" else "delta"
        return msgspec.json.encode(
            {
                "schema": "3pl.stock.v1",
                "kind": notice.kind,
                "message_id": name,
                "as_of": notice.at.isoformat(),
                "complete": notice.complete,
                "items": [{"sku": sku, key: units, "reason": notice.reason} for sku, units in notice.units.items()],
            }
        )


def headers(delivery: Delivery, body: bytes) -> dict[str, str]:
    """Return the headers of a notice, signed as Standard Webhooks 1.0 says."""
    stamp = str(int(delivery.triggered_at.timestamp()))
    secret = delivery.subscription_name or SECRET
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.digest(key, f"{delivery.delivery_id}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.delivery_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def routes(third_party: ThirdParty) -> list[BaseRoute]:
    """Return where a third party answers what it has."""

    async def fetch_stock(request: Request) -> Response:
        return JSONResponse(third_party.stock_map(request.path_params["location"]))

    return [Route("/third-party/{location}/fetch_stock.json", fetch_stock, methods=["GET"])]


def _webhook(ask: SendNotice, body: bytes, now: datetime) -> Delivery:
    return Delivery(
        platform="third_party",
        topic="3pl.stock.v1",
        address=ask.address or "",
        subscription_id=None,
        delivery_id=ask.notice,
        event_id=ask.notice,
        triggered_at=now,
        api_version="",
        body=body,
        level=None,
        include_fields=(),
        subscription_name=ask.secret,
    )


def _csv(notice: _Notice) -> bytes:
    number = "on_hand" if notice.kind == "snapshot" else "delta"
    lines = [f"sku,location,{number},as_of,reason"]
    lines += [
        f"{sku},{notice.location},{units},{notice.at.isoformat()},{notice.reason}"
        for sku, units in notice.units.items()
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _x12(name: str, notice: _Notice) -> bytes:
    """Return a notice as an interchange of one document; its times are to the minute, as theirs are.

    A count is an 846, a receipt a 944, a shipment a 945, another change a 947.
    """
    number = name.rpartition("-")[2]
    day, clock = f"{notice.at:%Y%m%d}", f"{notice.at:%H%M%S}"
    code, kind, head, rows = _document(name, notice, day, clock)
    place = f"N1*{'SF' if kind == '945' else 'WH'}*{notice.location}*92*{notice.location}"
    body = [f"ST*{kind}*0001", head, place, *rows]
    parties = f"00*{'':10}*00*{'':10}*ZZ*{'THIRDPARTY':15}*ZZ*{'MERCHANT':15}"
    segments = [
        f"ISA*{parties}*{notice.at:%y%m%d}*{notice.at:%H%M}*U*00401*{int(number):09d}*0*P*>",
        f"GS*{code}*THIRDPARTY*MERCHANT*{day}*{clock[:4]}*{number}*X*004010",
        *body,
        f"SE*{len(body) + 1}*0001",
        f"GE*1*{number}",
        f"IEA*1*{int(number):09d}",
    ]
    return "".join(f"{segment}~\n" for segment in segments).encode()


def _document(name: str, notice: _Notice, day: str, clock: str) -> tuple[str, str, str, list[str]]:
    """Return the code of a document's group, its kind, its head, and its rows."""
    units = notice.units.items()
    if notice.kind == "snapshot":
        rows = [row for sku, much in units for row in (f"LIN**SK*{sku}", f"QTY*17*{much}*EA")]
        return "IB", "846", f"BIA*00*SI*{name}*{day}*{clock}", rows
    if notice.kind == "advice":
        rows = [row for sku, much in units for row in ("LX*1", f"W12*CC*{much}*{much}*0*EA**SK*{sku}")]
        return "SW", "945", f"W06*F*{notice.order}*{day}*{name}", [*rows, f"W03*{sum(notice.units.values())}"]
    if notice.reason == "receipt":
        return "RE", "944", f"W17*F*{day}*{name}", [f"W07*{much}*EA**SK*{sku}" for sku, much in units]
    why = DAMAGED if notice.reason == "damage" else "AA"
    return "AW", "947", f"W15*{day}*{name}", [f"W19*{why}*{much}*EA**SK*{sku}" for sku, much in units]
