"""First sync: how long from a finished bulk operation to books with opening balances, and how much memory that takes.

Platform, onhand and the limits are processes of their own. The limits are what this machine takes for the same file
read and decoded and nothing else, and for the same number of rows written to one table and nothing else.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import apsw
import msgspec

from onhand.log import Seal
from onhand.ports.errors import ConfigError
from onhand.store import open_store

ITEMS = 100_000
LOCATIONS = 10
_STARTED_WITHIN_S = 120.0
_ENDED_WITHIN_S = 900.0
_SHOP = "tees.myshopify.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncResult:
    """Seconds and megabytes of a first sync. `decode_s` and `write_s` are the machine's limits for its parts.

    `processor_s` is what onhand's own process took, all its threads together: PostgreSQL works beside it.
    """

    engine: str
    items: int
    locations: int
    levels: int
    opened: int
    file_mb: float
    seconds: float
    processor_s: float
    peak_mb: float
    levels_per_s: float
    decode_s: float
    write_s: float


def bench_sync(items: int = ITEMS, locations: int = LOCATIONS, database: str | None = None) -> SyncResult:
    """Sync a shop with every item at every location, from its bulk file, and return what that took.

    `database` is the address of an empty one, None: a SQLite file that is removed again. Raises ConfigError where it
    holds a shop.
    """
    engine = "sqlite" if database is None else _engine_of_empty(database)
    with (
        tempfile.TemporaryDirectory(prefix="onhand-bench-sync-") as folder,
        _platform(Path(folder), items, locations) as (url, file),
    ):
        decode_s, lines = _decode(file)
        write_s = _write(Path(folder) / "limit.db", lines)
        measured = _sync(Path(folder), url, database or str(Path(folder) / "onhand.db"))
        synced = measured["result"]
        return SyncResult(
            engine=engine,
            items=items,
            locations=locations,
            levels=synced["levels"],
            opened=synced["opened"],
            file_mb=round(file.stat().st_size / 1e6, 1),
            seconds=round(measured["seconds"], 2),
            processor_s=round(measured["processor_s"], 2),
            peak_mb=measured["peak_mb"],
            levels_per_s=round(synced["levels"] / measured["seconds"]),
            decode_s=round(decode_s, 2),
            write_s=round(write_s, 2),
        )


@contextmanager
def _platform(folder: Path, items: int, locations: int) -> Iterator[tuple[str, Path]]:
    file = folder / "census.jsonl"
    words = [sys.executable, "-m", "onhand.bench.sync_platform", str(file), str(items), str(locations)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"], file
    finally:
        process.terminate()
        process.wait(_STARTED_WITHIN_S)
        if process.stdout is not None:
            process.stdout.close()


def _engine_of_empty(database: str) -> str:
    """Return the kind of a database that holds no shop yet. Raises ConfigError for one that does."""
    store = open_store(database)
    try:
        with store.reading() as session:
            shops = session.shops()
    finally:
        store.close()
    if shops:
        raise ConfigError(
            f"the database holds {', '.join(shops)}: give the bench an empty one, it fills it with a shop"
        )
    return store.engine


def _sync(folder: Path, url: str, database: str) -> dict[str, Any]:
    """Run the first sync in a process of its own."""
    (folder / "onhand.key").write_text(Seal.generate_key(), encoding="ascii")
    (folder / "onhand.key").chmod(0o600)
    config = folder / "onhand.toml"
    config.write_text(
        f'database = {json.dumps(database)}\nlog = "{folder / "onhand-log.db"}"\n'
        f'encryption_key = "file:{folder / "onhand.key"}"\n'
        f'[[shop]]\ndomain = "{_SHOP}"\nclient_id = "bench"\nclient_secret = "env:ONHAND_BENCH_SECRET"\n'
        f'access_token = "env:ONHAND_BENCH_SECRET"\napi_url = "{url}"\n',
        encoding="utf-8",
    )
    words = [sys.executable, "-m", "onhand.bench.sync_run", "sync", str(config)]
    secret = os.environ | {"ONHAND_BENCH_SECRET": "of a platform that checks none"}
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, timeout=_ENDED_WITHIN_S, env=secret)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _decode(file: Path) -> tuple[float, int]:
    """Return the seconds for reading and decoding every line, and how many there are."""
    decode = msgspec.json.Decoder().decode
    began, lines = perf_counter(), 0
    with file.open("rb") as source:
        for line in source:
            decode(line)
            lines += 1
    return perf_counter() - began, lines


def _write(path: Path, rows: int) -> float:
    """Return the seconds for writing so many rows of a level's shape to one table with its key, and nothing else."""
    database = apsw.Connection(str(path))
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE rows (shop INTEGER, item TEXT, place INTEGER, state TEXT, units INTEGER,"
        " PRIMARY KEY (shop, item, place, state)) STRICT, WITHOUT ROWID"
    )
    began = perf_counter()
    with database:
        database.executemany(
            "INSERT INTO rows VALUES (1, ?, ?, 'available', ?)",
            ((f"{45_063_000_000_000 + number // 10}", number % 10, number) for number in range(rows)),
        )
    seconds = perf_counter() - began
    database.close()
    return seconds
