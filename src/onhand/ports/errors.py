"""Every error that onhand foresees. What the flow does with each stands in its docstring."""


class OnhandError(Exception):
    """The root of all of them. The message says what, where, both numbers and the way out."""


class BadSignature(OnhandError):
    """A delivery is not from whom it claims to be. Answer 401, keep nothing but a count."""


class UnreadableDelivery(OnhandError):
    """A delivery is genuine but cannot be read. Answer 200, keep the bytes, park it for a person."""


class ChannelUnavailable(OnhandError):
    """A platform did not answer, or asks us to wait. Try again, within the retry budget.

    `retry_after_s` is in seconds; None when the platform did not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ChannelRefused(OnhandError):
    """A platform understood and said no. Trying the same again will not help: park it."""


class NotConnected(ChannelRefused):
    """A platform takes none of our tokens: a person must connect the shop again. Its reading and writing wait."""


class StaleWrite(OnhandError):
    """What we compared with has changed meanwhile. Look again, recompute, use a new key."""


class OutcomeUnknown(OnhandError):
    """A write was sent and no trustworthy answer came. Ask with the same key, or read back; never hope."""


class IncompleteReading(OnhandError):
    """A reading in bulk cannot prove that it is whole. Nothing of it may count as absent."""


class MovementConflict(OnhandError):
    """A movement's id is booked already with other content. Parked, and an alarm."""


class ConfigError(OnhandError):
    """The configuration cannot work. Exit 3 before anything starts: file, key, what would be right."""


class DataDamaged(OnhandError):
    """The database contradicts itself. Exit 5; writing stops."""


class StoreUnavailable(OnhandError):
    """The database cannot be used now: another process holds it, its disk is full, it is away. Nothing of the
    transaction is kept; try again in a moment.
    """


class TakenOver(OnhandError):
    """Another process does our part of the work. Nothing of the transaction is kept; this process ends."""


class LogUnavailable(OnhandError):
    """The log cannot keep a delivery now. Answer 503: the sender will try again."""


_WAYS_OUT = {
    "ReadOnlyError": "the file or its file system is read-only: let onhand write to it, and it goes on by itself",
    "FullError": "no room is left on its disk: free some, and onhand goes on by itself",
    "CantOpenError": "let onhand's user read and write the file and its folder, and it goes on by itself",
    "IOError": "the disk refuses: see the system's log, and whether its file system became read-only",
}


def way_out(error: Exception) -> str:
    """Return what a person does about a file that cannot be written now, by SQLite's word for it."""
    return _WAYS_OUT.get(type(error).__name__, "it is tried again")
