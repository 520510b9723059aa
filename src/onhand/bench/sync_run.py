"""What the sync bench measures, each in a process of its own, so that its memory is its own.

`sync` and `audit` are the application's own.
"""

import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from onhand.app import App, build
from onhand.config import load_config


def main(words: list[str]) -> None:
    """Run what is asked for and print one line of JSON."""
    what, path = words
    app = build(load_config(Path(path), os.environ))
    (shop,) = app.shops
    try:
        print(json.dumps(_measured(app, shop, what)), flush=True)
    finally:
        app.close()


def _measured(app: App, shop: str, what: str) -> dict[str, Any]:
    began, used = perf_counter(), process_time()
    result = asdict(app.sync(shop)) if what == "sync" else asdict(app.audit(shop))
    seconds, processor_s = perf_counter() - began, process_time() - used
    return {"seconds": seconds, "processor_s": processor_s, "peak_mb": peak_mb(), "result": result}


def peak_mb() -> float:
    """Return the most memory that this process has held, in megabytes (VmHWM of Linux)."""
    found = re.search(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1000 if found else 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
