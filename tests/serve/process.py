"""`onhand serve` as a process of its own, that can be killed and started again."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from onhand.demo.house import write_config
from tests.support.ports import free_port

STOPPED_WITHIN_S = 60.0


class OnhandProcess:
    """One onhand in a folder; its webhooks come in on the same port however often it is started."""

    def __init__(self, folder: Path, addresses: Mapping[str, Any], **audit_s: float) -> None:
        self.path = write_config(folder, addresses, port=0)
        text = self.path.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^(writes|reads)_per_s = .*$", r"\1_per_s = 500.0", text)
        self.path.write_text(text, encoding="utf-8")
        self.ingress_port = free_port()
        listen = f"127.0.0.1:{self.ingress_port}"
        self._environ = {
            **os.environ,
            "ONHAND__INGRESS__LISTEN": listen,
            "ONHAND__INGRESS__PUBLIC_URL": f"http://{listen}",
            "ONHAND__GUARD__ZERO_SHARE": "1",  # a shop of a few items runs out of two at once
            **{f"ONHAND__AUDIT__{key.upper()}": str(seconds) for key, seconds in audit_s.items()},
        }
        self._folder = folder
        self.program: Sequence[str] = [str(Path(sys.executable).with_name("onhand"))]
        self._name = "serve"
        self._starts = 0
        self._process: subprocess.Popen[str] | None = None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside it and return how it ended."""
        return subprocess.run(
            self._command(*words), env=self._environ, capture_output=True, text=True, timeout=240, check=False
        )

    def sync(self) -> None:
        """Read the shop for the first time, and wait for the next second: a sale in this one may be in the opening."""
        assert self.run("sync").returncode == 0
        ends_at = datetime.now(UTC) + timedelta(seconds=1)
        while datetime.now(UTC) < ends_at:
            sleep(0.05)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment that it is started in."""
        return self._environ

    def set(self, name: str, value: str) -> None:
        """Give it a setting by its environment."""
        self._environ[name] = value

    def take_place_of(self, other: "OnhandProcess") -> None:
        """Listen where another process would, and call its log of errors otherwise."""
        self.ingress_port, self._environ = other.ingress_port, dict(other._environ)
        self._name = f"{other._name}-again"

    def start(self, role: str = "all") -> dict[str, str]:
        """Start serving and return its addresses once it listens."""
        self.begin(role)
        return self.until_ready()

    def begin(self, role: str = "all") -> None:
        """Start serving and wait for nothing."""
        self._starts += 1
        with self._errors_path.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                self._command("serve", "--role", role, "--json"),
                env=self._environ,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def until_ready(self) -> dict[str, str]:
        """Wait until it listens and return its addresses."""
        assert self._process is not None
        assert self._process.stdout is not None
        first_line = self._process.stdout.readline()
        assert first_line, f"onhand serve ended before it listened: {self.errors()}"
        addresses: dict[str, str] = json.loads(first_line)
        return addresses

    def kill(self) -> None:
        """End it as a power cut would: no handler runs, nothing is flushed."""
        assert self._process is not None
        self._process.kill()
        self._close()

    def stop(self) -> int:
        """End it as a container's host would, and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._close()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process is not None
        return self._process.pid

    def signal(self, number: int) -> None:
        """Send it a signal, and wait for nothing."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, within_s: float) -> int:
        """Wait until it ends by itself, and return its exit code."""
        assert self._process is not None
        self._process.wait(within_s)
        return self._close()

    def is_running(self) -> bool:
        """Return whether it still runs."""
        return self._process is not None and self._process.poll() is None

    def errors(self) -> str:
        """Return what the newest start has logged."""
        return self._errors_path.read_text(encoding="utf-8")

    @property
    def _errors_path(self) -> Path:
        return self._folder / f"{self._name}-{self._starts}.log"

    def _command(self, *words: str) -> list[str]:
        return [*self.program, "--config", str(self.path), *words]

    def _close(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        code = self._process.wait(STOPPED_WITHIN_S)
        self._process.stdout.close()
        self._process = None
        return code
