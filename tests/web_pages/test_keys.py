"""Tills and sites on other machines: what a key opens, and that nothing else does."""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from onhand.app.api_keys import make_key, revoke_key
from onhand.app.holding import Holding
from onhand.domain.api_keys import ApiKey, May
from onhand.ports.errors import StoreUnavailable
from onhand.store import open_store
from onhand.web.keys import WRONG_AT_ONCE, WRONG_EVERY, Keys
from onhand.web.problem import Refused
from onhand.web.server import WebServer, build_web
from tests.support.waiting import until
from tests.web_pages.conftest import ITEMS, UNITS, Served
from tests.web_pages.shop import Shop

HOST = "stock.example.com"
OTHER = "mugs.myshopify.com"
ONE = {"sku": "TEE-RED", "location": "New York"}
PROXY = {"x-forwarded-for": "203.0.113.9"}
WRONG = "onhand_0123456789ab_" + "x" * 43


@pytest.fixture
def outside(shop: Shop) -> Iterator[Served]:
    """The pages of a shop beside another one, as a proxy leads to them: under a name, with a forwarding header."""
    shop.open(ITEMS, UNITS)
    with shop.store.writing() as session:
        session.add_shop(OTHER, shop.clock.now())
    with behind_a_proxy(shop, [shop.name, OTHER]) as served:
        yield served


@contextmanager
def behind_a_proxy(shop: Shop, shops: list[str]) -> Iterator[Served]:
    holding = Holding(shop.store, shop.clock)
    pages = build_web(shop.store, shop.log, shops, shop.clock, switches=shop.switches, holding=holding, hosts=[HOST])
    server = WebServer("127.0.0.1:0", pages)
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=60, headers={"host": HOST, **PROXY}) as client:
            yield Served(shop=shop, url=server.url, client=client)
    finally:
        server.stop()


def make(served: Served, may: Iterable[May], name: str = "kiosk", shop: str | None = None) -> dict[str, str]:
    """Make a key and return the header that shows it."""
    with served.shop.store.writing() as session:
        _, text = make_key(session.of(shop or served.shop.name), name, may, served.shop.clock.now())
    return {"authorization": f"Bearer {text}"}


def ask_hold(served: Served, shown: dict[str, str], key: str = "1") -> httpx.Response:
    return served.client.post("/api/v1/holds", json=ONE, headers={"idempotency-key": key, **shown})


def kept(served: Served, name: str = "kiosk") -> ApiKey:
    with served.shop.store.reading() as session:
        (key,) = [key for key in session.of(served.shop.name).api_keys.all() if key.name == name]
    return key


def test_a_till_with_a_key_asks_confirms_and_sees_its_holds(outside: Served) -> None:
    shown = make(outside, [May.HOLDS])
    hold = ask_hold(outside, shown)
    assert hold.status_code == 201, hold.text
    end = {"idempotency-key": "2", **shown}
    assert outside.client.post(f"{hold.headers['location']}/confirm", headers=end).json()["status"] == "confirmed"
    listed = outside.client.get("/api/v1/holds", params={"status": "all"}, headers=shown).json()
    assert [row["id"] for row in listed] == [hold.json()["id"]]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({}, "onhand keys make"),
        ({"authorization": ""}, "onhand keys make"),
        ({"authorization": "Basic dGlsbDp0aWxs"}, "onhand keys make"),
        ({"authorization": "Bearer"}, "does not count"),
        ({"authorization": f"Bearer {WRONG}"}, "does not count"),
        ({"authorization": f"Bearer {WRONG[:-1]}"}, "does not count"),
    ],
)
def test_without_a_key_that_counts_nothing_is_said(outside: Served, shown: dict[str, str], said: str) -> None:
    for answer in (ask_hold(outside, shown), outside.client.get("/api/v1/ats", headers=shown)):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert said in answer.json()["detail"]
        assert outside.shop.name not in answer.text


def test_two_keys_at_once_are_none(outside: Served) -> None:
    (name, value) = next(iter(make(outside, [May.READ]).items()))
    both = httpx.Headers(
        [*outside.client.headers.raw, (name.encode(), value.encode()), (b"authorization", b"Bearer x")]
    )
    assert outside.client.get("/api/v1/ats", headers=both).status_code == 401


def test_a_key_does_what_it_may_and_the_refusal_names_what_is_wanted(outside: Served) -> None:
    reads, holds = make(outside, [May.READ], "reader"), make(outside, [May.HOLDS], "till")
    refused = ask_hold(outside, reads)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (
        403,
        'Bearer realm="onhand", error="insufficient_scope"',
    )
    assert "may read, this wants one that may holds" in refused.json()["detail"]
    assert outside.client.get("/api/v1/ats", headers=reads).status_code == 200
    assert outside.client.get("/api/v1/ats", headers=holds).status_code == 403
    for shown in (reads, holds):
        assert outside.client.get("/api/v1/holds", headers=shown).status_code == 200
        assert outside.client.get("/openapi.json", headers=shown).status_code == 200


