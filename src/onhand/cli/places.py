"""locations: what stands where, who sells it from there, and what no web order can reach."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from onhand.cli.frame import Json, Paint, frame_of

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import PlaceShown


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("locations", rich_help_panel="Ask")(locations)


def locations(context: typer.Context, json_wanted: Json = False) -> None:
    """Show each location: what stands there, which channels sell it, and why the Online Store does not count it."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.places(books, frame.shop())
    frame.answer(answers.as_json(rows), _paint(rows))


def _paint(rows: Sequence["PlaceShown"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import MIND, Column, cell, table

        if not rows:
            console.print("No locations are known yet: `onhand sync` reads the shop.")
            return
        columns = [
            Column("location"),
            Column("available", number=True),
            Column("on hand", number=True),
            Column("worth"),
            Column("sold by"),
            Column("Online Store"),
        ]
        cells = [
            (
                row.name,
                row.available_units,
                row.on_hand_units,
                ", ".join(f"{worth.amount} {worth.currency}" for worth in row.value),
                ", ".join(row.channels) or cell("no channel", MIND),
                "counts it" if row.why_not is None else cell(f"no: {row.why_not}", MIND),
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint
