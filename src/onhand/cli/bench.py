"""bench: one workload, measured."""

from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, frame_of

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("bench", rich_help_panel="Try")(bench)


def bench(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="ingest, process, delay, holds, sheets, sync, throttle, or all.")
    ],
    *,
    items: Annotated[int | None, typer.Option("--items", min=1, help="sync: how many items the shop has.")] = None,
    locations: Annotated[int | None, typer.Option("--locations", min=1, help="sync: and locations.")] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", help="sync: an empty database instead of a SQLite file; holds: beside one."),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="holds: measure neveroversell, too, where it is installed.")
    ] = False,
    changes: Annotated[
        int | None, typer.Option("--changes", min=1, help="throttle, sheets: how many there are.")
    ] = None,
    json_wanted: Json = False,
) -> None:
    """Measure one workload.

    ingest: durable accepts a second; process: orders a second from log to ATS; delay: from a webhook to the channel
    told; holds: the last unit wanted by many at once, and holds a second; sheets: a day of changes reaching a Google
    Sheet; sync: the first reading of a large shop; throttle: points for telling many changes, and their order.
    """
    from onhand import answers
    from onhand.bench import NAMES, Result, holds, run, sheets
    from onhand.bench.sync import ITEMS, LOCATIONS, bench_sync
    from onhand.bench.throttle import BOUNDED_CHANGES, CHANGES, bench_throttle

    frame = frame_of(context, json_wanted=json_wanted)
    if name not in (*NAMES, "all"):
        raise typer.BadParameter(f"there is no bench {name!r}; there are {', '.join(NAMES)}, all")

    def measure(each: str) -> Result:
        if each == "sync":
            return bench_sync(items or ITEMS, locations or LOCATIONS, database)
        if each == "holds":
            return holds.bench_holds(holds.BOUNDED if name == "all" else holds.USUAL, database, peers=peers)
        if each == "sheets":
            return sheets.bench_sheets(changes or (sheets.BOUNDED_CHANGES if name == "all" else sheets.CHANGES))
        if each == "throttle":
            return bench_throttle(changes or (BOUNDED_CHANGES if name == "all" else CHANGES))
        return run(each)

    with frame.working(f"Measuring {name}"):
        results = {each: answers.as_json(measure(each)) for each in (NAMES if name == "all" else (name,))}

    def paint(console: "Console") -> None:
        from onhand.cli.paint import pairs

        for each, result in results.items():
            console.print(each)
            console.print(pairs(result))

    frame.answer(results if name == "all" else results[name], paint)
