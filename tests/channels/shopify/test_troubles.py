"""Whatever a platform answers, readings say whether waiting helps, and writes whether they may have happened."""

import logging
import time
from typing import Any

import httpx
import pytest

from onhand.domain.stock import LevelKey, State
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Applied, LevelOutcome, Parcel, Rejected, Throttled, Unknown, Wanted
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected
from onhand.ports.level_writes import Telling
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.shopify.platform import Shop, connect
from tests.channels.shopify.scripted import Asked, Platform, Reply, channel_at, graphql, in_turn, platform

_NOTHING = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
LOCATIONS = {"locations": _NOTHING, "deliveryProfiles": _NOTHING}
DONE = {"inventoryMoveQuantities": {"inventoryAdjustmentGroup": {"id": "gid://shopify/Group/1"}, "userErrors": []}}
THROTTLED = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
ORDER_AWAY = Telling("1", "2", {State.AVAILABLE: -1, State.RESERVED: 1}, {State.AVAILABLE: 5})


def read(running: Platform, http: httpx.Client, **more: Any) -> Any:
    return channel_at(running, http, **more).read(Wanted.LOCATIONS, ["all"], 1, Lookup())


def tell(running: Platform, http: httpx.Client, **more: Any) -> LevelOutcome:
    channel = channel_at(running, http, **more)
    ((parcel, _),) = channel.pack([ORDER_AWAY], "run-1", "run-1")
    return channel.send(parcel)


