"""The public keys that Google signs its tokens with: fetched from one address, kept as long as it says.

Source: Google Identity, OpenID Connect discovery, `jwks_uri`; RFC 7517 (key sets), RFC 9111 (Cache-Control).
"""

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Final

import httpx
import jwt
import msgspec

from onhand.channels.bounded import ask
from onhand.ports.errors import ChannelUnavailable

logger = logging.getLogger(__name__)

KEYS_URL: Final = "https://www.googleapis.com/oauth2/v3/certs"

_TIMEOUT_S = 3.0  # a push waits for this; Pub/Sub gives up after ten seconds and tries again
_SHORTEST_S, _USUAL_S, _LONGEST_S = 60.0, 3600.0, 86_400.0
_ASK_AGAIN_S = 30.0  # strangers make up names of keys: they must not make us ask all the time
_REST_S = 5.0  # after an asking in vain: whoever waits meanwhile hears at once that it is in vain
_MOST_BYTES = 256 * 1024
_FEWEST_BITS = 2048


class _KeySet(msgspec.Struct):
    keys: list[dict[str, object]]


class GoogleKeys:
    """Keys by their id. One thread fetches, the others wait for it. Redirects are not followed."""

    def __init__(self, url: str, http: httpx.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fresh_until = self._asked_at = self._failed_at = float("-inf")

    def key(self, kid: str) -> jwt.PyJWK | None:
        """Return a key, or None where Google has none of this id. Raises ChannelUnavailable where nobody can tell."""
        key = self._keys.get(kid)
        if key is not None and self._clock() < self._fresh_until:
            return key
        with self._lock:
            key, now = self._keys.get(kid), self._clock()
            if key is not None and now < self._fresh_until:
                return key
            if now - self._asked_at < _ASK_AGAIN_S:
                return key
            if now - self._failed_at < _REST_S and key is None:
                raise ChannelUnavailable(f"Google's keys could not be had from {self.url} a moment ago")
            try:
                self._fetch(now)
            except ChannelUnavailable:
                self._failed_at = now
                if key is not None:  # Google changes keys over days: an old answer is better than none
                    logger.warning("the keys at %s cannot be had now: those from before are used", self.url)
                    return key
                raise
            return self._keys.get(kid)

    def count(self) -> int:
        """Ask, and return how many keys there are. Raises ChannelUnavailable."""
        with self._lock:
            self._fetch(self._clock())
            return len(self._keys)

    def _fetch(self, now: float) -> None:
        asked = f"asking for Google's keys at {self.url}"
        try:
            response = ask(self._http, "GET", self.url, timeout_s=_TIMEOUT_S, most_bytes=_MOST_BYTES)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(f"{asked}: no answer ({type(error).__name__})") from error
        if response.status_code != 200:
            raise ChannelUnavailable(f"{asked}: {response.status_code}, {len(response.content)} bytes")
        try:
            found = [jwt.PyJWK(row) for row in msgspec.json.decode(response.content, type=_KeySet).keys]
        except (ValueError, RecursionError, jwt.PyJWTError) as error:
            raise ChannelUnavailable(f"{asked}: the answer is no set of keys: {error}") from error
        self._keys = {key.key_id: key for key in found if key.key_id is not None and _is_strong(key)}
        self._asked_at = now
        self._fresh_until = now + _life_s(response.headers.get("cache-control", ""))


def _is_strong(key: jwt.PyJWK) -> bool:
    return key.key_type == "RSA" and getattr(key.key, "key_size", 0) >= _FEWEST_BITS


def _life_s(cache_control: str) -> float:
    found = re.search(r"max-age=(\d{1,9})", cache_control)
    return min(max(float(found[1]), _SHORTEST_S), _LONGEST_S) if found else _USUAL_S
