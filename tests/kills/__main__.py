"""`make kills`: every point, and a verdict after each part; the table of it goes into docs/reliability.md.

`python -m tests.kills [WORD] [--each] [--anywhere N] [--seed S]`: only points whose part or name has the word; a
verdict after each point; N points that chance chooses.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final, NamedTuple

from tests.kills.points import POINTS, Point, anywhere
from tests.kills.stage import Stage, staged

DOCUMENT: Final = Path("docs/reliability.md")
BEGIN, END = "<!-- written by make kills -->", "<!-- end of what make kills writes -->"
DEEDS = 14


class Verdict(NamedTuple):
    """What came of a point: how long until all was quiet again, in seconds, and what was wrong then.

    0 s: the next one died at once.
    """

    point: Point
    quiet_s: float
    wrong: Sequence[str]


def main() -> int:
    """Run the points that are asked for; 0 where nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills")
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--anywhere", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", action="store_true")
    asked = parser.parse_args()
    points = anywhere(asked.anywhere, asked.seed) if asked.anywhere else POINTS
    points = [point for point in points if asked.word in f"{point.scene} {point.part} {point.name}"]
    verdicts = []
    for verdict in _run(points, each=asked.each or bool(asked.anywhere)):
        verdicts.append(verdict)
        point, quiet_s, wrong = verdict
        well = f"all well {quiet_s:.1f} s later" if quiet_s else "dead"
        said = "; ".join(each[:400] for each in wrong) or well
        sys.stdout.write(f"{len(verdicts):3} {point.scene} {point.part}: {point.name} ({point.nth}): {said}\n")
        sys.stdout.flush()
    if len(verdicts) == len(POINTS) and not asked.word and not asked.anywhere:
        _write_down(verdicts)
    return 1 if any(verdict.wrong for verdict in verdicts) else 0


def _run(points: Sequence[Point], *, each: bool) -> Iterator[Verdict]:
    """Let one process after another die, and look at what is left after each part of the work, or after each point."""
    with TemporaryDirectory() as folder, staged(Path(folder), items=60) as stage:
        synced = False
        for number, point in enumerate(points):
            if point.scene != "sync" and not synced:
                stage.end("sync")
                stage.after_the_cut()
                synced = True
            if point.scene == "rotate":
                stage.replace_key()
            if point.part == "subscribe":
                stage.unsubscribe()
            stage.die_at(point)
            if point.scene == "rotate":
                stage.end("rotate")
                stage.forget_old_key()
            is_last = number + 1 == len(points) or points[number + 1].part != point.part
            if synced and (each or is_last):
                yield _verdict(stage, point)
            else:
                yield Verdict(point, 0.0, [])


def _verdict(stage: Stage, point: Point) -> Verdict:
    began = monotonic()
    wrong = stage.rest(DEEDS)
    return Verdict(point, monotonic() - began, [*wrong, *stage.checked_by_commands()])


def _write_down(verdicts: Sequence[Verdict]) -> None:
    parts = list(dict.fromkeys(verdict.point.part for verdict in verdicts))
    rows = ["| part | points died at | wrong afterwards | quiet after |", "|---|---|---|---|"]
    for part in [*parts, "**all**"]:
        of_part = [verdict for verdict in verdicts if part in (verdict.point.part, "**all**")]
        wrong = sum(bool(verdict.wrong) for verdict in of_part)
        quiet_s = max(verdict.quiet_s for verdict in of_part)
        rows.append(
            f"| {part} | {len(of_part)} | {wrong} | {f'{quiet_s:.1f} s' if quiet_s else 'with the next part'} |"
        )
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text("\n".join([f"{before}{BEGIN}", "", *rows, "", f"{END}{after}"]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
