"""The machine: the SQLite library, the disk under the files, how long a durable write takes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import apsw

from onhand.cli.checks.check import Check, fail, ok, warn

SQLITE_NEEDED = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can lose commits when a WAL file is reset (sqlite.org/wal.html, the WAL-reset bug)."""

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs", "fuse.glusterfs")
PASSING = ("tmpfs", "ramfs")

FREE_FAIL_BYTES = 200 * 2**20
FREE_WARN_BYTES = 2 * 2**30
FSYNCS = 60
SLOW_FSYNC_S = 0.05
"""Every webhook is answered after an fsync; Shopify gives up after five seconds."""


def check_sqlite() -> Check:
    """Look at the SQLite library that onhand itself brings."""
    version = apsw.sqlite_lib_version()
    needed = ".".join(map(str, SQLITE_NEEDED))
    if tuple(int(part) for part in version.split(".")[:3]) < SQLITE_NEEDED:
        return fail(
            "SQLite library",
            f"SQLite {version} can lose commits when its WAL is reset; {needed} is the first without that bug",
            "install the pinned requirements again: they bring a newer apsw",
        )
    return ok("SQLite library", f"SQLite {version}, free of the WAL-reset bug (mended in {needed})")


def check_disk(folder: Path) -> Iterator[Check]:
    """Look at the file system, the free space and the latency of fsync where the database lies."""
    existing = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.is_dir())
    kind = file_system(existing)
    if kind in NETWORK:
        yield warn(
            "file system",
            f"{existing} is on {kind}: SQLite's locks and its WAL do not work over a network",
            "keep the database on a local disk, or use PostgreSQL",
        )
    elif kind in PASSING:
        yield warn("file system", f"{existing} is on {kind}, which is empty after a restart", "use a real disk")
    else:
        yield ok("file system", f"{existing} is on {kind or 'an unnamed file system'}")
    free = shutil.disk_usage(existing).free
    why = f"{free / 2**30:.1f} GiB free at {existing}"
    if free < FREE_FAIL_BYTES:
        yield fail("free disk", why, "free space: with none left every webhook is refused")
    elif free < FREE_WARN_BYTES:
        yield warn("free disk", why, "free some space, or shorten retention_days")
    else:
        yield ok("free disk", why)
    yield _check_fsync(existing)


def file_system(folder: Path) -> str | None:
    """Return the type of the file system that holds a folder, or None where the system does not say (not Linux)."""
    try:
        mounts = Path("/proc/mounts").read_text("utf-8")
    except OSError:
        return None
    best, kind = "", None
    for line in mounts.splitlines():
        _, point, type_, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if (folder == Path(point) or Path(point) in folder.parents) and len(point) >= len(best):
            best, kind = point, type_
    return kind


def _check_fsync(folder: Path) -> Check:
    try:
        times = sorted(_fsync_times(folder))
    except OSError as error:
        mend = f"let this user write to {folder}"
        return fail("durable writes", f"{folder} cannot be written to: {error.strerror}", mend)
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    why = f"fsync takes {p50 * 1000:.2f} ms (p50), {p99 * 1000:.2f} ms (p99) of {FSYNCS}"
    if p99 > SLOW_FSYNC_S:
        return warn("durable writes", f"{why}: no webhook is answered faster than that", "use a faster disk")
    return ok("durable writes", why)


def _fsync_times(folder: Path) -> Iterator[float]:
    page = os.urandom(4096)
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FSYNCS):
            file.write(page)
            file.flush()
            began = perf_counter()
            os.fsync(file.fileno())
            yield perf_counter() - began
