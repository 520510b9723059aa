"""One check and its three endings."""

from typing import Literal, NamedTuple

Status = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """What was looked at, how it is, why that matters, and how to mend it; `mend` is None where nothing need be."""

    name: str
    status: Status
    why: str
    mend: str | None = None


def ok(name: str, why: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name, "ok", why)


def warn(name: str, why: str, mend: str) -> Check:
    """Return a check that found what works and should not stay so."""
    return Check(name, "warn", why, mend)


def fail(name: str, why: str, mend: str) -> Check:
    """Return a check that found what keeps onhand from working rightly."""
    return Check(name, "fail", why, mend)
