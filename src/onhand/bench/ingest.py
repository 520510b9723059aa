"""How many deliveries a second are durably accepted, beside the same server answering 200 with no work.

Both are measured in turn on the same machine within the same minute, because the machine is the largest term: what
counts is their ratio. Every accept stands behind an fsync; the disk's own fsync is measured in the same run. Idle, the
ingress is alone; busy, everything that `onhand serve` runs shares its process.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple, Self

from onhand.bench.ingest_requests import BODY_BYTES, signed_requests

CONNECTIONS = 64
PACE_PER_S = 1_000.0
_IDLE_REQUESTS = 200
_BUSY_REQUESTS = 6_000
_FSYNCS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestResult:
    """Medians over `runs` of each kind. Times are in milliseconds, from when a request was due to its answer.

    `ratio` and `busy_ratio` are durable accepts a second over those of the same server with no work.
    `over_fsync_p99_ms` is how much the p99 at 1,000 a second lies above the disk's own. `booked_per_s` is how many
    deliveries the busy process booked meanwhile.
    """

    connections: int
    body_bytes: int
    runs: int
    no_work_per_s: float
    no_work_p50_ms: float
    no_work_p99_ms: float
    accepts_per_s: float
    ratio: float
    p50_ms: float
    p99_ms: float
    paced_per_s: float
    paced_p50_ms: float
    paced_p99_ms: float
    fsync_p50_ms: float
    fsync_p99_ms: float
    over_fsync_p99_ms: float
    busy_accepts_per_s: float
    busy_ratio: float
    busy_p50_ms: float
    busy_p99_ms: float
    booked_per_s: float
    accepted: int


class _Run(NamedTuple):
    per_s: float
    p50_s: float
    p99_s: float
    accepted: int


class _Kept(NamedTuple):
    """What a server says when it ends."""

    kept: int
    last_position: int
    booked: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Idle:
    no_work: list[_Run]
    full: list[_Run]
    paced: list[_Run]
    flushes: list[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Busy:
    no_work: list[_Run]
    full: list[_Run]
    booked: int


def bench_ingest(runs: int = 5, seconds: float = 3.0, folder: Path | None = None) -> IngestResult:
    """Measure in turn and return medians. `folder` None: beside the current directory, on the disk data would be on.

    Raises RuntimeError when an answered delivery is not in the log.
    """
    place = Path(tempfile.mkdtemp(prefix="onhand-bench-", dir=folder or Path.cwd()))
    try:
        with _Server("no-work") as no_work, _Senders() as senders:
            idle = _measure_idle(place, no_work, senders, runs, seconds)
            busy = _measure_busy(place, no_work, senders, runs, seconds)
    finally:
        shutil.rmtree(place)
    return _result(runs, seconds, idle, busy)


def _measure_idle(place: Path, no_work: "_Server", senders: "_Senders", runs: int, seconds: float) -> _Idle:
    rates: list[_Run] = []
    full: list[_Run] = []
    paced: list[_Run] = []
    flushes: list[float] = []
    with _Server("ingress", str(place)) as server:
        for run in range(runs):
            rates.append(senders.send(no_work, seconds, None, _IDLE_REQUESTS, run))
            full.append(senders.send(server, seconds, None, _IDLE_REQUESTS, run))
            flushes += _fsyncs(place)
            paced.append(senders.send(server, seconds, PACE_PER_S, _IDLE_REQUESTS, run))
            flushes += _fsyncs(place)
        kept = server.end()
    _check(kept, [*full, *paced])
    return _Idle(no_work=rates, full=full, paced=paced, flushes=sorted(flushes))


def _measure_busy(place: Path, no_work: "_Server", senders: "_Senders", runs: int, seconds: float) -> _Busy:
    """Measure with a fresh server each time: a backlog of one run would otherwise burden the next."""
    rates: list[_Run] = []
    full: list[_Run] = []
    booked = 0
    for run in range(runs):
        rates.append(senders.send(no_work, seconds, None, _IDLE_REQUESTS, run))
        folder = place / f"busy-{run}"
        folder.mkdir()
        with _Server("everything", str(folder)) as server:
            full.append(senders.send(server, seconds, None, _BUSY_REQUESTS, run))
            kept = server.end()
        _check(kept, full[-1:])
        booked += kept.booked or 0
    return _Busy(no_work=rates, full=full, booked=booked)


def _check(kept: _Kept, runs: list[_Run]) -> None:
    accepted = sum(run.accepted for run in runs)
    if not accepted == kept.kept == kept.last_position:
        raise RuntimeError(
            f"{accepted} deliveries heard 200, {kept.kept} were committed, the log ends at {kept.last_position}"
        )


def _result(runs: int, seconds: float, idle: _Idle, busy: _Busy) -> IngestResult:
    flushes = idle.flushes
    fsync_p99_s = flushes[int(len(flushes) * 0.99)]
    no_work = [*idle.no_work, *busy.no_work]
    accepts, busy_accepts = _rate(idle.full), _rate(busy.full)
    paced_p99_s = median(run.p99_s for run in idle.paced)
    return IngestResult(
        connections=CONNECTIONS,
        body_bytes=BODY_BYTES,
        runs=runs,
        no_work_per_s=round(_rate(no_work)),
        no_work_p50_ms=_ms(run.p50_s for run in no_work),
        no_work_p99_ms=_ms(run.p99_s for run in no_work),
        accepts_per_s=round(accepts),
        ratio=round(accepts / _rate(idle.no_work), 3),
        p50_ms=_ms(run.p50_s for run in idle.full),
        p99_ms=_ms(run.p99_s for run in idle.full),
        paced_per_s=round(_rate(idle.paced)),
        paced_p50_ms=_ms(run.p50_s for run in idle.paced),
        paced_p99_ms=_ms([paced_p99_s]),
        fsync_p50_ms=_ms([flushes[len(flushes) // 2]]),
        fsync_p99_ms=_ms([fsync_p99_s]),
        over_fsync_p99_ms=_ms([paced_p99_s - fsync_p99_s]),
        busy_accepts_per_s=round(busy_accepts),
        busy_ratio=round(busy_accepts / _rate(busy.no_work), 3),
        busy_p50_ms=_ms(run.p50_s for run in busy.full),
        busy_p99_ms=_ms(run.p99_s for run in busy.full),
        booked_per_s=round(busy.booked / (runs * seconds)),
        accepted=sum(run.accepted for run in (*idle.full, *idle.paced, *busy.full)),
    )


def _rate(runs: Iterable[_Run]) -> float:
    return median(run.per_s for run in runs)


def _ms(seconds: Iterable[float]) -> float:
    return round(median(seconds) * 1e3, 2)


class _Server:
    """A server's process; `target` says where it listens and what to send it."""

    def __init__(self, *words: str) -> None:
        self._process = _python("onhand.bench.ingest_server", *words)
        self.target: dict[str, Any] = json.loads(_line(self._process))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)

    def end(self) -> _Kept:
        """Have the server end, and return what it has kept."""
        self._process.send_signal(signal.SIGTERM)
        return _Kept(**json.loads(_line(self._process)))


