"""Keeping the workbook in Google Sheets equal to the books: gather what changed, look at the sheet, write, conclude."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx

from onhand.app.clock import Pace
from onhand.app.sheet_counts import Waiting
from onhand.app.sheet_inputs import Judged, judge_inputs
from onhand.app.sheet_rows import AS_OF, Rows, rows_of_items, rows_of_shop
from onhand.channels.google_sheets import Edit, Looked, SheetsSettings, Stamp, Workbook, service_account_of
from onhand.channels.google_sheets.limits import Limits
from onhand.channels.google_sheets.workbook import find_edits
from onhand.config import Config
from onhand.domain.catalog import Item
from onhand.ports.clock import Clock
from onhand.ports.errors import ConfigError
from onhand.store import Books, Store
from onhand.store.workbook import Cells, WorkbookCursor

OVERLAP = timedelta(seconds=10)
"""Times are written a moment before their transaction commits: so far back offers are looked at again."""

EVERYTHING_EVERY = timedelta(minutes=5)
"""What no movement and no offer shows, such as a new title, comes with a gathering of everything."""

LOOK_EVERY = timedelta(minutes=1)
"""How often the whole sheet is read: until then a person's edit may stand."""

STAMP_EVERY = timedelta(minutes=1)
"""How old the time in the summary may be while nothing changes."""

REMARK_STANDS = timedelta(days=1)
MANY_ITEMS = 500
"""Past so many changed items reading everything is quicker than looking each up."""

MOST_ROWS = 20_000
"""Rows a flush: about two portions of 1.5 MB."""

READS, WRITES = 3, 4
"""Calls that a flush makes at most, but for very large ones."""