def test_a_key_that_may_both_does_both(outside: Served) -> None:
    shown = make(outside, [May.HOLDS, May.READ])
    assert ask_hold(outside, shown).status_code == 201
    assert outside.client.get("/api/v1/levels", headers=shown).status_code == 200


@pytest.mark.parametrize("path", ["/", "/items/CAP", "/healthz", "/metrics", "/readyz", "/static/x/y.js", "/nowhere"])
def test_pages_and_probes_stay_on_this_machine_whatever_key_is_shown(outside: Served, path: str) -> None:
    shown = make(outside, [May.HOLDS, May.READ])
    answer = outside.client.get(path, headers=shown)
    assert answer.status_code == 403
    assert "ssh -L" in answer.json()["detail"]


def test_no_key_presses_a_button(outside: Served) -> None:
    shown = make(outside, [May.HOLDS, May.READ])
    answer = outside.client.post(
        "/api/v1/channels/tiktok_shop/pause", headers={"idempotency-key": "1", **shown}, params={"shop": OTHER}
    )
    assert answer.status_code == 403
    assert "no key opens" in answer.json()["detail"]
    assert outside.shop.switches.pressed == []


@pytest.mark.parametrize("host", ["other.example.com", f"{HOST}.evil.example", f"evil-{HOST}", "127.0.0.1", ""])
def test_under_a_name_that_is_not_configured_no_key_is_heard(outside: Served, host: str) -> None:
    shown = make(outside, [May.READ])
    answer = outside.client.get("/api/v1/ats", headers={"host": host, **shown})
    assert answer.status_code == 403
    assert "[server] hosts" in answer.json()["detail"]


def test_the_name_may_carry_a_port_and_capitals(outside: Served) -> None:
    shown = make(outside, [May.READ])
    for host in (f"{HOST}:8443", HOST.upper()):
        assert outside.client.get("/api/v1/ats", headers={"host": host, **shown}).status_code == 200


def test_a_page_of_another_site_cannot_use_a_key_either(outside: Served) -> None:
    shown = make(outside, [May.HOLDS])
    for told in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = ask_hold(outside, {**shown, **told})
        assert answer.status_code == 403
        assert "another site" in answer.json()["title"]


def test_a_key_of_one_shop_sees_that_shop_and_hears_of_no_other(outside: Served) -> None:
    ours, theirs = make(outside, [May.READ, May.HOLDS]), make(outside, [May.READ, May.HOLDS], shop=OTHER)
    assert {row["shop"] for row in outside.client.get("/api/v1/ats", headers=ours).json()} == {outside.shop.name}
    assert outside.client.get("/api/v1/ats", headers=theirs).json() == []
    assert ask_hold(outside, theirs).status_code == 404
    for shop in (outside.shop.name, "nobody.myshopify.com"):
        answer = outside.client.get("/api/v1/ats", params={"shop": shop}, headers=theirs)
        assert answer.status_code == 404
        assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert outside.client.get("/api/v1/ats", params={"shop": OTHER}, headers=theirs).status_code == 200


def test_what_counts_over_all_shops_is_for_no_key_of_one_of_them(outside: Served) -> None:
    shown = make(outside, [May.READ])
    with behind_a_proxy(outside.shop, [outside.shop.name]) as alone:
        for path in ("/api/v1/status", "/api/v1/inbox"):
            answer = outside.client.get(path, headers=shown)
            assert answer.status_code == 403
            assert "over all shops" in answer.json()["detail"]
            assert alone.client.get(path, headers=shown).status_code == 200


def test_two_tills_may_count_their_baskets_alike(outside: Served) -> None:
    """Of what both ask for there is one: the second till must not be answered with the first one's hold."""
    first, second = (make(outside, [May.HOLDS], name) for name in ("kiosk-1", "kiosk-2"))
    granted = ask_hold(outside, first, "basket-1")
    assert granted.status_code == 201
    assert ask_hold(outside, second, "basket-1").status_code == 409
    assert ask_hold(outside, first, "basket-1").json()["id"] == granted.json()["id"]


def test_a_revoked_key_counts_no_more_from_the_next_request_on(outside: Served) -> None:
    shown = make(outside, [May.READ])
    assert outside.client.get("/api/v1/ats", headers=shown).status_code == 200
    with outside.shop.store.writing() as session:
        revoke_key(session.of(outside.shop.name), "kiosk", outside.shop.clock.now())
    assert outside.client.get("/api/v1/ats", headers=shown).status_code == 401


def test_a_stream_ends_when_its_key_is_revoked_and_counts_no_other_shop(outside: Served) -> None:
    shown = make(outside, [May.READ])
    with outside.client.stream("GET", "/api/v1/stream", headers=shown) as answer:
        assert answer.status_code == 200
        with outside.shop.store.writing() as session:
            revoke_key(session.of(outside.shop.name), "kiosk", outside.shop.clock.now())
        said = list(answer.iter_lines())  # it ends
    assert "event: status" not in said


