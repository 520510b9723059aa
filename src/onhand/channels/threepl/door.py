"""The door of third parties: who may speak for which place, and in which form."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final, Literal

from onhand.channels.standard_webhooks import Signed, find_signer, verify_standard
from onhand.channels.threepl.csv_file import CsvForm, read_csv
from onhand.channels.threepl.edi import EdiForm, read_edi
from onhand.channels.threepl.signing import verify_shiphero
from onhand.channels.threepl.standard import Framed, read_standard
from onhand.channels.threepl.stock_map import read_stock_map
from onhand.channels.threepl.vendors import read_vendor
from onhand.domain.notices import Measure, Notice, Told
from onhand.ports.channel import Catalog, Report
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import UnreadableDelivery

NAME: Final = "3pl"
"""The channel of all their deliveries, as it stands in the address."""

JsonForm = Literal["standard", "shiphero", "shipbob"]
FileForm = Literal["csv", "edi"]
Wire = Literal["standard", "shiphero", "shipbob", "csv", "edi", "map"]
"""How a delivery is to be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """One third party of a shop. `places` leads from its names of places to the shop's names of locations.

    `authorities` says who is believed at those locations. `keys` sign its webhooks, two while a secret is replaced.
    """

    name: str
    places: Mapping[str, str]
    authorities: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[bytes, ...] = ()
    form: JsonForm = "standard"
    measure: Measure = "on_hand"
    zone: tzinfo
    csv: CsvForm = field(default_factory=CsvForm)
    edi: EdiForm = field(default_factory=EdiForm)
    damage_reasons: frozenset[str] = frozenset({"damage", "damaged"})
    receipt_reasons: frozenset[str] = frozenset({"receipt", "received"})
    booked_receipts: bool = True

    def location(self, place: str | None) -> str | None:
        """Return the shop's name of a place that the third party, or an address, names; None for a strange one.

        Who has one place only need not name it.
        """
        if place is None:
            return next(iter(self.places.values())) if len(self.places) == 1 else None
        return self.places.get(place) or (place if place in self.places.values() else None)


class ThreeplDoor:
    """Verifies and reads what the third parties of one shop send."""

    name = NAME

    def __init__(self, shop: str, parties: Sequence[Party]) -> None:
        self._shop = shop
        self._parties = {party.name: party for party in parties}

    @property
    def parties(self) -> Sequence[Party]:
        """Who speaks here."""
        return list(self._parties.values())

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when a third party signed it. Raises BadSignature.

        The address names the place. One that nobody has mapped is kept all the same when it is genuine: it waits until
        the configuration names it.
        """
        party, signed = find_signer(
            sorted(self._parties.values(), key=lambda party: party.location(request.path_topic) is None),
            lambda party: _verify(party, request, received_at),
            f"a notice for {request.shop} at {request.path_topic or 'no place'}",
            "[[threepl]]",
        )
        return delivery_of(
            self._shop,
            party.name,
            wire=party.form,
            place=request.path_topic or "",
            message_id=signed.message_id,
            body=request.body,
            sent_at=signed.sent_at,
            received_at=received_at,
        )

    def parse(self, delivery: Delivery, catalog: Catalog) -> Report:
        """Return what a delivery says. Raises UnreadableDelivery."""
        del catalog  # a SKU means an item of today's catalog, which is asked when it is booked
        name, wire, place = _split(delivery.topic)
        party = self._parties.get(name)
        if party is None:
            known = ", ".join(sorted(self._parties)) or "none"
            raise UnreadableDelivery(f"no [[threepl]] is called {name!r}, there are: {known}; add it and replay")
        framed = Framed(
            source=name,
            message_id=delivery.delivery_id,
            received_at=delivery.triggered_at or delivery.received_at,
            location=place or None,
            zone=party.zone,
            damage_reasons=party.damage_reasons,
            receipt_reasons=party.receipt_reasons,
        )
        notices = _read(party, wire, delivery.body, framed)
        return Report(
            notices=tuple(_told(party, notice, delivery.delivery_id) for notice in notices),
            note="" if notices else "nothing in it concerns stock",
        )


def delivery_of(
    shop: str,
    party: str,
    *,
    wire: Wire,
    place: str,
    message_id: str,
    body: bytes,
    sent_at: datetime | None,
    received_at: datetime,
) -> Delivery:
    """Return what a third party sent as the log keeps it. Its id is told from another third party's."""
    return Delivery(
        shop=shop,
        channel=NAME,
        topic=f"{party}/{wire}/{place}",
        delivery_id=f"{party}/{message_id}",
        event_id=None,
        triggered_at=sent_at,
        received_at=received_at,
        body=body,
    )


def file_id(body: bytes, written_at: datetime) -> str:
    """Return the id of a file: the same one found again is a repeat, the same count written later is a new one."""
    return f"{hashlib.sha256(body).hexdigest()}@{written_at:%Y%m%dT%H%M%S}"


def _verify(party: Party, request: Request, now: datetime) -> Signed:
    if party.form == "shiphero":
        return verify_shiphero(request.headers, request.body, party.keys)
    return verify_standard(request.headers, request.body, party.keys, now)


def _split(topic: str) -> tuple[str, str, str]:
    parts = topic.split("/", 2)
    if len(parts) != 3:
        raise UnreadableDelivery(f"the topic {topic!r} is none of a third party's: it must be PARTY/FORM/PLACE")
    return parts[0], parts[1], parts[2]


def _read(party: Party, wire: str, body: bytes, framed: Framed) -> Sequence[Notice]:
    match wire:
        case "csv":
            return read_csv(body, party.csv, framed)
        case "edi":
            return read_edi(body, party.edi, framed)
        case "map":
            return [read_stock_map(body, framed)]
        case "standard":
            return [read_standard(body, framed)]
        case _:
            return [read_vendor(body, wire, framed)]


def _told(party: Party, notice: Notice, delivery: str) -> Told:
    place = party.location(notice.location)
    if place is None and notice.kind != "advice":
        known = ", ".join(sorted(party.places)) or "none"
        raise UnreadableDelivery(
            f"{notice.cause}: {party.name} calls the place {notice.location!r}, and places known are {known}: name "
            f'it in [[threepl]], places = {{ "{notice.location}" = "a location\'s name" }}, and replay this delivery'
        )
    return Told(
        notice=notice,
        place=place or "",
        measure=party.measure,
        authority=party.authorities.get(place or "", "shopify"),
        booked_receipts=party.booked_receipts,
        delivery=delivery,
    )
