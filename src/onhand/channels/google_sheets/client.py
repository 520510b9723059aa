"""The calls we make, through Google's own client; every refusal becomes one of our errors."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import httplib2
import httpx
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from onhand.channels.google_sheets.limits import Limits
from onhand.channels.google_sheets.settings import SheetsSettings
from onhand.channels.google_sheets.transport import GoogleTransport
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected, OutcomeUnknown

Json = Mapping[str, Any]
MOST_SAID = 500
"""Characters of Google's own words that are shown to a person."""

LAYOUT_FIELDS = (
    "properties.title,sheets(properties(sheetId,title,gridProperties),developerMetadata(metadataKey,metadataValue),"
    "charts.chartId,data.columnMetadata.developerMetadata(metadataKey,metadataValue))"
)


class SheetsClient:
    """One spreadsheet. `now` and `sleep` are time as the caller has it."""

    def __init__(
        self,
        settings: SheetsSettings,
        http: httpx.Client,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._now, self._sleep = now, sleep
        self._sheets = _service(f"{settings.api_url.rstrip('/')}/").spreadsheets()
        self._transport = GoogleTransport(http, settings.service_account)
        self.reads = self.writes = 0

    def layout(self) -> Json:
        """Return tabs and columns with their tags."""
        return self._call("read", self._sheets.get(spreadsheetId=self._settings.spreadsheet, fields=LAYOUT_FIELDS))

    def values(self, ranges: Sequence[str]) -> list[list[list[Any]]]:
        """Return the rows of each range as they were entered: numbers as numbers, formulas as their text."""
        call = self._sheets.values().batchGet(
            spreadsheetId=self._settings.spreadsheet, ranges=list(ranges), valueRenderOption="FORMULA"
        )
        found = self._call("read", call)["valueRanges"]
        if len(found) != len(ranges):
            raise ChannelUnavailable(f"google sheets answered {len(found)} ranges, and was asked for {len(ranges)}")
        return [one.get("values", []) for one in found]

    def write(self, data: Sequence[Json]) -> None:
        """Write values into ranges, all of them or none: texts stay texts, whatever they begin with (RAW)."""
        body = {"valueInputOption": "RAW", "data": list(data)}
        call = self._sheets.values().batchUpdate(
            spreadsheetId=self._settings.spreadsheet, body=body, fields="totalUpdatedCells"
        )
        self._call("write", call)

    def change(self, requests: Sequence[Json]) -> None:
        """Carry out a batch, all of it or nothing."""
        call = self._sheets.batchUpdate(
            spreadsheetId=self._settings.spreadsheet, body={"requests": list(requests)}, fields="spreadsheetId"
        )
        self._call("write", call)

    def _call(self, kind: str, call: Any) -> Json:
        if kind == "write" and (wait_s := self._limits.next_write_in_s(self._now())) > 0:
            self._sleep(wait_s)
        self._limits.made(kind, self._now())
        if kind == "write":
            self.writes += 1
        else:
            self.reads += 1
        try:
            answer: Json = call.execute(http=self._transport)
        except HttpError as error:
            raise self._named(kind, error) from error
        except (ValueError, RecursionError) as error:  # an answer that is no JSON, with a status that says success
            message = f"google sheets answered what is no JSON: {error}"
            raise (OutcomeUnknown if kind == "write" else ChannelUnavailable)(message) from error
        self._limits.answered()
        return answer

    def _named(self, kind: str, error: HttpError) -> Exception:
        """Return our error for an answer that refuses."""
        said = _message(error)
        where = f"spreadsheet {self._settings.spreadsheet}"
        match int(error.status_code):
            case 429:
                rest_s = self._limits.refused(kind, self._now())
                return ChannelUnavailable(f"google sheets asks us to call less often: {said}", rest_s)
            case 401:
                return NotConnected(f"google takes none of our tokens: {said}")
            case 403:
                return NotConnected(f"{where} is not shared with {self._settings.email} for editing: {said}")
            case 404:
                return NotConnected(f"{where} is not there, or in the bin: {said}")
            case status if status >= 500:
                message = f"google sheets failed with {status}: {said}"
                return OutcomeUnknown(message) if kind == "write" else ChannelUnavailable(message)
            case status:
                return ChannelRefused(f"google sheets refused with {status}: {said}")


@cache
def _service(address: str) -> Any:
    """Return Google's client for an address. Making one takes a second; each call is told who carries it."""
    return build(
        "sheets",
        "v4",
        http=httplib2.Http(),
        client_options={"api_endpoint": address},
        static_discovery=True,
        cache_discovery=False,
    )


def _message(error: HttpError) -> str:
    try:
        said = str(json.loads(error.content)["error"]["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        said = str(error.reason)
    return "".join(letter if letter.isprintable() else " " for letter in said)[:MOST_SAID]
