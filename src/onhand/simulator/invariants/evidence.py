"""What lies in the files of a process at one moment, read by statements of the judge's own and not by the product's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import apsw

BYSTANDER = "bystander.myshopify.com"
"""A shop whose books lie in the same database, and to which nothing ever happens."""


class Moved(NamedTuple):
    """A row of the ledger: units from one bin (location, state) to another."""

    sequence: int
    id: str
    item: str
    source: tuple[str, str]
    target: tuple[str, str]
    units: int


class Write(NamedTuple):
    """A write to the outside as it is kept."""

    key: str
    kind: str
    status: str
    body: bytes
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One look at the files. Times are microseconds; `words` is everything that people may read."""

    logged: list[tuple[int, str, str]]
    booked_up_to: int
    finished: list[int]
    moved: list[Moved]
    levels: Mapping[tuple[str, str, str], int]
    writes: list[Write]
    pictures: Mapping[str, tuple[int, int]]
    observed: Mapping[tuple[str, ...], int]
    adopted: list[tuple[int, str, list[str], str]]
    bystander: str
    asks: int
    words: list[str]


class Files:
    """The store and the log of a process in `folder`, held open beside it. Close them when done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = _open(folder / "onhand-log.db")
        self._db = _open(folder / "onhand.db")

    def close(self) -> None:
        """Let go of the files."""
        self._log.close()
        self._db.close()

    def look(self, shop: str) -> Evidence:
        """Read everything that the judge goes by."""
        kept: Any = self._log.execute(
            "SELECT position, channel, delivery_id FROM deliveries JOIN sources USING (source) ORDER BY position"
        ).fetchall()
        db = self._db
        number = db.execute("SELECT shop FROM shops WHERE name = ?", (shop,)).get

        def rows(statement: str) -> list[Any]:
            return db.execute(statement, (number,)).fetchall()

        writes = [Write(*row) for row in rows("SELECT key, kind, status, body, note FROM intents WHERE shop = ?")]
        return Evidence(
            logged=kept,
            booked_up_to=db.execute("SELECT max(position) FROM positions WHERE name = 'log'").get or 0,
            finished=[row[0] for row in rows("SELECT position FROM deliveries WHERE shop = ? ORDER BY position")],
            moved=[
                Moved(sequence, name, item, (at, state), (to, becomes), units)
                for sequence, name, item, at, state, to, becomes, units in rows(
                    "SELECT sequence, id, item, source_location, source_state, target_location, target_state, units "
                    "FROM movements WHERE shop = ? ORDER BY sequence"
                )
            ],
            levels={
                tuple(row[:3]): row[3] for row in rows("SELECT item, location, state, units FROM levels WHERE shop = ?")
            },
            writes=writes,
            pictures={
                row[0]: row[1:] for row in rows("SELECT cause, version_at, reading FROM pictures WHERE shop = ?")
            },
            observed={
                row[:3]: row[3]
                for row in rows("SELECT item, location, source, observed_at FROM observed WHERE shop = ?")
            },
            adopted=[
                (number, cause, json.loads(evidence), note)
                for number, cause, evidence, note in rows(
                    "SELECT id, cause, evidence, note FROM drifts WHERE shop = ? AND status = 'adopted'"
                )
            ],
            bystander=_of_bystander(db),
            asks=rows("SELECT count(*) FROM asks WHERE shop = ?")[0][0],
            words=[
                *(write.note for write in writes),
                *(row[0] for row in rows("SELECT note FROM deliveries WHERE shop = ?")),
                *(row[0] for row in rows("SELECT message FROM problems WHERE shop = ?")),
                *(row[0] for row in rows("SELECT because FROM asks WHERE shop = ?")),
            ],
        )


def _open(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    # A process that ends carries its write-ahead log over; who only looks does not.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    return connection


def _of_bystander(db: apsw.Connection) -> str:
    """Return everything that the ledger says of the shop to which nothing happens."""
    number = db.execute("SELECT shop FROM shops WHERE name = ?", (BYSTANDER,)).get
    tables = ("movements", "levels", "deliveries", "intents", "pictures", "observed", "asks")
    return repr([db.execute(f"SELECT * FROM {table} WHERE shop = ?", (number,)).fetchall() for table in tables])  # noqa: S608 - names of our own
