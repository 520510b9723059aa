"""Answers that no sane platform gives on purpose."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import httpx
import pytest

from onhand.channels.tiktok_shop import TikTokShopChannel
from onhand.channels.tiktok_shop.listings import Warehouse, warehouse_problems
from onhand.domain.catalog import Listing
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Applied, Offer, Outcome, Rejected, Throttled, Unknown
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, IncompleteReading
from tests.channels.shopify.scripted import Asked, Platform, Reply, in_turn, platform
from tests.channels.tiktok_shop.shop import SETTINGS, WITHOUT_LIMITS

LISTING = Listing(channel="tiktok_shop", listing="17324", item="I1", sku="TEE", group="1731", place="W1")
SECOND = replace(LISTING, listing="17325")


def answer(code: int = 0, message: str = "Success", data: Any = None, status: int = 200, **headers: str) -> Reply:
    body = json.dumps({"code": code, "message": message, "request_id": "2026", "data": data}).encode()
    return Reply(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def channel_at(running: Platform, http: httpx.Client, **more: Any) -> TikTokShopChannel:
    urls = {"api_url": running.url, "auth_url": running.url}
    return TikTokShopChannel(replace(SETTINGS, **(WITHOUT_LIMITS | urls | more)), http)


def written(script: Callable[[Asked], Reply], http: httpx.Client, **more: Any) -> tuple[Outcome, list[Asked]]:
    with platform(script) as running:
        channel = channel_at(running, http, **more)
        ((parcel, _),) = channel.pack([Offer(LISTING, 5, 7), Offer(SECOND, 6, None)], "run")
        return channel.send(parcel), running.asked


def refused(sku: str, code: int, message: str = "no") -> dict[str, Any]:
    return {"code": code, "message": message, "detail": {"sku_id": sku, "extra_errors": []}}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>busy</html>"),
        Reply(body=b'{"code":0,"mess', cut=True),
        Reply(body=b""),
        Reply(status=502, body=b"Bad Gateway"),
        answer(36009003, "Internal error", status=500),
        answer(12052881, "try again"),
        answer(data=[1, 2]),
        answer(data={"errors": [refused("17324", 12052109, "concurrent edit")]}),
    ],
    ids=["html", "cut", "empty", "502", "500", "passing", "list", "one passing"],
)
def test_a_write_without_a_trustworthy_answer_is_unknown(reply: Reply, http: httpx.Client) -> None:
    outcome, asked = written(in_turn(reply), http)
    assert isinstance(outcome, Unknown), outcome
    assert len(asked) == 1  # and it is not sent again


@pytest.mark.parametrize(
    "reply",
    [answer(36009002, "limited"), answer(429, "", status=429, Retry_After="7"), Reply(status=429, body=b"slow down")],
    ids=["code", "429", "429 without more"],
)
def test_too_fast_means_that_nothing_was_carried_out(reply: Reply, http: httpx.Client) -> None:
    outcome, _ = written(in_turn(reply), http)
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after_s == (7.0 if "Retry-After" in reply.headers else 1.0)


def test_a_platform_that_is_not_there_has_carried_out_nothing(http: httpx.Client) -> None:
    with platform(in_turn(answer())) as running:
        pass
    channel = channel_at(running, http)
    ((parcel, _),) = channel.pack([Offer(LISTING, 5, 7)], "run")
    assert isinstance(channel.send(parcel), Throttled)
    with pytest.raises(ChannelUnavailable, match="not reached"):
        channel.read_shown([LISTING])


def test_a_success_that_lists_failures_is_no_success(http: httpx.Client) -> None:
    outcome, _ = written(in_turn(answer(data={"errors": [refused("17325", 12052393, "locked")]})), http)
    assert isinstance(outcome, Rejected)
    assert outcome.rows == (1,)
    assert not outcome.stale
    assert "promotion" in outcome.reason
    nameless = {"code": 12052990, "message": "check failed"}
    outcome, _ = written(in_turn(answer(data={"errors": [nameless]})), http)
    assert isinstance(outcome, Rejected)
    assert outcome.rows == (0, 1)


def test_a_number_that_is_not_taken_parks_that_number_and_no_other(http: httpx.Client) -> None:
    outcome, _ = written(in_turn(answer(data={"errors": [refused("17324", 12052055, "out of range")]})), http)
    assert isinstance(outcome, Rejected)
    assert (outcome.rows, outcome.of_the_number) == ((0,), True)
    frozen = {"errors": [refused("17324", 12052055), refused("17325", 12052990)]}
    outcome, _ = written(in_turn(answer(data=frozen)), http)
    assert isinstance(outcome, Rejected)
    assert not outcome.of_the_number


@pytest.mark.parametrize("data", [None, {}, {"errors": None}, {"errors": []}])
def test_a_success_without_failures_is_one(data: object, http: httpx.Client) -> None:
    outcome, _ = written(in_turn(answer(data=data)), http)
    assert isinstance(outcome, Applied)


def test_a_refused_product_is_parked_whole(http: httpx.Client) -> None:
    outcome, _ = written(in_turn(answer(12052990, "The product is frozen")), http)
    assert isinstance(outcome, Rejected)
    assert outcome.rows == ()


@pytest.mark.parametrize("code", [105005, 106001, 106013, 101000, 36009033])
def test_trouble_of_the_account_blames_no_listing(code: int, http: httpx.Client) -> None:
    outcome, _ = written(in_turn(answer(code, "no")), http)
    assert isinstance(outcome, Throttled)
    with platform(in_turn(answer(code, "no"))) as running, pytest.raises(ChannelRefused, match=str(code)):
        channel_at(running, http).read_shown([LISTING])


def test_the_code_that_means_four_things_is_told_apart_by_its_words(http: httpx.Client) -> None:
    stale = answer(36009004, "Invalid timestamp")
    with platform(in_turn(stale)) as running, pytest.raises(ChannelRefused, match="machine's clock"):
        channel_at(running, http).read_shown([LISTING])
    cipher = answer(36009004, "Unexpected identifier")
    with platform(in_turn(cipher)) as running:
        with pytest.raises(ChannelRefused, match="Unexpected identifier"):
            channel_at(running, http).read_shown([LISTING])
        assert len(running.asked) == 1


def test_an_expired_token_is_renewed_once_and_the_call_signed_anew(http: httpx.Client) -> None:
    def script(asked: Asked) -> Reply:
        if asked.path.startswith("/api/v2/token/refresh"):
            return answer(
                data={"access_token": "ROW_new", "refresh_token": "ROW_next", "access_token_expire_in": 2**33}
            )
        if asked.headers["x-tts-access-token"] == "ROW_new":
            return answer(data={"errors": []})
        return answer(105002, "access token is expired")

    outcome, asked = written(script, http)
    assert isinstance(outcome, Applied)
    assert [one.path.partition("?")[0] for one in asked] == [
        "/product/202309/products/1731/inventory/update",
        "/api/v2/token/refresh",
        "/product/202309/products/1731/inventory/update",
    ]


@pytest.mark.parametrize(
    "reply", [Reply(status=503, body=b"x"), Reply(body=b"{"), Reply(body=b"", cut=True)], ids=["503", "cut", "gone"]
)
def test_a_refresh_that_fails_has_sent_no_write(reply: Reply, http: httpx.Client) -> None:
    outcome, asked = written(in_turn(reply), http, access_token=None)
    assert isinstance(outcome, Throttled)
    assert len(asked) == 1


def test_a_void_refresh_token_blames_no_listing(http: httpx.Client) -> None:
    outcome, _ = written(in_turn(answer(36004004, "refresh token is invalid")), http, access_token=None)
    assert isinstance(outcome, Throttled)


def test_the_body_sent_is_the_body_planned(http: httpx.Client) -> None:
    _, asked = written(in_turn(answer(data={})), http)
    assert asked[0].headers["content-type"] == "application/json"
    assert json.loads(asked[0].body) == {
        "skus": [
            {"id": "17324", "inventory": [{"warehouse_id": "W1", "quantity": 5}]},
            {"id": "17325", "inventory": [{"warehouse_id": "W1", "quantity": 6}]},
        ]
    }


def test_a_catalog_that_is_cut_short_is_not_taken_for_whole(http: httpx.Client) -> None:
    pages = [
        answer(data={"warehouses": []}),
        answer(data={"products": [{"id": "1", "status": "ACTIVATE"}], "next_page_token": "", "total_count": 3}),
    ]
    with (
        platform(in_turn(*pages)) as running,
        pytest.raises(IncompleteReading, match="1 products came, 3 were counted"),
    ):
        channel_at(running, http).take_census(1, Lookup())


def test_a_search_that_ends_at_ten_thousand_goes_on_in_halves(http: httpx.Client) -> None:
    def script(asked: Asked) -> Reply:
        if "warehouses" in asked.path:
            return answer(data={"warehouses": []})
        window = json.loads(asked.body)
        if window["update_time_le"] - window["update_time_ge"] > 86_400 * 200:
            return answer(12052180, "too many results")
        number = str(window["update_time_ge"])
        return answer(
            data={"products": [{"id": number, "status": "ACTIVATE", "skus": [{"id": number}]}], "total_count": 1}
        )

    with platform(script) as running:
        listings = channel_at(running, http).take_census(1, Lookup()).listings
        windows = [json.loads(one.body) for one in running.asked if one.body]
    told = sorted((one["update_time_ge"], one["update_time_le"]) for one in windows)
    narrow = [one for one in told if one[1] - one[0] <= 86_400 * 200]
    assert len(listings) == len(narrow)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(narrow))


def test_warehouses_that_need_a_person_are_named() -> None:
    rows = [
        Warehouse(id="W1", name="Main", effect_status="RESTRICTED"),
        Warehouse(id="W9", name="Other"),
        Warehouse(id="R1", name="Returns", type="RETURN_WAREHOUSE"),
    ]
    problems = warehouse_problems(rows, SETTINGS)
    assert [(problem.kind, problem.key) for problem in problems] == [
        ("warehouse does not sell", "tiktok_shop/W1"),
        ("unmapped warehouse", "tiktok_shop/W9"),
    ]
    assert warehouse_problems([Warehouse(id="W9")], replace(SETTINGS, warehouses=None)) == ()


@pytest.mark.parametrize(
    "bad", [{"app_secrets": ()}, {"app_secrets": ("",)}, {"writes_per_s": 0.0}, {"reads_per_s": -1}]
)
def test_settings_that_cannot_work_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        replace(SETTINGS, **bad)
