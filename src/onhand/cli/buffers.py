"""buffers show, buffers release: what stands aside for the Online Store's buffer, and the way back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from onhand.cli.exits import PLATFORM
from onhand.cli.frame import Json, Paint, frame_of

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import AsideShown, ReturnedShown


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="Units put aside in safety_stock for the Online Store's buffer.")
    group.command("show")(show)
    group.command("release")(release)
    app.add_typer(group, name="buffers", rich_help_panel="Let it write")


def show(context: typer.Context, json_wanted: Json = False) -> None:
    """Show our share of the safety stock of every level."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.aside(books, frame.shop())
    frame.answer(answers.as_json(rows), _paint_aside(rows))


def release(context: typer.Context, json_wanted: Json = False) -> None:
    """Put exactly our share on sale again, whatever else was moved. Ends with 4 if Shopify is not told yet."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.app() as app:
        with frame.working("Reading the levels and giving units back"):
            given = app.give_back(shop)
        with app.store.reading() as session:
            rows = answers.returned(session.of(shop), shop, given.rows)
    frame.answer({"rows": answers.as_json(rows), "untold": given.untold}, _paint_returned(rows, given.untold))
    if given.untold:
        raise typer.Exit(PLATFORM)


def _paint_aside(rows: Sequence["AsideShown"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, table

        if not rows:
            console.print("Nothing is put aside.")
            return
        columns = [
            Column("SKU"),
            Column("location"),
            Column("put aside", number=True),
            Column("other safety stock", number=True),
        ]
        console.print(table(columns, [(row.sku, row.location, row.units, row.others_units) for row in rows]))

    return paint


def _paint_returned(rows: Sequence["ReturnedShown"], untold: int) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import MIND, Column, cell, table

        if not rows:
            console.print("Nothing was put aside.")
            return
        columns = [Column("SKU"), Column("location"), Column("given back", number=True), Column("gone", number=True)]
        console.print(table(columns, [(row.sku, row.location, row.returned_units, row.gone_units) for row in rows]))
        gone = sum(row.gone_units for row in rows)
        if gone:
            said = f"{gone} units of ours were not in safety_stock any more: somebody moved them, none is taken instead"
            console.print(cell(said, MIND))
        if untold:
            console.print(cell(f"Shopify is not told of {untold} levels yet: `onhand serve` goes on with it", MIND))

    return paint
