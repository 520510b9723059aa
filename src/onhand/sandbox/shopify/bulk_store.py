"""Bulk operations as records, with their files."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from onhand.sandbox.world.catalog import Ids

# Shopify, "Faster bulk operations": five at a time for each app and shop from API version 2026-01 on.
CONCURRENT_MAX = 5
UNFINISHED = frozenset(("CREATED", "RUNNING", "CANCELING"))
# Admin API 2026-10, BulkOperation.url and partialDataUrl.
URL_LIFE = timedelta(days=7)


@dataclass(kw_only=True, slots=True)
class BulkOperation:
    """One bulk query; `url` is None until it is complete, and when it found nothing.

    `partial_url` leads to what one that failed had read until then. `grouped` writes what belongs to an object right
    behind it; otherwise the lines come in any order.
    """

    id: int
    query: str
    status: str
    created_at: datetime
    path: Path
    grouped: bool = False
    completed_at: datetime | None = None
    error_code: str | None = None
    object_count: int = 0
    root_object_count: int = 0
    file_bytes: int | None = None
    url: str | None = None
    partial_url: str | None = None

    def expired(self, now: datetime) -> bool:
        """Tell whether what was read is no longer to be had."""
        return self.completed_at is not None and now - self.completed_at >= URL_LIFE

    def shown_status(self, now: datetime) -> str:
        """Return the status as the API shows it at `now`."""
        return "EXPIRED" if self.status == "COMPLETED" and self.expired(now) else self.status

    def shown_url(self, now: datetime) -> str | None:
        """Return where the whole result lies, None where there is none to be had at `now`."""
        return None if self.expired(now) else self.url


class BulkRun(Protocol):
    """The reading of one bulk operation, not begun yet."""

    @property
    def created_at(self) -> datetime:
        """When the operation was asked for."""

    async def run(self) -> None:
        """Read on the running event loop, beside everything else."""

    def run_at_once(self) -> None:
        """Read in the caller's own thread."""


class BulkOperations:
    """Every bulk operation of this run; the files go when the sandbox ends.

    `start` None lets an operation run on the event loop that its call came in on; somebody without one takes it over.
    """

    def __init__(self, ids: Ids, start: Callable[[BulkRun], None] | None = None) -> None:
        self._ids = ids
        self.start = start or self._start_task
        self._held: dict[int, BulkOperation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._folder: Path | None = None

    def create(self, query: str, now: datetime, *, grouped: bool) -> BulkOperation:
        """Add an operation that is about to run."""
        number = self._ids.next("bulk_operation")
        operation = BulkOperation(
            id=number,
            query=query,
            status="CREATED",
            created_at=now,
            path=self._files() / f"{number}.jsonl",
            grouped=grouped,
        )
        self._held[number] = operation
        return operation

    def _files(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="onhand-bulk-"))
        return self._folder

    def close(self) -> None:
        """Stop what runs and delete the files."""
        for task in self._tasks:
            task.cancel()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start_task(self, run: BulkRun) -> None:
        task = asyncio.get_running_loop().create_task(run.run())
        self._tasks.add(task)  # the event loop alone would let go of it
        task.add_done_callback(self._tasks.discard)

    def get(self, number: int) -> BulkOperation | None:
        """Return an operation by its id, or None."""
        return self._held.get(number)

    def unfinished(self) -> int:
        """Return how many operations are not over."""
        return sum(1 for one in self._held.values() if one.status in UNFINISHED)

    def __iter__(self) -> Iterator[BulkOperation]:
        return iter(self._held.values())
