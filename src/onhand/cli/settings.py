"""init, config show: writing the configuration, and showing what counts."""

from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import DEFAULT_PATH, Json, frame_of

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("init", rich_help_panel="Set up")(init)
    group = typer.Typer(no_args_is_help=True, help="The configuration.")
    group.command("show")(show)
    app.add_typer(group, name="config", rich_help_panel="Set up")


def init(
    context: typer.Context,
    domain: Annotated[
        str, typer.Option("--domain", metavar="DOMAIN", help="The shop's address that ends in .myshopify.com.")
    ] = "your-shop.myshopify.com",
    json_wanted: Json = False,
) -> None:
    """Write a commented onhand.toml, and a key beside it that only you can read. Never writes over anything."""
    from onhand.config import write_files
    from onhand.log import Seal

    frame = frame_of(context, json_wanted=json_wanted)
    path = frame.config_path or DEFAULT_PATH
    path, key_path = write_files(path, frame.shop_domain or domain, Seal.generate_key())

    def paint(console: "Console") -> None:
        console.print(f"Wrote {path} and {key_path}.")
        console.print(f"Keep a copy of {key_path.name} apart from this machine, and never in git.")
        console.print("Next: put the shop's credentials where the file says, then `onhand doctor`, then `onhand sync`.")

    frame.answer({"config": str(path), "encryption_key": str(key_path)}, paint)


def show(
    context: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Also where each value came from.")] = False,
    json_wanted: Json = False,
) -> None:
    """Show every value that counts. A secret shows only where it is kept."""
    frame = frame_of(context, json_wanted=json_wanted)
    settings = frame.config().settings
    document = {
        setting.key: {"value": setting.shown, "origin": setting.origin} if origin else setting.shown
        for setting in settings
    }

    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, table

        columns = [Column("key"), Column("value"), *([Column("from")] if origin else [])]
        console.print(table(columns, [(row.key, row.shown, *([row.origin] if origin else [])) for row in settings]))

    frame.answer(document, paint)
