"""The campaign takes minutes: only `make sim` runs it. At its end stands what it lived through, kind by kind."""

import json
import os
from collections import Counter

import pytest

from onhand.simulator.witness import never_lived

collect_ignore_glob = [] if os.environ.get("HYPOTHESIS_PROFILE") == "long" else ["test_*.py"]


class Tally:
    """Adds up what the parts of a campaign report, wherever they run, and fails one in which something never was."""

    def __init__(self) -> None:
        self._lives = self._worlds = self._failed = self._wanted = 0
        self._counts: Counter[str] = Counter()
        self._acts: set[str] = set()

    def missing(self) -> list[str]:
        """Return what a whole campaign has never lived through; a part of one may lack anything."""
        return never_lived(self._counts, self._acts) if self._lives and self._lives >= self._wanted else []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one part."""
        told = dict(report.user_properties)
        if report.when == "call" and "campaign" in told:
            part = json.loads(str(told["campaign"]))
            self._lives += part["lives"]
            self._worlds += part["worlds"]
            self._failed += part["failed"]
            self._wanted = part["wanted"]
            self._counts.update(part["counts"])
            self._acts.update(part["acts"])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail where something never happened; only where all parts come together is that known."""
        if not hasattr(session.config, "workerinput") and self.missing():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how much was lived through, and how often each thing happened."""
        if not self._lives:
            return
        terminalreporter.section("random lives")
        terminalreporter.line(f"{self._lives:,} lives in {self._worlds:,} worlds, {self._failed:,} of them failed")
        for what in sorted(name for name in self._counts if not name.startswith("refused")):
            terminalreporter.line(f"{self._counts[what]:>8,}  {what}")
        for what in self.missing():
            terminalreporter.line(f"   never  {what}: the campaign fails")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.pluginmanager.register(Tally(), "campaign tally")
