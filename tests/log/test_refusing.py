"""A log whose file refuses for a moment, at any statement of anything it is asked, says so, and serves again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from onhand.log.sqlite_log import SqliteLog
from onhand.ports.errors import LogUnavailable
from onhand.simulator.crash import TROUBLES, CrashPoints, Watch
from tests.log.deliveries import NOON, delivery, open_log

MOST_STATEMENTS = 100
SHOP = "tees.myshopify.com"

_numbers = count(1000)


def count_and_flush(log: SqliteLog) -> None:
    log.count_rejected(1)
    log.count_duplicates(1)
    log.flush()


WAYS: Mapping[str, Callable[[SqliteLog], object]] = {
    "append": lambda log: log.append([delivery(next(_numbers)), delivery(1)]),
    "read": lambda log: log.read(0, 10),
    "find": lambda log: log.find(1),
    "last_position": SqliteLog.last_position,
    "begin_behind": lambda log: log.begin_behind(1),
    "counts": SqliteLog.counts,
    "flush": count_and_flush,
    "forget_bodies": lambda log: log.forget_bodies(NOON, []),
    "forget_naming": lambda log: log.forget_naming(SHOP, ["7"], 10),
    "forget_at": lambda log: log.forget_at([2]),
    "bodies_after": lambda log: log.bodies_after(0),
    "sealed_with": SqliteLog.sealed_with,
    "reseal": lambda log: list(log.reseal()),
    "anchor": lambda log: log.anchor(SHOP, 7, b"head", NOON),
    "anchors": lambda log: log.anchors(SHOP),
    "touch": SqliteLog.touch,
    "checkpoint": SqliteLog.checkpoint,
    "erase": lambda log: log.erase("mugs.myshopify.com"),
}
"""Everything that can be asked of a log that is open; counting alone touches no file."""

NO_WAY_IN = {"count_rejected", "count_duplicates", "close"}


@pytest.fixture
def points() -> CrashPoints:
    """What the file is told to refuse; nobody's process ends here."""
    return CrashPoints(lambda _: None)


@pytest.fixture
def folder(tmp_path: Path, points: CrashPoints) -> Iterator[Path]:
    """A folder with a log of some deliveries of two shops, whose every statement may be refused."""
    watch = Watch(tmp_path, points)
    log = open_log(tmp_path)
    log.append([*(delivery(number) for number in range(5)), delivery(9, shop="mugs.myshopify.com")])
    log.close()
    yield tmp_path
    watch.close()


def refusals(points: CrashPoints, trouble: str, ask: Callable[[], object]) -> int:
    """Ask again and again, each time with a later statement refused; return how many times one was."""
    for nth in range(MOST_STATEMENTS):
        refused_before = points.refused
        points.disturb(trouble, nth, 1)
        with suppress(LogUnavailable):
            ask()
        if points.refused == refused_before:
            points.calm()
            return nth
    raise AssertionError(f"{MOST_STATEMENTS} statements, and no end")


def test_everything_a_log_can_be_asked_is_among_what_is_tried() -> None:
    assert {name for name in vars(SqliteLog) if not name.startswith("_")} == WAYS.keys() | NO_WAY_IN


@pytest.mark.parametrize("way", WAYS)
def test_a_log_that_refuses_now_says_so_and_serves_a_moment_later(folder: Path, points: CrashPoints, way: str) -> None:
    log = open_log(folder)
    for trouble in TROUBLES:
        refused = refusals(points, trouble, lambda: WAYS[way](log))
        assert refused > 0 or way == "checkpoint"  # which is no statement
    for ask in WAYS.values():
        ask(log)
    log.close()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_log_that_refuses_while_it_is_opened_says_so(folder: Path, points: CrashPoints, trouble: str) -> None:
    assert refusals(points, trouble, lambda: open_log(folder).close()) > 0
