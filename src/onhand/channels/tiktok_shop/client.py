"""Signed calls to TikTok Shop's Partner API, and what became of them.

Source: Partner Center, "Sign your API request", "Common errors", "Rate limits".
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, TypeVar

import httpx
import msgspec

from onhand.channels.bounded import Answered, ask
from onhand.channels.entry import Keeper
from onhand.channels.tiktok_shop import trouble
from onhand.channels.tiktok_shop.limiter import UNLIMITED_PER_S, Limiter
from onhand.channels.tiktok_shop.paces import PaceKeeper
from onhand.channels.tiktok_shop.settings import API_URL, TikTokSettings
from onhand.channels.tiktok_shop.signing import signed_query
from onhand.channels.tiktok_shop.tokens import TokenKeeper, Vault
from onhand.channels.tiktok_shop.trouble import NoAnswer, NotCarriedOut, Refused

_log = logging.getLogger(__name__)

_JSON = "application/json"
_UNREACHED_RETRY_S = 2.0
# Writes come seldom and in haste: at two a second one may then wait for the urgent while another goes.
_WRITES_IN_HAND_S = 1.0
_READS_IN_HAND_S = 0.5

T = TypeVar("T")


class Effort(Enum):
    """What a call counts against."""

    READ = "read"
    WRITE = "write"


class _Head(msgspec.Struct):
    code: int
    message: str = ""
    request_id: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How time is told and passes. The wall clock goes into signatures, which are refused when 5 minutes old, and
    says when tokens are due; rates are kept by the other one, which never jumps.
    """

    wall_s: Callable[[], float] = time.time  # noqa: TID251 - this machine's clock, where nobody brings another one
    monotonic_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


MACHINE_TIMING = Timing()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call before it is signed. `query` holds decoded values; `body` the exact bytes, empty for a GET."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    effort: Effort = Effort.READ
    of_shop: bool = True


class _Shop(msgspec.Struct):
    id: str
    cipher: str
    name: str = ""
    region: str = ""


class Shops(msgspec.Struct):
    """The shops that have authorized the app."""

    shops: list[_Shop] = []


SHOPS = Call(method="GET", path="/authorization/202309/shops", of_shop=False)


