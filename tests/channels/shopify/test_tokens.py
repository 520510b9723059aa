"""A pair of tokens is rotated by one for all, kept before it is used, and survives what goes wrong on the way."""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from onhand.app.tokens import ShopifyVault, TokenFolder
from onhand.channels.shopify import Grant, Kept, ShopifySettings
from onhand.channels.shopify.grants import TokenEndpoint, Vault, mark_of
from onhand.channels.shopify.tokens import GrantedTokens, provider
from onhand.log import Seal
from onhand.ports.errors import ChannelUnavailable, NotConnected
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.shopify.scripted import Asked, Reply, platform

SHOP = "tees.myshopify.com"
KEY = Seal.generate_key()
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def vault_in(folder: Path) -> ShopifyVault:
    return ShopifyVault(TokenFolder(folder, Seal([KEY])), SHOP, "app")


class Watch:
    """A clock that stands until a test turns it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


class Office:
    """A scripted token endpoint: each refresh gives the next pair, or what a test wants first."""

    def __init__(self, *first: Reply) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.first = list(first)

    def __call__(self, asked: Asked) -> Reply:
        self.asked.append(parse_qs(asked.body.decode()))
        if self.first:
            return self.first.pop(0)
        return pair(len(self.asked))


def pair(number: int) -> Reply:
    body: dict[str, object] = {"access_token": f"access-{number}", "expires_in": 3600, "scope": "read_orders"}
    body |= {"refresh_token": f"refresh-{number}", "refresh_token_expires_in": 7_776_000}
    return Reply(body=msgspec.json.encode(body))


def granted(access: str = "access-0", **changed: Any) -> Grant:
    words: dict[str, Any] = {
        "access_token": access,
        "refresh_token": "refresh-0",
        "granted_at": NOW,
        "access_expires_at": NOW + timedelta(hours=1),
        "refresh_expires_at": NOW + timedelta(days=90),
        "scopes": ("read_orders",),
        "asked_with": mark_of("shpss_1"),
    }
    return Grant(**(words | changed))


@contextmanager
def shop(office: Office, vault: Vault, watch: Watch, current: str = "shpss_1") -> Iterator[GrantedTokens]:
    with platform(office) as running, httpx.Client(timeout=60) as http:
        settings = ShopifySettings(shop=SHOP, client_id="app", client_secrets=(current,), api_url=running.url)
        tokens = provider(settings, http, lambda: 0.0, Kept(vault, watch.now))
        assert isinstance(tokens, GrantedTokens)
        yield tokens


def test_a_pair_is_replaced_five_minutes_before_it_expires_and_kept_before_it_is_used(tmp_path: Path) -> None:
    office, vault, watch = Office(), vault_in(tmp_path), Watch()
    vault.keep(granted())
    with shop(office, vault, watch) as tokens:
        assert tokens.token() == "access-0"
        watch.turn(minutes=54, seconds=59)
        assert tokens.token() == "access-0"
        watch.turn(seconds=1)
        assert tokens.token() == "access-1"
        kept = vault.read()
        assert kept is not None
        assert (kept.access_token, kept.refresh_token) == ("access-1", "refresh-1")
        assert kept.refresh_expires_at == watch.at + timedelta(days=90)
    (form,) = office.asked
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], ["refresh-0"])


def test_a_shop_that_was_never_connected_by_a_code_asks_with_its_credentials_until_it_is(tmp_path: Path) -> None:
    office, vault, watch = Office(), vault_in(tmp_path), Watch()
    with shop(office, vault, watch) as tokens:
        assert tokens.token() == "access-1"
        assert office.asked[0]["grant_type"] == ["client_credentials"]
        assert tokens.connection().way == "client_credentials"
        vault.keep(granted("by-code"))
        watch.turn(hours=1)
        vault.keep(granted("by-code", granted_at=watch.at, access_expires_at=watch.at + timedelta(hours=1)))
        assert tokens.token() == "by-code"
        assert tokens.connection().way == "authorization_code"
    assert len(office.asked) == 1


def test_b18_a_lost_answer_is_asked_for_again_with_the_same_refresh_token(tmp_path: Path) -> None:
    lost = Reply(body=b"{}", cut=True)
    office, vault, watch = Office(lost, Reply(status=503)), vault_in(tmp_path), Watch()
    vault.keep(granted())
    with shop(office, vault, watch) as tokens:
        watch.turn(minutes=56)
        assert tokens.token() == "access-0"  # not replaced, and good for four minutes yet
        assert tokens.token() == "access-0"
        assert len(office.asked) == 1  # and not tried at every call
        watch.turn(minutes=4)
        with pytest.raises(ChannelUnavailable, match="503"):
            tokens.token()
        assert tokens.token() == "access-3"
    assert [form["refresh_token"] for form in office.asked] == [["refresh-0"]] * 3


def test_a_pair_that_cannot_be_kept_is_not_used(tmp_path: Path) -> None:
    class FullDisk(ShopifyVault):
        full = True

        def keep(self, grant: Grant) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            super().keep(grant)

    vault = FullDisk(TokenFolder(tmp_path, Seal([KEY])), SHOP, "app")
    vault_in(tmp_path).keep(granted())
    office, watch = Office(), Watch()
    watch.turn(hours=1)
    with shop(office, vault, watch) as tokens:
        with pytest.raises(ChannelUnavailable, match="No space left"):
            tokens.token()
        vault.full = False
        assert tokens.token() == "access-2"
    assert [form["refresh_token"] for form in office.asked] == [["refresh-0"]] * 2


def test_a_dead_refresh_token_is_asked_about_once_until_the_shop_is_connected_again(tmp_path: Path) -> None:
    refused = Reply(status=400, body=b'{"error": "invalid_grant", "error_description": "revoked"}')
    office, vault, watch = Office(refused), vault_in(tmp_path), Watch()
    vault.keep(granted())
    watch.turn(hours=2)
    with shop(office, vault, watch) as tokens:
        for says in ("invalid_grant: revoked", "does not take the refresh token"):
            with pytest.raises(NotConnected, match=says) as dead:
                tokens.token()
            assert f"onhand connect shopify --shop {SHOP}" in str(dead.value)
        assert len(office.asked) == 1
        fresh = granted("connected-again", refresh_token="refresh-9", access_expires_at=watch.at + timedelta(hours=1))
        vault.keep(fresh)
        assert tokens.token() == "connected-again"


def test_a_refresh_token_that_lay_for_ninety_days_is_not_even_tried(tmp_path: Path) -> None:
    office, vault, watch = Office(), vault_in(tmp_path), Watch()
    vault.keep(granted())
    watch.turn(days=90)
    with shop(office, vault, watch) as tokens, pytest.raises(NotConnected, match="expired on 2027-02-21"):
        tokens.token()
    assert office.asked == []


def test_a_new_client_secret_asks_for_a_new_pair_at_once(tmp_path: Path) -> None:
    office, vault, watch = Office(), vault_in(tmp_path), Watch()
    vault.keep(granted())
    with shop(office, vault, watch, current="shpss_2") as tokens:
        assert tokens.connection().old_secret
        assert tokens.token() == "access-1"
        assert not tokens.connection().old_secret
    assert office.asked[0]["client_secret"] == ["shpss_2"]


def test_another_app_does_not_use_the_tokens_of_the_one_before(tmp_path: Path) -> None:
    vault_in(tmp_path).keep(granted())
    other = ShopifyVault(TokenFolder(tmp_path, Seal([KEY])), SHOP, "another app")
    assert other.read() is None


def test_no_token_shows_in_what_a_grant_prints() -> None:
    assert "access-0" not in repr(granted())
    assert "refresh-0" not in repr(granted())


def test_many_threads_with_a_token_that_died_refresh_once(tmp_path: Path) -> None:
    office, vault, watch = Office(), vault_in(tmp_path), Watch()
    vault.keep(granted())
    seen: list[str] = []
    with shop(office, vault, watch) as tokens:
        old = tokens.token()

        def call() -> None:
            assert tokens.renew(old)
            seen.append(tokens.token())

        threads = [threading.Thread(target=call) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == ["access-1"] * 16
    assert len(office.asked) == 1


def ask_in_a_process(url: str, folder: str, key: str, out: Any) -> None:
    """Ask for a token as another process of the same install would."""
    settings = ShopifySettings(shop=SHOP, client_id="app", client_secrets=("shpss_1",), api_url=url)
    vault = ShopifyVault(TokenFolder(Path(folder), Seal([key])), SHOP, "app")
    with httpx.Client(timeout=60) as http:
        out.put(GrantedTokens(settings, http, lambda: NOW + timedelta(minutes=56), vault).token())


def test_many_processes_refresh_once(tmp_path: Path) -> None:
    office, vault = Office(), vault_in(tmp_path)
    vault.keep(granted())
    spawn = multiprocessing.get_context("spawn")
    with platform(office) as running:
        out = spawn.SimpleQueue()
        processes = [
            spawn.Process(target=ask_in_a_process, args=(running.url, str(tmp_path), KEY, out)) for _ in range(3)
        ]
        for process in processes:
            process.start()
        seen = [out.get() for _ in processes]
        for process in processes:
            process.join(120)
            assert process.exitcode == 0
    assert seen == ["access-1"] * 3
    assert len(office.asked) == 1


def test_b18_whoever_dies_while_refreshing_does_not_lock_the_others_out(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    with vault.alone(0.0) as first, vault_in(tmp_path).alone(0.1) as second:
        assert (first, second) == (True, False)
    with vault_in(tmp_path).alone(0.0) as later:
        assert later


@contextmanager
def sandbox() -> Iterator[tuple[Running, TokenEndpoint, ShopifySettings, httpx.Client]]:
    with SandboxThread(Options(items=1, settings=Settings())) as running, httpx.Client(timeout=60) as http:
        shopify = running.addresses["shopify"]
        assert isinstance(shopify, dict)
        secrets = running.sandbox.secrets
        settings = ShopifySettings(
            shop=SHOP,
            client_id=secrets.client_id,
            client_secrets=(secrets.client_secret,),
            api_url=f"{shopify['url']}/admin",
        )
        yield running, TokenEndpoint(settings, http), settings, http


def test_with_the_sandbox_a_lost_refresh_is_repeated_and_the_pair_goes_on(tmp_path: Path) -> None:
    with sandbox() as (running, endpoint, settings, http):
        code = running.sandbox.shopify_tokens.code(("read_orders",), running.sandbox.clock())
        now = running.sandbox.clock()
        first = endpoint.of_code(code, now)
        assert (first.scopes, first.access_expires_at) == (("read_orders",), now + timedelta(hours=1))
        assert first.refresh_token is not None
        lost = endpoint.refreshed(first.refresh_token, now)  # as if this answer had never come
        vault = ShopifyVault(TokenFolder(tmp_path, Seal([KEY])), SHOP, str(settings.client_id))
        vault.keep(first)
        tokens = GrantedTokens(settings, http, lambda: now + timedelta(minutes=56), vault)
        assert tokens.token() not in (first.access_token, lost.access_token)
        assert tokens.renew(tokens.token())
        assert tokens.token()
        with pytest.raises(NotConnected, match="invalid_grant"):
            endpoint.refreshed(first.refresh_token, now)  # its replacement was used


def test_a_code_is_exchanged_for_a_pair_that_expires() -> None:
    office = Office()
    with platform(office) as running, httpx.Client(timeout=60) as http:
        settings = ShopifySettings(shop=SHOP, client_id="app", client_secrets=("shpss_1",), api_url=running.url)
        grant = TokenEndpoint(settings, http).of_code("code-1", NOW)
    assert (office.asked[0]["code"], office.asked[0]["expiring"]) == (["code-1"], ["1"])
    assert grant.access_expires_at == NOW + timedelta(hours=1)
    assert grant.refresh_token is not None


def test_with_the_sandbox_a_code_works_once(tmp_path: Path) -> None:
    with sandbox() as (running, endpoint, _, __):
        code = running.sandbox.shopify_tokens.code((), running.sandbox.clock())
        endpoint.of_code(code, NOW)
        with pytest.raises(NotConnected, match=r"already used.*onhand connect shopify"):
            endpoint.of_code(code, NOW)
