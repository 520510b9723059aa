"""Times as the tables keep them: microseconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(at: datetime) -> int:
    """Return microseconds since 1970. Raises TypeError for a time without a zone."""
    since = at - EPOCH
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def to_us_or_none(at: datetime | None) -> int | None:
    """Return microseconds since 1970, or None for None."""
    return None if at is None else to_us(at)


@lru_cache(maxsize=4096)  # rows share their times: a batch is recorded at one moment, a shop opened at another
def from_us(us: int) -> datetime:
    """Return the time in UTC."""
    return EPOCH + timedelta(0, 0, us)


def from_us_or_none(us: int | None) -> datetime | None:
    """Return the time in UTC, or None for None."""
    return None if us is None else from_us(us)
