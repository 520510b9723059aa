"""The Sheets service: who asks, may they, how often, and what they are answered; on a socket or without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec

from onhand.sandbox.faults import Faults
from onhand.sandbox.sheets import cells, hangings, structure, values
from onhand.sandbox.sheets.book import Book
from onhand.sandbox.sheets.document import Document, Method
from onhand.sandbox.sheets.quota import PROJECT_PER_MINUTE, USER_PER_MINUTE, Quota
from onhand.sandbox.sheets.ranges import Area
from onhand.sandbox.sheets.refusals import DENIED, NOT_FOUND, UNAUTHENTICATED, SheetsRefused, invalid
from onhand.sandbox.sheets.shown import masked, read_mask, show_book
from onhand.sandbox.sheets.tokens import ServiceAccount, TokenRefused

Json = Mapping[str, Any]
MOUNT = "/google-sheets"
TOKEN_PATH = "/google-oauth/token"
OWNER = "owner@merchant.example"

CHANGES = {**structure.CHANGES, **cells.CHANGES, **hangings.CHANGES}
"""The requests of a batch that the sandbox plays; it refuses every other one by name."""

_READS = {
    "get",
    "getByDataFilter",
    "developerMetadata.get",
    "developerMetadata.search",
    "values.get",
    "values.batchGet",
    "values.batchGetByDataFilter",
}
_BROKEN = {
    "outage": (503, "UNAVAILABLE", "The service is currently unavailable."),
    "service_unavailable": (503, "UNAVAILABLE", "The service is currently unavailable."),
    "error_5xx": (500, "INTERNAL", "Internal error encountered."),
    "throttle": (429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Write requests'."),
}


class Answer(NamedTuple):
    """A status and a body. `lost`: the call took effect and its answer must not reach the caller."""

    status: int
    body: bytes
    outcome: str
    lost: bool = False


class Asked(NamedTuple):
    """A call that may be served. `options` are query parameters that are given once."""

    book: Book
    actor: str
    place: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: Json

    @property
    def options(self) -> dict[str, str]:
        """The query parameters, each with its first value."""
        return {name: given[0] for name, given in self.query.items()}


@dataclass(kw_only=True)
class SheetsService:
    """Every spreadsheet of this sandbox. It answers in the caller's own thread, at once."""

    document: Document
    account: ServiceAccount
    clock: Callable[[], datetime]
    faults: Faults
    url: Callable[[], str]
    user_per_minute: int | None = USER_PER_MINUTE
    project_per_minute: int | None = PROJECT_PER_MINUTE
    books: dict[str, Book] = field(default_factory=dict)
    calls: int = 0

    def __post_init__(self) -> None:
        limits = {"user": self.user_per_minute, "project": self.project_per_minute}
        self._reads, self._writes = Quota("Read", **limits), Quota("Write", **limits)

    def new_book(self, book_id: str, title: str) -> Book:
        """Return a new spreadsheet of a person, with the one blank tab that every new one has."""
        properties = {"title": title, "locale": "en_US", "timeZone": "America/New_York", "autoRecalc": "ON_CHANGE"}
        book = Book(id=book_id, properties=properties, owner=OWNER)
        book.add_tab({"sheetId": 0, "title": "Sheet1"})
        self.books[book_id] = book
        return book

    def token(self, body: bytes) -> Answer:
        """Answer a call of the token endpoint."""
        form = dict(parse_qsl(body.decode(errors="replace")))
        try:
            return _answer(200, self.account.grant(form, self.clock()), "done")
        except TokenRefused as refused:
            return _answer(400, {"error": refused.code, "error_description": refused.description}, refused.code)

    def answer(self, verb: str, path: str, query: Mapping[str, Sequence[str]], token: str, body: bytes) -> Answer:
        """Answer one call; `path` is as it was asked, not decoded, without the mount."""
        self.calls += 1
        fault = self.faults.api("google_sheets")
        if fault in _BROKEN:
            status, name, message = _BROKEN[fault]
            return _answer(status, {"error": {"code": status, "message": message, "status": name}}, fault)
        found = self.document.find(verb, path)
        if found is None:
            return Answer(404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", "no such method")
        method, place = found
        try:
            result = self._serve(method, {name: unquote(value) for name, value in place.items()}, query, token, body)
        except SheetsRefused as refused:
            return _answer(refused.http_status, refused.body(), refused.status)
        mask = read_mask(query["fields"][0]) if query.get("fields") else {}
        return _answer(200, masked(result, mask), "done")._replace(lost=fault == "timeout_after_apply")

    def _serve(
        self, method: Method, place: Mapping[str, str], query: Mapping[str, Sequence[str]], token: str, body: bytes
    ) -> Json:
        now, reads = self.clock(), method.id in _READS
        allowed = self.account.may(token, now, write=not reads)
        if allowed is None:
            raise SheetsRefused(
                UNAUTHENTICATED, "Request had invalid authentication credentials. Expected OAuth 2 access token."
            )
        if not allowed:
            raise SheetsRefused(DENIED, "Request had insufficient authentication scopes.")
        (self._reads if reads else self._writes).take(self.account.email, now)
        self.document.check_query(method, {name: list(given) for name, given in query.items()})
        asked = self._read_body(method, body)
        if method.id == "create":
            return self._create(asked)
        book = self._open(place["spreadsheetId"], self.account.email, write=not reads)
        served = SERVED.get(method.id)
        if served is None:
            raise invalid(f"the sandbox does not play sheets.spreadsheets.{method.id}")
        if reads:
            return served(self, Asked(book, self.account.email, place, query, asked))
        copy = book.copy()
        result = served(self, Asked(copy, self.account.email, place, query, asked))
        self.books[book.id] = copy
        return result

    def change(self, book_id: str, requests: Sequence[Json], actor: str = OWNER) -> list[Json]:
        """Carry out a batch for an account, all of it or nothing. Raises SheetsRefused."""
        copy = self.books[book_id].copy()
        replies = apply_changes(copy, actor, requests)
        self.books[book_id] = copy
        return replies

    def _read_body(self, method: Method, body: bytes) -> Json:
        if method.request is None or not body:
            return {}
        try:
            asked = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise invalid(f"Invalid JSON payload received. {error}") from error
        self.document.check(method.request, asked)
        return dict(asked)

    def _create(self, asked: Json) -> Json:
        book_id = f"1Sandbox{self.account.email[0]}{len(self.books):036d}"
        book = Book(
            id=book_id,
            properties={"locale": "en_US", "timeZone": "Etc/GMT", "title": "Untitled", **asked.get("properties", {})},
            owner=self.account.email,
        )
        for tab in asked.get("sheets") or [{}]:
            book.add_tab({"title": "Sheet1", **tab.get("properties", {})})
        self.books[book_id] = book
        return show_book(book, self._address(book), {}, None, data=False)

    def _open(self, book_id: str, actor: str, *, write: bool) -> Book:
        book = self.books.get(book_id)
        if book is None or book.deleted:
            raise SheetsRefused(NOT_FOUND, "Requested entity was not found.")
        writers = {book.owner, *book.editors}
        if actor not in (writers if write else writers | book.viewers):
            raise SheetsRefused(DENIED, "The caller does not have permission")
        return book

    def _address(self, book: Book) -> str:
        return f"{self.url()}{MOUNT}/spreadsheets/d/{book.id}/edit"

    # The methods, each with what it is asked.

    def get(self, asked: Asked) -> Json:
        """spreadsheets.get"""
        mask = read_mask(asked.query["fields"][0]) if asked.query.get("fields") else {}
        areas: dict[int, list[Area]] = {}
        for text in asked.query.get("ranges", ()):
            tab, area = asked.book.read_range(text)
            areas.setdefault(tab.id, []).append(area)
        data = asked.options.get("includeGridData") == "true"
        return show_book(asked.book, self._address(asked.book), mask, areas or None, data=data)

    def batch_update(self, asked: Asked) -> Json:
        """spreadsheets.batchUpdate"""
        replies = apply_changes(asked.book, asked.actor, asked.body.get("requests", []))
        answer: dict[str, Any] = {"spreadsheetId": asked.book.id, "replies": replies}
        if asked.body.get("includeSpreadsheetInResponse"):
            answer["updatedSpreadsheet"] = show_book(asked.book, self._address(asked.book), {}, None, data=False)
        return answer

    def search(self, asked: Asked) -> Json:
        """spreadsheets.developerMetadata.search"""
        filters = asked.body.get("dataFilters", [])
        found = [
            {"developerMetadata": entry, "dataFilters": hits}
            for entry in asked.book.metadata
            if (hits := [one for one in filters if hangings.finds(one, entry)])
        ]
        return {"matchedDeveloperMetadata": found} if found else {}

    def values_get(self, asked: Asked) -> Json:
        """spreadsheets.values.get"""
        return values.read(asked.book, asked.place["range"], asked.options)

    def values_batch_get(self, asked: Asked) -> Json:
        """spreadsheets.values.batchGet"""
        shown = [values.read(asked.book, text, asked.options) for text in asked.query.get("ranges", ())]
        return {"spreadsheetId": asked.book.id, "valueRanges": shown}

    def values_by_filter(self, asked: Asked) -> Json:
        """spreadsheets.values.batchGetByDataFilter"""
        shown = values.read_filtered(asked.book, asked.body.get("dataFilters", []), asked.body)
        return {"spreadsheetId": asked.book.id, "valueRanges": shown}

    def values_update(self, asked: Asked) -> Json:
        """spreadsheets.values.update"""
        told = {"range": asked.place["range"], **asked.body}
        return values.write(asked.book, asked.actor, told, asked.options.get("valueInputOption"))

    def values_append(self, asked: Asked) -> Json:
        """spreadsheets.values.append"""
        option = asked.options.get("valueInputOption")
        return values.append(asked.book, asked.actor, asked.place["range"], asked.body, option)

    def values_clear(self, asked: Asked) -> Json:
        """spreadsheets.values.clear"""
        cleared = values.clear(asked.book, asked.actor, asked.place["range"])
        return {"spreadsheetId": asked.book.id, "clearedRange": cleared}

    def values_batch_clear(self, asked: Asked) -> Json:
        """spreadsheets.values.batchClear"""
        cleared = [values.clear(asked.book, asked.actor, text) for text in asked.body.get("ranges", [])]
        return {"spreadsheetId": asked.book.id, "clearedRanges": cleared}

    def values_batch_update(self, asked: Asked) -> Json:
        """spreadsheets.values.batchUpdate"""
        option = asked.body.get("valueInputOption")
        done = [values.write(asked.book, asked.actor, one, option) for one in asked.body.get("data", [])]
        return _totals(asked.book, done)

    def values_update_by_filter(self, asked: Asked) -> Json:
        """spreadsheets.values.batchUpdateByDataFilter"""
        option = asked.body.get("valueInputOption")
        done = [values.write_filtered(asked.book, asked.actor, one, option) for one in asked.body.get("data", [])]
        return _totals(asked.book, done)


Served = Callable[[SheetsService, Asked], Json]
SERVED: Mapping[str, Served] = {
    "get": SheetsService.get,
    "batchUpdate": SheetsService.batch_update,
    "developerMetadata.search": SheetsService.search,
    "values.get": SheetsService.values_get,
    "values.batchGet": SheetsService.values_batch_get,
    "values.batchGetByDataFilter": SheetsService.values_by_filter,
    "values.update": SheetsService.values_update,
    "values.append": SheetsService.values_append,
    "values.clear": SheetsService.values_clear,
    "values.batchClear": SheetsService.values_batch_clear,
    "values.batchUpdate": SheetsService.values_batch_update,
    "values.batchUpdateByDataFilter": SheetsService.values_update_by_filter,
}


def apply_changes(book: Book, actor: str, requests: Sequence[Json]) -> list[Json]:
    """Carry out the requests of a batch one after the other, on a copy. Raises SheetsRefused, naming the request."""
    if not requests:
        raise invalid("Must specify at least one request.")
    replies = []
    for number, request in enumerate(requests):
        if len(request) != 1:
            raise invalid(f"Invalid requests[{number}]: must have exactly one kind of request.")
        ((kind, ask),) = request.items()
        change = CHANGES.get(kind)
        if change is None:
            raise invalid(f"Invalid requests[{number}].{kind}: the sandbox does not play it")
        try:
            replies.append(change(book, actor, ask))
        except SheetsRefused as refused:
            raise SheetsRefused(refused.status, f"Invalid requests[{number}].{kind}: {refused.message}") from refused
        except (KeyError, TypeError) as error:
            raise invalid(f"Invalid requests[{number}].{kind}: {error} is required") from error
    return replies


def _totals(book: Book, done: Sequence[Json]) -> Json:
    total = {
        "spreadsheetId": book.id,
        "totalUpdatedSheets": len({str(one.get("updatedRange")).split("!")[0] for one in done}),
    }
    for name in ("Rows", "Columns", "Cells"):
        total[f"totalUpdated{name}"] = sum(one.get(f"updated{name}", 0) for one in done)
    return total | {"responses": list(done)}


def _answer(status: int, body: Json, outcome: str) -> Answer:
    return Answer(status, msgspec.json.encode(body), outcome)
