"""kill -9 at points that are named: whatever was answered is booked once, whatever was sent is resolved."""

import re
from pathlib import Path

from tests.kills.points import POINTS, REPRESENTATIVE, Point, Scene
from tests.kills.stage import Stage, staged


def of_scene(*scenes: Scene) -> list[Point]:
    """Return the representative points of some scenes."""
    return [point for point in REPRESENTATIVE if point.scene in scenes]


def die(stage: Stage, points: list[Point]) -> None:
    """Let one process after another die, each at its point; the next one begins with what that has left."""
    for point in points:
        assert re.search(point.pattern, stage.die_at(point))


def test_c01_killed_at_named_points_a_shop_ends_where_it_would_have_come_to(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        die(stage, of_scene("sync"))
        stage.end("sync")
        stage.after_the_cut()
        die(stage, of_scene("serve", "stop"))
        assert stage.rest() == []
        stage.replace_key()
        die(stage, of_scene("rotate"))
        stage.end("rotate")
        stage.forget_old_key()
        assert stage.rest() == []
        assert stage.checked_by_commands() == []


def test_every_point_has_a_name_of_its_own() -> None:
    names = [(point.scene, point.part, point.name) for point in POINTS]
    assert len(names) == len(set(names))
    assert len(REPRESENTATIVE) == 14
