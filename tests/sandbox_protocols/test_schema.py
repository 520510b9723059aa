"""The pruned schema is the published one, and the rules it does not show stand beside it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema, validate_schema

from onhand.sandbox.shopify.access import ACCESS_FILE
from onhand.sandbox.shopify.rules import runtime_rules
from onhand.sandbox.shopify.schema import SDL_FILE, admin_schema, read_sdl
from scripts import list_scopes

# Written by scripts/prune_schema.py; after another run of it, the sum of what it wrote goes here.
SDL_SHA256 = "b6b63604b4ec488748c7b48e91fc704ef04ac47b4eba36a8f0d927706ab5616c"
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "prune_schema.py"


def test_the_schema_file_carries_its_notice() -> None:
    head = read_sdl().split("\nschema {", 1)[0]
    assert "@shopify/dev-mcp 1.16.0" in head
    assert "ISC License" in head
    assert "Copyright 2025-present, Shopify Inc." in head
    assert all(line.startswith("#") for line in head.splitlines() if line)


def test_the_schema_file_is_names_and_types_only_and_small() -> None:
    sdl = read_sdl()
    assert '"""' not in sdl
    assert len(sdl.encode()) < 200_000
    assert validate_schema(build_schema(sdl)) == []


def test_the_schema_file_is_what_the_script_writes() -> None:
    archive = os.environ.get("SHOPIFY_DEV_MCP_ARCHIVE")
    if archive is None:  # nobody needs the network or 14 MB to run the tests: the sum shows an edit by hand as well
        assert hashlib.sha256(read_sdl().encode()).hexdigest() == SDL_SHA256
        return
    command = [sys.executable, str(SCRIPT), "--archive", archive, "--output", "-"]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert written == read_sdl()
    assert hashlib.sha256(written.encode()).hexdigest() == SDL_SHA256


def test_the_scopes_were_listed_for_this_schema() -> None:
    held = json.loads(files("onhand.sandbox.shopify").joinpath(ACCESS_FILE).read_text(encoding="utf-8"))
    assert held["pruned_schema_sha256"] == SDL_SHA256, "run scripts/list_scopes.py after scripts/prune_schema.py"
    archive = os.environ.get("SHOPIFY_DEV_MCP_ARCHIVE")
    if archive is not None:
        assert list_scopes.table(Path(archive)) == held


def test_every_mutation_that_the_schema_has_is_bound_to_the_world() -> None:
    schema = admin_schema()
    assert schema.mutation_type is not None
    unbound = [
        name
        for name, field in schema.mutation_type.fields.items()
        if field.resolve is None or "guarded" not in field.resolve.__qualname__
    ]
    assert unbound == []


def test_the_rules_the_schema_does_not_show_name_what_the_schema_has() -> None:
    schema, rules = admin_schema(), runtime_rules()
    assert schema.get_directive(rules.idempotent_directive) is not None
    assert isinstance(schema.mutation_type, GraphQLObjectType)
    keyed = rules.keyed_mutations & set(schema.mutation_type.fields)
    assert len(keyed) >= 9
    for name, argument in rules.explicit_arguments.items():
        kind = schema.type_map.get(name)
        if kind is not None:
            assert isinstance(kind, GraphQLInputObjectType)
            assert argument in kind.fields


def test_the_data_files_are_shipped_beside_the_code() -> None:
    package = files("onhand.sandbox.shopify")
    assert package.joinpath(SDL_FILE).is_file()
    assert package.joinpath("runtime_rules.json").is_file()
