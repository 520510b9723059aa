"""Calls that only ask: tried again after a moment, and their trouble named as the seam names it."""

from typing import TypeVar

from onhand.channels.tiktok_shop.client import Call, Client
from onhand.channels.tiktok_shop.settings import NAME
from onhand.channels.tiktok_shop.trouble import NoAnswer, NotCarriedOut, Refused, VoidTokens
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected

T = TypeVar("T")

# A reading that came a little too early goes again after a moment; the limiter waits for it.
_READ_TRIES = 3
_MOMENT_S = 2.0
_READ_AGAIN_S = 2.0


class Questions:
    """Asks one shop. Safe to use from several threads."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def ask(self, call: Call, kind: type[T]) -> T:
        """Return an answer's data. Raises ChannelUnavailable, ChannelRefused, NotConnected."""
        try:
            return self.ask_plainly(call, kind)
        except Refused as error:
            raise named(error) from error

    def ask_plainly(self, call: Call, kind: type[T]) -> T:
        """Return an answer's data. Raises ChannelUnavailable, and Refused with TikTok Shop's own code."""
        for tries_left in reversed(range(_READ_TRIES)):
            try:
                return self.client.call(call, kind)
            except NotCarriedOut as error:
                if not tries_left or error.retry_after_s > _MOMENT_S:
                    raise ChannelUnavailable(f"{NAME}: {error}", error.retry_after_s) from error
            except NoAnswer as error:
                raise ChannelUnavailable(f"{NAME}: {error}", _READ_AGAIN_S) from error
        raise AssertionError("the last try returns or raises")


def named(error: Refused) -> ChannelRefused | NotConnected:
    """Return a refusal as the seam names it."""
    return NotConnected(f"{NAME}: {error}") if isinstance(error, VoidTokens) else ChannelRefused(f"{NAME}: {error}")
