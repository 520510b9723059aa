"""A site of the merchant's own: it sells what our webhooks say, and refuses some of them the first time."""

import base64
import hmac
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Final

import msgspec

from onhand.answers import stock
from onhand.app import App
from onhand.demo.options import OwnSiteHeard

NAME: Final = "own_site"
CHANNEL: Final = "online_store"
"""By whose rule the site sells."""

KEY: Final = sha256(b"the demo's own site").digest()
SECRET: Final = "whsec_" + base64.b64encode(KEY).decode()

REFUSED_EVERY: Final = 20
"""The site refuses one of so many messages, of each item only once: they come again five seconds later, and what is
refused again after minutes.
"""

WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.2


class OwnSite:
    """What the site has heard: the newest number of each item, by its sequence. `url` is where it listens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._newest: dict[str, tuple[int, int]] = {}
        self._refused: set[str] = set()
        self._messages = 0
        self.forged = 0

    def hear(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a message in and return the HTTP status of its answer; `headers` are by name in lower case."""
        message = headers["webhook-id"]
        signed = f"{message}.{headers['webhook-timestamp']}.".encode() + body
        right = "v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256")).decode()
        with self._lock:
            if not hmac.compare_digest(headers["webhook-signature"], right):
                self.forged += 1
                return 401
            self._messages += 1
            data = msgspec.json.decode(body)["data"]
            if self._messages % REFUSED_EVERY == 0 and data["item"] not in self._refused:
                self._refused.add(data["item"])
                return 503
            before = self._newest.get(data["item"], (0, 0))
            self._newest[data["item"]] = max(before, (data["sequence"], data["units"]))
        return 200

    def units(self) -> dict[str, int]:
        """Return what the site would sell of each item that it has heard of."""
        with self._lock:
            return {item: units for item, (_, units) in self._newest.items()}


@contextmanager
def open_site() -> Iterator[OwnSite]:
    """A site that listens on a free port of this machine as long as the block lasts."""
    site = OwnSite("")

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(site.hear({name.lower(): value for name, value in self.headers.items()}, body))
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: the demo speaks to people."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/onhand"
        thread = threading.Thread(target=server.serve_forever, name="own site", daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def wait_for_site(app: App, shop: str, site: OwnSite, within_s: float = WITHIN_S) -> OwnSiteHeard:
    """Return how what the site heard compares with the books as soon as it is equal, or when it had time enough."""
    gives_up_at = monotonic() + within_s
    while True:
        heard = _compare(app, shop, site)
        if (heard.numbers and not heard.differing) or monotonic() > gives_up_at:
            return heard
        sleep(_LOOK_AGAIN_S)


def _compare(app: App, shop: str, site: OwnSite) -> OwnSiteHeard:
    with app.store.reading() as session:
        rows = stock.ats(session.of(shop), shop, channel=CHANNEL)
    booked = {row.item: row.units for row in rows if row.units is not None}
    heard = site.units()
    wrong = sum(heard.get(item, 0) != booked.get(item, 0) for item in booked.keys() | heard.keys())
    unheard = sum(item not in heard for item in booked)
    return OwnSiteHeard(numbers=len(booked), differing=max(wrong, unheard) + site.forged)