class Client:
    """Sends signed calls, within the rates, with a good token; names what became of each."""

    def __init__(
        self,
        settings: TikTokSettings,
        http: httpx.Client,
        vault: Vault | None = None,
        *,
        paces: Keeper | None = None,
        timing: Timing = MACHINE_TIMING,
    ) -> None:
        _hide_queries()
        self._settings = settings
        self._http = http
        self._wall_s = timing.wall_s
        self.tokens = TokenKeeper(settings, http, vault, timing.wall_s)
        self._cipher = settings.shop_cipher
        self._cipher_lock = threading.Lock()
        self._url = (settings.api_url or API_URL).rstrip("/")
        self._paces = PaceKeeper(paces, settings.shop_id, timing.wall_s)
        self.limits = {
            Effort.READ: self._limiter(Effort.READ, settings.reads_per_s, _READS_IN_HAND_S, timing),
            Effort.WRITE: self._limiter(Effort.WRITE, settings.writes_per_s, _WRITES_IN_HAND_S, timing),
        }
        self._answered_at: datetime | None = None

    def _limiter(self, effort: Effort, per_s: float, burst_s: float, timing: Timing) -> Limiter:
        begins_at = self._paces.begin(effort.value, min(per_s, UNLIMITED_PER_S))
        return Limiter(per_s, burst_s, timing.monotonic_s, timing.sleep, begins_at)

    def call(self, call: Call, kind: type[T]) -> T:
        """Return the answer's data. Raises NotCarriedOut, NoAnswer, Refused; for a write the difference matters."""
        wait_s = self._settings.write_wait_s if call.effort is Effort.WRITE else self._settings.read_wait_s
        limit = self.limits[call.effort]
        again_in_s = limit.take(wait_s)
        if again_in_s:
            raise NotCarriedOut(f"{call.path}: the {call.effort.value} rate is used up", again_in_s)
        query = dict(call.query)
        if call.of_shop:
            query["shop_cipher"] = self.cipher()
        token = self.tokens.token()
        head = self._send(call, query, token)
        if self._is_about_the_token(head):
            self.tokens.renew(token)
            head = self._send(call, query, self.tokens.token())
        self._raise_for(call, head)
        limit.succeeded()
        self._paces.note(call.effort.value, limit.per_s, limit.most_per_s)
        data = bytes(head.data)
        try:
            return msgspec.json.decode(data if data != b"null" else b"{}", type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NoAnswer(f"{call.path}: the answer is not as documented: {error}") from error

    def cipher(self) -> str:
        """Return what names the shop in calls; it is asked for once. Raises as `call` does."""
        with self._cipher_lock:
            if self._cipher is None:
                shop_id = self._settings.shop_id
                found = next((shop for shop in self.shops().shops if shop.id == shop_id), None)
                if found is None:
                    raise Refused(
                        0, f"shop_id {shop_id} has not authorized this app: check it, or connect the shop again"
                    )
                self._cipher = found.cipher
            return self._cipher

    def shops(self) -> Shops:
        """Return the shops that have authorized the app. Raises as `call` does."""
        return self.call(SHOPS, Shops)

    def platform_time(self) -> datetime:
        """Return TikTok Shop's time of its last answer, this machine's while it has not said."""
        return self._answered_at or datetime.fromtimestamp(self._wall_s(), UTC)

    def _send(self, call: Call, query: Mapping[str, str], token: str) -> _Head:
        """Sign and send once. A call is signed anew each time: a signature goes stale within minutes."""
        settings = self._settings
        full = {**query, "app_key": settings.app_key, "timestamp": str(int(self._wall_s()))}
        url = f"{self._url}{call.path}?{signed_query(settings.app_secrets[0], call.path, full, call.body)}"
        headers = {"x-tts-access-token": token, "content-type": _JSON}
        try:
            response = ask(
                self._http, call.method, url, content=call.body, headers=headers, timeout_s=settings.request_timeout_s
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotCarriedOut(
                f"{call.path}: TikTok Shop was not reached ({type(error).__name__})", _UNREACHED_RETRY_S
            ) from None
        except httpx.HTTPError as error:  # the chain would show the URL with its signature
            raise NoAnswer(f"{call.path}: no answer ({type(error).__name__})") from None
        self._note_time(response)
        if response.status_code == 429:
            raise self._throttled(call, response)
        try:
            head = msgspec.json.decode(response.content, type=_Head)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NoAnswer(f"{call.path}: status {response.status_code} and no answer of TikTok Shop's") from error
        if head.code == trouble.THROTTLED:
            raise self._throttled(call, response)
        if response.status_code >= 500:
            raise NoAnswer(f"{call.path}: TikTok Shop answered {response.status_code}")
        return head

    def _throttled(self, call: Call, response: Answered) -> NotCarriedOut:
        limit = self.limits[call.effort]
        pause_s = limit.refused(_seconds(response.headers.get("retry-after")))
        self._paces.note(call.effort.value, limit.per_s, limit.most_per_s)
        _log.info("%s: too fast for TikTok Shop, nothing is sent for %.1f s", call.path, pause_s)
        return NotCarriedOut(f"{call.path}: too fast for TikTok Shop", pause_s)

    @staticmethod
    def _is_about_the_token(head: _Head) -> bool:
        if head.code == trouble.AMBIGUOUS:
            return "token" in head.message.lower()
        return head.code == trouble.TOKEN_EXPIRED

    @staticmethod
    def _raise_for(call: Call, head: _Head) -> None:
        if head.code == 0:
            return
        said = f"{call.path}: {head.message or 'no message'}"
        if head.code in trouble.PASSING:
            raise NoAnswer(f"{said} (code {head.code})")
        if head.code == trouble.AMBIGUOUS and "timestamp" in head.message.lower():
            raise Refused(head.code, f"{said}; set this machine's clock, TikTok Shop allows 5 minutes")
        raise Refused(head.code, f"{said}; {trouble.way_out(head.code)}")

    def _note_time(self, response: Answered) -> None:
        try:
            self._answered_at = parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError):
            return


def encode(body: Any) -> bytes:
    """Return a body's bytes: made once, signed and sent as they are."""
    return msgspec.json.encode(body)


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return seconds if seconds >= 0 else None


class _WithoutQuery(logging.Filter):
    """Cuts query strings from httpx's own log lines: they carry signatures and, for tokens, the secret itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                str(argument).partition("?")[0] if isinstance(argument, httpx.URL) else argument
                for argument in record.args
            )
        return True


_WITHOUT_QUERY = _WithoutQuery()


def _hide_queries() -> None:
    logging.getLogger("httpx").addFilter(_WITHOUT_QUERY)  # adding it twice adds it once
