"""What can become of a call besides an answer. A write must tell "not carried out" from "nobody knows"."""

from onhand.ports.errors import ChannelRefused


class NotCarriedOut(Exception):
    """Shopify did nothing, for lack of points or because it was not reached: the same call may be sent again."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NoAnswer(Exception):
    """No trustworthy answer came: a write may have been carried out, or not."""


class Refused(Exception):
    """Shopify said no. The same call again will not help."""


class Disconnected(Refused):
    """Shopify takes none of our tokens, or grants none: nothing was carried out until the shop is connected again."""


class Denied(Refused):
    """The app lacks a scope for what it asked."""


class MissingScope(ChannelRefused):
    """What was asked needs a scope that the app does not have: the merchant must grant it."""


class TooDear(ChannelRefused):
    """One query asked for more points than Shopify allows a query: ask for fewer rows at once."""
