#!/usr/bin/env python3
"""Write which access scopes let an app see the types and fields that the pruned schema has, for the tests.

    scripts/list_scopes.py                     fetch the package with `npm pack` and rewrite the file
    scripts/list_scopes.py --archive FILE      take the package archive from FILE instead

Any one of the scopes listed for a type or a field is enough. What needs none is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tarfile
import tempfile
from pathlib import Path

from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts import prune_schema

OUTPUT = Path(__file__).resolve().parent.parent / "tests/channels/shopify/field_scopes.json"


def table(archive: Path) -> dict[str, object]:
    """Return the scopes by "Type" and "Type.field", with where they come from."""
    prune_schema.refuse_another(archive)
    with tarfile.open(archive) as members:
        rows = json.loads(gzip.decompress(prune_schema.member(members, prune_schema.SCHEMA_MEMBER)))
    kept = build_schema(prune_schema.OUTPUT.read_text(encoding="utf-8")).type_map
    scopes: dict[str, list[str]] = {}
    for row in rows["offline_scopes"]["items"]:
        kind = kept.get(row["typeName"])
        if not row["offlineScopes"] or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        if row["type"] == "type":
            scopes[row["typeName"]] = sorted(row["offlineScopes"])
        elif row["fieldName"] in kind.fields:
            scopes[f"{row['typeName']}.{row['fieldName']}"] = sorted(row["offlineScopes"])
    source = f"npm package {prune_schema.PACKAGE} {prune_schema.PACKAGE_VERSION}, Copyright 2025-present, Shopify Inc."
    return {
        "source": f"{source}, ISC License; written by scripts/list_scopes.py",
        "api_version": prune_schema.API_VERSION,
        "scopes": dict(sorted(scopes.items())),
    }


def main() -> None:
    """Rewrite the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--archive", type=Path, help="the downloaded package archive")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = table(arguments.archive or prune_schema.download(Path(folder)))
    OUTPUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
