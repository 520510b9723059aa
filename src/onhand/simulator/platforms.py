"""The platforms' APIs for the product's own HTTP client, in the same thread and without a socket."""

import random
from collections.abc import Callable

import httpx

from onhand.sandbox.shopify.desk import Desk
from onhand.sandbox.state import Sandbox
from onhand.simulator.clock import ManualClock

BASE_URL = "http://platforms.invalid"
"""An address that leads nowhere: nothing of a simulation may ever leave this process."""

WAY_S = (0.01, 0.25)
"""How long a question or an answer is under way."""

GIVES_UP_AFTER_S = 20.0
"""How long the product waits for an answer that does not come."""


class InProcessPlatforms(httpx.BaseTransport):
    """Answers every call at once on the simulated clock.

    `tamper` may put other bytes in place of an answer. `meanwhile` is called while a question and while its answer is
    under way: the world goes on then, too. While it is `cut_off`, nothing can be reached.
    """

    def __init__(self, sandbox: Sandbox, clock: ManualClock, rng: random.Random) -> None:
        sandbox.base_url = BASE_URL
        self._desk = Desk(sandbox)
        self._clock = clock
        self._rng = rng
        self.meanwhile: Callable[[], None] = lambda: None
        self.tamper: Callable[[httpx.Request, bytes], bytes] = lambda _, answer: answer
        self.cut_off = False
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a call of the product's HTTP client. Raises httpx.ConnectError, httpx.ReadTimeout."""
        self._travel()
        if self.cut_off:
            raise httpx.ConnectError("the way to the platforms is cut off", request=request)
        self.calls += 1
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self._desk.answer(request.method, request.url.path, headers, request.read())
        if reply.lost:
            self._clock.advance(GIVES_UP_AFTER_S)
            raise httpx.ReadTimeout("no answer came", request=request)
        self._travel()
        headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
        return httpx.Response(
            reply.status, headers=headers, stream=httpx.ByteStream(self.tamper(request, reply.body)), request=request
        )

    def _travel(self) -> None:
        self._clock.advance(self._rng.uniform(*WAY_S))
        self.meanwhile()
