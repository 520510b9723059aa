"""The command line: one file a group of commands. Every import that costs time stands inside its command."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from onhand.cli import (
    bench,
    buffers,
    connect,
    deliveries,
    demo,
    doctor,
    drift,
    erasing,
    holds,
    keys,
    ledger,
    openapi,
    oversells,
    places,
    returns,
    run,
    sandbox,
    selling,
    settings,
    simulate,
    stock,
    stocking,
    traffic,
    transfers,
    webhooks,
)
from onhand.cli.exits import DEFECT, Commands
from onhand.cli.frame import Frame
from onhand.cli.logs import log_to_stderr

app = typer.Typer(
    name="onhand",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="One true count of a merchant's stock across Shopify POS, the Online Store, TikTok Shop and warehouses.",
)

# In the order of `onhand --help`: try it, set it up, run it, ask it, look after it, let it write.
GROUPS = (
    *(demo, sandbox, simulate, bench, settings, connect, keys, doctor, openapi),
    *(run, stock, places, traffic, transfers, returns, oversells, drift, holds, webhooks),
    *(deliveries, ledger, erasing, selling, buffers, stocking),
)
for group in GROUPS:
    group.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"onhand {version('onhand')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    *,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", envvar="ONHAND_CONFIG", help="The configuration (onhand.toml)."),
    ] = None,
    shop: Annotated[
        str | None, typer.Option("--shop", metavar="DOMAIN", help="Needed only where several are configured.")
    ] = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="Like --json behind the command.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more on standard error.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")] = False,
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """One true count of a merchant's stock across Shopify POS, the Online Store, TikTok Shop and warehouses."""
    context.obj = Frame(
        config_path=config,
        shop_domain=shop,
        verbose=verbose,
        no_color=no_color,
        json=json_wanted,
    )
    log_to_stderr(verbose=verbose)


def main() -> None:
    """Run the command line."""
    sys.excepthook = _tell_defect
    typer.main.get_command(app)()  # not app(): that puts typer's own hook in the place of ours


def _tell_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show what nobody foresaw, and end with a code that no answer has."""
    sys.__excepthook__(kind, error, trace)
    print("onhand: this is a defect of onhand: please report the lines above", file=sys.stderr)
    raise SystemExit(DEFECT)
