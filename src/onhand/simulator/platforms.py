"""The platforms' APIs for the product's own HTTP client, in the same thread and without a socket."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from onhand.sandbox.markets import desks
from onhand.sandbox.reply import Reply
from onhand.sandbox.sheets.desk import answer_in_process
from onhand.sandbox.sheets.service import TOKEN_PATH
from onhand.sandbox.shopify.desk import Desk
from onhand.sandbox.state import Sandbox
from onhand.sandbox.tiktok.desk import TikTokDesk
from onhand.simulator.clock import ManualClock
from onhand.simulator.crash import CrashPoints
from onhand.simulator.trace import Trace, brief

BASE_URL = "https://platforms.invalid"
"""An address that leads nowhere: nothing of a simulation may ever leave this process."""

WAY_S = (0.01, 0.25)
"""How long a question or an answer is under way, where nobody says otherwise."""

SLOW_S = (2.0, 12.0)

GIVES_UP_AFTER_S = 20.0
"""How long the product waits for an answer that does not come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Roads:
    """Shares (0 to 1) of calls that do not reach the platform, whose question is lost, whose answer is lost, comes
    cut short, or takes long. The last three take effect.
    """

    unreachable: float = 0.0
    unasked: float = 0.0
    unanswered: float = 0.0
    cut_short: float = 0.0
    slow: float = 0.0


GOOD_ROADS = Roads()


class InProcessPlatforms(httpx.BaseTransport):
    """Answers every call at once on the simulated clock.

    `expect` sees each call before it is answered, `watch` with its answer. `tamper` may put other bytes in its place.
    `meanwhile` is called while a question and while its answer is under way: the world goes on then, too; `under_way`
    has the paths of the calls that wait. While it is `cut_off`, nothing can be reached. `way_s` is how long a question
    or an answer is under way, at least and at most.
    """

    def __init__(
        self, sandbox: Sandbox, clock: ManualClock, rng: random.Random, points: CrashPoints, trace: Trace
    ) -> None:
        sandbox.base_url = BASE_URL
        self._desk = Desk(sandbox)
        self._sheets = sandbox.sheets
        self._markets = desks(sandbox)
        self._clock = clock
        self._rng = rng
        self._points = points
        self._trace = trace
        self.roads = GOOD_ROADS
        self.way_s = WAY_S
        self.meanwhile: Callable[[], None] = lambda: None
        self.tamper: Callable[[httpx.Request, bytes], bytes] = lambda _, answer: answer
        self.expect: Callable[[httpx.Request], None] = lambda _: None
        self.watch: Callable[[httpx.Request, Reply], None] = lambda *_: None
        self.cut_off = False
        self.under_way: list[str] = []
        self.calls = 0
        self.counts: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a call of the product's HTTP client. Raises httpx.ConnectError, httpx.ReadTimeout, Crash."""
        self._points.reach("call")
        self._travel(request)
        fate = self.draw_fate()
        if self.cut_off or fate == "unreachable":
            self._trace.note(f"call {request.url.path} unreachable")
            raise httpx.ConnectError("the way to the platforms is cut off", request=request)
        if fate == "unasked":
            self._give_up(request, fate)
        self.calls += 1
        headers = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
        self.expect(request)
        reply = self._answer(request, headers)
        self.watch(request, reply)
        body = self.tamper(request, reply.body)
        # Google's assertions are signed by the machine's own clock, with a key of this process.
        asked = "" if request.url.path == TOKEN_PATH else brief(request.content)
        self._trace.note(f"call {request.url.path} {asked} {reply.status} {brief(body)} {fate or 'well'}")
        if reply.lost or fate == "unanswered":
            self._give_up(request, "unanswered")
        self._travel(request)
        if fate == "slow":
            self._clock.advance(self._rng.uniform(*SLOW_S))
        if fate == "cut_short" and body:
            body = body[: self._rng.randrange(len(body))]
        self._points.reach("answer")
        headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
        return httpx.Response(reply.status, headers=headers, stream=httpx.ByteStream(body), request=request)

    def agree_on_tiktok_shop(self) -> str:
        """Let the seller agree to the app on TikTok Shop once more, and return the code."""
        return next(desk for desk in self._markets.values() if isinstance(desk, TikTokDesk)).agree()

    def _answer(self, request: httpx.Request, headers: Mapping[str, str]) -> Reply:
        path, body = request.url.path, request.read()
        if self._sheets is not None:
            target = request.url.raw_path.decode("ascii")
            google = answer_in_process(self._sheets, request.method, target, headers, body)
            if google is not None:
                return google
        for mount, desk in self._markets.items():
            if path.startswith(mount):  # and what gives out its tokens
                return desk.answer(request.method, path, dict(request.url.params), headers, body)
        return self._desk.answer(request.method, path, headers, body)

    def draw_fate(self) -> str | None:
        """Draw what becomes of a call on its way; None where all goes well."""
        if self.roads is GOOD_ROADS:
            return None
        point, roads = self._rng.random(), self.roads
        for name in ("unreachable", "unasked", "unanswered", "cut_short", "slow"):
            point -= getattr(roads, name)
            if point < 0:
                self.counts[f"call {name}"] += 1
                return name
        return None

    def _give_up(self, request: httpx.Request, why: str) -> None:
        self._clock.advance(GIVES_UP_AFTER_S)
        self._points.reach("answer")
        raise httpx.ReadTimeout(f"no answer came: {why}", request=request)

    def _travel(self, request: httpx.Request) -> None:
        self._clock.advance(self._rng.uniform(*self.way_s))
        self.under_way.append(request.url.path)
        try:
            self.meanwhile()
        finally:
            self.under_way.pop()
        self._points.check()


class InProcessClient(httpx.Client):
    """The client of a product that asks these platforms: no redirects, cookies or pools, which none of them has."""

    def __init__(self, platforms: InProcessPlatforms) -> None:
        super().__init__(transport=platforms)
        self._platforms = platforms

    def build_request(
        self,
        method: str,
        url: httpx.URL | str,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        timeout: Any = None,
        extensions: Any = None,
    ) -> httpx.Request:
        """Return a request as it was asked for, with nothing that a client adds for networks."""
        del cookies, timeout, extensions
        return httpx.Request(
            method, url, content=content, data=data, files=files, json=json, params=params, headers=headers
        )

    def send(
        self, request: httpx.Request, *, stream: bool = False, auth: object = None, follow_redirects: object = None
    ) -> httpx.Response:
        """Return the answer, unread: whoever asks reads it to its end."""
        del stream, auth, follow_redirects
        return self._platforms.handle_request(request)
