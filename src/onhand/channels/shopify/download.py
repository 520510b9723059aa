"""Downloading the file of a bulk operation: resumed where it breaks off, never taken for whole when it is not.

Sources: RFC 9110, 13.1.5 (If-Range), 14.4 (Content-Range); Shopify's `BulkOperation.url` is signed and lives seven days
(Admin API 2026-10).
"""

import re
import time
from collections.abc import Callable
from typing import BinaryIO

import httpx

from onhand.ports.errors import ChannelUnavailable, IncompleteReading

# How often the way may break before any new byte has come.
TRIES = 5
_TIMEOUT_S = 60.0
# What an address answers that is signed for a time, once the time is over.
_EXPIRED = frozenset({401, 403, 404, 410})
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-[0-9]+/([0-9]+|\*)\Z", re.ASCII)


class AddressExpired(IncompleteReading):
    """The file is not to be had any more under its address: the operation must run again."""


def download(
    http: httpx.Client, url: str, file: BinaryIO, size: int | None, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Write what lies at `url` into `file`; an answer that leads elsewhere is none.

    `size` in bytes is what there must be, None when Shopify does not say. The address is signed and holds no token of
    ours; none is sent to it. Raises ChannelUnavailable, IncompleteReading, and AddressExpired, which is one.
    """
    pieces = _Pieces(http, url, file, size)
    tries = 0
    while True:
        before = file.tell()
        try:
            pieces.fetch()
            broken = ""
        except httpx.HTTPError as error:
            broken = type(error).__name__
        have = file.tell()
        if size is not None and have > size:
            raise IncompleteReading(f"the bulk file has {have} bytes, shopify announced {size}: nothing of it is used")
        if have == size or (size is None and not broken):
            return
        tries = 1 if have > before else tries + 1
        if tries > TRIES:
            raise ChannelUnavailable(
                f"the bulk file broke off {tries} times at byte {have} of {size}: {broken or 'end'}"
            )
        sleep(min(5.0, 0.1 * 2**tries))


class _Pieces:
    """The pieces of one file. A piece of another file never joins them: the whole begins again then."""

    def __init__(self, http: httpx.Client, url: str, file: BinaryIO, size: int | None) -> None:
        self._http = http
        self._url = url
        self._file = file
        self._size = size
        self._validator: str | None = None

    def fetch(self) -> None:
        """Add what is missing, as far as the way holds. Raises httpx.HTTPError where it breaks, AddressExpired."""
        have = self._file.tell()
        # Identity: ranges of a compressed body would not fit together.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if self._validator is not None:
                headers["If-Range"] = self._validator
        with self._http.stream(
            "GET", self._url, headers=headers, timeout=_TIMEOUT_S, follow_redirects=False
        ) as response:
            status = response.status_code
            if status in _EXPIRED:
                raise AddressExpired(f"the bulk file is not to be had: its address answers {status}, it has expired")
            if status >= 500 or status == 429:
                response.raise_for_status()
            if status == 416:
                self._begin_again()  # whatever we have is longer than the file
                return
            if status not in (200, 206):
                raise IncompleteReading(f"the bulk file is not to be had: its address answers {status}")
            if have and not (status == 206 and self._continues(response, have)):
                self._begin_again()
                if status == 206:
                    return
            self._validator = self._validator or _validator(response)
            self._file.writelines(response.iter_raw())

    def _continues(self, response: httpx.Response, have: int) -> bool:
        """Return whether a part is the next one of the same file: it says where it begins and how long the file is."""
        found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != have:
            return False
        if found[2] != "*" and self._size is not None and int(found[2]) != self._size:
            return False
        now = _validator(response)
        if self._validator is not None and now is not None:
            return now == self._validator
        return found[2] != "*" and self._size is not None  # without a name of the version its length must do

    def _begin_again(self) -> None:
        self._validator = None
        self._file.seek(0)
        self._file.truncate()


def _validator(response: httpx.Response) -> str | None:
    """Return what names this version of the file: a strong ETag, else its time; None where it says neither."""
    etag: str = response.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
