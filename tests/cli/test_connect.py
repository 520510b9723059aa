"""Connecting a shop to the sandbox's Shopify, by its own credentials and by a code, and what is turned away."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from onhand.app.connecting import Connecting
from onhand.channels.shopify.scopes import needed
from onhand.channels.shopify.webhooks import Verifier
from onhand.config import load_config
from onhand.log import Seal
from onhand.ports.delivery import Request
from onhand.ports.errors import BadSignature, NotConnected
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from tests.cli.conftest import Ask
from tests.support.ports import free_port

ONHAND = [sys.executable, "-c", "from onhand.cli import main; main()"]
SHOP = "tees.myshopify.com"


@pytest.fixture
def running() -> Iterator[Running]:
    """A shop whose merchant grants whatever onhand may ever ask for."""
    with SandboxThread(Options(items=4, settings=Settings(scopes=needed(writes=True)))) as sandbox:
        yield sandbox


@pytest.fixture
def folder(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose configuration knows the app, and no token."""
    shopify = running.addresses["shopify"]
    assert isinstance(shopify, dict)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLIENT_SECRET", shopify["client_secret"])
    (tmp_path / "onhand.key").touch(mode=0o600)
    (tmp_path / "onhand.key").write_text(Seal.generate_key())
    (tmp_path / "onhand.toml").write_text(
        f'encryption_key = "file:onhand.key"\n[[shop]]\ndomain = "{SHOP}"\nclient_id = "{shopify["client_id"]}"\n'
        f'client_secret = "env:CLIENT_SECRET"\napi_url = "{shopify["url"]}/admin"\n'
    )
    return tmp_path


def attempt_in(folder: Path) -> Connecting:
    config = load_config(folder / "onhand.toml", dict(os.environ))
    return Connecting(config, config.shops[0], "http://127.0.0.1:8002/connected", writes=False)


def redirect_of(page: str) -> str:
    """Agree as the merchant does; return the address the browser is sent to."""
    return httpx.get(page, timeout=60).headers["location"]


@pytest.mark.usefixtures("folder")
def test_credentials_of_the_apps_own_organisation_are_proven(ask: Ask) -> None:
    connected = ask("connect", "shopify", "--json").document
    assert (connected["way"], connected["missing"], connected["until"]) == ("client_credentials", [], None)
    refused = ask("connect", "shopify", env={"CLIENT_SECRET": "shpss_wrong"})
    assert refused.code == 4
    assert "--code" in refused.err
    assert "shpss_wrong" not in refused.err


def test_a_code_comes_back_to_this_machine_and_the_pair_serves_every_command(folder: Path, ask: Ask) -> None:
    port = free_port()
    words = [*ONHAND, "connect", "shopify", "--code", "--json", "--port", str(port)]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            page = json.loads(process.stdout.readline())["open"]
            asked = parse_qs(urlsplit(page).query)
            assert set(asked["scope"][0].split(",")) == set(needed(writes=False))
            back = redirect_of(page)
            assert httpx.get(back + "0", timeout=60).status_code == 400  # a stranger's guess
            assert httpx.get(back, timeout=60).status_code == 200
            connected = json.loads(process.stdout.read())
        finally:
            process.terminate()
            process.wait(timeout=60)
    assert (connected["way"], connected["missing"]) == ("authorization_code", [])
    assert not any(b"shpat_" in path.read_bytes() for path in (folder / "onhand-tokens").iterdir())
    assert ask("sync").code == 0
    checks = {row["name"]: row for row in ask("doctor", "--json").document}
    assert "by authorization_code" in checks[f"connection of {SHOP}"]["why"]
    assert checks[f"scopes for {SHOP}"]["status"] == "ok"


