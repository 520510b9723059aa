"""What a cell of the input tab must hold, and what is said where it does not."""

from typing import Final

MOST_UNITS: Final = 1_000_000
"""Above that a number is a slip of the hand."""


class Refused(Exception):
    """A row that asks for what cannot be; the message is its verdict."""


def whole_units(given: str | float | bool, heading: str, besides: str = "") -> int:
    """Return the units in a cell. Raises Refused; `besides` says what else could stand there."""
    text = given.strip() if isinstance(given, str) else ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else given
    if isinstance(number, bool | str) or not 0 <= number <= MOST_UNITS or number != int(number):
        raise Refused(f"{heading} must be a whole number from 0 to {MOST_UNITS}{besides}; got {given!r:.60}")
    return int(number)
