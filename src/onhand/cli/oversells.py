"""oversells: what was sold and is not there, and what to do about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import OversellShown


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("oversells", rich_help_panel="Ask")(oversells)


def oversells(
    context: typer.Context,
    sku: Annotated[str | None, typer.Argument(metavar="[SKU]", help="One SKU (or item id); all without it.")] = None,
    json_wanted: Json = False,
) -> None:
    """Show levels below zero: since when, the orders that took them there, those that wait, and the next step."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.oversells(books, frame.shop(), sku)
    frame.answer(answers.as_json(rows), _paint(rows))


def _paint(rows: Sequence["OversellShown"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import BAD, Column, age, cell, table

        if not rows:
            console.print("Nothing is oversold.")
            return
        moment = now()
        columns = [
            Column("SKU"),
            Column("title"),
            Column("location"),
            Column("short", number=True),
            Column("since"),
            Column("taken by"),
            Column("waiting"),
            Column("next step"),
        ]
        cells = [
            (
                row.sku or row.item,
                row.title,
                row.location or "not said yet",
                cell(row.units, BAD),
                age(row.since, moment),
                ", ".join(f"{claim.name} {claim.units}" for claim in row.taken_by),
                ", ".join(f"{claim.name} {claim.units}" for claim in row.waiting),
                row.next_step,
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint
