"""The sandbox as the demo sees it: a process of its own, spoken to over its control."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx


class SandboxProcess:
    """A sandbox running beside us; it ends with this process, whatever becomes of it."""

    def __init__(self, *, seed: int, items: int, locations: int, options: Sequence[str] = ()) -> None:
        words = ["--seed", str(seed), "--items", str(items), "--locations", str(locations)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "onhand.sandbox", "--port", "0", *words, *options, "--parent-pid", str(os.getpid())],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        first_line = self._process.stdout.readline()
        if not first_line:
            raise RuntimeError(f"the sandbox ended with exit code {self._process.wait()} before it listened")
        self.addresses: Mapping[str, Any] = json.loads(first_line)
        self._http = httpx.Client(base_url=self.addresses["control"], timeout=120.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(timeout=10)

    def post(self, what: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Ask the control for something. Raises RuntimeError with its words where it refuses."""
        response = self._http.post(f"/{what}", json=body)
        if response.status_code != 200:
            raise RuntimeError(f"sandbox control {what}: {response.status_code} {response.text}")
        answer: dict[str, Any] = response.json()
        return answer

    def get(self, what: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Look at something."""
        response = self._http.get(f"/{what}", params=query)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer
