"""inbox ls, show, replay, pass: webhooks and what became of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.answers import DeliveryShown, Inbox

Position = Annotated[int, typer.Argument(metavar="POSITION", min=1, help="Its position, as `onhand inbox ls` shows.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="Webhooks and what became of them.")
    group.command("ls")(show_inbox)
    group.command("show")(show_delivery)
    group.command("replay")(replay)
    group.command("pass")(let_pass)
    app.add_typer(group, name="inbox", rich_help_panel="Look after")


def show_inbox(
    context: typer.Context,
    status: Annotated[str | None, typer.Option("--status", help="waiting, done or parked.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many rows.")] = 50,
    json_wanted: Json = False,
) -> None:
    """Show how many deliveries came, are booked, wait, are parked, repeated or refused, and the newest rows."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.log() as log, frame.session() as session:
        inbox = answers.inbox(session, log, shop, status, limit)
    frame.answer(answers.as_json(inbox), _paint_inbox(inbox))


def show_delivery(context: typer.Context, position: Position, json_wanted: Json = False) -> None:
    """Show one delivery with its body, while the body is kept."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.log() as log, frame.session() as session:
        shown = answers.delivery(session, log, shop, position)
    frame.answer(answers.as_json(shown), _paint_delivery(shown))


def replay(context: typer.Context, position: Position, json_wanted: Json = False) -> None:
    """Book a delivery again, usually a parked one whose reason is mended. What is booked already moves nothing."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.app() as app:
        with app.store.reading() as session:
            answers.delivery(session, app.log, shop, position)
        app.replay(shop, position)
        with app.store.reading() as session:
            shown = answers.delivery(session, app.log, shop, position)
    frame.answer(answers.as_json(shown), _paint_delivery(shown))
    if shown.delivery.status == "parked":
        from onhand.cli.exits import DIFFERENCES

        raise typer.Exit(DIFFERENCES)


def let_pass(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id, as the problem names it.")],
    json_wanted: Json = False,
) -> None:
    """Let a third party's count through that was held back because too much would go to nothing, and book it."""
    from onhand import answers
    from onhand.app.counting import let_through

    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.app() as app:
        position = let_through(app.store, shop, delivery)
        app.replay(shop, position)
        with app.store.reading() as session:
            shown = answers.delivery(session, app.log, shop, position)
    frame.answer(answers.as_json(shown), _paint_delivery(shown))


def _paint_inbox(inbox: "Inbox") -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import BAD, GOOD, MIND, Column, age, cell, table

        console.print(
            f"{inbox.accepted} accepted: {inbox.done} booked, {inbox.waiting} waiting, {inbox.parked} parked; "
            f"{inbox.duplicates} repeats, {inbox.rejected} refused"
        )
        if not inbox.deliveries:
            return
        styles = {"done": GOOD, "waiting": MIND, "parked": BAD}
        moment = now()
        columns = [Column("position", number=True), Column("came"), Column("topic"), Column("status"), Column("note")]
        cells = [
            (
                row.position,
                age(row.received_at, moment),
                f"{row.channel} {row.topic}",
                cell(row.status, styles[row.status]),
                row.note or "",
            )
            for row in inbox.deliveries
        ]
        console.print(table(columns, cells))

    return paint


def _paint_delivery(shown: "DeliveryShown") -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.exits import visible
        from onhand.cli.paint import clock_time, pairs

        row = shown.delivery
        console.print(
            pairs(
                {
                    "position": row.position,
                    "from": f"{row.channel} of {row.shop}",
                    "topic": row.topic,
                    "delivery id": row.delivery_id,
                    "event id": shown.event_id,
                    "received": clock_time(row.received_at),
                    "status": row.status,
                    "note": row.note,
                    "finished": clock_time(row.finished_at),
                }
            )
        )
        console.print()
        console.print(visible(shown.body) if shown.body is not None else "The body is gone after the retention time.")

    return paint
