"""holds ls, holds release: what further tills and sites keep aside, and ending it by hand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import HoldShown

MOST = 1_000
"""Rows that are shown: of more, the API has pages."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="What further tills and sites keep aside for their shoppers.")
    group.command("ls")(show_holds)
    group.command("release")(release)
    app.add_typer(group, name="holds", rich_help_panel="Look after")


def show_holds(
    context: typer.Context,
    status: Annotated[str, typer.Option("--status", help="held, confirmed, released, expired or all.")] = "held",
    after: Annotated[int, typer.Option("--after", min=0, help="Only those of a higher number.")] = 0,
    json_wanted: Json = False,
) -> None:
    """Show what is held, for whom and until when."""
    from onhand import answers
    from onhand.domain.holds import HoldStatus

    frame = frame_of(context, json_wanted=json_wanted)
    if status != "all" and status not in list(HoldStatus):
        raise typer.BadParameter(f"there is no status {status!r}; there are {', '.join(HoldStatus)}, all")
    wanted = None if status == "all" else HoldStatus(status)
    with frame.books() as books:
        moment = now()
        found = books.holds.behind(after, MOST, moment, status=wanted)
        rows = answers.show_holds(books, frame.shop(), found, moment)
    frame.answer(answers.as_json(rows), _paint(rows, status))


def release(
    context: typer.Context,
    hold_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="Its number, as `onhand holds ls` shows.")],
    json_wanted: Json = False,
) -> None:
    """Give back what a hold keeps: every channel may sell it again."""
    from onhand import answers
    from onhand.app.clock import SystemClock
    from onhand.app.holding import Holding

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.session():
        pass  # a shop that nobody has read yet is named as such, and no books are begun for it
    with frame.store() as store:
        hold = Holding(store, SystemClock()).release(frame.shop(), hold_id)
        with store.reading() as session:
            (row,) = answers.show_holds(session.of(frame.shop()), frame.shop(), [hold], now())
    frame.answer(answers.as_json(row), _paint([row], row.status.value))


def _paint(rows: Sequence["HoldShown"], status: str) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, clock_time, table

        if not rows:
            console.print("Nothing is held." if status == "held" else f"No holds: {status}.")
            return
        columns = [
            Column("id", number=True),
            Column("SKU"),
            Column("units", number=True),
            Column("at"),
            Column("for"),
            Column("until"),
            Column("status"),
        ]
        cells = [
            (
                row.id,
                row.sku or f"item {row.item}",
                row.units,
                ", ".join(dict.fromkeys(kept.location for kept in row.kept)),
                row.reference or "",
                clock_time(row.expires_at),
                row.status.value,
            )
            for row in rows
        ]
        console.print(table(columns, cells))
        because = next((row.untold_because for row in rows if row.untold_because), None)
        if because is not None:
            console.print(f"Shopify is told of none of them and goes on selling these units: {because}")

    return paint
