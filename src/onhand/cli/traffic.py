"""traffic: how many people came to a location, quarter by quarter of an hour."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import Visits


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("traffic", rich_help_panel="Ask")(traffic)


def traffic(
    context: typer.Context,
    location: Annotated[str, typer.Argument(metavar="LOCATION", help="A location's name, or its id.")],
    *,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="From this time on: 2026-11-23, or 2026-11-23T14:30+01:00."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Until this time; until now where it is left out.")
    ] = None,
    json_wanted: Json = False,
) -> None:
    """Show the people that came to a location in each quarter of an hour; the last day without --since.

    What nobody counted is missing, and not 0.
    """
    from onhand import answers
    from onhand.cli.stock import read_time

    frame = frame_of(context, json_wanted=json_wanted)
    begin, end = answers.time_asked(
        read_time(since, "--since") if since is not None else None,
        read_time(until, "--until") if until is not None else None,
        now(),
    )
    with frame.books() as books:
        rows = answers.visits(books, frame.shop(), location, begin, end)
    frame.answer(answers.as_json(rows), _paint(rows))


def _paint(rows: Sequence["Visits"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import MIND, QUIET, Column, cell, table

        counted = [row for row in rows if row.status != "missing"]
        if not counted:
            console.print("Nobody was counted there in that time: docs/foot-traffic.md says how sensors are connected.")
            return
        columns = [Column("from (UTC)"), Column("in", number=True), Column("out", number=True), Column("status")]
        cells = [
            (
                f"{row.start:%Y-%m-%d %H:%M}",
                "" if row.in_people is None else row.in_people,
                "" if row.out_people is None else row.out_people,
                cell(_status(row), QUIET if row.status == "ok" else MIND),
            )
            for row in rows
        ]
        console.print(table(columns, cells))
        came, left = (sum(people or 0 for people in column) for column in _columns(rows))
        missing = len(rows) - len(counted)
        console.print(f"{came} came in and {left} went out; {missing} of {len(rows)} quarters are missing")

    return paint


def _columns(rows: Sequence["Visits"]) -> tuple[list[int | None], list[int | None]]:
    return [row.in_people for row in rows], [row.out_people for row in rows]


def _status(row: "Visits") -> str:
    part = f", {row.coverage:.0%} of the time" if row.status == "partial" else ""
    return row.status + part + (", spread" if row.spread else "")
