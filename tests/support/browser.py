"""Find and start a real headless Chromium."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

REPOSITORY = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox",  # Chromium refuses its own sandbox as root, and CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give 64 MB of it
)


def find_browser() -> str | None:
    """Return the path of a Chromium that runs, or None."""
    script = REPOSITORY / "scripts/browser.sh"
    found = subprocess.run(["sh", script, "--find"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


SHOWN_WITHIN_S = 60.0
"""How long a page may take to show something: most take milliseconds, on two busy cores ten thousand rows take more."""


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium and close it afterwards; without one, fail in CI and skip elsewhere."""
    expect.set_options(timeout=SHOWN_WITHIN_S * 1000)
    path = find_browser()
    if path is None:
        trouble = "no Chromium: `make browser` installs it or says how"
        if os.environ.get("CI") == "true":
            pytest.fail(trouble)
        pytest.skip(trouble)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, headless=True, args=list(FLAGS), timeout=SHOWN_WITHIN_S * 1000
        )
        try:
            yield browser
        finally:
            browser.close()
