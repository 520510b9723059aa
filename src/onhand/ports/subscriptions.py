"""How a channel's topics are subscribed to."""

from typing import Literal, NamedTuple

SubscriptionState = Literal["held", "missing", "elsewhere", "bent", "duplicated"]
"""Right, not there, sent to another address, sent with other fields or a filter, right and sent more than once."""


class TopicState(NamedTuple):
    """How one topic of a channel is subscribed to, and the `places` it is sent to.

    `api_version` is the one in which its bodies are written, None where it is missing. `whole` says that what it tells
    has no list of changes to ask for: what was missed is found only by reading everything.
    """

    topic: str
    state: SubscriptionState
    places: tuple[str, ...]
    api_version: str | None
    whole: bool

    @property
    def is_right(self) -> bool:
        """Whether everything it tells comes to us; what comes twice is booked as one picture."""
        return self.state in ("held", "duplicated")
