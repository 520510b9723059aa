"""transfers: what is reserved for, or under way between, locations, and what is stuck there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import TransferShown

STUCK_AFTER_DAYS = 7
"""A week: goods between two locations of one merchant are seldom longer on their way."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("transfers", rich_help_panel="Ask")(transfers)


def transfers(
    context: typer.Context,
    json_wanted: Json = False,
    stuck_after_days: Annotated[
        int, typer.Option("--stuck-after-days", min=0, max=36_500, help="Days without a change that count as stuck.")
    ] = STUCK_AFTER_DAYS,
) -> None:
    """Show open transfers: what they hold back or bring, since when, and which of them are stuck."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.transfers(books, frame.shop(), now(), timedelta(days=stuck_after_days))
    frame.answer(answers.as_json(rows), _paint(rows))


def _paint(rows: Sequence["TransferShown"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import BAD, Column, cell, table

        if not rows:
            console.print("No transfer is open.")
            return
        columns = [
            Column("transfer"),
            Column("reserved", number=True),
            Column("under way", number=True),
            Column("since"),
            Column("units"),
            Column("next step"),
        ]
        cells = [
            (
                row.name,
                row.reserved_units,
                row.under_way_units,
                "" if row.since is None else f"{row.since:%Y-%m-%d %H:%M}",
                ", ".join(f"{one.units} {one.sku or one.item} {one.state} at {one.location}" for one in row.held),
                "" if row.next_step is None else cell(f"stuck: {row.next_step}", BAD),
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint
