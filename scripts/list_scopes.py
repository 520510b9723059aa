#!/usr/bin/env python3
"""Write which access scopes let an app see the types, fields and webhook topics that the pruned schema has.

    scripts/list_scopes.py                     fetch the package with `npm pack` and rewrite the file
    scripts/list_scopes.py --archive FILE      take the package archive from FILE instead

Run it after scripts/prune_schema.py: a test compares the pruned schema with the one it was made for.
Any one of the scopes listed is enough. What needs none is left out. The schema says it in a sentence: up to "Also:" it
names scopes, by their whole name or without "read_" and "write_"; permissions of a staff member are no scopes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts import prune_schema

OUTPUT = prune_schema.OUTPUT.with_name("access_scopes.json")
_SCOPE = re.compile(r"`([a-z_]+)`(?! user permission)")
_TOPIC_SCOPE = re.compile(r"\b(?:read|write)_[a-z_]+")


def table(archive: Path) -> dict[str, object]:
    """Return the scopes by "Type" and "Type.field" and by topic, with where they come from."""
    prune_schema.refuse_another(archive)
    with tarfile.open(archive) as members:
        document = json.loads(gzip.decompress(prune_schema.member(members, prune_schema.SCHEMA_MEMBER)))
    types = {row["name"]: row for row in document["data"]["__schema"]["types"]}
    sdl = prune_schema.OUTPUT.read_text(encoding="utf-8")
    kept = build_schema(sdl).type_map
    fields: dict[str, list[str]] = {}
    for name, kind in kept.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        fields |= _listed({name: types[name]}, "read")
        verb = "write" if name == "Mutation" else "read"
        fields |= _listed(
            {f"{name}.{row['name']}": row for row in types[name]["fields"] if row["name"] in kind.fields}, verb
        )
    source = f"npm package {prune_schema.PACKAGE} {prune_schema.PACKAGE_VERSION}, Copyright 2025-present, Shopify Inc."
    return {
        "source": f"{source}, ISC License; written by scripts/list_scopes.py",
        "api_version": prune_schema.API_VERSION,
        "pruned_schema_sha256": hashlib.sha256(sdl.encode()).hexdigest(),
        "fields": dict(sorted(fields.items())),
        "topics": dict(sorted(_topics(types["WebhookSubscriptionTopic"]["enumValues"]).items())),
    }


def _listed(rows: dict[str, Any], verb: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, row in rows.items():
        scopes = _SCOPE.findall((row.get("requiredAccess") or "").partition("Also:")[0])
        if scopes:
            whole = [one if one.startswith(("read_", "write_")) else f"{verb}_{one}" for one in scopes]
            found[name] = sorted(set(whole))
    return found


def _topics(values: list[Any]) -> dict[str, list[str]]:
    found = {}
    for value in values:
        _, _, needs = value["description"].partition("Requires")
        scopes = sorted(set(_TOPIC_SCOPE.findall(needs)))
        if scopes:
            found[value["name"]] = scopes
    return found


def main() -> None:
    """Rewrite the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--archive", type=Path, help="the downloaded package archive")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = table(arguments.archive or prune_schema.download(Path(folder)))
    arguments.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
