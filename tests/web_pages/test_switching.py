"""Buttons: pause and resume, arm and disarm, each press once."""

import httpx
import pytest

from onhand.web.routes import LONGEST_KEY
from onhand.web.server import build_web
from tests.web_pages.conftest import Served
from tests.web_pages.shop import run_apart


def press(served: Served, action: str, key: str = "1", channel: str = "tiktok_shop") -> httpx.Response:
    return served.client.post(f"/api/v1/channels/{channel}/{action}", headers={"idempotency-key": key})


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        ([], "shadow"),
        (["arm"], "armed"),
        (["arm", "pause"], "paused"),
        (["arm", "pause", "resume"], "armed"),
        (["arm", "disarm"], "shadow"),
    ],
)
def test_a_lane_is_as_it_was_switched_last(served: Served, actions: list[str], state: str) -> None:
    for number, action in enumerate(actions):
        answer = press(served, action, key=str(number))
        assert answer.status_code == 200, answer.text
    lanes = {lane["channel"]: lane["state"] for lane in served.client.get("/api/v1/status").json()["lanes"]}
    assert lanes == {"shopify": "shadow", "tiktok_shop": state}


def test_a_repeated_press_is_answered_and_not_done_again(served: Served) -> None:
    first, again = press(served, "pause", key="once"), press(served, "pause", key="once")
    assert (first.status_code, again.status_code) == (200, 200)
    assert served.shop.switches.pressed == [("pause", served.shop.name, "tiktok_shop", True)]


def test_a_key_cannot_stand_for_two_requests(served: Served) -> None:
    press(served, "pause", key="once")
    answer = press(served, "resume", key="once")
    assert answer.status_code == 422
    assert "new key" in answer.json()["detail"]
    assert len(served.shop.switches.pressed) == 1


@pytest.mark.parametrize("key", ["", "x" * (LONGEST_KEY + 1)])
def test_a_press_without_a_proper_key_is_refused(still: Served, key: str) -> None:
    answer = press(still, "pause", key=key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("channel", ["tiktokshop", "online_store"])
def test_what_is_not_written_to_cannot_be_switched(still: Served, channel: str) -> None:
    answer = press(still, "pause", channel=channel)
    assert answer.status_code == 404
    assert "shopify, tiktok_shop" in answer.json()["detail"]


def test_a_process_that_only_shows_has_no_buttons_and_says_so(served: Served) -> None:
    shop = served.shop
    app = build_web(shop.store, shop.log, [shop.name], shop.clock)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))

    async def ask() -> tuple[str, httpx.Response]:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            page = await client.get("/")
            key = {"idempotency-key": "1"}
            return page.text, await client.post("/api/v1/channels/tiktok_shop/pause", headers=key)

    page, answer = run_apart(ask)
    assert "<button" not in page
    assert answer.status_code == 409
    assert "onhand offers pause" in answer.json()["detail"]
