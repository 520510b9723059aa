"""Workloads, each beside the machine's limit: run one by its name."""

from collections.abc import Callable, Mapping
from typing import Final

from onhand.bench.delay import DelayResult, bench_delay
from onhand.bench.holds import HoldsResult, bench_holds
from onhand.bench.ingest import IngestResult, bench_ingest
from onhand.bench.process import ProcessResult, bench_process
from onhand.bench.sheets import SheetsResult, bench_sheets
from onhand.bench.sync import SyncResult, bench_sync
from onhand.bench.throttle import ThrottleResult, bench_throttle

Result = IngestResult | ProcessResult | DelayResult | HoldsResult | SheetsResult | SyncResult | ThrottleResult

BENCHES: Final[Mapping[str, Callable[[], Result]]] = {
    "ingest": bench_ingest,
    "process": bench_process,
    "delay": bench_delay,
    "holds": bench_holds,
    "sheets": bench_sheets,
    "sync": bench_sync,
    "throttle": bench_throttle,
}
NAMES: Final = tuple(BENCHES)


def run(name: str) -> Result:
    """Run one workload and return its figures. Raises KeyError for a name that is not in NAMES."""
    return BENCHES[name]()
