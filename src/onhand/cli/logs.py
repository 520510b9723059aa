"""The log of a process: on standard error, one record a line, with nothing in it that is a secret."""

import logging
import re
import sys
from typing import Any, TextIO

from onhand.cli.exits import visible

# The forms that secrets have: Shopify's and TikTok Shop's tokens, our own API keys, a JSON Web Token, a header.
_SECRETS = re.compile(
    r"""
    shp[a-z]{2}_\w{4,} | \bonhand_[0-9a-f]{12}_[\w-]* | \bROW_\w{8,} | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*
    | (?<=[?&\s"'])(?:access_token|refresh_token|app_secret|client_secret|sign)=[^&\s"']+
    | (?<=Bearer\s)[\w.~+/=-]{8,}
    """,
    re.VERBOSE,
)
HIDDEN = "[hidden]"

LIBRARIES_LEVEL = logging.WARNING
"""Below that, libraries tell whole requests: httpx addresses with what is in them, botocore headers and signatures."""


class OneLine(logging.Formatter):
    """Keeps a record on one line, whatever a SKU or a platform's words carry, and hides what looks like a secret.

    A traceback has lines of its own, each set in: no record begins in the middle of one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return _SECRETS.sub(HIDDEN, super().format(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        """Return a traceback below its record."""
        return "\n".join(f"  {visible(line)}" for line in super().formatException(ei).splitlines())

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the first line of a record."""
        return shown(super().formatMessage(record))


def shown(text: str) -> str:
    """Return a text without line breaks and control characters that a terminal or a reader of logs would obey."""
    return visible(text).replace("\r", "\\r").replace("\n", "\\n")


class ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the moment: one that stood in its place for a command may be closed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self.stream = sys.stderr
        super().emit(record)


def log_to_stderr(*, verbose: bool) -> None:
    """Send the log to standard error: standard output belongs to the answer."""
    handler = ToStderr()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=LIBRARIES_LEVEL, force=True)
    own(logging.DEBUG if verbose else logging.WARNING)


def own(level: int) -> None:
    """Let onhand's own records be told from a level on."""
    logging.getLogger("onhand").setLevel(level)
