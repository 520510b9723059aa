"""The verdict on drop folders: everything was taken, what was put away lies in the log, EDI was acknowledged."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from onhand.channels.dropped import DONE, OUT
from onhand.simulator.house import House

_CONTROL: Final = re.compile(rb"\nGS\*[^~]*\*([0-9]+)\*X\*")
_ANSWERED: Final = re.compile(rb"AK1\*[A-Z]+\*([0-9]+)~")
_ROWS: Final = 500


def put_away(folder: Path) -> set[bytes]:
    """Return the files that were taken, byte for byte."""
    done = folder / DONE
    return {path.read_bytes() for path in done.iterdir()} if done.exists() else set()


def kept_bodies(house: House, sender: str) -> set[bytes]:
    """Return what a sender has said that lies in the log."""
    found: set[bytes] = set()
    position = 0
    while rows := house.app.log.read(position, _ROWS):
        position = rows[-1].position
        found |= {row.delivery.body for row in rows if row.delivery.delivery_id.startswith(f"{sender}/")}
    return found


def mistaken(folder: Path, kept: Collection[bytes]) -> list[str]:
    """Return a sentence for every file that lies in a folder still, or was put away and is not `kept`.

    And for every interchange among them that no 997 names. Half a file is nobody's to take.
    """
    left = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.endswith(".part"))
    taken, out = put_away(folder), folder / OUT
    replies = b"".join(path.read_bytes() for path in sorted(out.iterdir())) if out.exists() else b""
    controls = {found for body in taken for found in _CONTROL.findall(body)}
    return [
        *(f"{name} lies in {folder.name} and nobody takes it" for name in left),
        *(f"{body[:60]!r} was taken from {folder.name} and is not kept" for body in taken if body not in kept),
        *(f"interchange {int(one)} has no 997" for one in sorted(controls - set(_ANSWERED.findall(replies)))),
    ]
