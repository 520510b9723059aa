"""ledger verify, ledger rebuild, problems ls: is what is kept whole, and what must a person settle?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from onhand.cli.exits import DAMAGED
from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import ProblemShown


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="The ledger: hash chain, and movements against levels.")
    group.command("verify")(verify)
    group.command("rebuild")(rebuild)
    app.add_typer(group, name="ledger", rich_help_panel="Look after")
    people = typer.Typer(no_args_is_help=True, help="What only a person can settle.")
    people.command("ls")(show_problems)
    app.add_typer(people, name="problems", rich_help_panel="Look after")


def verify(context: typer.Context, json_wanted: Json = False) -> None:
    """Recompute the hash chain and every level from the movements. Ends with 5 if anything contradicts itself."""
    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    # Anchors are read before the books: one that is made meanwhile would speak of movements this snapshot has not.
    with frame.log() as log:
        anchors = log.anchors(shop)
    with frame.books() as books, frame.working("Recomputing the chain and every level"):
        verified = books.ledger.verify(anchors)
    document = {
        "shop": shop,
        "movements": verified.movements,
        "levels": verified.levels,
        "anchors": len(anchors),
        "problems": list(verified.problems),
        "holds": not verified.problems,
    }

    def paint(console: "Console") -> None:
        from onhand.cli.paint import BAD, GOOD, cell

        counted = f"{verified.movements} movements, {verified.levels} levels, {len(anchors)} anchors"
        console.print(
            cell(f"{counted}: {'whole' if not verified.problems else 'damaged'}", BAD if verified.problems else GOOD)
        )
        for problem in verified.problems:
            console.print(cell(problem, BAD))

    frame.answer(document, paint)
    if verified.problems:
        raise typer.Exit(DAMAGED)


def rebuild(context: typer.Context, json_wanted: Json = False) -> None:
    """Make every level anew from the movements, which are never changed."""
    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.books():
        pass  # the shop must be known: a mistyped one is not made here
    with frame.store() as store, frame.working("Adding up every movement"), store.writing() as session:
        rebuilt = session.of(shop).ledger.rebuild(now())
    frame.answer({"shop": shop, "levels": rebuilt}, lambda console: console.print(f"{rebuilt} levels made anew"))


def show_problems(context: typer.Context, json_wanted: Json = False) -> None:
    """Show what a person must settle, each with its next step."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.problems(books, frame.shop())
    frame.answer(answers.as_json(rows), _paint_problems(rows))


def _paint_problems(rows: Sequence["ProblemShown"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, age, table

        if not rows:
            console.print("Nothing needs you.")
            return
        moment = now()
        columns = [Column("since"), Column("kind"), Column("what"), Column("next step")]
        console.print(
            table(columns, [(age(row.opened_at, moment), row.kind, row.message, row.next_step) for row in rows])
        )

    return paint
