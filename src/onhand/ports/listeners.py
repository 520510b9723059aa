"""Who is told of changes by webhooks of ours."""

from typing import Literal, NamedTuple, Protocol


class Heard(NamedTuple):
    """What became of one telling: taken, to be tried again, or refused for good (410: nobody listens any more)."""

    ending: Literal["taken", "again", "gone"]
    trouble: str


class Listener(Protocol):
    """An address that is told."""

    name: str

    def tell(self, message: str, body: bytes, at_s: int) -> Heard:
        """Send a signed message of this id, at a time in Unix seconds. Never raises for what a network can do."""
