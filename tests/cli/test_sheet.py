"""The workbook from the command line: connecting it, and what doctor says of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onhand.demo.house import write_config
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.sheets.people import SheetAct, act
from tests.cli.conftest import Ask


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A sandbox, and beside it a folder with a configuration that connects to it."""
    monkeypatch.chdir(tmp_path)
    with SandboxThread(Options(items=3, locations=1)) as sandbox:
        write_config(tmp_path, sandbox.addresses, port=0, sheet=True)
        yield sandbox


def sheet_of(answer: Any) -> dict[str, Any]:
    (row,) = [row for row in answer if row["name"].startswith("google sheet of")]
    return dict(row)


def test_connecting_makes_the_tabs_and_says_whom_to_share_with(running: Running, ask: Ask) -> None:
    answer = ask("connect", "google-sheets", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["made"] == ["ats", "dictionary", "drifts", "inputs", "levels", "meta", "summary"]
    assert answer.document["title"] == "Stock"
    assert f"shared with {answer.document['account']} as Editor" in answer.err
    again = ask("connect", "google-sheets", "--json")
    assert again.document["made"] == []
    assert sheet_of(ask("doctor", "--json").document)["status"] == "ok"


def test_a_sheet_that_is_not_shared_is_refused_and_doctor_says_how_to_mend_it(running: Running, ask: Ask) -> None:
    assert ask("connect", "google-sheets", "--json").code == 0
    act(running.sandbox.sheets, SheetAct(act="revoke"))
    refused = ask("connect", "google-sheets")
    assert refused.code == 4
    assert "is not shared with onhand@" in refused.err
    found = sheet_of(ask("doctor", "--json").document)
    assert found["status"] == "fail"
    assert "share it as Editor" in found["mend"]


def test_a_key_that_is_none_is_named_and_never_shown(running: Running, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "secrets/service_account").write_text('{"type": "authorized_user", "refresh_token": "canary"}')
    answer = ask("connect", "google-sheets")
    assert answer.code == 3
    assert "must be the JSON key of a service account" in answer.err
    assert "canary" not in answer.err + answer.out
