"""What goes to the log: one record a line whatever a SKU carries, no secret, and nothing of the libraries' chatter."""

import io
import logging
from collections.abc import Iterator

import pytest

from onhand.cli.logs import HIDDEN, OneLine, log_to_stderr

FORGED = "TEE\r\n2026-11-23 14:00:00,000 WARNING onhand: all is well\x1b[2J\x1b]0;owned\x07\u202e"


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """A logger of the test's own, as the command line sets one up."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("test_logs")
    logger.propagate = False  # the run's own watch must not hear the secrets below
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True


def test_a_sku_cannot_write_a_line_of_the_log_or_steer_a_terminal(heard: io.StringIO) -> None:
    logging.getLogger("test_logs").warning("parked %s", FORGED)
    (line,) = heard.getvalue().splitlines()
    assert line.startswith("WARNING test_logs: parked TEE\\u000d\\n2026")
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_nor_can_the_words_of_an_error(heard: io.StringIO) -> None:
    try:
        int(FORGED + "\n" + FORGED)
    except ValueError:
        logging.getLogger("test_logs").exception("it broke")
    first, *others = heard.getvalue().splitlines()
    assert first == "ERROR test_logs: it broke"
    assert others
    assert all(line.startswith("  ") for line in others)
    assert "\x1b" not in heard.getvalue()


@pytest.mark.parametrize(
    "secret",
    [
        "shpat_0123456789abcdef",
        "shpss_0123456789abcdef",
        "shprt_0123456789abcdef",
        "ROW_0123456789abcdef",
        "onhand_0123456789ab_" + "Zz-9" * 10,
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwcyJ9.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_secret_is_hidden_in_messages_and_tracebacks(heard: io.StringIO, secret: str) -> None:
    logger = logging.getLogger("test_logs")
    logger.warning("asked with %s today", secret)
    try:
        int(secret)
    except ValueError:
        logger.exception("no number")
    assert heard.getvalue().count(HIDDEN) == 2
    assert secret not in heard.getvalue()


@pytest.mark.parametrize(
    "words",
    ["https://auth.example/refresh?app_key=1&app_secret=abc&x=1", "https://a.example/?sign=abc", "Bearer abcdefgh"],
)
def test_a_secret_in_an_address_or_a_header_is_hidden_and_the_rest_stays(heard: io.StringIO, words: str) -> None:
    logging.getLogger("test_logs").warning(words)
    assert "abc" not in heard.getvalue()
    assert HIDDEN in heard.getvalue()


@pytest.mark.parametrize(("verbose", "level"), [(False, logging.WARNING), (True, logging.DEBUG)])
def test_only_onhands_own_records_are_told_below_warnings(verbose: bool, level: int) -> None:
    root, before = logging.getLogger(), logging.getLogger().level
    handlers = [*root.handlers]
    try:
        log_to_stderr(verbose=verbose)
        assert logging.getLogger("onhand.publish").getEffectiveLevel() == level
        for library in ("httpx", "httpcore", "botocore", "urllib3", "uvicorn.error", "nats"):
            assert logging.getLogger(library).getEffectiveLevel() >= logging.WARNING
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)
