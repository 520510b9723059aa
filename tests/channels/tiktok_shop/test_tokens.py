"""The life of TikTok Shop's tokens: in time, by one at a time, kept before use, and said when they are void."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from onhand.app.tokens import TokenFolder
from onhand.channels.tiktok_shop import TikTokShopChannel, Tokens
from onhand.channels.tiktok_shop.account import Vault
from onhand.channels.tiktok_shop.client import Timing
from onhand.log import Seal
from onhand.ports.channel import Applied, Offer, Throttled
from onhand.ports.errors import ChannelUnavailable, ConfigError, NotConnected
from onhand.ports.standing import Standing
from tests.channels.shopify.scripted import Asked, Platform, Reply, platform
from tests.channels.tiktok_shop.shop import SETTINGS, WITHOUT_LIMITS
from tests.channels.tiktok_shop.test_troubles import LISTING, answer

WEEK = timedelta(days=7)
KEY = Seal.generate_key()
SHOPS = {"shops": [{"id": SETTINGS.shop_id, "cipher": "GCP", "name": "Tees", "region": "US"}]}


class AuthHost:
    """TikTok Shop's auth host and one path of its API: a refresh token works once, an access token for a week."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.good_until = {"access-0": self.now + WEEK}
        self.refresh_token = "refresh-0"
        self.refreshes = 0
        self.answers_refreshes = True
        self.before_refresh: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        """Answer a call."""
        with self._lock:
            if asked.path.startswith("/api/v2/token/"):
                return self._grant(dict(parse_qsl(urlsplit(asked.path).query)))
            until = self.good_until.get(asked.headers["x-tts-access-token"])
            if until is None or self.now >= until:
                return answer(105002, "access token is expired")
            if asked.path.startswith("/authorization"):
                return answer(data=SHOPS)
            return answer(data={"orders": [], "errors": []})

    def wall_s(self) -> float:
        """Return the time that both sides go by."""
        return self.now.timestamp()

    def _grant(self, query: dict[str, str]) -> Reply:
        self.before_refresh()
        if not self.answers_refreshes:
            return Reply(status=503, body=b"")
        if query.get("refresh_token", self.refresh_token) != self.refresh_token or query.get("auth_code", "c") != "c":
            return answer(36004004, "the token is invalid")
        self.refreshes += 1
        access, self.refresh_token = f"access-{self.refreshes}", f"refresh-{self.refreshes}"
        self.good_until[access] = self.now + WEEK
        ends_s = int((self.now + WEEK).timestamp())
        granted = {"access_token": access, "access_token_expire_in": ends_s}
        return answer(data={**granted, "refresh_token": self.refresh_token, "refresh_token_expire_in": ends_s * 2})


def vault_in(folder: Path) -> Vault:
    return Vault(TokenFolder(folder / "tokens", Seal([KEY])).place(SETTINGS.shop, "tiktok_shop"), "refresh-0")


def channel_at(running: Platform, http: httpx.Client, host: AuthHost, vault: Vault | None) -> TikTokShopChannel:
    at = {"api_url": running.url, "auth_url": running.url}
    more: dict[str, Any] = {"access_token": "access-0", "refresh_token": "refresh-0", **WITHOUT_LIMITS, **at}
    settings = replace(SETTINGS, **more)
    return TikTokShopChannel(settings, http, vault, timing=Timing(wall_s=host.wall_s))


def test_e06_a_pair_is_refreshed_at_half_its_life_and_kept_before_it_is_used(
    http: httpx.Client, tmp_path: Path
) -> None:
    host, vault = AuthHost(), vault_in(tmp_path)
    with platform(host) as running:
        channel = channel_at(running, http, host, vault)
        host.now += WEEK  # of the configured one nobody has said how long it lives
        assert channel.ping() == "Tees (US)"
        assert host.refreshes == 1
        kept = vault.read()
        assert kept is not None
        assert (kept.access_token, kept.refresh_token) == ("access-1", "refresh-1")
        host.now += WEEK / 2 - timedelta(minutes=1)
        channel.ping()
        assert host.refreshes == 1
        host.now += timedelta(minutes=1)
        channel.ping()
        assert host.refreshes == 2
        again = channel_at(running, http, host, vault)  # after a restart
        host.now += WEEK / 2
        again.ping()
        assert host.refreshes == 3


