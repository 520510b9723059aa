"""arm, disarm, offers, shadow: what is written to channels, and what would be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Frame, Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import Lane, OfferShown, Write

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="shopify, or a marketplace of the configuration.")]
MaybeChannel = Annotated[str | None, typer.Argument(metavar="[CHANNEL]", help="One channel; all without it.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    panel = "Write to channels"
    app.command("arm", rich_help_panel=panel)(arm)
    app.command("disarm", rich_help_panel=panel)(disarm)
    app.command("shadow", rich_help_panel=panel)(show_shadow)
    group = typer.Typer(no_args_is_help=True, help="What channels were told, and stopping that.")
    group.command("ls")(show_offers)
    group.command("pause")(pause)
    group.command("resume")(resume)
    app.add_typer(group, name="offers", rich_help_panel=panel)


def arm(context: typer.Context, channel: Channel, json_wanted: Json = False) -> None:
    """Let onhand write to a channel. `onhand shadow` shows beforehand what that will be."""
    _set_armed(frame_of(context, json_wanted=json_wanted), channel, armed=True)


def disarm(context: typer.Context, channel: Channel, json_wanted: Json = False) -> None:
    """Stop writing to a channel: it goes back into shadow."""
    _set_armed(frame_of(context, json_wanted=json_wanted), channel, armed=False)


def pause(context: typer.Context, channel: MaybeChannel = None, json_wanted: Json = False) -> None:
    """Stop writing for now. Nothing is lost: the newest numbers go out on resuming."""
    _set_paused(frame_of(context, json_wanted=json_wanted), channel, paused=True)


def resume(context: typer.Context, channel: MaybeChannel = None, json_wanted: Json = False) -> None:
    """Go on writing, also where a run was held because it would zero too much: it goes through then."""
    _set_paused(frame_of(context, json_wanted=json_wanted), channel, paused=False)


def show_offers(
    context: typer.Context,
    channel: Annotated[str | None, typer.Option("--channel", metavar="C", help="Only this channel.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="told, waiting, underway or parked; all without it.")
    ] = None,
    json_wanted: Json = False,
) -> None:
    """Show what each channel was told for every listing, beside what it should be told."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    if status not in (None, "told", "waiting", "underway", "parked"):
        raise typer.BadParameter(f"--status {status!r} is none of told, waiting, underway, parked")
    with frame.books() as books:
        rows, lanes = answers.offers(books, frame.shop(), channel, status), answers.lanes(books)
    frame.answer(answers.as_json(rows), _paint_offers(rows, lanes))


def show_shadow(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many a channel.")] = 1000,
    json_wanted: Json = False,
) -> None:
    """Show what would be written next to every channel, worst oversell risk first."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        writes = answers.shadow(books, frame.shop(), limit)
    frame.answer(answers.as_json(writes), _paint_shadow(writes))


def _set_armed(frame: Frame, channel: str, *, armed: bool) -> None:
    from onhand import answers

    shop = frame.shop()
    with frame.app() as app:
        with app.store.reading() as session:
            name = answers.find_writing_channel(session.of(shop), channel)
        app.arm(shop, name, armed=armed)
    _answer_lanes(frame)


def _set_paused(frame: Frame, channel: str | None, *, paused: bool) -> None:
    from onhand import answers

    shop = frame.shop()
    with frame.app() as app:
        with app.store.reading() as session:
            name = answers.find_writing_channel(session.of(shop), channel) if channel is not None else None
        app.pause(shop, name, paused=paused)
    _answer_lanes(frame)


def _answer_lanes(frame: Frame) -> None:
    from onhand import answers

    with frame.books() as books:
        lanes = answers.lanes(books)
    frame.answer(answers.as_json(lanes), _paint_lanes(lanes))


def _paint_lanes(lanes: Sequence["Lane"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import GOOD, MIND, cell

        for lane in lanes:
            waiting = f"{lane.untold} to be told"
            if lane.open:
                console.print(cell(f"{lane.name}: writing, {waiting}", GOOD))
            else:
                console.print(cell(f"{lane.closed_because}; {waiting}", MIND))

    return paint


def _paint_offers(rows: Sequence["OfferShown"], lanes: Sequence["Lane"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import BAD, MIND, Column, age, cell, table

        _paint_lanes(lanes)(console)
        if not rows:
            console.print("No listings.")
            return
        styles = {"parked": BAD, "waiting": MIND}
        moment = now()
        columns = [
            Column("channel"),
            Column("listing"),
            Column("SKU"),
            Column("may sell", number=True),
            Column("told", number=True),
            Column("since"),
            Column("status"),
            Column("reason"),
        ]
        cells = [
            (
                row.channel,
                row.listing,
                row.sku,
                row.units,
                row.told_units,
                age(row.told_at, moment),
                cell(row.status, styles.get(row.status, "")),
                row.reason or "",
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint


def _paint_shadow(writes: Sequence["Write"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, cell, signed, table

        if not writes:
            console.print("Nothing waits to be written.")
            return
        columns = [
            Column("channel"),
            Column("SKU"),
            Column("what"),
            Column("now", number=True),
            Column("would be", number=True),
            Column("waits because"),
        ]
        cells = [
            (
                write.channel,
                write.sku,
                f"listing {write.listing}" if write.kind == "offer" else f"{write.location}: {write.state}",
                write.told_units,
                cell(write.units) if write.kind == "offer" else signed(write.units),
                write.waits_because,
            )
            for write in writes
        ]
        console.print(table(columns, cells))

    return paint
