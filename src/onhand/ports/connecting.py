"""Connecting by a code: a seller agrees on a page of the platform, and what comes back is worth tokens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable


@runtime_checkable
class ConnectsByCode(Protocol):
    """A channel that a seller connects by agreeing on a page of the platform."""

    def consent_pages(self) -> Mapping[str, str]:
        """Return the addresses of that page by whom each is for; empty where the platform's own pages lead there."""

    def connect_with(self, answer: str) -> datetime | None:
        """Exchange the code in `answer` and keep the tokens; return until when, None where the platform did not say.

        `answer` is a code, or the address that the seller landed on. Raises ChannelUnavailable, NotConnected,
        ConfigError.
        """
