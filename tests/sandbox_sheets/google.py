"""Google's own client, and gspread, connected to the sandbox's Sheets as a merchant's program would be."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import gspread
import httplib2
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build
from gspread.http_client import HTTPClient

from onhand.sandbox.sheets.tokens import SCOPE


class GoogleClient:
    """google-api-python-client over httplib2; every answer is kept for the discovery document to judge."""

    def __init__(self, address: Mapping[str, Any], scopes: tuple[str, ...] = (SCOPE,)) -> None:
        self._credentials = Credentials.from_service_account_info(address["credentials"], scopes=scopes)
        self._session = AuthorizedSession(self._credentials)
        self.book = str(address["spreadsheet"])
        options = {"api_endpoint": f"{address['url']}/"}
        self.sheets = build("sheets", "v4", http=self, client_options=options, static_discovery=True).spreadsheets()

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: dict[str, str] | None = None, **_: object
    ) -> tuple[httplib2.Response, bytes]:
        """Carry a call of the client, with a token that google-auth has got."""
        got = self._session.request(method, uri, data=body, headers=headers, timeout=60)
        return httplib2.Response({"status": str(got.status_code), **got.headers}), got.content

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def batch(self, *asks: Mapping[str, Any]) -> dict[str, Any]:
        """Send one batch of changes."""
        answer: dict[str, Any] = self.sheets.batchUpdate(
            spreadsheetId=self.book, body={"requests": list(asks)}
        ).execute()
        return answer

    def put(self, area: str, rows: list[list[Any]], option: str = "RAW") -> dict[str, Any]:
        """Write one range."""
        call = self.sheets.values().update(
            spreadsheetId=self.book, range=area, valueInputOption=option, body={"values": rows}
        )
        answer: dict[str, Any] = call.execute()
        return answer

    def get(self, area: str, how: str = "UNFORMATTED_VALUE") -> list[list[Any]]:
        """Read one range."""
        answer = self.sheets.values().get(spreadsheetId=self.book, range=area, valueRenderOption=how).execute()
        values: list[list[Any]] = answer.get("values", [])
        return values


def open_with_gspread(address: Mapping[str, Any]) -> tuple[gspread.Spreadsheet, requests.Session]:
    """Return the spreadsheet as gspread sees it, and the session to close: gspread's addresses are constants."""
    credentials = Credentials.from_service_account_info(address["credentials"], scopes=(SCOPE,))
    session = AuthorizedSession(credentials)

    class Redirected(HTTPClient):
        def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
            there = urlsplit(address["url"])
            asked = urlsplit(endpoint)
            endpoint = urlunsplit((there.scheme, there.netloc, there.path + asked.path, asked.query, ""))
            return super().request(method, endpoint, *args, **kwargs)

    client = gspread.Client(auth=credentials, session=session, http_client=Redirected)
    return client.open_by_key(str(address["spreadsheet"])), session
