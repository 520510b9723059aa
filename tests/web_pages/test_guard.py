"""Only this machine may ask, and every answer carries its armour."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from onhand.ports.errors import ConfigError
from onhand.web.desk import Desk
from onhand.web.guard import Guard, is_loopback
from onhand.web.server import WebServer, build_web, read_listen
from tests.web_pages.conftest import Served
from tests.web_pages.shop import Shop, run_apart


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "10.0.0.7", ""])
def test_a_foreign_host_name_is_refused_with_the_way_out(still: Served, host: str) -> None:
    answer = still.client.get("/api/v1/ats", headers={"host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ssh -L" in answer.json()["detail"]
    assert repr(host) in answer.json()["detail"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "127.8.9.1", "[::1]:8000"])
def test_every_name_of_this_machine_is_answered(still: Served, host: str) -> None:
    assert still.client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "CF-Connecting-IP", "Via"]
)
def test_what_came_through_a_proxy_is_refused(still: Served, name: str) -> None:
    answer = still.client.get("/", headers={name: "203.0.113.9"})
    assert answer.status_code == 403
    assert name.lower() in answer.json()["detail"]


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        (("127.0.0.1", 5), 200),
        (("::1", 5), 200),
        (("::ffff:127.0.0.1", 5), 200),
        (("192.168.1.9", 5), 403),
        (("::ffff:192.168.1.9", 5), 403),
        (None, 403),
    ],
)
def test_a_peer_from_elsewhere_is_refused_whatever_host_it_names(
    shop: Shop, peer: tuple[str, int] | None, status: int
) -> None:
    assert _ask(shop, peer) == status


def _ask(shop: Shop, peer: tuple[str, int] | None) -> int:
    started: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message["status"])

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("in")(scope, receive, send)

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")], "client": peer}
    desk = Desk(store=shop.store, log=shop.log, shops=[shop.name], clock=shop.clock, health=dict, switches=None)
    run_apart(lambda: Guard(inside, desk)(scope, receive, send))
    desk.close()
    return started[0]


@pytest.mark.parametrize("path", ["/", "/items/CAP", "/api/v1/ats", "/nowhere", "/healthz", "/metrics"])
def test_every_answer_carries_its_armour_and_no_data_is_cached(still: Served, path: str) -> None:
    headers = still.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": "http://localhost:1"},
    ],
)
def test_a_button_pressed_by_another_site_does_nothing(still: Served, headers: dict[str, str]) -> None:
    answer = still.client.post("/api/v1/channels/tiktok_shop/pause", headers={"idempotency-key": "k", **headers})
    assert answer.status_code == 403
    assert still.shop.switches.pressed == []


def test_our_own_page_and_a_program_may_press_it(served: Served) -> None:
    for number, headers in enumerate([{}, {"sec-fetch-site": "same-origin", "origin": served.url}]):
        key = {"idempotency-key": str(number)}
        answer = served.client.post("/api/v1/channels/tiktok_shop/pause", headers={**key, **headers})
        assert answer.status_code == 200
    assert len(served.shop.switches.pressed) == 2


@pytest.mark.parametrize("listen", ["0.0.0.0:8000", "[::]:8000", "shop.example:80", "10.1.2.3:80"])
def test_pages_do_not_listen_where_others_could_look(listen: str) -> None:
    with pytest.raises(ConfigError, match="ssh -L"):
        read_listen(listen)


@pytest.mark.parametrize("listen", ["8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_named(listen: str) -> None:
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:8000"):
        read_listen(listen)


def test_a_taken_port_is_said_with_the_way_out(still: Served) -> None:
    taken = still.url.removeprefix("http://")
    with pytest.raises(ConfigError, match="--port"):
        WebServer(taken, build_web(still.shop.store, still.shop.log, [still.shop.name], still.shop.clock)).start()


def test_the_server_lets_its_port_go_though_a_page_still_follows(shop: Shop) -> None:
    server = WebServer("127.0.0.1:0", build_web(shop.store, shop.log, [shop.name], shop.clock))
    server.start()
    with httpx.Client(base_url=server.url, timeout=60) as client, client.stream("GET", "/api/v1/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: status"
        server.stop()
        assert len(list(lines)) < 100  # it ends
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, timeout=60)


def test_only_addresses_of_this_machine_count_as_loopback() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "[::1]")] == [True] * 4
    assert [is_loopback(host) for host in ("10.0.0.1", "::", "localhost.evil", "127.1", "")] == [False] * 5


@pytest.mark.parametrize("mode", ["no-cors", "cors", "navigate"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/", "/api/v1/ats", "/api/v1/stream"])
def test_another_site_can_lead_here_by_a_link_and_embed_or_fetch_nothing(
    still: Served, path: str, site: str, mode: str
) -> None:
    told = {"sec-fetch-site": site, "sec-fetch-mode": mode}
    for kind in ("empty", "image", "script", "iframe", "object"):
        answer = still.client.get(path, headers={**told, "sec-fetch-dest": kind})
        assert answer.status_code == 403
        assert "no link" in answer.json()["detail"]
    if path != "/api/v1/stream" and mode == "navigate":
        assert still.client.get(path, headers={**told, "sec-fetch-dest": "document"}).status_code == 200
    assert still.client.get("/healthz", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert still.client.get("/healthz", headers={"sec-fetch-site": "none"}).status_code == 200
