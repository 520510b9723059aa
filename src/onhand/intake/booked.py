"""What booking a picture came to, whatever kind of picture it was."""

from typing import NamedTuple

from onhand.ports.channel import Ask, Wanted


class Booked(NamedTuple):
    """A picture was booked, or was no news: a line for the log, and what must be asked to know more.

    `about` is what an ask for this very picture would be: it need not be asked for again.
    """

    about: tuple[Wanted, str]
    note: str
    asks: tuple[Ask, ...] = ()


def key_of(cause: str) -> str:
    """Return the channel's own id of the fact behind a cause such as `shopify/order/1001`."""
    return cause.rpartition("/")[2]
