"""How many deliveries a second are durably accepted, beside the same server answering 200 with no work.

Both are measured in turn on the same machine within the same minute, because the machine is the largest term: what
counts is their ratio. Every accept stands behind an fsync; the disk's own fsync is measured in the same run.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple, Self

from onhand.bench.ingest_server import SECRET, SHOP

CONNECTIONS = 64
BODY_BYTES = 227  # Shopify's documented sample of inventory_levels/update
PACE_PER_S = 1_000.0
_BODIES = 200
_FSYNCS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestResult:
    """Medians over `runs` of each kind. Times are in milliseconds, from when a request was due to its answer.

    `ratio` is durable accepts a second over those of the same server with no work. `over_fsync_p99_ms` is how much
    the p99 at 1,000 a second lies above the disk's own.
    """

    connections: int
    body_bytes: int
    runs: int
    busy: bool
    no_work_per_s: float
    accepts_per_s: float
    ratio: float
    p50_ms: float
    p99_ms: float
    no_work_p50_ms: float
    no_work_p99_ms: float
    paced_per_s: float
    paced_p50_ms: float
    paced_p99_ms: float
    fsync_p50_ms: float
    fsync_p99_ms: float
    over_fsync_p99_ms: float
    deliveries_a_commit: float
    accepted: int


class _Run(NamedTuple):
    per_s: float
    p50_s: float
    p99_s: float
    accepted: int


def bench_ingest(
    runs: int = 5, seconds: float = 3.0, folder: Path | None = None, busy: str | None = None
) -> IngestResult:
    """Measure in turn and return medians. `folder` None: beside the current directory, on the disk data would be on.

    `busy` names a `module:function` that keeps the accepting process busy (see `ingest_server.Busy`). Raises
    RuntimeError when an answered delivery is not in the log.
    """
    place = Path(tempfile.mkdtemp(prefix="onhand-bench-", dir=folder or Path.cwd()))
    try:
        return _measure(place, runs, seconds, busy)
    finally:
        shutil.rmtree(place)


def _measure(place: Path, runs: int, seconds: float, busy: str | None) -> IngestResult:
    extra = [busy] if busy is not None else []
    no_work: list[_Run] = []
    full: list[_Run] = []
    paced: list[_Run] = []
    flushes: list[float] = []
    with (
        _server("no-work") as (_, idle_port),
        _server("ingress", str(place), *extra) as (process, port),
        _Load() as load,
    ):
        for _ in range(runs):
            no_work.append(load.send(idle_port, seconds, None))
            full.append(load.send(port, seconds, None))
            flushes += _fsyncs(place)
            paced.append(load.send(port, seconds, PACE_PER_S))
            flushes += _fsyncs(place)
        process.send_signal(signal.SIGTERM)
        commits, kept, last = _words(process)
    accepted = sum(run.accepted for run in (*full, *paced))
    if not accepted == int(float(kept)) == int(last):
        raise RuntimeError(f"{accepted} deliveries heard 200, {kept} were committed, the log ends at {last}")
    flushes.sort()
    fsync_p99_s = flushes[int(len(flushes) * 0.99)]
    rate, idle_rate = _middle(run.per_s for run in full), _middle(run.per_s for run in no_work)
    paced_p99_s = _middle(run.p99_s for run in paced)
    return IngestResult(
        connections=CONNECTIONS,
        body_bytes=BODY_BYTES,
        runs=runs,
        busy=busy is not None,
        no_work_per_s=round(idle_rate),
        accepts_per_s=round(rate),
        ratio=round(rate / idle_rate, 3),
        p50_ms=_ms(_middle(run.p50_s for run in full)),
        p99_ms=_ms(_middle(run.p99_s for run in full)),
        no_work_p50_ms=_ms(_middle(run.p50_s for run in no_work)),
        no_work_p99_ms=_ms(_middle(run.p99_s for run in no_work)),
        paced_per_s=round(_middle(run.per_s for run in paced)),
        paced_p50_ms=_ms(_middle(run.p50_s for run in paced)),
        paced_p99_ms=_ms(paced_p99_s),
        fsync_p50_ms=_ms(flushes[len(flushes) // 2]),
        fsync_p99_ms=_ms(fsync_p99_s),
        over_fsync_p99_ms=_ms(paced_p99_s - fsync_p99_s),
        deliveries_a_commit=round(accepted / int(commits), 1),
        accepted=accepted,
    )


class _Load:
    """The senders' process. Delivery ids never repeat."""

    def __init__(self) -> None:
        self._requests = [_request(number) for number in range(_BODIES)]
        self._next_id = 0
        self._process = _python("onhand.bench.ingest_load", stdin=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)

    def send(self, port: int, seconds: float, per_s: float | None) -> _Run:
        """Send to a port and return what came back. Raises RuntimeError for anything but 200."""
        load = {
            "port": port,
            "connections": CONNECTIONS,
            "seconds": seconds,
            "per_s": per_s,
            "first_id": self._next_id,
            "requests": self._requests,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(load) + "\n")
        self._process.stdin.flush()
        answers: dict[str, Any] = json.loads(_line(self._process))
        if answers["refused"]:
            raise RuntimeError(f"{answers['refused']} of {answers['accepted'] + answers['refused']} were not accepted")
        self._next_id += answers["accepted"]
        return _Run(answers["per_s"], answers["p50_s"], answers["p99_s"], answers["accepted"])


def level_body(number: int) -> bytes:
    """Return the body of a level webhook of exactly 227 bytes."""
    item, location = 1_000_000 + number, 101 + number % 3
    head = (
        f'{{"inventory_item_id":{item},"location_id":{location},"available":{number % 90},'
        f'"updated_at":"2026-11-23T12:{number % 60:02}:00-05:00",'
        f'"admin_graphql_api_id":"gid:\\/\\/shopify\\/InventoryLevel\\/'
    )
    tail = f'?inventory_item_id={item}"}}'
    return (head + "7" * (BODY_BYTES - len(head) - len(tail)) + tail).encode()


def _request(number: int) -> tuple[str, str]:
    body = level_body(number)
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    head = (
        f"POST /webhooks/shopify/{SHOP}/inventory_levels/update HTTP/1.1\r\n"
        "Host: hooks.example.com\r\nUser-Agent: Shopify-Captain-Hook\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Shopify-Topic: inventory_levels/update\r\nX-Shopify-Hmac-Sha256: {signature}\r\n"
        f"X-Shopify-Shop-Domain: {SHOP}\r\nX-Shopify-API-Version: 2026-10\r\n"
        f"X-Shopify-Event-Id: 9d4f2c1a-7b3e-4c5d-8e6f-{number:012}\r\n"
        "X-Shopify-Triggered-At: 2026-11-23T17:00:00.123456789Z\r\n"
        "X-Shopify-Webhook-Id: b1a7c0de-0000-4000-8000-"
    )
    return head, f"\r\n\r\n{body.decode()}"


@contextmanager
def _server(*words: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    process = _python("onhand.bench.ingest_server", *words)
    try:
        yield process, int(_line(process))
    finally:
        _end(process)


def _python(module: str, *words: str, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-m", module, *words], stdin=stdin, stdout=subprocess.PIPE, text=True)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with {process.wait()}")
    return line


def _words(process: "subprocess.Popen[str]") -> Sequence[str]:
    return _line(process).split()


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(10)
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


def _middle(values: Iterator[float]) -> float:
    return median(list(values))


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 2)