NO_ANSWERS = [
    Reply(status=500),
    Reply(status=502, body=b"<html>Bad Gateway</html>"),
    Reply(status=503),
    Reply(status=504),
    Reply(body=b"<html>We will be right back</html>", headers={"Content-Type": "text/html"}),
    Reply(body=b'{"data": {"locations": {"nodes"'),
    Reply(body=b'{"data": {"locations": {"nodes"', cut=True),
    Reply(body=b""),
    Reply(body=b"null"),
    graphql({"locations": {"nodes": "many"}, "inventoryMoveQuantities": 7}),
    graphql(None),
    graphql(errors=[{"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]),
]


@pytest.mark.parametrize("reply", NO_ANSWERS, ids=lambda reply: f"{reply.status} {reply.body[:30]!r}")
def test_b06_an_untrustworthy_answer_is_tried_again_when_reading_and_unknown_when_writing(
    reply: Reply, http: httpx.Client
) -> None:
    with platform(in_turn(reply)) as running:
        with pytest.raises(ChannelUnavailable):
            read(running, http)
        assert isinstance(tell(running, http), Unknown)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(status=402), "frozen"),
        (Reply(status=403), "scope"),
        (Reply(status=404), "no such shop"),
        (Reply(status=423), "locked"),
        (Reply(status=301, headers={"Location": "https://elsewhere.example/"}), "301"),
        (graphql(errors=[{"message": "denied", "extensions": {"code": "ACCESS_DENIED"}}]), "ACCESS_DENIED"),
        (graphql(errors="Not Found"), "Not Found"),
        (graphql(errors={"query": "Required parameter missing"}), "Required parameter"),
        (graphql(errors=[{"message": "required", "extensions": {"code": "BAD_REQUEST"}}]), "BAD_REQUEST"),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_a_refusal_is_not_tried_again(reply: Reply, says: str, http: httpx.Client) -> None:
    with platform(in_turn(reply)) as running:
        with pytest.raises(ChannelRefused, match=says):
            read(running, http)
        outcome = tell(running, http)
        assert isinstance(outcome, Rejected)
        assert (outcome.stale, outcome.rows) == (False, ())
        assert says in outcome.reason


def test_b16_a_token_that_is_not_valid_any_more_lets_everything_wait(
    http: httpx.Client,
) -> None:
    with platform(in_turn(Reply(status=401, body=b'{"errors": "[API] Invalid API key"}'))) as running:
        with pytest.raises(NotConnected, match="connect the shop again"):
            read(running, http)
        outcome = tell(running, http)
        assert isinstance(outcome, Throttled)
        assert "connect the shop again" in str(outcome.trouble)


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("3", 3.0), ("2.5", 2.5), ("99999999", 60.0), ("nan", 1.0), ("-5", 1.0), ("soon", 1.0), (None, 1.0)],
)
def test_b02_too_many_requests_are_put_off_for_as_long_as_asked_but_not_for_ever(
    header: str | None, wait_s: float, http: httpx.Client
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    with platform(in_turn(Reply(status=429, headers=headers))) as running:
        with pytest.raises(ChannelUnavailable) as put_off:
            read(running, http)
        assert put_off.value.retry_after_s == wait_s
        assert tell(running, http) == Throttled(retry_after_s=wait_s)


def test_b01_a_throttle_is_waited_out_for_as_long_as_the_points_need(http: httpx.Client) -> None:
    throttled = graphql(errors=THROTTLED, requested=100, available=80, rate=1000.0)
    with platform(in_turn(throttled, throttled, graphql(LOCATIONS, requested=100, available=900))) as running:
        began = time.monotonic()
        read(running, http)
        assert time.monotonic() - began > 0.35
        assert len(running.asked) == 4  # twice in vain, the locations, and from which of them rates start


def test_a_throttle_that_lasts_longer_than_a_write_may_wait_puts_it_off(http: httpx.Client) -> None:
    throttled = graphql(errors=THROTTLED, requested=10, available=-990, rate=100.0)
    with platform(in_turn(throttled)) as running:
        outcome = tell(running, http, write_wait_s=0.5)
        assert isinstance(outcome, Throttled)
        assert outcome.retry_after_s == pytest.approx(10.0)
        assert len(running.asked) == 1


def test_points_are_not_overdrawn_knowingly(http: httpx.Client) -> None:
    enough = graphql(LOCATIONS, requested=100, available=900, rate=1.0)
    low = graphql(LOCATIONS, requested=100, available=50, rate=1.0)
    with platform(in_turn(enough, low)) as running:
        channel = channel_at(running, http, read_wait_s=0.2)
        channel.read(Wanted.LOCATIONS, ["all"], 1, Lookup())
        with pytest.raises(ChannelUnavailable, match="points are used up") as put_off:
            channel.read(Wanted.LOCATIONS, ["all"], 2, Lookup())
        assert put_off.value.retry_after_s is not None
        assert put_off.value.retry_after_s > 50
        assert len(running.asked) == 2


def test_b04_a_platform_that_is_not_there_did_nothing(http: httpx.Client) -> None:
    with platform(in_turn(graphql(LOCATIONS))) as running:
        gone = running
    with pytest.raises(ChannelUnavailable, match="could not be reached"):
        read(gone, http)
    assert tell(gone, http) == Throttled(retry_after_s=5.0)


def test_b21_a_platform_that_never_answers_leaves_a_write_unknown(http: httpx.Client) -> None:
    def slow(_: Asked) -> Reply:
        time.sleep(0.6)
        return graphql(DONE)

    with platform(slow) as running:
        assert isinstance(tell(running, http, request_timeout_s=0.2), Unknown)
        with pytest.raises(ChannelUnavailable, match="did not answer"):
            read(running, http, request_timeout_s=0.2)


def test_a_version_that_fell_forward_is_a_problem_that_names_both(http: httpx.Client) -> None:
    forward = graphql(LOCATIONS)
    forward.headers["X-Shopify-API-Version"] = "2027-01"
    with platform(in_turn(forward)) as running:
        (problem,) = read(running, http).problems
    assert problem.kind == "shopify_api_version"
    assert "2026-10" in problem.message
    assert "2027-01" in problem.message


def test_a_query_that_turns_out_too_dear_is_cut_in_halves(http: httpx.Client) -> None:
    def stingy(asked: Asked) -> Reply:
        ids = asked.body.count(b"gid://shopify/InventoryLevel/")
        if ids > 3:
            return graphql(errors=[{"message": "too dear", "extensions": {"code": "MAX_COST_EXCEEDED"}}])
        return graphql({"nodes": [None] * ids}, requested=10 * ids)

    with platform(stingy) as running:
        levels = {LevelKey(str(item), "1"): f"gid://shopify/InventoryLevel/{item}" for item in range(1, 21)}
        lookup = Lookup()
        lookup.learn([], levels)
        keys = [f"{key.item}@{key.location}" for key in levels]
        reading = channel_at(running, http).read(Wanted.LEVEL, keys, 1, lookup)
        assert len(reading.missing) == 20
        assert len(running.asked) < 25


def test_no_secret_and_no_query_reaches_a_log_or_a_message(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {"access_token": "shpat_very-secret", "client_secrets": ("shpss_very-secret",)}
    with platform(in_turn(Reply(status=403))) as running, pytest.raises(ChannelRefused) as refused:
        read(running, http, **secrets)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("onhand.")]
    assert "very-secret" not in " ".join([str(refused.value), *ours])


def test_a_token_is_asked_for_once_and_renewed_when_it_is_refused(http: httpx.Client) -> None:
    settings = Settings(access_token_life_s=600)
    with SandboxThread(Options(items=1, settings=settings)) as running:
        channel = connect(running, http, access_token=None)
        channel.ping()
        channel.ping()
        asked = [call.operation for call in running.sandbox.log.calls]
        assert asked == ["token client_credentials", *["shop currentAppInstallation"] * 2]


def test_a_refused_token_is_renewed_once_and_the_same_call_goes_on(http: httpx.Client) -> None:
    tokens = iter(["first", "second", "third"])

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/oauth/access_token"):
            assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
            assert b"grant_type=client_credentials" in asked.body
            return Reply(body=f'{{"access_token": "{next(tokens)}", "expires_in": 86399}}'.encode())
        if asked.headers["x-shopify-access-token"] == "first":
            return Reply(status=401)
        return graphql(LOCATIONS)

    with platform(script) as running:
        read(running, http, access_token=None, client_id="app", client_secrets=("shpss_1",))
        grants = [asked for asked in running.asked if "oauth" in asked.path]
        assert len(grants) == 2


def test_a_token_that_is_about_to_expire_is_renewed_before_it_is_used(http: httpx.Client) -> None:
    granted: list[str] = []

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/oauth/access_token"):
            granted.append(f"token-{len(granted)}")
            return Reply(body=f'{{"access_token": "{granted[-1]}", "expires_in": 40}}'.encode())
        return graphql(LOCATIONS)

    now_s = 100.0
    with platform(script) as running:
        credentials = {"access_token": None, "client_id": "app", "client_secrets": ("shpss_1",)}
        channel = channel_at(running, http, clock=lambda: now_s, **credentials)
        channel.read(Wanted.LOCATIONS, ["all"], 1, Lookup())
        now_s += 19
        channel.read(Wanted.LOCATIONS, ["all"], 2, Lookup())
        assert len(granted) == 1
        now_s += 2  # half its life is over
        channel.read(Wanted.LOCATIONS, ["all"], 3, Lookup())
        assert len(granted) == 2


@pytest.mark.parametrize("more", [{}, {"client_id": "app"}, {"client_secrets": ("shpss_1",)}])
def test_without_a_token_or_the_means_to_get_one_all_is_refused(more: dict[str, Any], http: httpx.Client) -> None:
    with platform(in_turn(graphql(LOCATIONS))) as running:
        with pytest.raises(ChannelRefused, match="access_token"):
            read(running, http, access_token=None, **more)
        told = tell(running, http, access_token=None, **more)
        assert isinstance(told, Throttled)
        assert "access_token" in str(told.trouble)
        assert running.asked == []


def test_wrong_credentials_are_refused_with_the_way_out(http: httpx.Client) -> None:
    with SandboxThread(Options(items=1)) as running:
        channel = connect(running, http, access_token=None, client_secrets=("shpss_wrong",))
        with pytest.raises(ChannelRefused, match="is the app installed"):
            channel.ping()


def test_the_simulated_platform_at_its_worst_never_makes_a_write_raise(shop: Shop) -> None:
    channel = connect(shop.running, shop.http, request_timeout_s=1.0, write_wait_s=0.2)
    place = shop.location("Warehouse")
    telling = Telling(shop.item(0), place, {State.AVAILABLE: -1, State.RESERVED: 1}, None)
    kinds: set[type[LevelOutcome]] = set()
    for number, fault in enumerate(["throttle", "error_5xx", "timeout_after_apply", "outage"]):
        shop.do("fault", kind=fault, share=1.0, platform="shopify")
        ((parcel, _),) = channel.pack([telling], f"run-{number}", f"run-{number}")
        outcome = channel.send(parcel)
        kinds.add(type(outcome))
        shop.do("heal")
        ends_at = time.monotonic() + 60
        while not isinstance(channel.send(parcel), Applied):
            assert time.monotonic() < ends_at
    assert kinds == {Throttled, Unknown}
    # Four parcels, each applied once, whatever became of its first sending.
    assert shop.units(shop.item(0), place, "reserved") == 4


def test_a_parcel_of_another_house_is_not_sent(shop: Shop) -> None:
    parcel = Parcel(key="k", channel="shopify", body=b"not a parcel")
    with pytest.raises(ValueError, match="malformed"):
        shop.channel.send(parcel)
