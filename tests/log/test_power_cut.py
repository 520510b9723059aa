"""Lots of any size on a drive whose power goes at any write: each is kept whole or not at all."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from onhand.log.sqlite_log import SqliteLog
from onhand.simulator.drive import FATES, Drive, memory_folder, nothing
from tests.log.deliveries import delivery, open_log

LOTS = 25
LARGEST = 150  # more than go into one statement


class Cut(NamedTuple):
    """What one power cut left, and the number of lots that were answered by then."""

    folder: Path
    answered: int


class Cuts:
    """Takes an image before some of a drive's writes."""

    def __init__(self, drive: Drive, folder: Path, seed: int) -> None:
        self._drive, self._folder = drive, folder
        self._chance = random.Random(seed)
        self.answered = 0
        self.taken: list[Cut] = []

    def perhaps(self) -> None:
        """Take one of each kind now and then."""
        if not self._drive.unflushed_writes or self._chance.random() > 0.05:
            return
        for fate in FATES:
            folder = self._folder / str(len(self.taken))
            folder.mkdir()
            self._drive.image(folder, fate, self._chance)
            self.taken.append(Cut(folder, self.answered))


def bring(log: SqliteLog, cuts: Cuts, sizes: list[int]) -> None:
    """Bring lot after lot, and carry the write-ahead log over now and then."""
    first = 0
    for lot, size in enumerate(sizes):
        log.append([delivery(number) for number in range(first, first + size)])
        cuts.answered = lot + 1
        first += size
        if lot % 5 == 4:
            log.checkpoint()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory: hundreds of images are opened, each with the flushes that opening needs."""
    with memory_folder() as fresh:
        yield fresh


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_c02_a_lot_is_kept_whole_or_not_at_all_and_for_ever_once_it_was_answered(folder: Path, seed: int) -> None:
    files, images = folder / "files", folder / "images"
    files.mkdir()
    images.mkdir()
    sizes = [random.Random(f"sizes {seed}").randint(1, LARGEST) for _ in range(LOTS)]
    with Drive(files).turning() as drive:
        log = open_log(files)
        cuts = Cuts(drive, images, seed)
        drive.before_write = cuts.perhaps
        bring(log, cuts, sizes)
        drive.before_write = nothing
        log.close()
    assert len(cuts.taken) > 50
    for cut in cuts.taken:
        survived = open_log(cut.folder)
        kept = survived.last_position()
        whole = {sum(sizes[:lots]) for lots in range(cut.answered, cut.answered + 2)}
        assert kept in whole
        assert len(survived.read(0, 100_000)) == kept
        survived.close()
