"""erase: everything that is kept of one shop goes."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, frame_of

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("erase", rich_help_panel="Look after")(erase)


def erase(
    context: typer.Context,
    shop: Annotated[str, typer.Argument(metavar="SHOP", help="Its domain, in full.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    json_wanted: Json = False,
) -> None:
    """Erase a shop: raw bodies of webhooks, tokens, and its books with the ledger. Nothing of another shop is touched.

    This cannot be taken back. Take the shop out of the configuration afterwards, and start `onhand serve` anew.
    """
    from onhand.app.erasing import erase_shop

    frame = frame_of(context, json_wanted=json_wanted)
    domain = shop.lower()
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"nobody is here to confirm it: say `onhand erase {domain} --yes`")
        if (
            typer.prompt(f"Everything kept of {domain} will be gone for good. Write its domain again", err=True)
            != domain
        ):
            raise typer.BadParameter("that is not the same domain: nothing was erased")
    with frame.app() as app, frame.working(f"Erasing {domain}"):
        erased = erase_shop(app, domain, "a person asked for it")

    def paint(console: "Console") -> None:
        console.print(
            f"{erased.shop}: {erased.movements} movements and the bodies of {erased.deliveries} webhooks are gone; "
            "what stays is that so many came"
        )

    frame.answer(erased._asdict(), paint)