def test_e06_threads_and_processes_that_all_find_it_expired_refresh_it_once(http: httpx.Client, tmp_path: Path) -> None:
    host = AuthHost()
    with platform(host) as running:
        channels = [channel_at(running, http, host, vault_in(tmp_path)) for _ in range(3)]
        host.now += WEEK
        names: list[str] = []
        threads = [threading.Thread(target=lambda one=one: names.append(one.ping())) for one in channels * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert names == ["Tees (US)"] * 9
    assert host.refreshes == 1


def test_e06_a_pair_that_cannot_be_kept_is_not_used_and_not_lost(http: httpx.Client, tmp_path: Path) -> None:
    host, vault = AuthHost(), vault_in(tmp_path)
    with platform(host) as running:
        channel = channel_at(running, http, host, vault)
        host.now += WEEK
        in_the_way = tmp_path / "tokens"
        host.before_refresh = lambda: _put_a_file_in_the_place_of(in_the_way)
        with pytest.raises(ChannelUnavailable, match="cannot be kept"):
            channel.ping()
        used = [one.headers.get("x-tts-access-token") for one in running.asked]
        assert "access-1" not in used
        in_the_way.unlink()
        assert channel.ping() == "Tees (US)"
        assert host.refreshes == 1
    kept = vault.read()
    assert kept is not None
    assert kept.refresh_token == "refresh-1"


def _put_a_file_in_the_place_of(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.touch()


def test_e06_while_nobody_refreshes_the_old_one_serves_to_its_end(http: httpx.Client, tmp_path: Path) -> None:
    host = AuthHost()
    with platform(host) as running:
        channel = channel_at(running, http, host, vault_in(tmp_path))
        host.now += WEEK
        channel.ping()
        host.answers_refreshes = False
        host.now += WEEK / 2
        channel.ping()
        channel.ping()
        tries = sum(one.path.startswith("/api/v2/token/refresh") for one in running.asked)
        assert tries == 2  # the first, and one in vain: not one a call
        host.now += WEEK / 2
        with pytest.raises(ChannelUnavailable, match="answered 503"):
            channel.ping()
        host.answers_refreshes = True
        assert channel.ping() == "Tees (US)"


def test_e06_a_refresh_that_is_refused_is_said_while_there_is_time_and_asked_no_more(
    http: httpx.Client, tmp_path: Path
) -> None:
    host, vault = AuthHost(), vault_in(tmp_path)
    with platform(host) as running:
        channel = channel_at(running, http, host, vault)
        host.now += WEEK
        channel.ping()
        assert channel.standing() == Standing(
            settled=(("tokens are not refreshed", "tiktok_shop"), ("returns are not read", "tiktok_shop"))
        )
        host.refresh_token = "another program's"
        host.now += WEEK / 2
        assert channel.standing().problems == ()  # nobody has tried yet
        channel.ping()
        (problem,) = channel.standing().problems
        assert problem.kind == "tokens are not refreshed"
        assert "onhand connect tiktok-shop --code" in problem.message
        assert ("tokens are not refreshed", "tiktok_shop") not in channel.standing().settled
        host.now += WEEK / 2
        for _ in range(3):
            with pytest.raises(NotConnected, match="onhand connect tiktok-shop --code"):
                channel.ping()
        ((parcel, _),) = channel.pack([Offer(LISTING, 5, 7)], "run")
        outcome = channel.send(parcel)
        assert isinstance(outcome, Throttled)
        assert outcome.trouble is not None
        assert "onhand connect tiktok-shop --code" in outcome.trouble
        assert sum(one.path.startswith("/api/v2/token/refresh") for one in running.asked) == 2
        other = channel_at(running, http, host, vault)
        assert other.connect_with(" c\n") is not None
        assert isinstance(channel.send(parcel), Applied)  # what serves takes the new pair by itself
        assert channel.ping() == "Tees (US)"
        assert channel.standing() == Standing(
            settled=(("tokens are not refreshed", "tiktok_shop"), ("returns are not read", "tiktok_shop"))
        )


def test_e06_a_refresh_token_that_has_expired_is_not_tried(http: httpx.Client, tmp_path: Path) -> None:
    host, vault = AuthHost(), vault_in(tmp_path)
    over = host.now - timedelta(days=1)
    vault.keep(Tokens(access_token="a", refresh_token="r", access_expires_at=over, refresh_expires_at=over))
    with platform(host) as running:
        with pytest.raises(NotConnected, match="expired on 2026-11-22"):
            channel_at(running, http, host, vault).ping()
        assert running.asked == []


def test_a_code_is_taken_out_of_the_address_that_carries_it(http: httpx.Client, tmp_path: Path) -> None:
    host = AuthHost()
    with platform(host) as running:
        channel = channel_at(running, http, host, vault_in(tmp_path))
        assert channel.connect_with("https://app.example.com/landed?app_key=1&code=c&locale=en") is not None
        with pytest.raises(NotConnected, match="invalid"):
            channel.connect_with("guessed")
        assert channel.consent_pages() == {}
        named = TikTokShopChannel(replace(channel.settings, service_id="77"), http)
        assert all(page.endswith("/open/authorize?service_id=77") for page in named.consent_pages().values())


def test_no_code_is_spent_while_what_it_is_worth_could_not_be_kept(http: httpx.Client, tmp_path: Path) -> None:
    host = AuthHost()
    with platform(host) as running:
        channel = channel_at(running, http, host, vault_in(tmp_path))
        (tmp_path / "tokens").touch()
        with pytest.raises(ChannelUnavailable, match="could not be kept"):
            channel.connect_with("c")
        assert running.asked == []
        (tmp_path / "tokens").unlink()
        host.before_refresh = lambda: _put_a_file_in_the_place_of(tmp_path / "tokens")
        with pytest.raises(ConfigError, match="cannot be kept"):
            channel.connect_with("c")
