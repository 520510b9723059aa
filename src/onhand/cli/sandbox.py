"""sandbox: only the simulated platforms."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("sandbox", rich_help_panel="Try")(sandbox)


def sandbox(
    *,
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65535, help="0: any free.")] = 0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed is the same shop.")] = 7,
    items: Annotated[int, typer.Option("--items", metavar="N", min=1, max=1_000_000, help="How many items.")] = 200,
    locations: Annotated[int, typer.Option("--locations", metavar="N", min=2, max=200, help="How many locations.")] = 3,
) -> None:
    """Run only the simulated platforms, until SIGTERM or Ctrl-C.

    The first line on standard output is one JSON document with every address, token and secret to connect with.
    """
    from onhand.sandbox import run

    try:
        run(port=port, seed=seed, items=items, locations=locations)
    except OSError as error:
        raise typer.BadParameter(f"--port {port} cannot be used: {error.strerror}") from error
