"""Write what onhand is made of, as a CycloneDX 1.5 document: every pinned package with the hashes of its files.

    python3 scripts/sbom.py requirements/base.txt > onhand.cdx.json

It reads the pins alone: no network, no installed package. Source of the form: CycloneDX 1.5, JSON reference.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIN = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==(?P<version>[^ ;\\]+)", flags=re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(pins: str) -> Iterator[dict[str, Any]]:
    """Yield one component for each pinned package of a requirements file."""
    found = list(PIN.finditer(pins))
    for place, pin in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(pins)
        name = re.sub(r"[-_.]+", "-", pin["name"]).lower()
        yield {
            "type": "library",
            "name": name,
            "version": pin["version"],
            "purl": f"pkg:pypi/{name}@{pin['version']}",
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in HASH.findall(pins[pin.end() : end])],
        }


def document(pins: str, version: str) -> dict[str, Any]:
    """Return the whole document for a release of onhand."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "onhand", "version": version}},
        "components": list(components(pins)),
    }


def main() -> None:
    """Print the document of the requirements files that are named."""
    root = Path(__file__).resolve().parents[1]
    found = re.search(r'^version = "([^"]+)"', (root / "pyproject.toml").read_text("utf-8"), flags=re.MULTILINE)
    pins = "\n".join(Path(name).read_text("utf-8") for name in sys.argv[1:] or [str(root / "requirements/base.txt")])
    print(json.dumps(document(pins, found[1] if found else "unknown"), indent=1))


if __name__ == "__main__":
    main()
