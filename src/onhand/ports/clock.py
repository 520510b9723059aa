"""Time comes in through this door, so that a simulator can hold the handle."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the time, aware of UTC."""
