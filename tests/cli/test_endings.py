"""How commands end: every exit code, one document, no colours in a pipe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onhand.cli.exits import CODES, code_of
from onhand.ports import errors
from onhand.store import Store
from tests.answers.shop import SHOP
from tests.cli.conftest import CONFIG, Ask


@pytest.mark.usefixtures("folder", "store")
def test_what_is_answered_ends_with_zero(ask: Ask) -> None:
    assert ask("levels").code == 0
    assert ask("--version").code == 0
    assert ask("--help").code == 0


@pytest.mark.usefixtures("folder")
def test_a_command_that_there_is_not_is_a_mistake_of_usage(ask: Ask) -> None:
    assert ask("lvels").code == 2
    assert ask("explain", "TEE").code == 2
    assert ask("serve", "--role", "cook").code == 2


def test_a_missing_configuration_ends_with_three_and_the_way_out(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = ask("levels")
    assert answer.code == 3
    assert "onhand.toml: there is no such file; `onhand init` writes one" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("folder")
def test_a_database_that_is_not_there_yet_is_not_made_by_asking(ask: Ask, folder: Path) -> None:
    answer = ask("levels")
    assert answer.code == 3
    assert "`onhand sync` makes it" in answer.err
    assert not (folder / "onhand.db").exists()


@pytest.mark.usefixtures("store")
def test_a_shop_that_was_never_read_is_said_to_be_so(ask: Ask, folder: Path) -> None:
    (folder / "onhand.toml").write_text(CONFIG.replace("tees.", "hats."))
    answer = ask("levels")
    assert answer.code == 3
    assert "nothing is known of hats.myshopify.com yet" in answer.err


def test_a_file_that_is_no_database_ends_with_five(ask: Ask, folder: Path) -> None:
    (folder / "onhand.db").write_bytes(b"this is no database, but a letter to a friend " * 100)
    answer = ask("levels", "--json")
    assert answer.code == 5
    assert answer.document["error"]["kind"] == "DataDamaged"


def test_every_error_that_is_foreseen_has_its_code() -> None:
    expected = {
        errors.ConfigError: 3,
        errors.ChannelUnavailable: 4,
        errors.ChannelRefused: 4,
        errors.NotConnected: 4,
        errors.IncompleteReading: 4,
        errors.OutcomeUnknown: 4,
        errors.StaleWrite: 4,
        errors.BadSignature: 4,
        errors.UnreadableDelivery: 5,
        errors.DataDamaged: 5,
        errors.MovementConflict: 5,
        errors.LogUnavailable: 5,
    }
    assert {kind: code_of(kind("x")) for kind in expected} == expected
    foreseen = {
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.OnhandError)
    }
    assert foreseen - {errors.OnhandError} == {kind for kind, _ in CODES}


@pytest.mark.usefixtures("store")
def test_of_several_shops_one_must_be_named(ask: Ask, folder: Path) -> None:
    one = CONFIG.partition("[[channel]]")[0]
    second = one.partition("[[shop]]")[2].replace("tees.", "hats.")
    (folder / "onhand.toml").write_text(f"{one}\n[[shop]]{second}")
    assert ask("levels").code == 2
    assert ask("--shop", SHOP, "levels").code == 0
    wrong = ask("--shop", "shoes.myshopify.com", "levels")
    assert wrong.code == 2
    assert "not configured" in wrong.err


@pytest.mark.usefixtures("store")
def test_the_configuration_may_be_named_by_option_and_by_environment(ask: Ask, folder: Path) -> None:
    elsewhere = folder / "elsewhere.toml"
    (folder / "onhand.toml").rename(elsewhere)
    assert ask("levels").code == 3
    assert ask("--config", str(elsewhere), "levels").code == 0
    assert ask("levels", env={"ONHAND_CONFIG": str(elsewhere)}).code == 0


@pytest.mark.usefixtures("store")
def test_in_a_pipe_there_is_one_document_and_no_colour(folder: Path) -> None:
    command = [sys.executable, "-c", "from onhand.cli import main; main()", "ats", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=True)
    assert isinstance(json.loads(done.stdout), list)
    assert done.stderr == ""


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("words", "env"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {})])
def test_colours_are_for_terminals_that_want_them(folder: Path, words: list[str], env: dict[str, str]) -> None:
    import pty

    command = [sys.executable, "-c", "from onhand.cli import main; main()", *words, "offers", "ls"]
    master, slave = pty.openpty()
    surroundings = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**surroundings, "TERM": "xterm-256color", **env},
        stdout=slave,
        timeout=240,
        check=True,
    )
    assert done.returncode == 0
    os.close(slave)
    shown = _read_all(master)
    assert "in shadow" in shown
    coloured = "\x1b[33m" in shown
    assert coloured == (not words and not env)


def _read_all(descriptor: int) -> str:
    shown = b""
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(descriptor)
    return shown.decode()


def test_the_store_is_closed_when_a_command_ends(ask: Ask, folder: Path, store: Store) -> None:
    assert ask("levels").code == 0
    store.close()
    assert not (folder / "onhand.db-wal").exists()
