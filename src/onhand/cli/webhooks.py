"""webhooks: who is told of changes by us, what was not taken, and telling it again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, Paint, frame_of, now

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.store.alerts import Digest
    from onhand.store.announcements import Announcement


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="Webhooks that tell others what each channel may sell.")
    group.command("ls")(show)
    group.command("replay")(replay)
    app.add_typer(group, name="webhooks", rich_help_panel="Write to channels")


def show(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many.")] = 100,
    json_wanted: Json = False,
) -> None:
    """Show the newest number of each item that listeners were told: first what they have not taken."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        rows, stopped = books.announcements.all(limit), books.announcements.stopped()
        digests = books.alerts.underway()
    document = {
        "stopped": stopped,
        "announcements": answers.as_json(rows),
        "digests": [
            {
                "webhook": row.webhook,
                "sequence": row.sequence,
                "problems": len(row.tells),
                "attempts": row.attempts,
                "due_at": answers.as_json(row.due_at),
                "trouble": row.trouble,
            }
            for row in digests
        ],
    }
    frame.answer(document, _paint(rows, stopped, digests))


def replay(
    context: typer.Context,
    webhook: Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its name in onhand.toml.")],
    everything: Annotated[bool, typer.Option("--all", help="Also what was taken: every number once more.")] = False,
    json_wanted: Json = False,
) -> None:
    """Tell a listener again what it has not taken; one that was stopped by 410 is told again from here on."""
    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    names = [row.name for row in frame.config().webhooks if row.shop == shop]
    if webhook not in names:
        raise typer.BadParameter(f"there is no webhook {webhook!r}; configured are {', '.join(names) or 'none'}")
    with frame.app() as app, app.store.writing() as session:
        books, now_ = session.of(shop), app.clock.now()
        count = books.announcements.replay(webhook, everything=everything, now=now_)
        digests = books.alerts.hurry(webhook, now_)

    def paint(console: "Console") -> None:
        also = ", and the problems that it has not taken" if digests else ""
        console.print(f"{count} numbers are told to {webhook} again{also}, by `onhand serve`.")

    frame.answer({"webhook": webhook, "announcements": count, "digests": digests}, paint)


def _paint(rows: Sequence["Announcement"], stopped: dict[str, str], digests: Sequence["Digest"]) -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import BAD, MIND, Column, age, cell, table

        for name, because in stopped.items():
            console.print(cell(f"{name} is told nothing more: {because}; `onhand webhooks replay {name}`", BAD))
        for row in digests:
            why = f": {row.trouble}" if row.trouble else ""
            waits = f"waiting to be told to {row.webhook}: problems {len(row.tells)}, tries {row.attempts}{why}"
            console.print(cell(waits, MIND))
        if not rows:
            console.print("No number was told yet.")
            return
        moment = now()
        columns = [Column(name) for name in ("webhook", "channel", "SKU")]
        columns += [Column("units", number=True), Column("since"), Column("tries", number=True), Column("state")]
        cells = [
            (
                row.webhook,
                row.channel,
                row.sku or row.item,
                row.units,
                age(row.computed_at, moment),
                row.attempts,
                "taken" if row.delivered else cell(row.trouble or "waiting", MIND if row.due_at else BAD),
            )
            for row in rows
        ]
        console.print(table(columns, cells))

    return paint