class _Senders:
    """The senders' process. Delivery ids never repeat."""

    def __init__(self) -> None:
        self._next_id = 0
        self._process = _python("onhand.bench.ingest_load", stdin=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)

    def send(self, server: _Server, seconds: float, per_s: float | None, requests: int, run: int) -> _Run:
        """Send to a server and return what came back. Raises RuntimeError for anything but 200."""
        target = server.target
        laps_a_run = requests // len(target["levels"]) + 1
        load = {
            "port": target["port"],
            "connections": CONNECTIONS,
            "seconds": seconds,
            "per_s": per_s,
            "first_id": self._next_id,
            "requests": signed_requests(
                target["shop"], target["secret"], target["levels"], requests, first_lap=run * laps_a_run
            ),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(load) + "\n")
        self._process.stdin.flush()
        answers: dict[str, Any] = json.loads(_line(self._process))
        if answers["refused"]:
            raise RuntimeError(f"{answers['refused']} of {answers['accepted'] + answers['refused']} were not accepted")
        self._next_id += answers["accepted"]
        return _Run(answers["per_s"], answers["p50_s"], answers["p99_s"], answers["accepted"])


def _python(module: str, *words: str, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-m", module, *words], stdin=stdin, stdout=subprocess.PIPE, text=True)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with {process.wait()}")
    return line


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _fsyncs(place: Path) -> list[float]:
    """Return how long the disk takes for what the log does at least: append a page, flush it."""
    times = []
    path = place / "fsync"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        for _ in range(_FSYNCS):
            os.write(handle, b"7" * 4096)
            began = perf_counter()
            os.fdatasync(handle)
            times.append(perf_counter() - began)
    finally:
        os.close(handle)
        path.unlink()
    return times
