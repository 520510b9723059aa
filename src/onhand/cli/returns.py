"""returns: goods on their way back that nobody has put on sale again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import ReturnShown

CLOSED_DAYS = 60
"""Two months: goods of a return that was closed before are not looked for any more."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("returns", rich_help_panel="Ask")(returns)


def returns(
    context: typer.Context,
    *,
    closed_days: Annotated[
        int, typer.Option("--closed-days", min=0, max=36_500, help="Closed returns are shown for so many days.")
    ] = CLOSED_DAYS,
    decided: Annotated[
        bool, typer.Option("--all", help="Also what was discarded or given up: nothing is left to be done there.")
    ] = False,
    json_wanted: Json = False,
) -> None:
    """Show returned goods that were not restocked: what is awaited, what waits for a decision, and the next step."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.returns(books, frame.shop(), now(), timedelta(days=closed_days), decided=decided)
    frame.answer(answers.as_json(rows), _paint(rows))


def _paint(rows: Sequence["ReturnShown"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import MIND, Column, age, cell, table

        if not rows:
            console.print("Every return is restocked or decided upon.")
            return
        moment = now()
        columns = [
            Column("return"),
            Column("order"),
            Column("opened"),
            Column("status"),
            Column("SKU"),
            Column("units", number=True),
            Column("restocked", number=True),
            Column("awaited", number=True),
            Column("to decide", number=True),
            Column("discarded", number=True),
            Column("missing", number=True),
            Column("next step"),
        ]
        cells = [
            (
                row.name,
                row.order,
                age(row.opened_at, moment),
                row.status,
                row.sku or row.item,
                row.units,
                row.restocked_units,
                row.awaited_units,
                row.processing_units,
                row.discarded_units,
                row.missing_units,
                cell(row.next_step, MIND),
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint
