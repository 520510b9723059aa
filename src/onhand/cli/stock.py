"""levels, ats, explain, timeline: what is where, what may be sold, and why."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import Explained, Happened, Level, Sellable

MaybeSku = Annotated[str | None, typer.Argument(metavar="[SKU]", help="One SKU (or item id); all without it.")]
Sku = Annotated[str, typer.Argument(metavar="SKU", help="A SKU, or an item id.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    panel = "Ask"
    app.command("levels", rich_help_panel=panel)(levels)
    app.command("ats", rich_help_panel=panel)(ats)
    app.command("explain", rich_help_panel=panel)(explain)
    app.command("timeline", rich_help_panel=panel)(timeline)
    app.command("retire", rich_help_panel="Look after")(retire)


def levels(
    context: typer.Context,
    sku: MaybeSku = None,
    *,
    location: Annotated[str | None, typer.Option("--location", metavar="L", help="Only this location.")] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="As recorded at this time: 2026-11-23, or 2026-11-23T14:30+01:00."),
    ] = None,
    outside: Annotated[
        bool, typer.Option("--outside", help="Also supplier, customer and unexplained: every item sums to 0.")
    ] = False,
    json_wanted: Json = False,
) -> None:
    """Show the units in every bin, now or as of a time."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    moment = read_time(at) if at is not None else None
    with frame.books() as books:
        rows = answers.levels(books, frame.shop(), sku, location, moment, outside=outside)
    frame.answer(answers.as_json(rows), _paint_levels(rows))


def ats(
    context: typer.Context,
    sku: MaybeSku = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="C", help="Only this channel.")] = None,
    json_wanted: Json = False,
) -> None:
    """Show what each channel may sell, what it was told, and how old that is."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.ats(books, frame.shop(), sku, channel)
    frame.answer(answers.as_json(rows), _paint_ats(rows))


def explain(
    context: typer.Context,
    sku: Sku,
    channel: Annotated[str, typer.Option("--channel", metavar="C", help="The channel that sells it.")],
    json_wanted: Json = False,
) -> None:
    """Show every term of what a channel may sell; the terms sum to the number.

    Where two items carry the SKU, both are shown (with --json as a list).
    """
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.explain(books, frame.shop(), sku, channel)
    document = answers.as_json(rows)
    frame.answer(document[0] if len(rows) == 1 else document, _paint_explained(rows))


def timeline(
    context: typer.Context,
    sku: Sku,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, newest first.")] = 50,
    json_wanted: Json = False,
) -> None:
    """Show what happened to an item: movements with their causes, and what channels showed."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows = answers.timeline(books, frame.shop(), sku, limit)
    frame.answer(answers.as_json(rows), _paint_timeline(rows))


def retire(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The id of an item that Shopify has no more.")],
    json_wanted: Json = False,
) -> None:
    """Take what is left of an item that was removed from Shopify out of the books."""
    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.app() as app:
        units = app.retire(shop, item)
    frame.answer(
        {"shop": shop, "item": item, "units": units},
        lambda console: console.print(f"{units} units of item {item} were taken out of the books"),
    )


def read_time(text: str, option: str = "--at") -> datetime:
    """Return the time that a person wrote; without a zone it is UTC. Raises BadParameter."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is no time; write 2026-11-23 or 2026-11-23T14:30Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _paint_levels(rows: Sequence["Level"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, table

        if not rows:
            console.print("No units anywhere.")
            return
        states = list(dict.fromkeys(sorted((row.state for row in rows), key=list(type(rows[0].state)).index)))
        by_level: defaultdict[tuple[str | None, str, str, str], dict[str, int]] = defaultdict(dict)
        for row in rows:
            place = row.location if row.stocked else f"{row.location} (not stocked)"
            by_level[row.sku, row.item, row.title, place][row.state] = row.units
        columns = [Column("SKU"), Column("item"), Column("title"), Column("location")]
        columns += [Column(state.value.replace("_", " "), number=True) for state in states]
        cells = [(*level, *(units.get(state, 0) for state in states)) for level, units in by_level.items()]
        console.print(table(columns, cells))

    return paint


def _paint_ats(rows: Sequence["Sellable"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import MIND, Column, age, cell, table

        if not rows:
            console.print("Nothing is listed on any channel yet: `onhand sync` reads the shop.")
            return
        moment = now()
        columns = [
            Column("SKU"),
            Column("title"),
            Column("channel"),
            Column("may sell", number=True),
            Column("shows", number=True),
            Column("since"),
            Column(""),
        ]
        cells = [
            (
                row.sku,
                row.title,
                row.channel,
                row.units,
                cell(row.published_units, "" if row.published_units == row.units else MIND),
                age(row.published_at, moment),
                cell(_remarks(row), MIND),
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint


def _remarks(row: "Sellable") -> str:
    parts = ", ".join(f"{units} {label}" for label, units in row.made_of.items())
    remarks = [
        "being recalculated" if row.stale else "",
        f"made of {parts}" if parts else "",
        "sells below zero" if row.sells_below_zero else "",
    ]
    return "; ".join(remark for remark in remarks if remark)


def _paint_explained(rows: Sequence["Explained"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, cell, signed, table

        for row in rows:
            title = f"{row.channel} may sell {row.units} of {row.sku} ({row.title}, item {row.item})"
            console.print(cell(title, "bold"))
            columns = [Column("units", number=True), Column("what"), Column("location"), Column("because")]
            terms = [(signed(term.units), term.what, term.location or "", term.because) for term in row.terms]
            console.print(table(columns, [*terms, (cell(f"= {row.units}", "bold"), "", "", "")]))

    return paint


def _paint_timeline(rows: Sequence["Happened"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, clock_time, table

        if not rows:
            console.print("Nothing has happened to it yet.")
            return
        columns = [Column("recorded"), Column("what"), Column("units", number=True), Column("cause"), Column("reason")]
        cells = [
            (clock_time(row.recorded_at), _what(row), row.units, row.name or f"seen by {row.origin}", row.reason or "")
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint


def _what(row: "Happened") -> str:
    if row.source is not None and row.target is not None:
        if row.source.location == row.target.location:
            return f"{row.source.location}: {row.source.state} to {row.target.state}"
        return f"{row.source.location} {row.source.state} to {row.target.location} {row.target.state}"
    if row.kind == "label":
        return "another label"
    if row.kind == "return":
        return "return"
    shown = {state: units for state, units in (row.seen or {}).items() if units or state == "available"}
    seen = ", ".join(f"{units} {state}" for state, units in shown.items())
    return f"{row.location}: shows {seen}"
