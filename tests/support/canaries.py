"""What must turn up nowhere: secrets and shoppers of the tests, recognised in logs, output and files of the whole run.

The sandbox draws every secret with a mark, secrets of the tests' own look like the platforms' or carry the word
"canary", and shoppers have addresses and numbers that nothing else has. Nobody has to list where they could leak.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from onhand.sandbox.marked import MARK
from onhand.sandbox.world import people

SECRETS = (
    MARK,
    "canary",
    "PRIVATE KEY",
    r"ya29\.",
    r"shp(?:at|ss|rt)_[a-z0-9_-]",
    r"ROW_[a-z0-9]{3}",
    r"onhand_[0-9a-f]{12}_",
)
SHOPPERS = (
    r"(?:shopper\d+|ada)@example\.com",
    r"\+1 555 01\d\d",
    *(rf"\d+ {re.escape(street)}" for street in people.STREETS),
)
WANTED = re.compile("|".join((*SECRETS, *SHOPPERS)), flags=re.IGNORECASE)
_WANTED_BYTES = re.compile(WANTED.pattern.encode(), flags=re.IGNORECASE)
_SIGNS = (
    MARK.encode(),
    b"canary",
    b"PRIVATE KEY",
    b"ya29.",
    b"shpat_",
    b"shpss_",
    b"shprt_",
    b"ROW_",
    b"onhand_",
    b"@example.com",
    b"+1 555 01",
)
"""What every secret has in it, and every shopper in one of their fields."""

KEPT = ("*.db", "*.db-wal", "*.tokens", "*.log", "*.err", "*.out")
"""Files that onhand writes, by their names; configuration and secrets of a test lie beside them."""

MOST_BYTES = 256 * 1024 * 1024
_AROUND = 60


def leaks(text: str) -> list[str]:
    """Return every secret or shopper in a text, with some words around it."""
    return [text[max(0, found.start() - _AROUND) : found.end() + _AROUND] for found in WANTED.finditer(text)]


def leaks_in_files(folder: Path) -> Iterator[str]:
    """Yield every file below a folder that onhand wrote and that holds a secret or a shopper, with the words."""
    for pattern in KEPT:
        for path in folder.rglob(pattern):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
                yield from (f"{path}: {around!r}" for around in leaks_in_bytes(path.read_bytes()))


def leaks_in_bytes(body: bytes) -> Iterator[str]:
    """Yield one place for each sign of a leak; the signs are looked for first, as they are quick to find."""
    for sign in _SIGNS:
        at = body.find(sign)
        while at >= 0:
            around = body[max(0, at - _AROUND) : at + _AROUND]
            if _WANTED_BYTES.search(around):
                yield around.decode("utf-8", errors="replace")
                break
            at = body.find(sign, at + 1)


class Watch(logging.Handler):
    """Hears what is logged in this process, from whatever thread, and keeps what must not have been said."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Look through one record and the traceback that it carries."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            return  # the other handlers complain of it
        if record.exc_info is not None and record.exc_info[0] is not None:
            text += self._formatter.formatException(record.exc_info)
        self.look(f"log {record.name}", text)

    def look(self, where: str, text: str) -> None:
        """Look through what some place has said."""
        found = leaks(text)
        if found:
            self.found.append(f"{os.environ.get('PYTEST_CURRENT_TEST', 'between tests')}: {where}: {found[:3]}")


def told(found: Iterable[str]) -> str:
    """Return the sentence that a run fails with."""
    lines = sorted(set(found))
    return f"{len(lines)} places show a secret or a shopper:\n" + "\n".join(lines[:50])
