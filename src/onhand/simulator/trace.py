"""A season's trace: one line for everything that happens, and a hash over all of them."""

import hashlib
from collections.abc import Callable

from onhand.simulator.clock import ManualClock


class Trace:
    """Takes lines. Two runs that did the same have the same hash; `listener` sees each line as it comes."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._hash = hashlib.sha256()
        self.lines = 0
        self.listener: Callable[[str], None] | None = None

    def note(self, what: str) -> None:
        """Take a line, and the time at which it came."""
        line = f"{self._clock.seconds():.6f} {what}"
        self._hash.update(f"{line}\n".encode())
        self.lines += 1
        if self.listener is not None:
            self.listener(line)

    def hash(self) -> str:
        """Return the hash of all lines so far, 16 hexadecimal digits."""
        return self._hash.hexdigest()[:16]


def brief(content: bytes) -> str:
    """Return what tells one content from another in a line."""
    return hashlib.blake2b(content, digest_size=4).hexdigest()
