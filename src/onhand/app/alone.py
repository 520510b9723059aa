"""One process for each part of the work: whoever comes second stands by, and takes over when the first has ended."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from onhand.config import Config
from onhand.store import claim, claim_beside
from onhand.store.claims import Release

logger = logging.getLogger(__name__)

STORE_PARTS: Final = ("worker", "publisher")
"""What books and what writes to platforms. The pages are not among them: any number may show the same books."""

LOG_PART: Final = "ingress"
"""What appends to the log, which is a file of one machine."""

_LOOK_EVERY_S: Final = 0.5


@contextmanager
def alone(config: Config, role: str) -> Iterator[None]:
    """Wait until no other process does a part of what a role does, and keep others from it. Raises ConfigError."""
    parts = [part for part in (LOG_PART, *STORE_PARTS) if role in ("all", part)]
    with ExitStack() as held:
        for part in parts:
            _wait_for(config, part, held)
        yield


def _wait_for(config: Config, part: str, held: ExitStack) -> None:
    told = False
    while (release := _claim(config, part)) is None:
        if not told:
            logger.warning(
                "another onhand does the part %r of the work on %s: this one stands by, and takes over when that ends",
                part,
                config.log if part == LOG_PART else "this database",
            )
            told = True
        time.sleep(_LOOK_EVERY_S)
    held.callback(release)


def _claim(config: Config, part: str) -> Release | None:
    return claim_beside(config.log) if part == LOG_PART else claim(config.database, part)
