"""Exit codes, and the one place where an error becomes one."""

import json
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from onhand.cli.anywhere import HINT, put_first
from onhand.ports.errors import (
    BadSignature,
    ChannelRefused,
    ChannelUnavailable,
    ConfigError,
    DataDamaged,
    IncompleteReading,
    LogUnavailable,
    MovementConflict,
    NotConnected,
    OnhandError,
    OutcomeUnknown,
    StaleWrite,
    StoreUnavailable,
    TakenOver,
    UnreadableDelivery,
)

FINE = 0
DIFFERENCES = 1
USAGE = 2
CONFIGURATION = 3
PLATFORM = 4
DAMAGED = 5
DEFECT = 70
"""An error that nobody foresaw. Python would end with 1, which means that differences were found."""

# Nearest class first. An error of our own that stands in none of these is about what was asked: a SKU, a channel or
# a drift that nobody knows.
CODES: tuple[tuple[type[OnhandError], int], ...] = (
    (ConfigError, CONFIGURATION),
    (ChannelUnavailable, PLATFORM),
    (NotConnected, PLATFORM),
    (ChannelRefused, PLATFORM),
    (IncompleteReading, PLATFORM),
    (OutcomeUnknown, PLATFORM),
    (StaleWrite, PLATFORM),
    (BadSignature, PLATFORM),
    (UnreadableDelivery, DAMAGED),
    (DataDamaged, DAMAGED),
    (MovementConflict, DAMAGED),
    (LogUnavailable, DAMAGED),
    (StoreUnavailable, DAMAGED),
    (TakenOver, DAMAGED),
)


def code_of(error: OnhandError) -> int:
    """Return the exit code of an error that onhand foresees."""
    return next((code for kind, code in CODES if isinstance(error, kind)), USAGE)


class Commands(TyperGroup):
    """The commands of onhand: an error they foresee ends in its message and its exit code, never in a traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; options of the whole run count wherever they stand."""
        _hint(self)
        return super().parse_args(ctx, put_first(args))

    def invoke(self, ctx: Any) -> Any:
        """Run a command. With `--json` the error is the one document on standard output."""
        try:
            return super().invoke(ctx)
        except OnhandError as error:
            code = code_of(error)
            print(f"onhand: {visible(str(error))}", file=sys.stderr)
            if getattr(ctx.obj, "json", False):
                document = {"error": {"kind": type(error).__name__, "message": str(error), "exit_code": code}}
                print(json.dumps(document, indent=2))
            raise typer.Exit(code) from error


def _hint(command: Any) -> None:
    """Say at the end of every command's help what else it takes."""
    for inner in getattr(command, "commands", {}).values():
        _hint(inner)
        if not isinstance(inner, TyperGroup):
            inner.epilog = HINT


def visible(text: str) -> str:
    """Return text that came from outside so that a terminal only shows it: no control character stays one.

    Line feeds stay. Marks that turn the direction of writing around are shown as what they are too.
    """
    return "".join(letter if _is_harmless(letter) else f"\\u{ord(letter):04x}" for letter in text)


def _is_harmless(letter: str) -> bool:
    return letter == "\n" or not (
        letter < " " or "\x7f" <= letter <= "\x9f" or "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"
    )
