"""README, decisions, notices and pins agree with the code they speak of."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

import onhand
from onhand.cli import app
from tests.house.tree import ROOT, make_targets, place, pyproject, repository_files

DECISION_LINES = 12
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")
DOCUMENTS = [path for path in repository_files() if path.suffix == ".md"]
DECISIONS = [path for path in DOCUMENTS if path.parent == ROOT / "docs/decisions"]


def _names(requirements_in: str) -> set[str]:
    """Return the packages that an .in file names, spelled as the index spells them."""
    lines = (ROOT / "requirements" / requirements_in).read_text(encoding="utf-8").splitlines()
    found = (REQUIREMENT.match(line) for line in lines)
    return {_spelled(match.group(1)) for match in found if match}


def _pins(requirements_txt: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / requirements_txt).read_text(encoding="utf-8").splitlines()
    pairs = (re.match(r"^([A-Za-z0-9._-]+)==([^ ;]+)", line) for line in lines)
    return {_spelled(match.group(1)): match.group(2) for match in pairs if match}


def _spelled(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_says_why_and_what_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    prose = [line for line in text.splitlines() if line.strip() and not line.startswith("|")]
    assert re.match(r"\d{3}-[a-z0-9-]+$", path.stem), "number, then words: 003-two-files-two-writers.md"
    assert len(prose) <= DECISION_LINES
    assert "**Why**" in text
    assert "**Instead of**" in text


def test_decisions_are_numbered_without_gap_or_repeat() -> None:
    numbers = sorted(int(path.stem[:3]) for path in DECISIONS)
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_dependency_has_a_line_that_says_why() -> None:
    text = (ROOT / "docs/decisions/002-dependencies.md").read_text(encoding="utf-8")
    explained = {_spelled(name) for name in re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)}
    assert explained == {
        name
        for file in (
            "base.in",
            "dev.in",
            "eventbridge.in",
            "google-sheets.in",
            "jetstream.in",
            "mqtt.in",
            "replay.in",
            "sftp.in",
        )
        for name in _names(file)
    }


def test_every_pin_is_exact_and_hashed() -> None:
    for name in ("base", "dev", "eventbridge", "google-sheets", "jetstream", "mqtt", "replay", "sftp"):
        pins = _pins(f"{name}.txt")
        assert _names(f"{name}.in") <= pins.keys(), f"{name}.txt is older than {name}.in: run `make pins`"
        blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"))
        assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_all_pin_files_agree_with_each_other() -> None:
    base, dev, replay = _pins("base.txt"), _pins("dev.txt"), _pins("replay.txt")
    assert {name: version for name, version in base.items() if dev.get(name) != version} == {}
    for extra in ("eventbridge.txt", "google-sheets.txt", "jetstream.txt", "mqtt.txt", "sftp.txt"):
        assert {name: version for name, version in _pins(extra).items() if dev.get(name) != version} == {}
    shared = (base.keys() | dev.keys()) & replay.keys()
    assert {name for name in shared if (base | dev)[name] != replay[name]} == set()


def test_every_make_command_that_a_document_names_exists() -> None:
    targets = make_targets()
    missing = [
        f"{place(path)}: make {target}"
        for path in DOCUMENTS
        for target in re.findall(r"(?:`|^)make ([a-z.]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if target not in targets
    ]
    assert missing == []


def test_make_help_names_every_target_people_type() -> None:
    words = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\S+)", shown, flags=re.MULTILINE)) == make_targets() - {"help", ".venv"}


def test_every_onhand_command_in_the_readme_answers_for_help() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = sorted(set(re.findall(r"(?:`|^)(?:\.venv/bin/)?onhand ([a-z]+)", text, flags=re.MULTILINE)))
    assert commands
    answers = {command: CliRunner().invoke(app, [command, "--help"]) for command in commands}
    assert {command: answer.output for command, answer in answers.items() if answer.exit_code != 0} == {}


def test_every_path_that_a_document_names_exists() -> None:
    named = re.compile(r"`((?:src|tests|docs|scripts|requirements)/[\w./-]+)`")
    linked = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
    missing = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        missing += [f"{place(path)}: {name}" for name in named.findall(text) if not (ROOT / name).exists()]
        missing += [f"{place(path)}: {name}" for name in linked.findall(text) if not (path.parent / name).exists()]
    assert missing == []


def test_there_is_one_version_and_the_changelog_is_open() -> None:
    assert pyproject()["project"]["version"] == onhand.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[?Unreleased\]?$", changelog, flags=re.MULTILINE)


def test_the_notice_names_the_package_that_the_schema_came_from() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    schemas = [path for path in repository_files() if path.name.startswith("admin_") and path.suffix == ".graphql"]
    assert schemas
    for schema in schemas:
        header = "".join(schema.read_text(encoding="utf-8").splitlines(keepends=True)[:15])
        assert place(schema) in notice
        for fact in ("@shopify/dev-mcp", "1.16.0", "ISC", "Shopify Inc."):
            assert fact in header
            assert fact in notice


def test_ci_runs_lint_every_test_and_new_seasons() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make lint", "make test", "make seasons"]


def test_no_file_names_a_package_index_or_a_folder_of_somebodys_machine() -> None:
    # Spelled in pieces: this file is looked through as well.
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org", "deb." + "debian.org"]
    folders = [
        "/ro" + "ot/",
        "/wo" + "rk/",
        "/ho" + "me/",
        "/Us" + "ers/",
        "/opt/" + "pypi",
        "/opt/" + "wheels",
    ]
    found = []
    for path in repository_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{place(path)}: {host}" for host in hosts if host in text]
        found += [
            f"{place(path)}: {folder}" for folder in folders if re.search(rf"(?<![\w.:}}*-]){re.escape(folder)}", text)
        ]
    assert found == []
