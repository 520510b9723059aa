"""One command of onhand in a child process that is heard, and killed where it was told to be.

Children come out of a server that has imported everything already, so that one costs a fork instead of half a second.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

from onhand import cli, serve  # noqa: F401 - imported once, for every child
from onhand.cli import main
from tests.kills.passages import Listing, Passages, watch


class Death(NamedTuple):
    """Where a child ends: at the `nth` passage whose name fits `pattern`; `told` is where it says which one that was.

    An empty pattern ends nowhere and lists every passage in `told`.
    """

    pattern: str
    nth: int
    told: Path


def launch(words: Sequence[str], environ: Mapping[str, str], death: Death, out: Path, err: Path) -> ForkServerProcess:
    """Start `onhand` with `words`, its output into files."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_run, args=(list(words), dict(environ), death, out, err), daemon=True)
    process.start()
    return process


def _run(words: list[str], environ: dict[str, str], death: Death, out: Path, err: Path) -> None:
    for path, number in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["onhand", *words]
    # What is asked for is written to these files, not to what the server had for them.
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1)
    watch((Passages(death.pattern, death.nth, death.told) if death.pattern else Listing(death.told)).pass_)
    main()
