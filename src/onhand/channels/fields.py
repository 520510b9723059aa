"""Fields of a foreign file: read strictly, and every trouble named by row and field.

Nothing of a file is used when anything in it cannot be read: half a count is a wrong count.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from onhand.ports.errors import ConfigError, UnreadableDelivery

MOST_ROWS: Final = 200_000
"""More rows than any merchant has SKUs at one place; what is longer is no count."""

MOST_CHARACTERS: Final = 255
MOST_UNITS: Final = 100_000_000
"""Longer names and larger numbers are mistakes, and no database of ours must choke on them."""

TOLD: Final = 20
"""Troubles that one message names; the rest is counted."""

_WHOLE = re.compile(r"(?P<sign>[+-]?)(?P<digits>[0-9]{1,12})(?:\.0{1,6})?")
_NEAR_YEARS: Final = (1990, 2200)
_decode = msgspec.json.Decoder().decode


class Troubles:
    """What is wrong with a file, row by row; once all of it was looked at, it is told at once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._first: list[str] = []
        self._count = 0

    def add(self, where: str, trouble: str) -> None:
        """Note a trouble: `where` is a row and a field."""
        self._count += 1
        if len(self._first) < TOLD:
            self._first.append(f"{where}: {trouble}")

    def check(self) -> None:
        """Raise UnreadableDelivery where anything was wrong."""
        if self._count:
            more = f"; and {self._count - TOLD} more" if self._count > TOLD else ""
            raise UnreadableDelivery(f"{self._what}: nothing of it is used: {'; '.join(self._first)}{more}")

    def units(self, where: str, value: object, decimal: str = ".") -> int | None:
        """Return whole units, None where there is nothing; a number may come as text, as ShipHero's do."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self.add(where, f"must be a whole number, got {shown(value)}")
            return None
        if isinstance(value, int) and abs(value) > MOST_UNITS:
            self.add(where, f"must be {MOST_UNITS} units at most, got a number of {value.bit_length()} bits")
            return None
        text = value.strip() if isinstance(value, str) else format(value)
        if not text:
            return None
        match = _WHOLE.fullmatch(text.replace(decimal, ".") if decimal != "." and "." not in text else text)
        if match is None:
            self.add(where, f"must be a whole number, got {shown(value)}")
            return None
        units = int(match["sign"] + match["digits"])
        if abs(units) > MOST_UNITS:
            self.add(where, f"{units} units are more than {MOST_UNITS}")
            return None
        return units

    def name(self, where: str, value: object) -> str | None:
        """Return a name without blanks around it, None where there is none."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.add(where, f"must be text, got {shown(value)}")
            return None
        text = str(value).strip() if isinstance(value, str) or abs(value) < 10**20 else ""
        if not text or len(text) > MOST_CHARACTERS or not text.isprintable():
            self.add(where, f"must be 1 to {MOST_CHARACTERS} characters that can be printed, got {shown(value)}")
            return None
        return text

    def moment(self, where: str, value: object, zone: tzinfo) -> datetime | None:
        """Return a time in UTC, None where there is none. Without a zone of its own it is `zone`'s.

        ISO 8601, or seconds since 1970.
        """
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        moment = None
        if isinstance(value, str):
            moment = _from_text(value.strip(), zone)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = _from_seconds(float(value))
        if moment is None:
            self.add(where, f"must be a time such as 2026-11-23T04:15:00Z, got {shown(value)}")
        return moment


def read_json(body: bytes, what: str) -> Any:
    """Return what a JSON body holds. Raises UnreadableDelivery."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UnreadableDelivery(f"{what}: is not JSON: {error}") from error


def table(value: object, troubles: Troubles, where: str) -> Mapping[str, Any]:
    """Return a JSON object; anything else is a trouble, and reads as an empty one."""
    if isinstance(value, dict):
        return value
    troubles.add(where, f"must be an object, got {shown(value)}")
    return {}


def table_rows(value: object, troubles: Troubles, where: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the objects of a JSON list, numbered from 1."""
    if not isinstance(value, list):
        troubles.add(where, f"must be a list, got {shown(value)}")
        return []
    if len(value) > MOST_ROWS:
        troubles.add(where, f"{len(value)} rows are more than {MOST_ROWS}")
        return []
    return [(number, table(row, troubles, f"row {number}")) for number, row in enumerate(value, start=1)]


def shown(value: object) -> str:
    """Return a value as a message shows it: short, and on one line."""
    text = ascii(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return text if len(text) <= 40 else f"{text[:37]}…"


def zone_of(name: str, where: str) -> tzinfo:
    """Return a time zone by its name. Raises ConfigError."""
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f'{where} must be a time zone such as "America/New_York", got {name!r}') from None


def moment_of(day: str, clock: str, zone: tzinfo) -> datetime | None:
    """Return the time of X12's date (YYMMDD or CCYYMMDD) and time (HHMM, HHMMSS), None where that is none."""
    if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", day) or not re.fullmatch(r"[0-9]{4}(?:[0-9]{2}){0,2}|", clock):
        return None
    whole = day if len(day) == 8 else f"20{day}"
    padded = (clock or "0000").ljust(6, "0")[:6]
    return _from_text(f"{whole[:4]}-{whole[4:6]}-{whole[6:]}T{padded[:2]}:{padded[2:4]}:{padded[4:]}", zone)


def _from_text(text: str, zone: tzinfo) -> datetime | None:
    if len(text) > 40 or not text.isascii():
        return None
    try:
        moment = datetime.fromisoformat(text)
        return _near(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return None


def _from_seconds(seconds: float) -> datetime | None:
    try:
        return _near(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _near(moment: datetime) -> datetime | None:
    """Return the time in UTC where its year can be true."""
    at = moment.astimezone(UTC)
    return at if date(_NEAR_YEARS[0], 1, 1) <= at.date() <= date(_NEAR_YEARS[1], 1, 1) else None
