"""One way to ask a platform: an answer has a size that fits, and none may be larger unpacked than what was agreed.

A platform, or who sits between, may answer with a few kilobytes that unpack to gigabytes: bytes are counted as they
are unpacked, and reading ends at the bound.
"""

from collections.abc import Mapping
from typing import NamedTuple

import httpx

MOST_BYTES = 64 * 1024 * 1024
"""Of one answer, unpacked. The largest page that onhand asks for stays below a tenth of it."""


class AnswerTooLarge(httpx.TransportError):
    """An answer does not end where any of its kind would have."""


class Answered(NamedTuple):
    """An answer that was read to its end."""

    status_code: int
    headers: httpx.Headers
    content: bytes


def ask(
    http: httpx.Client,
    method: str,
    url: httpx.URL | str,
    *,
    timeout_s: float,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    form: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> Answered:
    """Return the answer to one request; redirects are not followed. Raises httpx.HTTPError, AnswerTooLarge among them.

    Of `content` and `form` at most one is sent.
    """
    with http.stream(
        method, url, headers=headers, content=content, data=form, timeout=timeout_s, follow_redirects=False
    ) as response:
        parts: list[bytes] = []
        room = most_bytes
        for part in response.iter_bytes():
            room -= len(part)
            if room < 0:
                raise AnswerTooLarge(f"an answer of more than {most_bytes} bytes")
            parts.append(part)
        return Answered(response.status_code, response.headers, b"".join(parts))