def test_when_a_key_was_used_is_kept(outside: Served) -> None:
    shown, before = make(outside, [May.READ]), datetime.now(UTC)
    assert kept(outside).last_used_at is None
    outside.client.get("/api/v1/ats", headers=shown)
    until(lambda: kept(outside).last_used_at is not None, "the use is kept")
    used = kept(outside).last_used_at
    assert used is not None
    assert used >= before - timedelta(seconds=1)


def test_on_this_machine_no_key_is_needed_and_a_shown_one_is_judged(outside: Served) -> None:
    with httpx.Client(base_url=outside.url, timeout=60) as here:
        assert here.get("/").status_code == 200
        assert here.get("/api/v1/ats", params={"shop": OTHER}).status_code == 200
        assert here.get("/api/v1/ats", headers={"authorization": f"Bearer {WRONG}"}).status_code == 401
        holds = make(outside, [May.HOLDS])
        assert here.get("/api/v1/ats", headers=holds).status_code == 403
        assert here.get("/", headers=holds).status_code == 403


class Stopped:
    """A clock that stands still until it is set on."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time."""
        return self.time


def judge(keys: Keys, text: str, peer: str = "203.0.113.9") -> int:
    """Return 200, or the status of the refusal."""
    try:
        keys.judge(text, peer)
    except Refused as refused:
        return refused.trouble.status
    return 200


def test_wrong_keys_are_heard_less_and_less_and_shut_nobody_else_out(shop: Shop) -> None:
    clock = Stopped()
    with shop.store.writing() as session:
        texts = [make_key(session.of(shop.name), name, [May.READ], clock.now())[1] for name in ("old", "new")]
    keys = Keys(shop.store, [shop.name], clock)
    assert judge(keys, texts[0]) == 200
    assert [judge(keys, WRONG) for _ in range(WRONG_AT_ONCE)] == [401] * WRONG_AT_ONCE
    assert judge(keys, WRONG) == 429
    assert judge(keys, "nothing like a key") == 429
    assert judge(keys, texts[0]) == 200  # has been in before, from wherever
    assert judge(keys, texts[1]) == 429  # not known here yet: it could be a guess
    assert judge(keys, texts[1], "198.51.100.7") == 200
    clock.time += WRONG_EVERY
    assert [judge(keys, WRONG), judge(keys, WRONG)] == [401, 429]


def test_a_refusal_for_too_many_wrong_keys_says_when_to_come_back(outside: Served) -> None:
    answers = [ask_hold(outside, {"authorization": f"Bearer {WRONG}"}) for _ in range(WRONG_AT_ONCE + 5)]
    late = answers[-1]
    assert late.status_code == 429
    assert 1 <= int(late.headers["retry-after"]) <= WRONG_EVERY.total_seconds() * 2
    assert late.headers["retry-after"] in late.json()["detail"]


def test_a_key_is_read_though_nothing_can_be_written(shop: Shop, tmp_path: Path) -> None:
    with shop.store.writing() as session:
        _, text = make_key(session.of(shop.name), "reader", [May.READ], shop.clock.now())
    keys = Keys(shop.store, [shop.name], shop.clock)
    with shop.store.writing() as session:
        session._sql.connection.set_busy_timeout(1)  # type: ignore[attr-defined]
    busy = open_store(str(tmp_path / "onhand.db"))
    try:
        with busy.writing(), pytest.raises(StoreUnavailable), shop.store.writing():
            pytest.fail("the other one writes")
        with busy.writing():
            assert judge(keys, text) == 200
    finally:
        busy.close()


def test_neither_answers_nor_logs_nor_files_say_a_key(
    outside: Served, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG):
        shown = make(outside, [May.READ])
        secret = shown["authorization"].removeprefix("Bearer ")[20:]
        said = [outside.client.get("/api/v1/ats", headers=shown), ask_hold(outside, shown)]
        wrong = {"authorization": shown["authorization"][:-1] + "!"}
        said += [outside.client.get("/api/v1/ats", headers=wrong) for _ in range(WRONG_AT_ONCE + 2)]
    assert all(secret[:20] not in answer.text + json.dumps(dict(answer.headers)) for answer in said)
    assert secret[:20] not in caplog.text
    for path in tmp_path.rglob("*.db*"):
        assert secret.encode() not in path.read_bytes()


def test_the_document_says_which_addresses_a_key_opens(outside: Served) -> None:
    document = outside.client.get("/openapi.json", headers=make(outside, [May.READ])).json()
    assert document["components"]["securitySchemes"]["key"] == {
        "type": "http",
        "scheme": "bearer",
        "description": document["components"]["securitySchemes"]["key"]["description"],
    }
    opened = {
        (method, path): operation["security"][1]["key"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "security" in operation
    }
    assert opened[("post", "/api/v1/holds")] == ["holds"]
    assert opened[("get", "/api/v1/holds")] == ["holds", "read"]
    assert opened[("get", "/api/v1/stream")] == ["read"]
    assert not any(path in ("/", "/healthz", "/metrics") or "channels" in path for _, path in opened)
    assert all({"401", "403", "429"} <= set(document["paths"][path][method]["responses"]) for method, path in opened)
