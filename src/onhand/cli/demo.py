"""demo: a simulated merchant's busy day, played through everything that is real."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.exits import DIFFERENCES
from onhand.cli.frame import Json, frame_of

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("demo", rich_help_panel="Try")(demo)


def demo(
    context: typer.Context,
    *,
    headless: Annotated[
        bool, typer.Option("--headless", help="Play, heal, wait for quiet, print the verdict, end.")
    ] = False,
    for_s: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=1, max=86_400, help="How long the day plays.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed is the same day.")] = 7,
    speed: Annotated[
        float, typer.Option("--speed", metavar="X", min=1, max=10_000, help="Shop seconds in one real second.")
    ] = 60.0,
    port: Annotated[
        int, typer.Option("--port", metavar="P", min=0, max=65535, help="The port of the pages; 0: any free.")
    ] = 8000,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", metavar="FILE", exists=True, dir_okay=False, help="Play this file of sales instead."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only so many lines of that file.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", file_okay=False, help="Keep books and log in here.")
    ] = None,
    json_wanted: Json = False,
) -> None:
    """Start a simulated merchant and onhand, print the address of the page, and play a busy day.

    Headless it ends with 0 only if everything holds: parity, no unit oversold after a confirmed zero, no unit
    unexplained.
    """
    from onhand import answers
    from onhand.demo import DemoOptions, run

    frame = frame_of(context, json_wanted=json_wanted)
    options = DemoOptions(
        headless=headless,
        for_s=for_s,
        seed=seed,
        speed=speed,
        port=port,
        replay=str(replay.resolve()) if replay is not None else None,
        limit=limit,
        folder=folder,
        quiet=frame.json,
    )
    result = run(options)
    document = answers.as_json(result)

    def paint(console: "Console") -> None:
        from onhand.cli.paint import pairs

        console.print(pairs(document))
        console.print("Everything holds." if result.holds else "It does not hold: the lines above say where.")

    frame.answer(document, paint)
    if not result.holds:
        raise typer.Exit(DIFFERENCES)
