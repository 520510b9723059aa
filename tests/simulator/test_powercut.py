"""The power goes at any write: what was answered and committed is there; at weaker settings the judge finds loss."""

import random
from pathlib import Path

import apsw
import pytest

from onhand.simulator.disk import Disk
from onhand.simulator.drive import memory_folder
from onhand.simulator.powercut import Finding, PowerCuts, Setting

IMAGES = 150


def found_on_images(setting: Setting, seed: int = 1) -> list[Finding]:
    """Let a shop work at a setting, and look at what power cuts leave of it."""
    with memory_folder() as folder:
        return PowerCuts(seed, folder, setting=setting).play(IMAGES)


@pytest.mark.parametrize("seed", [1, 2])
def test_c02_whatever_a_power_cut_leaves_it_holds_all_that_was_answered_and_committed(seed: int) -> None:
    findings = found_on_images("FULL", seed)
    assert len(findings) >= IMAGES
    assert max(finding.image.answered for finding in findings) > 20
    assert max(finding.image.committed for finding in findings) > 100
    assert [finding for finding in findings if not finding.is_well] == []


def test_without_a_flush_at_each_commit_the_judge_finds_what_is_gone() -> None:
    findings = found_on_images("NORMAL")
    assert [finding for finding in findings if finding.corrupt or finding.half] == []
    assert any(finding.lost_deliveries for finding in findings)
    assert any(finding.lost_commits for finding in findings)


def test_without_any_flush_the_judge_finds_damage() -> None:
    findings = found_on_images("OFF")
    assert any(finding.corrupt for finding in findings)
    assert any(finding.lost_deliveries for finding in findings)


def test_a_database_that_was_not_open_when_the_power_went_lies_there_as_it_did(tmp_path: Path) -> None:
    disk = Disk(tmp_path, random.Random(1))
    try:
        for name in ("one.db", "other.db"):
            with apsw.Connection(str(disk.folder / name)) as connection:
                connection.execute("CREATE TABLE kept (units INTEGER)")
            connection.close()
        disk.image()
        disk.change()
        one = apsw.Connection(str(disk.folder / "one.db"))
        one.execute("INSERT INTO kept VALUES (1)")
        disk.image(power_cut=True)
        one.close()
        other = apsw.Connection(str(disk.folder / "other.db"))
        assert other.execute("SELECT count(*) FROM kept").get == 0
        other.close()
    finally:
        disk.close()