def test_the_redirect_may_be_pasted(folder: Path) -> None:
    words = [*ONHAND, "connect", "shopify", "--code", "--json", "--redirect-uri", "http://127.0.0.1/landed"]
    with subprocess.Popen(
        words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        page = json.loads(process.stdout.readline())["open"]
        out, _ = process.communicate(redirect_of(page) + "\n", timeout=60)
    assert json.loads(out)["way"] == "authorization_code"


def changed(address: str, **words: str) -> str:
    """Return a redirect with parameters replaced, and the signature left as it was."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | words)).geturl()


def test_a_redirect_that_shopify_did_not_send_to_us_is_turned_away(folder: Path) -> None:
    attempt = attempt_in(folder)
    good, of_another = redirect_of(attempt.page), redirect_of(attempt_in(folder).page)
    for wrong in (
        changed(good, shop="thief.myshopify.com"),
        changed(good, code="guessed"),
        changed(good, hmac="0" * 64),
        "http://127.0.0.1:8002/connected",
    ):
        with pytest.raises(BadSignature, match="not signed by Shopify"):
            attempt.finish(wrong)
    with pytest.raises(BadSignature, match="answers another request"):
        attempt.finish(of_another)
    assert attempt.finish(good).way == "authorization_code"


def test_the_signature_of_a_redirect_is_no_signature_of_a_webhook(running: Running, folder: Path) -> None:
    answered: dict[str, Any] = dict(parse_qsl(urlsplit(redirect_of(attempt_in(folder).page)).query))
    signature = b64encode(bytes.fromhex(answered.pop("hmac"))).decode()
    body = urlencode(sorted(answered.items())).encode()
    request = Request(SHOP, "orders/create", {"x-shopify-hmac-sha256": signature}, body)
    with pytest.raises(BadSignature, match="of a redirect"):
        Verifier([running.sandbox.secrets.client_secret]).verify(request, datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.usefixtures("folder")
def test_tiktok_shop_is_said_to_be_connected_by_hand(ask: Ask) -> None:
    answer = ask("connect", "tiktok-shop")
    assert answer.code == 3
    assert "refresh_token" in answer.err


def test_the_client_secret_is_replaced_and_the_old_one_revoked_when_doctor_says_so(
    running: Running, folder: Path, ask: Ask
) -> None:
    attempt = attempt_in(folder)
    attempt.finish(redirect_of(attempt.page))
    assert ask("sync").code == 0
    control = running.addresses["control"]
    rotated = httpx.post(f"{control}/rotate_secret", timeout=60).json()
    text = (folder / "onhand.toml").read_text()
    (folder / "onhand.toml").write_text(f'{text}old_client_secret = "env:OLD_SECRET"\n')
    env = {"CLIENT_SECRET": rotated["client_secret"], "OLD_SECRET": rotated["old_client_secret"]}
    checks = {row["name"]: row for row in ask("doctor", "--json", env=env).document}
    assert "the old client secret may be revoked" in checks[f"connection of {SHOP}"]["why"]
    assert httpx.post(f"{control}/revoke_secret", timeout=60).status_code == 200
    assert ask("sync", env=env).code == 0


class HandClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """Return its time."""
        return self.at


def test_an_address_to_agree_at_serves_once_and_for_ten_minutes(folder: Path) -> None:
    config, clock = load_config(folder / "onhand.toml", dict(os.environ)), HandClock()
    late = Connecting(config, config.shops[0], "http://127.0.0.1:8002/connected", writes=False, clock=clock)
    redirect = redirect_of(late.page)
    clock.at += timedelta(minutes=10, seconds=1)
    with pytest.raises(NotConnected, match="begin anew"):
        late.finish(redirect)
    prompt = attempt_in(folder)
    redirect = redirect_of(prompt.page)
    assert prompt.finish(redirect).way == "authorization_code"
    with pytest.raises(NotConnected, match="served once"):
        prompt.finish(redirect)


def test_tiktok_shop_is_connected_anew_by_a_pasted_code(
    running: Running, folder: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    at: Any = running.addresses["tiktok_shop"]
    monkeypatch.setenv("TIKTOK_SECRET", at["app_secret"])
    with (folder / "onhand.toml").open("a") as config:
        config.write(
            f'[[channel]]\nname = "tiktok_shop"\nlocations = ["Warehouse"]\nshop_id = "{at["shop_id"]}"\n'
            f'app_key = "{at["app_key"]}"\napp_secret = "env:TIKTOK_SECRET"\nservice_id = "77"\n'
            f'api_url = "{at["url"]}"\nauth_url = "{at["auth_url"]}"\n'
        )
    words = [*ONHAND, "connect", "tiktok-shop", "--code", "--json"]
    given = f"https://app.example.com/landed?code={running.sandbox.secrets.tiktok_auth_code}\n"
    done = subprocess.run(words, cwd=folder, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert "service_id=77" in done.stderr
    assert json.loads(done.stdout)["answers"] == "onhand sandbox (US)", done.stderr
    assert ask("connect", "tiktok-shop", "--json").document["answers"] == "onhand sandbox (US)"  # by the kept pair
