"""`make kills`: every point, each with a verdict of its own; the table of it goes into docs/reliability.md.

`python -m tests.kills [WORD] [--anywhere N] [--seed S]`: only points whose part or name has the word; or N points that
chance chooses.
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
    """What came of a point: how long until all was quiet again, in seconds, and what was wrong then."""

    point: Point
    quiet_s: float
    wrong: Sequence[str]


def main() -> int:
    """Run the points that are asked for; 0 where nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills")
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--anywhere", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    points = anywhere(asked.anywhere, asked.seed) if asked.anywhere else POINTS
    points = [point for point in points if asked.word in f"{point.scene} {point.part} {point.name}"]
    verdicts = []
    for verdict in _run(points):
        verdicts.append(verdict)
        point, quiet_s, wrong = verdict
        said = "; ".join(each[:400] for each in wrong) or f"all well {quiet_s:.1f} s later"
        sys.stdout.write(f"{len(verdicts):3} {point.scene} {point.part}: {point.name} ({point.nth}): {said}\n")
        sys.stdout.flush()
    if len(verdicts) == len(POINTS) and not asked.word and not asked.anywhere:
        _write_down(verdicts)
    return 1 if any(verdict.wrong for verdict in verdicts) else 0


def _run(points: Sequence[Point]) -> Iterator[Verdict]:
    for point in points:
        if point.scene == "sync":
            with TemporaryDirectory() as folder, staged(Path(folder)) as stage:
                stage.die_at(point)
                stage.end("sync")
                stage.after_the_cut()
                yield _verdict(stage, point)
    rest = [point for point in points if point.scene != "sync"]
    if not rest:
        return
    with TemporaryDirectory() as folder, staged(Path(folder), items=60) as stage:
        stage.end("sync")
        stage.after_the_cut()
        rotating = [point for point in rest if point.scene == "rotate"]
        for point in [point for point in rest if point.scene != "rotate"]:
            stage.die_at(point)
            yield _verdict(stage, point)
        for point in rotating:
            stage.replace_key()
            stage.die_at(point)
            stage.end("rotate")
            stage.forget_old_key()
            yield _verdict(stage, point)


def _verdict(stage: Stage, point: Point) -> Verdict:
    began = monotonic()
    wrong = stage.rest(DEEDS)
    return Verdict(point, monotonic() - began, [*wrong, *stage.checked_by_commands()])


def _write_down(verdicts: Sequence[Verdict]) -> None:
    parts = list(dict.fromkeys(verdict.point.part for verdict in verdicts))
    rows = ["| part | points | wrong afterwards | quiet after, longest |", "|---|---|---|---|"]
    for part in [*parts, "**all**"]:
        of_part = [verdict for verdict in verdicts if part in (verdict.point.part, "**all**")]
        wrong = sum(bool(verdict.wrong) for verdict in of_part)
        rows.append(f"| {part} | {len(of_part)} | {wrong} | {max(verdict.quiet_s for verdict in of_part):.1f} s |")
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text("\n".join([f"{before}{BEGIN}", "", *rows, "", f"{END}{after}"]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
