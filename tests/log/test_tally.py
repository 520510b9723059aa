"""Counts on their way to the disk: at no moment does anybody hear fewer or more than there were."""

from collections import Counter
from collections.abc import Mapping

import pytest

from onhand.log.tally import FLUSHES, Tally


class Disk:
    """What is written down; `tally` is asked before and after each writing."""

    def __init__(self) -> None:
        self.held = Counter[str]()
        self.tally = Tally(0)
        self.heard: list[int] = []
        self.is_full = False

    def rejected(self) -> int:
        """Return how many were refused, as somebody who asks hears it."""
        return self.tally.on_top_of(lambda: self.held)["rejected"]

    def write(self, counted: Mapping[str, int]) -> None:
        """Write, while somebody asks and more is counted."""
        self.heard.append(self.rejected())
        if self.is_full:
            raise OSError("full")
        self.held.update(counted)
        self.heard.append(self.rejected())
        self.tally.add("rejected", 1)
        self.heard.append(self.rejected())


def test_what_is_being_written_down_counts_once_before_and_after() -> None:
    disk = Disk()
    disk.tally.add("rejected", 3)
    disk.tally.flush(disk.write)
    assert disk.heard == [3, 3, 4]
    assert (disk.held["rejected"], disk.rejected()) == (3, 4)
    disk.tally.flush(disk.write)
    assert disk.heard == [3, 3, 4, 4, 4, 5]


def test_what_could_not_be_written_down_is_written_the_next_time() -> None:
    disk = Disk()
    disk.tally.add("rejected", 3)
    disk.is_full = True
    with pytest.raises(OSError, match="full"):
        disk.tally.flush(disk.write)
    assert (disk.heard, disk.rejected(), disk.held["rejected"]) == ([3], 3, 0)
    disk.is_full = False
    disk.tally.flush(disk.write)
    assert disk.held["rejected"] == 3


def test_a_count_that_goes_on_after_a_restart_knows_what_the_disk_holds() -> None:
    disk = Disk()
    disk.held = Counter({"rejected": 7, FLUSHES: 2})
    disk.tally = Tally(2)
    disk.tally.add("rejected", 1)
    disk.tally.flush(disk.write)
    assert disk.heard == [8, 8, 9]
