"""How a delivery stands in a row: times as whole microseconds, the body compressed where that helps, and sealed."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import zstandard

from onhand.log.seal import Seal
from onhand.ports.delivery import Delivery
from onhand.ports.errors import DataDamaged

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_COMPRESS_ABOVE_BYTES = 1024  # below, there is little to gain; above, disk bandwidth is the limit, not the commits
_PLAIN, _ZSTD = b"\x00", b"\x01"
_MOST_BYTES = 64 * 1024 * 1024


def to_micros(at: datetime) -> int:
    """Return microseconds since 1970 in UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the time that `to_micros` was given."""
    return _EPOCH + timedelta(microseconds=micros)


class Packer:
    """Turns deliveries into rows. `row` is and `sealed` are for one thread at a time, the rest for any number."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal
        self._compressor = zstandard.ZstdCompressor(level=1)

    def row(self, source: int, delivery: Delivery) -> tuple[Any, ...]:
        """Return the columns of `append`."""
        triggered_at = delivery.triggered_at
        return (
            source,
            delivery.delivery_id,
            delivery.topic,
            delivery.event_id,
            None if triggered_at is None else (triggered_at - _EPOCH) // _MICROSECOND,
            (delivery.received_at - _EPOCH) // _MICROSECOND,
            self.sealed(delivery),
        )

    def sealed(self, delivery: Delivery) -> bytes:
        """Return the body, compressed where that helps, and sealed."""
        body, form = delivery.body, _PLAIN
        if len(body) > _COMPRESS_ABOVE_BYTES:
            smaller = self._compressor.compress(body)
            if len(smaller) < len(body):
                body, form = smaller, _ZSTD
        return self.seal.seal(form + body, _about(delivery.shop, delivery.channel, delivery.delivery_id))

    def unpack(self, sealed: bytes, shop: str, channel: str, delivery_id: str) -> bytes:
        """Return the body as it came. Raises DataDamaged."""
        about = _about(shop, channel, delivery_id)
        packed = self.seal.open(sealed, about)
        if packed[:1] == _PLAIN:
            return packed[1:]
        try:
            return zstandard.ZstdDecompressor().decompress(packed[1:], max_output_size=_MOST_BYTES)
        except zstandard.ZstdError as error:
            raise DataDamaged(f"{about!r}: the compressed body cannot be read: {error}") from error

    def reseal(self, sealed: bytes, shop: str, channel: str, delivery_id: str) -> bytes:
        """Return the same body under the newest key."""
        about = _about(shop, channel, delivery_id)
        return self.seal.seal(self.seal.open(sealed, about), about)


def naming(ids: Sequence[str]) -> re.Pattern[bytes]:
    """Return what finds one of some numbers, whole, in a body. There must be at least one."""
    return re.compile(rb"(?<![0-9])(?:" + b"|".join(re.escape(one.encode()) for one in ids) + rb")(?![0-9])")


def _about(shop: str, channel: str, delivery_id: str) -> bytes:
    return f"{shop}/{channel}/{delivery_id}".encode("utf-8", "surrogatepass")
