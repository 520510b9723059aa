"""Waiting for what a test needs next: never for a time, and never for ever."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

WITHIN_S = 90.0
"""How long anything may take where many others work too; most takes well under a second."""

_Found = TypeVar("_Found")


def until(check: Callable[[], _Found], what: str, within_s: float = WITHIN_S) -> _Found:
    """Return what `check` finds as soon as it is true; fail with `what` when it never is."""
    ends_at = monotonic() + within_s
    while not (found := check()):
        assert monotonic() < ends_at, f"not within {within_s} s: {what}; last seen {found!r}"
        sleep(0.03)
    return found


def until_equal(see: Callable[[], _Found], wanted: _Found, within_s: float = WITHIN_S) -> None:
    """Return once `see` sees what is wanted."""
    ends_at = monotonic() + within_s
    while (seen := see()) != wanted:
        assert monotonic() < ends_at, f"not within {within_s} s: wanted {wanted!r}, last seen {seen!r}"
        sleep(0.03)
