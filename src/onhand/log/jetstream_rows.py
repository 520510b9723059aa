"""How a delivery stands in a stream: its subject, which makes it unique, and its record with the sealed body."""

import hashlib
from typing import NamedTuple

import msgspec

from onhand.log.rows import Packer, from_micros, to_micros
from onhand.ports.delivery import Delivery
from onhand.ports.errors import DataDamaged

_SHOP_BYTES = 8
_IDENTITY_BYTES = 16  # 128 bits: nobody finds a second delivery of the same name


class _Record(msgspec.Struct, array_like=True, frozen=True):
    """Texts are bytes: what a sender calls its delivery need not be text that UTF-8 knows."""

    shop: bytes
    channel: bytes
    topic: bytes
    delivery_id: bytes
    event_id: bytes | None
    triggered_at: int | None
    received_at: int
    sealed: bytes


class Subjects(NamedTuple):
    """The subjects of one stream: `kept` has deliveries with their bodies, `gone` those whose body was forgotten."""

    stream: str

    @property
    def kept(self) -> str:
        """All deliveries that have their body."""
        return f"{self.stream}.kept.>"

    @property
    def gone(self) -> str:
        """All deliveries without one."""
        return f"{self.stream}.gone.>"

    def of_shop(self, kind: str, shop: str) -> str:
        """All of one shop: of the kind `kept` or `gone`."""
        return f"{self.stream}.{kind}.{_short(shop, _SHOP_BYTES)}.*"

    def of(self, kind: str, delivery: Delivery) -> str:
        """The subject of one delivery; kind `*`: wherever it stands."""
        return f"{self.stream}.{kind}.{identity(delivery)}"

    def forgotten(self, subject: str) -> str:
        """The subject that tells that the delivery of a `kept` subject was here."""
        return f"{self.stream}.gone.{subject.removeprefix(f'{self.stream}.kept.')}"


def identity(delivery: Delivery) -> str:
    """Return what is the same for every repeat of a delivery: its shop, its channel and its sender's id for it.

    Hashed: a sender may call its deliveries what a subject cannot hold.
    """
    about = f"{delivery.channel}/{delivery.delivery_id}"
    return f"{_short(delivery.shop, _SHOP_BYTES)}.{_short(about, _IDENTITY_BYTES)}"


def pack(delivery: Delivery, packer: Packer) -> bytes:
    """Return the record of a delivery."""
    record = _Record(
        shop=_bytes(delivery.shop),
        channel=_bytes(delivery.channel),
        topic=_bytes(delivery.topic),
        delivery_id=_bytes(delivery.delivery_id),
        event_id=None if delivery.event_id is None else _bytes(delivery.event_id),
        triggered_at=None if delivery.triggered_at is None else to_micros(delivery.triggered_at),
        received_at=to_micros(delivery.received_at),
        sealed=packer.sealed(delivery),
    )
    return msgspec.msgpack.encode(record)


def unpack(payload: bytes, packer: Packer, where: str) -> Delivery:
    """Return the delivery of a record. Raises DataDamaged."""
    record = _decode(payload, where)
    shop, channel, delivery_id = _text(record.shop), _text(record.channel), _text(record.delivery_id)
    return Delivery(
        shop=shop,
        channel=channel,
        topic=_text(record.topic),
        delivery_id=delivery_id,
        event_id=None if record.event_id is None else _text(record.event_id),
        triggered_at=None if record.triggered_at is None else from_micros(record.triggered_at),
        received_at=from_micros(record.received_at),
        body=packer.unpack(record.sealed, shop, channel, delivery_id),
    )


def received_micros(payload: bytes, where: str) -> int:
    """Return when the delivery of a record came, without opening it. Raises DataDamaged."""
    return _decode(payload, where).received_at


def sealed_body(payload: bytes, where: str) -> bytes:
    """Return the body of a record as it is sealed. Raises DataDamaged."""
    return _decode(payload, where).sealed


def pack_gone(last_position: int) -> bytes:
    """Return what stands for a delivery that is gone: only where the log ended then."""
    return msgspec.msgpack.encode(last_position)


def unpack_gone(payload: bytes, where: str) -> int:
    """Return where the log ended when this was written. Raises DataDamaged."""
    try:
        return msgspec.msgpack.decode(payload, type=int)
    except msgspec.DecodeError as error:
        raise DataDamaged(f"{where}: not written by onhand: {error}") from error


def _decode(payload: bytes, where: str) -> _Record:
    try:
        return msgspec.msgpack.decode(payload, type=_Record)
    except msgspec.DecodeError as error:
        raise DataDamaged(f"{where}: {len(payload)} bytes that onhand did not write: {error}") from error


def _short(text: str, size: int) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()[: size * 2]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
