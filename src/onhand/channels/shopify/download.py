"""Downloading the file of a bulk operation: resumed where it breaks off, never taken for whole when it is not."""

import time
from collections.abc import Callable
from typing import BinaryIO

import httpx

from onhand.ports.errors import ChannelUnavailable, IncompleteReading

# How often the way may break before any new byte has come.
TRIES = 5
_TIMEOUT_S = 60.0


def download(
    http: httpx.Client, url: str, file: BinaryIO, size: int | None, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Write what lies at `url` into `file`.

    `size` in bytes is what there must be, None when Shopify does not say. The address is signed and holds no token of
    ours; none is sent to it. Raises ChannelUnavailable, IncompleteReading.
    """
    tries = 0
    while True:
        before = file.tell()
        try:
            _fetch(http, url, file)
            broken = ""
        except httpx.HTTPError as error:
            broken = type(error).__name__
        have = file.tell()
        if size is not None and have > size:
            raise IncompleteReading(f"the bulk file has {have} bytes, shopify announced {size}")
        if have == size or (size is None and not broken):
            return
        tries = 1 if have > before else tries + 1
        if tries > TRIES:
            raise ChannelUnavailable(
                f"the bulk file broke off {tries} times at byte {have} of {size}: {broken or 'end'}"
            )
        sleep(min(5.0, 0.1 * 2**tries))


def _fetch(http: httpx.Client, url: str, file: BinaryIO) -> None:
    have = file.tell()
    # Identity: ranges of a compressed body would not fit together.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with http.stream("GET", url, headers=headers, timeout=_TIMEOUT_S, follow_redirects=True) as response:
        status = response.status_code
        if status == 200 and have:  # no ranges there: begin again
            file.seek(0)
            file.truncate()
        elif status == 416:  # nothing behind what we have
            return
        elif status >= 500 or status == 429:
            response.raise_for_status()
        elif status not in (200, 206):
            raise IncompleteReading(
                f"the bulk file is not to be had: its address answers {status}, it may have expired"
            )
        file.writelines(response.iter_raw())
