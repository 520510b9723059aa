"""The door of sensors: who may count at which place, and in which form."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from onhand.channels.foot_traffic.csv_file import read_csv
from onhand.channels.foot_traffic.framed import Framed, Sensors
from onhand.channels.foot_traffic.standard import read_standard
from onhand.channels.foot_traffic.vendors import read_axis, read_butlr
from onhand.channels.standard_webhooks import find_signer, verify_standard
from onhand.domain.traffic import DoorCount, TrafficTold
from onhand.ports.channel import Catalog, Report
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import UnreadableDelivery

NAME: Final = "foot_traffic"
"""The channel of all their deliveries; in the address `foot-traffic`."""

Wire = Literal["standard", "axis", "butlr", "csv"]
"""How a delivery is to be read."""


class TrafficDoor:
    """Verifies and reads what the sensors of one shop send."""

    name = NAME

    def __init__(self, shop: str, senders: Sequence[Sensors]) -> None:
        self._shop = shop
        self._senders = {sensors.name: sensors for sensors in senders}

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when a sender signed it. Raises BadSignature.

        One that names a place which nobody has mapped is kept all the same: it waits until the configuration names it.
        """
        sensors, signed = find_signer(
            sorted(self._senders.values(), key=lambda sensors: request.path_topic not in sensors.places),
            lambda sensors: verify_standard(request.headers, request.body, sensors.keys, received_at),
            f"a count for {request.shop} at {request.path_topic or 'no place'}",
            "[[traffic]]",
        )
        return delivery_of(
            self._shop,
            sensors.name,
            wire=sensors.form,
            place=request.path_topic or "",
            message_id=signed.message_id,
            body=request.body,
            sent_at=signed.sent_at,
            received_at=received_at,
        )

    def parse(self, delivery: Delivery, catalog: Catalog) -> Report:
        """Return what a delivery says. Raises UnreadableDelivery."""
        del catalog  # people have no items
        name, wire, place, sensor = _split(delivery.topic)
        sensors = self._senders.get(name)
        if sensors is None:
            known = ", ".join(sorted(self._senders)) or "none"
            raise UnreadableDelivery(f"no [[traffic]] is called {name!r}, there are: {known}; add it and replay")
        framed = Framed(
            sensors=sensors,
            message_id=delivery.delivery_id.removeprefix(f"{name}/"),
            received_at=delivery.triggered_at or delivery.received_at,
            place=place or None,
            sensor=sensor or None,
        )
        counts = _read(wire, delivery.body, framed)
        if not counts:
            return Report(note=f"{framed.what}: counts nobody")
        return Report(traffic=(TrafficTold(source=name, cause=framed.what, counts=tuple(counts)),))


def delivery_of(
    shop: str,
    sender: str,
    *,
    wire: Wire,
    place: str,
    message_id: str,
    body: bytes,
    sent_at: datetime | None,
    received_at: datetime,
    sensor: str = "",
) -> Delivery:
    """Return what a sensor sent as the log keeps it. Its id is told from another sender's."""
    return Delivery(
        shop=shop,
        channel=NAME,
        topic=f"{sender}/{wire}/{place}" + (f"/{sensor}" if sensor else ""),
        delivery_id=f"{sender}/{message_id}",
        event_id=None,
        triggered_at=sent_at,
        received_at=received_at,
        body=body,
    )


def content_id(*parts: bytes) -> str:
    """Return the id of what brings none of its own: the same bytes from the same place are a repeat."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _split(topic: str) -> tuple[str, str, str, str]:
    parts = topic.split("/", 3)
    if len(parts) < 3:
        raise UnreadableDelivery(f"the topic {topic!r} is none of a sensor's: it must be SENDER/FORM/PLACE")
    return parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else ""


def _read(wire: str, body: bytes, framed: Framed) -> Sequence[DoorCount]:
    match wire:
        case "csv":
            return read_csv(body, framed.sensors.hours, framed)
        case "axis":
            return read_axis(body, framed)
        case "butlr":
            return read_butlr(body, framed)
        case _:
            return read_standard(body, framed)
