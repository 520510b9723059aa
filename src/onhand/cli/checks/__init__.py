"""The checks of `onhand doctor`: each says ok, warn or fail, why, and how to mend it."""

from onhand.cli.checks.check import Check, fail, ok, warn

__all__ = ["Check", "fail", "ok", "warn"]
