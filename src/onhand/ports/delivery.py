"""A delivery, one webhook as received, and the log that keeps it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


class Request(NamedTuple):
    """What came over the wire: header names in lower case, the body byte for byte, the topic from the path.

    `path_topic` is None where the address names no topic. Only the body is signed by Shopify, so a topic in the
    path, which we chose ourselves when subscribing, is worth more than the topic header.
    """

    shop: str
    path_topic: str | None
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One genuine webhook. `delivery_id` is the sender's id for it: a repeat carries the same one.

    `event_id` is shared by all deliveries of one merchant action; None where the sender has no such thing.
    """

    shop: str
    channel: str
    topic: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None
    received_at: datetime
    body: bytes


Append = Callable[[Sequence[Delivery]], Sequence[bool]]
"""Keeps deliveries durably; False marks a repeat. Raises LogUnavailable, and then none is kept."""


class Logged(NamedTuple):
    """A delivery with its position in the log. Positions grow; gaps in them mean nothing."""

    position: int
    delivery: Delivery


class Fetched(NamedTuple):
    """A message as a queue gave it, byte for byte; the `receipt` takes it away once it is kept."""

    receipt: str
    body: bytes


class Source(Protocol):
    """A queue that deliveries are fetched from, instead of being sent to us. What is not removed is given again."""

    name: str

    def fetch(self) -> list[Fetched]:
        """Wait a few seconds for messages and return what came. Raises ChannelUnavailable, ChannelRefused."""

    def remove(self, receipts: Sequence[str]) -> int:
        """Take messages away for good; return how many could not be, which come again. Raises as `fetch` does."""


class Counts(NamedTuple):
    """Deliveries since the log began: kept, repeats of kept ones, and refused at the door."""

    accepted: int
    duplicates: int
    rejected: int


class Log(Protocol):
    """Deliveries as they came, durable, in order. Kept apart from the store: a busy store delays no answer."""

    def append(self, deliveries: Sequence[Delivery], waited_s: float = 0.0) -> list[bool]:
        """Keep deliveries durably, in one transaction; False marks a repeat. Raises LogUnavailable.

        `waited_s` is how long the sender has waited already that waits longest: a log that asks others for their word
        takes that off the time it gives them.
        """

    def read(self, after: int, limit: int) -> list[Logged]:
        """Return up to `limit` deliveries behind position `after`, in order."""

    def find(self, position: int) -> Logged | None:
        """Return the delivery at a position. None: there is none, or its body is gone after the retention time."""

    def last_position(self) -> int:
        """Return the newest position, 0 for an empty log."""

    def counts(self) -> Counts:
        """Return how many deliveries were kept, were repeats, were refused."""

    def count_rejected(self, deliveries: int) -> None:
        """Add to the count of deliveries refused at the door."""

    def forget_bodies(self, received_before: datetime, keep: Sequence[int]) -> int:
        """Drop the bodies of deliveries received before a time, but for positions in `keep`; return how many."""

    def forget_naming(self, shop: str, ids: Sequence[str], up_to: int) -> int:
        """Drop a shop's bodies up to a position that name one of some numbers, however young; return how many."""

    def erase(self, shop: str) -> int:
        """Drop all bodies and anchors of a shop, and what tells one merchant's action from another; return its rows.

        The rows stay, without content: positions are counted, and a repeat is still known for one.
        """

    def anchor(self, shop: str, ledger_sequence: int, head: bytes, anchored_at: datetime) -> None:
        """Keep the head of a shop's ledger chain outside the ledger's own database."""

    def anchors(self, shop: str) -> list[tuple[int, bytes]]:
        """Return the (ledger sequence, head) pairs anchored for a shop, oldest first."""

    def close(self) -> None:
        """Release the file. Nothing that was kept is lost by not calling this."""
