"""A shop with books and a log in a folder, and the command line beside it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from onhand.cli import app
from onhand.log import Seal, SqliteLog
from onhand.store import Store
from tests.answers.shop import opened_shop

CONFIG = """
encryption_key = "file:onhand.key"
[[shop]]
domain = "tees.myshopify.com"
client_id = "id-1"
client_secret = "env:SHOPIFY_CLIENT_SECRET"
api_url = "http://127.0.0.1:9"
[[channel]]
name = "tiktok_shop"
locations = ["Warehouse"]
buffer_units = 2
"""


class Answer(NamedTuple):
    """What a command printed, and the code it ended with."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


Ask = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a configuration and a key; the secret is in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", "shpss-canary")
    monkeypatch.delenv("ONHAND_CONFIG", raising=False)
    (tmp_path / "onhand.toml").write_text(CONFIG)
    (tmp_path / "onhand.key").write_text(Seal.generate_key())
    (tmp_path / "onhand.key").chmod(0o600)
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """The books of the shop, in the folder."""
    with opened_shop(folder / "onhand.db") as opened:
        yield opened


@pytest.fixture
def log(folder: Path) -> Iterator[SqliteLog]:
    """The log of deliveries, in the folder."""
    opened = SqliteLog(folder / "onhand-log.db", Seal([(folder / "onhand.key").read_text()]))
    yield opened
    opened.close()


@pytest.fixture
def ask() -> Ask:
    """Run one command as a person would."""

    def run(*words: str, env: dict[str, str] | None = None) -> Answer:
        result = CliRunner().invoke(app, list(words), env=env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run
