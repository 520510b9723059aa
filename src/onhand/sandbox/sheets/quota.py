"""How many calls a minute the Sheets service lets through."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from onhand.sandbox.sheets.refusals import EXHAUSTED, SheetsRefused

# Sheets API, "Usage limits": requests a minute, of reading and of writing each. A batch counts as one.
USER_PER_MINUTE, PROJECT_PER_MINUTE = 60, 300
_WINDOW = timedelta(minutes=1)


class Quota:
    """Calls of one kind in the last minute, by user. `user` None or `project` None is no limit.

    The service refills its windows once a minute; this one slides, which lets through no more in any minute.
    """

    def __init__(self, kind: str, *, user: int | None, project: int | None) -> None:
        self._kind = kind
        self._user, self._project = user, project
        self._calls: deque[tuple[datetime, str]] = deque()

    def take(self, user: str, now: datetime) -> None:
        """Count one call. Raises SheetsRefused where the minute is used up."""
        while self._calls and self._calls[0][0] <= now - _WINDOW:
            self._calls.popleft()
        mine = sum(name == user for _, name in self._calls)
        if self._user is not None and mine >= self._user:
            raise self._refused("per minute per user")
        if self._project is not None and len(self._calls) >= self._project:
            raise self._refused("per minute")
        self._calls.append((now, user))

    def _refused(self, limit: str) -> SheetsRefused:
        return SheetsRefused(
            EXHAUSTED,
            f"Quota exceeded for quota metric '{self._kind} requests' and limit '{self._kind} requests {limit}' of "
            "service 'sheets.googleapis.com' for consumer 'project_number:1042'.",
        )