LEVEL_NAMES = 3
"""Cells of a level that are no units: SKU, title, location."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flushed:
    """What a flush came to. `behind_s` is how long the longest waiting of the written rows had waited; None: no row."""

    rows: int = 0
    cells: int = 0
    edits: int = 0
    verdicts: int = 0
    made_anew: tuple[str, ...] = ()
    behind_s: float | None = None


class _Gathered(NamedTuple):
    """Rows by table that are not as they were wanted, remarks that have stood long enough, and the new cursor."""

    rows: Mapping[str, Mapping[str, Cells | None]]
    ended: Sequence[tuple[str, str]]
    cursor: WorkbookCursor


class SheetKeeper:
    """The workbook of one shop. One thread keeps it; its state is in the store, so that a restart goes on."""

    def __init__(
        self,
        store: Store,
        shop: str,
        book: Workbook,
        limits: Limits,
        *,
        settings: SheetsSettings,
        channels: Sequence[str],
        authorities: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._store, self.shop, self._clock = store, shop, clock
        self._book, self._limits, self._settings = book, limits, settings
        self._channels, self._authorities = channels, authorities
        self._waiting = Waiting()
        self._everything_at = self._look_at = self._stamped_at = LONG_AGO

    @property
    def spreadsheet(self) -> str:
        """The id of the spreadsheet."""
        return self._settings.spreadsheet

    @property
    def email(self) -> str:
        """Whom it must be shared with."""
        return self._settings.email

    def title(self) -> str:
        """Return what the spreadsheet is called. Raises NotConnected, ChannelUnavailable."""
        return self._book.title()

    def make(self) -> tuple[str, ...]:
        """Make the tabs that are missing, and return their names. Raises NotConnected, ChannelUnavailable."""
        return tuple(sorted(self._book.look({}, whole=False).made_anew))

    def may_flush(self) -> bool:
        """Return whether Google's quota has room for a flush now."""
        return self._limits.may(self._clock.now(), reads=READS, writes=WRITES)

    def look_again(self) -> None:
        """Read the whole sheet with the next flush: nobody knows what became of a write."""
        self._book.forget()
        self._look_at = LONG_AGO

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many rows wait to be written, and since when the first."""
        with self._store.reading() as session:
            return session.of(self.shop).workbook.waiting()

    def gather(self) -> int:
        """Keep what should stand in the sheet by now; return how many rows that changes."""
        now = self._clock.now()
        with self._store.reading() as session:
            gathered = self._gather(session.of(self.shop), now)
        with self._store.writing() as session:
            workbook = session.of(self.shop).workbook
            known = workbook.cursor()
            if known is not None and known.spreadsheet != self.spreadsheet:
                workbook.forget()
                self.look_again()
                self._everything_at = LONG_AGO
                workbook.move(WorkbookCursor(self.spreadsheet, 0, LONG_AGO, 0))
                return 1
            for tab, key in gathered.ended:
                workbook.end_remark(tab, key)
            for tab, rows in gathered.rows.items():
                workbook.want(tab, rows, now)
            workbook.move(gathered.cursor)
        return sum(map(len, gathered.rows.values()))

    def flush(self) -> Flushed:
        """Look at the sheet, then write what differs, verdicts included.

        Raises NotConnected, ChannelUnavailable, ChannelRefused, and OutcomeUnknown, after which `look_again` is due.
        """
        now = self._clock.now()
        with self._store.reading() as session:
            waiting = session.of(self.shop).workbook.untold(MOST_ROWS)
        whole = now >= self._look_at + LOOK_EVERY
        keys: defaultdict[str, set[str]] = defaultdict(set)
        for row in waiting:
            keys[row.tab].add(row.key)
        looked = self._book.look(keys, whole=whole)
        if looked.made_anew:
            with self._store.writing() as session:
                for table in looked.made_anew:
                    session.of(self.shop).workbook.forget_tab(table, now)
            self._look_at = LONG_AGO
            return Flushed(made_anew=tuple(sorted(looked.made_anew)))
        edits, judged, known = self._settle(looked, now)
        flushed = self._write(looked, judged, known, now)
        if whole:
            self._look_at = now
        return Flushed(
            rows=flushed.rows,
            cells=flushed.cells,
            edits=edits,
            verdicts=len(judged.verdicts),
            behind_s=flushed.behind_s,
        )

    def _gather(self, books: Books, now: datetime) -> _Gathered:
        cursor = books.workbook.cursor() or WorkbookCursor(self.spreadsheet, 0, LONG_AGO, 0)
        remarks = books.workbook.remarks()
        ended = [key for key, (_, at) in remarks.items() if at < now - REMARK_STANDS]
        standing = {key: remark for key, (remark, _) in remarks.items() if key not in ended}
        items = self._changed_items(books, cursor, now)
        if items is None or ended:
            self._everything_at = now
            items = books.catalog.items()
            rows = rows_of_items(books, self.shop, items)
            before = {tab: books.workbook.rows(tab) for tab in rows}
        else:
            rows = rows_of_items(books, self.shop, items)
            before = {tab: books.workbook.rows_of_items(tab, [item.item for item in items]) for tab in rows}
        counted = {item.item for item in items if item.counted}
        shop_rows = rows_of_shop(books, self.shop, now)
        rows |= shop_rows
        before |= {tab: books.workbook.rows(tab) for tab in shop_rows}
        found = {
            tab: _differing(tab, rows[tab], {key: row.wanted for key, row in before[tab].items()}, standing, counted)
            for tab in rows
        }
        self._leave_stamp(found, now, busy=books.workbook.waiting()[0] > 0)
        moved = cursor._replace(sequence=books.ledger.head()[0], offers_at=now)
        return _Gathered({tab: each for tab, each in found.items() if each}, ended, moved)

    def _changed_items(self, books: Books, cursor: WorkbookCursor, now: datetime) -> list[Item] | None:
        """Return the items that movements or offers show to have changed; None: everything is due."""
        if now >= self._everything_at + EVERYTHING_EVERY:
            return None
        moved = books.ledger.moved_after(cursor.sequence, MANY_ITEMS * 10)
        changed = {item for _, item in moved}
        changed |= set(books.offers.changed_since(cursor.offers_at - OVERLAP, MANY_ITEMS + 1))
        if len(changed) > MANY_ITEMS or len(moved) == MANY_ITEMS * 10:
            return None
        return list(books.catalog.items_of(changed).values())

    def _leave_stamp(self, found: dict[str, dict[str, Cells | None]], now: datetime, *, busy: bool) -> None:
        """Leave the time of the summary as it is, unless something else is written with it or it is old."""
        others = sum(map(len, found.values())) - (AS_OF in found["summary"])
        if not others and not busy and now < self._stamped_at + STAMP_EVERY:
            found["summary"].pop(AS_OF, None)
        else:
            self._stamped_at = now

    def _settle(self, looked: Looked, now: datetime) -> tuple[int, Judged, dict[str, set[str]]]:
        """Keep what people have done: edits are remarked before anything is put right, wishes are judged."""
        known: dict[str, set[str]] = {}
        edits: list[Edit] = []
        with self._store.writing() as session:
            books = session.of(self.shop)
            for tab, grid in looked.grids.items():
                rows = books.workbook.rows(tab, None if grid.whole else list(grid.rows))
                if grid.whole:
                    known[tab] = set(rows)
                    gone = {key: None for key, row in rows.items() if row.told is not None and key not in grid.rows}
                    books.workbook.told(tab, gone)
                found = list(find_edits(tab, grid, {key: (row.wanted, row.told) for key, row in rows.items()}))
                for edit in found:
                    wanted = rows[edit.key].wanted
                    assert wanted is not None, "a row that should go is no edit"
                    _keep_edit(books, edit, wanted, now)
                edits += [edit for edit in found if edit.cells]
            judged = judge_inputs(
                books, looked.inputs, self._channels, authorities=self._authorities, waiting=self._waiting, now=now
            )
            for (channel, item), buffer in judged.buffers.items():
                if buffer is None:
                    books.item_buffers.forget(channel, item)
                else:
                    books.item_buffers.set(channel, item, buffer, now)
        return len(edits), judged, known

    def _write(self, looked: Looked, judged: Judged, known: Mapping[str, set[str]], now: datetime) -> Flushed:
        with self._store.writing() as session:
            workbook = session.of(self.shop).workbook
            waiting = [row for row in workbook.untold(MOST_ROWS) if _can_write(row.tab, row.key, looked)]
            strange = any(
                grid.strangers or (tab in known and grid.rows.keys() - known[tab]) for tab, grid in looked.grids.items()
            )
            if not waiting and not judged.verdicts and not strange:
                return Flushed()
            cursor = workbook.cursor()
            assert cursor is not None, "what waits was gathered"
            # The number of the write is kept before it is sent: what the sheet shows says whether it has come.
            cursor = cursor._replace(revision=max(cursor.revision, looked.revision or 0) + 1)
            workbook.move(cursor)
        wanted: defaultdict[str, dict[str, Cells | None]] = defaultdict(dict)
        for tab in known:
            wanted[tab] = {}
        for row in waiting:
            wanted[row.tab][row.key] = row.wanted
        stamp = Stamp(self.shop, cursor.revision, cursor.sequence, now)
        written = self._book.write(looked, wanted, judged.verdicts, known, stamp)
        with self._store.writing() as session:
            for tab, told in written.told.items():
                session.of(self.shop).workbook.told(tab, told)
        first = min((row.changed_at for row in waiting), default=None)
        behind_s = None if first is None else (self._clock.now() - first).total_seconds()
        return Flushed(rows=len(waiting), cells=written.cells, behind_s=behind_s)


def _differing(
    tab: str,
    rows: Rows,
    before: Mapping[str, Cells | None],
    remarks: Mapping[tuple[str, str], str],
    counted: Collection[str],
) -> dict[str, Cells | None]:
    """Return the rows that are not as they were; what is not there any more goes, but a level that came to nothing."""
    found: dict[str, Cells | None] = {}
    for key, values in rows.items():
        cells = (*values, remarks.get((tab, key), ""))
        if before.get(key) != cells:
            found[key] = cells
    for key, old in before.items():
        if key not in rows and old is not None:
            emptied = tab == "levels" and key.split("|")[0] in counted
            left = (*old[:LEVEL_NAMES], *[0] * (len(old) - LEVEL_NAMES - 1), old[-1]) if emptied else None
            if left != old:
                found[key] = left
    return found


def _keep_edit(books: Books, edit: Edit, wanted: Cells, now: datetime) -> None:
    """Keep what a person wrote over a row, so that it is put right with a remark that says what stood there."""
    if not edit.cells:  # the remark itself, or what is about to be written anyway
        books.workbook.told(edit.tab, {edit.key: edit.found})
        return
    said = "; ".join(f"{heading}: {found!r}" for heading, found in edit.cells)
    remark = f"conflict: somebody wrote {said} here ({now:%Y-%m-%d %H:%M} UTC); onhand's numbers stand. Use Inputs"
    books.workbook.remark(
        edit.tab, edit.key, wanted=(*wanted[:-1], remark[:500]), found=edit.found, remark=remark[:500], at=now
    )


def _can_write(tab: str, key: str, looked: Looked) -> bool:
    """Return whether a row was looked at just now: what waits since then waits for the next look."""
    grid = looked.grids.get(tab)
    return grid is not None and (grid.whole or key in grid.rows)


def build_keeper(
    config: Config, shop: str, store: Store, http: httpx.Client, channels: Sequence[str], *, clock: Clock, pace: Pace
) -> SheetKeeper | None:
    """Return who keeps the workbook of a shop; None where none is configured for it.

    `channels` are those that a buffer can be given for. Raises ConfigError where Google's client is not installed.
    """
    if not config.has_sheet(shop):
        return None
    assert config.google_sheets is not None
    try:
        from onhand.channels.google_sheets.client import SheetsClient  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"google_sheets: {error.name} is not installed; install the extra: pip install 'onhand[google-sheets]'"
        ) from error
    given = config.google_sheets
    settings = SheetsSettings(
        spreadsheet=given.spreadsheet,
        service_account=service_account_of(given.credentials.reveal()),
        api_url=given.api_url or SheetsSettings.api_url,
    )
    limits = Limits(random.Random(f"{shop} {given.spreadsheet}"))  # noqa: S311
    client = SheetsClient(settings, http, limits, now=clock.now, sleep=pace.sleep)
    return SheetKeeper(
        store,
        shop,
        Workbook(client, channels),
        limits,
        settings=settings,
        channels=channels,
        authorities={row.name: row.authority for row in config.locations_of(shop)},
        clock=clock,
    )
