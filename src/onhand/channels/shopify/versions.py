"""How long a version of Shopify's APIs is there."""

from datetime import UTC, datetime

_SUPPORTED_YEARS = 1


def supported_until(version: str) -> datetime | None:
    """Return until when a version such as "2026-10" is supported at least; None for `unstable`, which promises nothing.

    A stable version comes on the first of a quarter at 17:00 UTC and is supported for 12 months at least; afterwards
    calls fall forward to the oldest one that is (shopify.dev, About Shopify API versioning).
    """
    year, _, month = version.partition("-")
    if not (year.isdigit() and month.isdigit()):
        return None
    return datetime(int(year) + _SUPPORTED_YEARS, int(month), 1, 17, tzinfo=UTC)
