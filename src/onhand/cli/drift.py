"""audit, drift ls, drift show: do the counts agree, and where not? What is done about it stands in `healing`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onhand.cli import healing
from onhand.cli.exits import DIFFERENCES, PLATFORM
from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import DriftShown


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("audit", rich_help_panel="Look after")(audit)
    group = typer.Typer(no_args_is_help=True, help="The drift inbox: what was observed and the books do not explain.")
    group.command("ls")(show_drifts)
    group.command("show")(show_drift)
    healing.register(group)
    app.add_typer(group, name="drift", rich_help_panel="Look after")


def audit(
    context: typer.Context,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Adopt what nothing explains where Shopify is believed, write ours back where onhand is."
        ),
    ] = False,
    sku: Annotated[str | None, typer.Option("--sku", metavar="S", help="Only this SKU.")] = None,
    location: Annotated[str | None, typer.Option("--location", metavar="L", help="Only this location.")] = None,
    json_wanted: Json = False,
) -> None:
    """Read every platform and compare it with the books. Ends with 1 if drifts are open."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.app() as app, frame.working("Reading every level and comparing it with the books"):
        result = app.audit(shop, fix=fix, sku=sku, location=location)
    document = answers.as_json(result)
    frame.answer(document, _paint_audit(document))
    if result.drifts:
        raise typer.Exit(DIFFERENCES)
    if not result.complete:
        raise typer.Exit(PLATFORM)


def show_drifts(
    context: typer.Context,
    status: Annotated[str, typer.Option("--status", help="open, adopted, closed or all.")] = "open",
    json_wanted: Json = False,
) -> None:
    """Show drifts with their causes."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.drifts(books, frame.shop(), None if status == "all" else status)
    frame.answer(answers.as_json(rows), _paint_drifts(rows, status))


def show_drift(
    context: typer.Context,
    drift_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="Its number, as `onhand drift ls` shows.")],
    json_wanted: Json = False,
) -> None:
    """Show one drift with the evidence for its cause."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        row = answers.drift(books, frame.shop(), drift_id)
    frame.answer(answers.as_json(row), _paint_drift(row))


def _paint_audit(result: dict[str, Any]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import BAD, GOOD, MIND, Column, cell, table

        good = not result["drifts"] and result["complete"]
        console.print(
            cell(
                f"{result['equal']} of {result['checked']} levels agree, {result['in_flight']} are in flight, "
                f"{result['drifts']} differ ({result['seconds']:.1f} s)",
                GOOD if good else BAD,
            )
        )
        columns = [Column("source"), Column("checked", number=True), Column("reading")]
        cells = [
            (
                row["name"],
                row["checked"],
                cell("complete" if row["complete"] else "not complete", "" if row["complete"] else MIND),
            )
            for row in result["sources"]
        ]
        console.print(table(columns, cells))
        if result["drifts"]:
            console.print("`onhand drift ls` shows them; `onhand audit --fix` adopts what Shopify is believed for.")

    return paint


def _paint_drifts(rows: Sequence["DriftShown"], status: str) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, age, signed, table

        if not rows:
            console.print("No drifts." if status == "all" else f"No {status} drifts.")
            return
        moment = now()
        columns = [
            Column("id", number=True),
            Column("SKU"),
            Column("location"),
            Column("state"),
            Column("books", number=True),
            Column("seen", number=True),
            Column("differ", number=True),
            Column("cause"),
            Column("sure", number=True),
            Column("opened"),
            Column("status"),
        ]
        cells = [
            (
                row.id,
                row.sku,
                row.location,
                row.state,
                row.books_units,
                row.observed_units,
                signed(row.units),
                row.cause,
                f"{row.confidence:.0%}",
                age(row.opened_at, moment),
                row.status,
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint


def _paint_drift(row: "DriftShown") -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import clock_time, pairs

        much = f"{-row.units} too few" if row.units < 0 else f"{row.units} too many"
        differs = f"books expect {row.books_units} {row.state}, {row.source} shows {row.observed_units} ({much})"
        console.print(
            pairs(
                {
                    "drift": row.id,
                    "item": f"{row.sku} (item {row.item})",
                    "location": row.location,
                    "differs": differs,
                    "books": ", ".join(f"{units} {state}" for state, units in row.books.items()),
                    row.source: ", ".join(f"{units} {state}" for state, units in row.observed.items()),
                    "cause": f"{row.cause} ({row.confidence:.0%} sure)",
                    "status": row.status,
                    "opened": clock_time(row.opened_at),
                    "closed": clock_time(row.closed_at),
                    "note": row.note,
                }
            )
        )
        for fact in row.evidence:
            console.print(f"  evidence: {fact}")
        for fix in row.fixes:
            units = ", ".join(f"{state} {units} becomes {fix.after[state]}" for state, units in fix.before.items())
            what = f"{'taken back' if fix.undoes else 'decided'} by {fix.actor}, {clock_time(fix.at)}: {fix.reason}"
            console.print(f"  {what} ({fix.changed}: {units}; {fix.status})")

    return paint
