"""The ingress: webhooks come in here. Verify, keep, answer; everything else happens later and elsewhere.

Bare ASGI, because this is the hot path: a sender hears 200 only after its delivery is flushed to the disk, and with a
group commit the processor is what limits how many of them fit into a second.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import perf_counter
from typing import Any, NamedTuple

from onhand.intake.receive import receive, receive_for_unknown_shop
from onhand.log.figures import SECONDS, Histogram
from onhand.log.group_commit import GroupCommit, LoopCommit
from onhand.ports.channel import Verifies
from onhand.ports.clock import Clock
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature, ChannelUnavailable, LogUnavailable
from onhand.web.stock_face import PREFIX as STOCK
from onhand.web.stock_face import StockFace

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HARD_CAP_BYTES = 32 * 1024 * 1024  # no platform sends that much: beyond it nothing is even hashed
HELD_BYTES = 64 * 1024 * 1024  # of all bodies that are still arriving, so that memory has a bound
_HASH_HERE_BYTES = 128 * 1024  # a larger body is hashed in a thread: the loop answers others meanwhile
_ASKS_OTHERS = "shopify_pubsub"  # its keys may have to be fetched from Google: never while the loop waits
_FEEDS = frozenset({"foot_traffic"})
"""What comes to an address under /feeds/ and not under /webhooks/."""

_MOST_DOORS = 4096
_MOST_NAMES = 256
_PATH = re.compile(
    r"/(?P<kind>webhooks|feeds)/(?P<channel>[a-z0-9-]{1,32})/(?P<shop>[A-Za-z0-9][A-Za-z0-9._-]{0,252})(?:/(?P<topic>.*))?"
)
_TOPIC = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,127}")
# No channel's signature rests on these; leaving them out is cheaper than reading them.
_UNREAD = frozenset(
    b"accept accept-charset accept-encoding accept-language cache-control connection content-encoding content-type "
    b"forwarded host keep-alive origin referer te traceparent tracestate transfer-encoding user-agent via "
    b"x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip x-request-id".split()
)


class _Door(NamedTuple):
    """Where an address leads. `reporter` is None for a shop that is not configured."""

    channel: str
    shop: str
    topic: str | None
    reporter: Verifies | None


class IngressFigures:
    """What came in and what it was answered: written by the loop, read by anybody."""

    __slots__ = (
        "accepted", "accepted_bytes", "answer_s", "dropped_bodies", "duplicates", "gave_up", "misaddressed",
        "rejected", "too_large", "unavailable", "unknown_shop",
    )  # fmt: skip

    def __init__(self) -> None:
        self.answer_s = Histogram(SECONDS)
        self.accepted = self.accepted_bytes = self.duplicates = self.dropped_bodies = 0
        self.rejected = self.unknown_shop = self.unavailable = 0
        self.too_large = self.misaddressed = self.gave_up = 0


class _Refused(Exception):
    """The request ends here with this answer."""

    def __init__(self, answer: "_Answer") -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Answer:
    """A whole response, made once: they carry no details, a stranger learns nothing from them."""

    def __init__(self, status: int, *headers: tuple[bytes, bytes]) -> None:
        self.status = status
        self.start: Message = {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", b"0"), *headers],
        }


_BODY: Message = {"type": "http.response.body", "body": b""}
_CLOSE = (b"connection", b"close")
_OK = _Answer(200)
_UNAUTHORIZED = _Answer(401)
_NOT_FOUND = _Answer(404)
_NOT_ALLOWED = _Answer(405, (b"allow", b"POST"))
_TOO_LARGE = _Answer(413, _CLOSE)
_UNAVAILABLE = _Answer(503, (b"retry-after", b"10"))
_NO_ROOM = _Answer(503, (b"retry-after", b"10"), _CLOSE)


class Ingress:
    """The ASGI application. `reporters` are by channel (with underscores) and shop; `stock` answers for locations."""

    def __init__(
        self,
        reporters: Mapping[tuple[str, str], Verifies],
        commit: GroupCommit,
        clock: Clock,
        stock: StockFace | None = None,
    ) -> None:
        self.figures = IngressFigures()
        self._reporters = {(channel, shop.lower()): reporter for (channel, shop), reporter in reporters.items()}
        self._shops = {(channel, shop.lower()): shop for channel, shop in reporters}
        self._commit = commit
        self._clock = clock
        self._stock = stock
        self._keeper: LoopCommit | None = None
        self._doors: dict[str, _Door] = {}
        self._names: dict[bytes, str] = dict.fromkeys(_UNREAD, "")
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive_message: Receive, send: Send) -> None:
        """Answer one request."""
        began = perf_counter()
        path = scope["path"]
        try:
            door = self._doors.get(path)
            if door is None:
                if self._stock is not None and path.startswith(STOCK):
                    await self._stock(scope, receive_message, send)
                    return
                door = self._find_door(path)
            headers = self._read_head(scope)
            message = await receive_message()
            if message.get("more_body", True):  # or the sender has hung up
                body = await self._whole_body(message, receive_message)
            else:
                body = message["body"]
            request = Request(door.shop, door.topic, headers, body)
            if len(body) <= _HASH_HERE_BYTES and door.channel != _ASKS_OTHERS:
                delivery = self._verify(door, request)
            else:
                delivery = await asyncio.get_running_loop().run_in_executor(None, self._verify, door, request)
            new = await (self._keeper or self._meet_loop()).keep(delivery)
            self._count(path, door, delivery, len(body), new=new)
            answer = _OK
        except BadSignature:
            self.figures.rejected += 1
            self._commit.log.count_rejected(1)
            answer = _UNAUTHORIZED
        except (LogUnavailable, ChannelUnavailable):
            self.figures.unavailable += 1
            answer = _UNAVAILABLE
        except _Refused as refused:
            answer = refused.answer
        except ConnectionResetError:
            self.figures.gave_up += 1
            return
        await send(answer.start)
        await send(_BODY)
        self.figures.answer_s.add(perf_counter() - began)

    def _verify(self, door: _Door, request: Request) -> Delivery:
        if door.reporter is not None:
            return receive(request, door.reporter, self._clock.now())
        known = [reporter for (channel, _), reporter in self._reporters.items() if channel == door.channel]
        return receive_for_unknown_shop(request, known, self._clock.now())

    def _read_head(self, scope: Scope) -> dict[str, str]:
        """Return the headers by name in lower case, but for those that mean nothing here. Raises _Refused."""
        if scope["method"] != "POST":
            self.figures.misaddressed += 1
            raise _Refused(_NOT_ALLOWED)
        headers: dict[str, str] = {}
        names = self._names
        for name, value in scope["headers"]:
            word = names.get(name)
            if word is None:
                word = name.decode("latin-1")
                if len(names) < _MOST_NAMES:
                    names[name] = word
            if word:
                headers[word] = value.decode("latin-1")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 15 or int(length) > HARD_CAP_BYTES:
            self.figures.too_large += 1
            raise _Refused(_TOO_LARGE)
        return headers

    async def _whole_body(self, message: Message, receive_message: Receive) -> bytes:
        """Return a body that did not come in one piece. Raises _Refused, ConnectionResetError."""
        parts: list[bytes] = []
        held = 0
        try:
            while True:
                if message["type"] != "http.request":
                    raise ConnectionResetError
                parts.append(message["body"])
                held += len(parts[-1])
                self._held_bytes += len(parts[-1])
                if held > HARD_CAP_BYTES:
                    self.figures.too_large += 1
                    raise _Refused(_TOO_LARGE)
                if self._held_bytes > HELD_BYTES:
                    self.figures.unavailable += 1
                    raise _Refused(_NO_ROOM)
                if not message["more_body"]:
                    return b"".join(parts)
                message = await receive_message()
        finally:
            self._held_bytes -= held

    def _find_door(self, path: str) -> _Door:
        """Return where a path leads. Raises _Refused with 404."""
        match = _PATH.fullmatch(path)
        channel = match["channel"].replace("-", "_") if match else ""
        topic = match["topic"] or None if match else None
        known = any(channel == name for name, _ in self._reporters)
        known = known and match is not None and (match["kind"] == "feeds") == (channel in _FEEDS)
        if match is None or not known or (topic is not None and not _TOPIC.fullmatch(topic)):
            self.figures.misaddressed += 1
            raise _Refused(_NOT_FOUND)
        shop = match["shop"].lower()
        return _Door(channel, self._shops.get((channel, shop), shop), topic, self._reporters.get((channel, shop)))

    def _meet_loop(self) -> LoopCommit:
        self._keeper = LoopCommit(self._commit, asyncio.get_running_loop())
        return self._keeper

    def _count(self, path: str, door: _Door, delivery: Delivery, body_bytes: int, *, new: bool) -> None:
        figures = self.figures
        if new:
            figures.accepted += 1
            figures.accepted_bytes += body_bytes
        else:
            figures.duplicates += 1
        if len(delivery.body) < body_bytes:
            figures.dropped_bodies += 1
        if door.reporter is None:
            figures.unknown_shop += 1
        elif path not in self._doors and len(self._doors) < _MOST_DOORS:
            self._doors[path] = door  # only addresses that genuine senders use are worth remembering
