"""Size and shape of the code: what a linter of imports and lines cannot say."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import (
    PACKAGE,
    ROOT,
    functions,
    parsed,
    place,
    pyproject,
    python_files,
    repository_files,
)

MODULE_LINES = 400  # past that, split by noun
FUNCTION_LINES = 70  # past that, split by step
CODE = ("src", "tests", "scripts")


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(*CODE)}
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_seventy_lines() -> None:
    long = {
        f"{place(path, function.lineno)} {function.name}": lines
        for path in python_files(*CODE)
        for function in functions(path)
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_only_intake_may_catch_everything() -> None:
    allowed = [PACKAGE / "intake/process.py", PACKAGE / "intake/process"]
    caught = [
        place(path, handler.lineno)
        for path in python_files("src")
        if not any(path.is_relative_to(home) for home in allowed)
        for handler in ast.walk(parsed(path))
        if isinstance(handler, ast.ExceptHandler) and _catches_everything(handler)
    ]
    assert caught == []


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in caught)


def test_every_module_is_named_for_what_it_holds() -> None:
    nameless = {"utils", "util", "helpers", "helper", "common", "misc", "base", "shared", "tools"}
    found = [place(path) for path in python_files("src") if nameless & {path.stem, path.parent.name}]
    assert found == []


def test_every_module_and_every_public_class_says_what_it_is() -> None:
    silent = [
        place(path, getattr(node, "lineno", 1))
        for path in python_files("src")
        for node in [parsed(path), *parsed(path).body]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not getattr(node, "name", "module").startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert silent == []


def test_nothing_crosses_a_seam_as_loose_keyword_arguments() -> None:
    loose = [
        place(path, function.lineno)
        for path in python_files("src")
        if not path.is_relative_to(PACKAGE / "sandbox")  # its seam is HTTP
        for function in functions(path)
        if function.args.kwarg is not None
    ]
    assert loose == []


def test_facts_of_the_domain_are_frozen_and_named() -> None:
    open_ones = [
        f"{place(path, node.lineno)} {node.name}"
        for path in python_files("src/onhand/domain", "src/onhand/ports")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in (text := ast.unparse(decorator)) and not ("frozen=True" in text and "kw_only=True" in text)
    ]
    assert open_ones == []


def test_a_name_that_ends_in_at_is_a_time_with_a_zone() -> None:
    wrong = [
        f"{place(path, node.lineno)} {name}: {kind}"
        for path in python_files("src/onhand/domain", "src/onhand/ports")
        for node, name, kind in _annotated_names(path)
        if name.endswith("_at") and "datetime" not in kind
    ]
    assert wrong == []


def _annotated_names(path: Path) -> Iterator[tuple[ast.AnnAssign | ast.arg, str, str]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node, node.target.id, ast.unparse(node.annotation)
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield node, node.arg, ast.unparse(node.annotation)


def test_the_world_of_the_sandbox_reads_no_clock() -> None:
    readings = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"}
    found = [
        place(path, node.lineno)
        for path in python_files("src/onhand/sandbox/world")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in readings
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time"}
    ]
    assert found == []


def test_a_test_is_a_sentence_and_none_is_switched_off() -> None:
    short = [
        f"{place(path, function.lineno)} {function.name}"
        for path in python_files("tests")
        for function in functions(path)
        if function.name.startswith("test_") and function.name.count("_") < 3
    ]
    switched_off = [
        place(path, decorator.lineno)
        for path in python_files("tests")
        for function in functions(path)
        for decorator in function.decorator_list
        if ast.unparse(decorator).startswith(("pytest.mark.skip", "pytest.mark.xfail"))
    ]
    assert (short, switched_off) == ([], [])


def test_everything_beside_the_code_is_shipped_with_it() -> None:
    shipped = {pattern.removeprefix("*") for pattern in pyproject()["tool"]["setuptools"]["package-data"]["*"]}
    left_out = [
        place(path)
        for path in repository_files()
        if path.is_relative_to(PACKAGE)
        and path.suffix != ".py"
        and path.suffix not in shipped
        and path.name not in shipped
    ]
    assert left_out == []


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in python_files("src")} - {ROOT / "src"}
    assert [place(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_channel_stands_in_the_contract_that_keeps_channels_apart() -> None:
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    (layer,) = next(found["layers"] for found in contracts if found["name"] == "Channels do not know each other")
    apart = {name.strip(" ()").removeprefix("channels.") for name in layer.split("|")}
    channels = {
        path.parent.name
        for path in repository_files()
        if path.name == "__init__.py" and path.parent.parent == PACKAGE / "channels"
    }
    assert channels - apart == set()
