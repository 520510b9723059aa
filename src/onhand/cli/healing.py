"""drift fix, accept, undo: a person decides about a drift; shown first, done with --yes, taken back exactly."""

import getpass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from onhand.cli.exits import PLATFORM
from onhand.cli.frame import Frame, Json, Paint, frame_of

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.app.decisions import Healed

DriftId = Annotated[int, typer.Argument(metavar="ID", min=1, help="Its number, as `onhand drift ls` shows.")]
Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why: it is kept beside your name.")]
Who = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides. Left out: who is logged in here.")]
Sure = Annotated[bool, typer.Option("--yes", help="Do it; without it only what would change is shown.")]


def register(group: typer.Typer) -> None:
    """Add these commands to those about drifts."""
    group.command("fix")(fix)
    group.command("accept")(accept)
    group.command("undo")(undo)


def fix(
    context: typer.Context,
    drift_id: DriftId,
    *,
    because: Because,
    by: Who = None,
    yes: Sure = False,
    json_wanted: Json = False,
) -> None:
    """Write our numbers to the platform, unless it shows others by then. Ends with 4 if it did not take them.

    A third party cannot be written to: the books stand against its count, where it is not believed.
    """
    _heal(frame_of(context, json_wanted=json_wanted), "fix", drift_id, (by, because), sure=yes)


def accept(
    context: typer.Context,
    drift_id: DriftId,
    *,
    because: Because,
    by: Who = None,
    yes: Sure = False,
    json_wanted: Json = False,
) -> None:
    """Take the platform's numbers, or a third party's count, into the books."""
    _heal(frame_of(context, json_wanted=json_wanted), "accept", drift_id, (by, because), sure=yes)


def undo(
    context: typer.Context,
    drift_id: DriftId,
    *,
    because: Because,
    by: Who = None,
    yes: Sure = False,
    json_wanted: Json = False,
) -> None:
    """Take back what was last done about a drift, by its exact inverse. Refused where the level has moved since."""
    _heal(frame_of(context, json_wanted=json_wanted), "undo", drift_id, (by, because), sure=yes)


def _heal(
    frame: Frame, way: Literal["fix", "accept", "undo"], drift_id: int, said: tuple[str | None, str], *, sure: bool
) -> None:
    from onhand import answers
    from onhand.app.decisions import Wish
    from onhand.heal.fix import By

    shop = frame.shop()
    actor, reason = said
    if not reason.strip():
        raise typer.BadParameter("--because must say why: it is kept beside the numbers")
    wish = Wish(way=way, drift=drift_id, by=By(actor or getpass.getuser(), reason), sure=sure)
    with frame.app() as app, frame.working("Looking at the level"):
        healed = app.heal(shop, wish)
        with app.store.reading() as session:
            row = answers.drift(session.of(shop), shop, drift_id)
    plan = healed.plan
    document = {
        "shop": shop,
        "drift": drift_id,
        "sku": row.sku,
        "item": row.item,
        "location": row.location,
        "way": way,
        "changes": {"write": row.source, "adopt": "books", "keep": "nothing"}[plan.way],
        "before": {str(state): units for state, units in plan.before.items()},
        "after": {str(state): units for state, units in plan.after.items()},
        "actor": wish.by.actor,
        "reason": wish.by.reason,
        "status": healed.status,
        "note": healed.note,
    }
    frame.answer(document, _paint(document, healed))
    if healed.status not in {"preview", "done"}:
        raise typer.Exit(PLATFORM)


def _paint(document: dict[str, Any], healed: "Healed") -> Paint:
    def paint(console: "Console") -> None:
        from onhand.cli.paint import pairs

        before, after = document["before"], document["after"]
        console.print(
            pairs(
                {
                    "drift": f"{document['drift']}: {document['sku'] or document['item']} at {document['location']}",
                    "changes": f"{document['changes']}: "
                    + ", ".join(f"{state} {units} becomes {after[state]}" for state, units in before.items()),
                    "by": document["actor"],
                    "because": document["reason"],
                    "status": document["status"],
                    "note": document["note"],
                }
            )
        )
        if healed.status == "preview":
            console.print("Nothing was changed: `--yes` does it.")

    return paint
