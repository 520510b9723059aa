"""The only clock: everything below is told what time it is."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's own time (`ports.clock.Clock`)."""

    def now(self) -> datetime:
        """Return the time, aware of UTC."""
        return datetime.now(UTC)
