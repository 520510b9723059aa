"""Webhooks of ours: signed as the specification says, and never sent into a network of somebody's own."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

import pytest

from onhand.channels import announcer
from onhand.channels.announcer import Announcer, key_of, sign, why_not
from onhand.ports.errors import ConfigError
from onhand.ports.listeners import Heard

KEY = b"canary-key-of-24-bytes-or-more"
PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::7f00:1",
    "metadata",
)


class Post:
    """What a listener got."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body


class Ear:
    """A listener on this machine: what it answers, and what it got."""

    def __init__(self) -> None:
        self.status = 200
        self.answer = b""
        self.headers: dict[str, str] = {}
        self.waits = threading.Event()
        self.waits.set()
        self.posts: list[Post] = []
        self.url = ""


@contextmanager
def listening() -> Iterator[Ear]:
    """Listen on a free port."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            ear.posts.append(Post(self.path, {name.lower(): text for name, text in self.headers.items()}, body))
            ear.waits.wait(30)
            self.send_response(ear.status)
            for name, text in ear.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(ear.answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    ear.url = f"http://127.0.0.1:{server.server_address[1]}/changes?from=onhand"
    try:
        yield ear
    finally:
        ear.waits.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


def here(url: str) -> Announcer:
    return Announcer("erp", url, [KEY], monotonic_s=monotonic, on_this_machine=True)


def test_a_message_is_signed_over_its_id_its_time_and_its_body() -> None:
    with listening() as ear:
        assert here(ear.url).tell("msg_1", b'{"units":3}', 1_795_435_200) == Heard("taken", "")
    (post,) = ear.posts
    expected = hmac.new(KEY, b'msg_1.1795435200.{"units":3}', hashlib.sha256).digest()
    assert post.body == b'{"units":3}'
    assert post.path == "/changes?from=onhand"
    assert (post.headers["webhook-id"], post.headers["webhook-timestamp"]) == ("msg_1", "1795435200")
    assert post.headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


def test_the_example_of_the_specification_is_signed_as_it_stands_there() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced_both_sign() -> None:
    assert len(sign([KEY, b"the-one-before-of-24-bytes"], "m", 1, b"").split(" ")) == 2


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all", "whsec_" + "A" * 120])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ConfigError, match="24 to 64 bytes") as refused:
        key_of(secret)
    assert secret == "" or secret.removeprefix("whsec_") == "" or secret not in str(refused.value)


@pytest.mark.parametrize("address", PRIVATE)
def test_e09_an_address_inside_a_network_is_never_told(address: str) -> None:
    told = Announcer("erp", "https://erp.example.com/", [KEY], monotonic_s=monotonic, resolve=lambda *_: [address])
    heard = told.tell("msg_1", b"{}", 1)
    assert heard.ending == "again"
    assert "erp.example.com" in heard.trouble


def test_e09_one_private_address_among_public_ones_is_enough() -> None:
    addresses = ["93.184.216.34", "10.0.0.1"]
    told = Announcer("erp", "https://erp.example.com/", [KEY], monotonic_s=monotonic, resolve=lambda *_: addresses)
    assert "10.0.0.1" in told.tell("msg_1", b"{}", 1).trouble


def test_addresses_of_the_public_internet_may_be_told() -> None:
    assert why_not("93.184.216.34", on_this_machine=False) is None
    assert why_not("2606:2800:220:1:248:1893:25c8:1946", on_this_machine=False) is None
    assert why_not("93.184.216.34", on_this_machine=True) is not None


def test_e09_a_name_that_leads_elsewhere_at_the_next_look_is_connected_to_where_it_was_checked() -> None:
    with listening() as ear:
        looks = iter((["127.0.0.1"], ["169.254.169.254"]))
        port = ear.url.split(":")[2].split("/")[0]
        url = f"http://erp.invalid:{port}/changes"  # no resolver knows it: only the checked address can be meant
        told = Announcer("erp", url, [KEY], monotonic_s=monotonic, on_this_machine=True, resolve=lambda *_: next(looks))
        assert told.tell("msg_1", b"{}", 1).ending == "taken"
        assert ear.posts[0].headers["host"] == f"erp.invalid:{port}"
        assert told.tell("msg_2", b"{}", 1).ending == "again"
        assert len(ear.posts) == 1


def test_e09_plain_http_is_spoken_to_nobody_else() -> None:
    told = Announcer("erp", "http://erp.example.com/", [KEY], monotonic_s=monotonic, resolve=lambda *_: ["1.1.1.1"])
    assert "https" in told.tell("msg_1", b"{}", 1).trouble


def test_e09_a_redirect_is_not_followed() -> None:
    with listening() as ear, listening() as inside:
        ear.status, ear.headers = 307, {"location": inside.url}
        assert here(ear.url).tell("msg_1", b"{}", 1).ending == "again"
    assert len(ear.posts) == 1
    assert inside.posts == []


@pytest.mark.parametrize(
    ("status", "ending"), [(200, "taken"), (204, "taken"), (410, "gone"), (404, "again"), (503, "again")]
)
def test_the_status_says_what_became_of_it(status: int, ending: str) -> None:
    with listening() as ear:
        ear.status = status
        assert here(ear.url).tell("msg_1", b"{}", 1).ending == ending


def test_e09_an_answer_without_end_is_not_read_to_its_end() -> None:
    with listening() as ear:
        ear.answer = b"x" * (announcer.MOST_BYTES * 64)
        heard = here(ear.url).tell("msg_1", b"{}", 1)
    assert heard.ending == "again"


def test_e09_a_listener_that_does_not_answer_is_waited_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer, "TIMEOUT_S", 0.3)
    with listening() as ear:
        ear.waits.clear()
        heard = here(ear.url).tell("msg_1", b"{}", 1)
    assert heard.ending == "again"
    assert "Timeout" in heard.trouble


def test_nobody_who_listens_is_no_reason_to_fail() -> None:
    with listening() as ear:
        pass
    assert here(ear.url).tell("msg_1", b"{}", 1).ending == "again"
