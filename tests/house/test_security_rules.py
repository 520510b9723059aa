"""What no single module shows: nothing dangerous is called, no secret lies in the repository, shops are apart."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from onhand.channels.shopify.parse import READERS
from onhand.channels.shopify.topics import COMPLIANCE
from onhand.store import open_store
from onhand.store.statements import load_statements
from tests.house.tree import PACKAGE, ROOT, parsed, place, pyproject, python_files, repository_files

FORBIDDEN_MODULES = {
    "pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "yaml",
    "xml",
    "telnetlib",
    "ftplib",
    "zipfile",
    "tarfile",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "Markup", "mktemp", "system", "popen"}
FORBIDDEN_WORDS = {("verify", False), ("shell", True), ("autoescape", False), ("follow_redirects", True)}


def test_nothing_of_the_product_can_run_what_it_reads_or_trust_whom_it_has_not_checked() -> None:
    found = []
    for path in python_files("src"):
        for node in ast.walk(parsed(path)):
            found += [f"{place(path, getattr(node, 'lineno', None))}: {what}" for what in _dangers(node)]
    assert found == []


def _dangers(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names if name.name.partition(".")[0] in FORBIDDEN_MODULES]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.module and node.module.partition(".")[0] in FORBIDDEN_MODULES else []
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        words = {(word.arg, word.value.value) for word in node.keywords if isinstance(word.value, ast.Constant)}
        named = {called, attribute} & (FORBIDDEN_CALLS - {"compile"} if attribute else FORBIDDEN_CALLS)
        return [*named, *(f"{name}={value!r}" for name, value in words & FORBIDDEN_WORDS)]
    return []


def test_the_rules_that_look_for_dangerous_code_are_switched_on() -> None:
    lint = pyproject()["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert {rule for rule in lint["ignore"] if rule.startswith("S")} == {"S101", "S603", "S607"}


# Spelled in pieces: this file is looked through as well. Tests use invented ones, whose letters are words.
COMMITTED = re.compile(
    "|".join(
        (
            "shp" + r"(?:at|ss|rt|ca|pa|ua)_[0-9a-fA-F]{32}",
            "AK" + r"IA[0-9A-Z]{16}",
            "AI" + r"za[0-9A-Za-z_-]{35}",
            "gh" + r"[pousr]_[0-9A-Za-z]{36}",
            "ya" + r"29\.[0-9A-Za-z_-]{20,}",
            "-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE" + " KEY-----",
        )
    )
)


def test_no_secret_lies_in_the_repository() -> None:
    found = [
        place(path)
        for path in repository_files()
        if COMMITTED.search(path.read_bytes().decode("utf-8", errors="replace"))
    ]
    assert found == []
    names = {path.name for path in repository_files()}
    assert [name for name in names if re.search(r"\.(pem|key|p12|env|tokens|db)$|^\.env", name)] == []


def test_what_the_law_asks_for_is_read_and_its_sender_checked_twice() -> None:
    assert {"customers/data_request", "customers/redact", "shop/redact"} == set(COMPLIANCE)
    assert set(COMPLIANCE) <= set(READERS)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_no_statement_touches_a_table_of_shops_without_naming_the_shop(engine: str, tmp_path: Path) -> None:
    open_store(str(tmp_path / "onhand.db")).close()
    database = apsw.Connection(str(tmp_path / "onhand.db"))
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    of_shops = {
        name for name in tables if "shop" in {row[1] for row in database.execute(f"PRAGMA table_info({name})")}
    } - {"shops"}
    database.close()
    assert len(of_shops) > 20
    touching = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|COPY)\s+(\w+)", flags=re.IGNORECASE)
    unscoped = [
        f"{name}: {', '.join(sorted(touched))}"
        for name, statement in load_statements(engine).items()
        if (touched := set(touching.findall(statement.text)) & of_shops) and not re.search(r"\bshop\b", statement.text)
    ]
    assert unscoped == []


def test_packages_of_javascript_run_nothing_when_they_are_installed() -> None:
    text = (ROOT / "tests/official_clients/conftest.py").read_text(encoding="utf-8")
    installs = re.findall(r'\[[^]]*"(?:ci|install)"[^]]*\]', text)
    assert installs
    assert all("--ignore-scripts" in words for words in installs)
    (lock,) = [path for path in repository_files() if path.name == "package-lock.json"]
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []


def test_what_onhand_is_made_of_can_be_listed_with_every_hash() -> None:
    words = [sys.executable, str(ROOT / "scripts/sbom.py"), str(ROOT / "requirements/base.txt")]
    listed = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.5")
    pins = (ROOT / "requirements/base.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==(\S+)", pins, flags=re.MULTILINE))
    assert {(row["name"], row["version"]) for row in listed["components"]} == {
        (re.sub(r"[-_.]+", "-", name), version) for name, version in pinned
    }
    assert sum(len(row["hashes"]) for row in listed["components"]) == pins.count("--hash=sha256:")
    assert all(row["hashes"] for row in listed["components"])


def test_every_answer_of_a_platform_is_read_within_a_bound() -> None:
    asks = re.compile(r"http\.(?:get|post|put|patch|delete|request|stream|send)\(")
    asking = {place(path) for path in python_files("src/onhand/channels") if asks.search(path.read_text("utf-8"))}
    # The file of a bulk operation has a size that Shopify announces: what goes beyond it is refused. Of answers to our
    # own webhooks only the status counts: of the rest a little is read, and counted before it is unpacked.
    bounded_themselves = {"src/onhand/channels/announcer.py", "src/onhand/channels/shopify/download.py"}
    assert asking == {"src/onhand/channels/bounded.py", *bounded_themselves}


def test_templates_fill_in_nothing_unescaped() -> None:
    for path in (PACKAGE / "web/templates").glob("*"):
        assert not re.search(r"\|\s*safe|autoescape|\bMarkup\b|\{%\s*raw", path.read_text(encoding="utf-8")), path
