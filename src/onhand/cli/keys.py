"""keys: those of programs that ask from elsewhere, and the one that bodies of webhooks and tokens are sealed with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.api_keys import make, revoke, show_keys
from onhand.cli.frame import Json, frame_of

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add these commands."""
    about = (
        "Keys of tills and sites that ask from elsewhere; and the key that webhook bodies and tokens are sealed with."
    )
    group = typer.Typer(no_args_is_help=True, help=about)
    group.command("make")(make)
    group.command("ls")(show_keys)
    group.command("revoke")(revoke)
    group.command("new")(new)
    group.command("rotate")(rotate)
    app.add_typer(group, name="keys", rich_help_panel="Set up")


def new(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; never over anything.")],
    json_wanted: Json = False,
) -> None:
    """Write a new key into a file that only you can read. To replace the key in use:

    1. `onhand keys new onhand.new.key`. 2. In onhand.toml: encryption_key = "file:onhand.new.key" and
    old_encryption_keys = ["file:onhand.key"]. 3. Start `onhand serve` anew. 4. `onhand keys rotate`. 5. Take
    old_encryption_keys out again.
    """
    from onhand.config import write_key
    from onhand.log import Seal

    frame = frame_of(context, json_wanted=json_wanted)
    write_key(path, Seal.generate_key())

    def paint(console: "Console") -> None:
        console.print(f"Wrote {path}. Keep a copy apart from this machine, and never in git.")
        console.print("Next: name it as encryption_key, and the one before in old_encryption_keys = [...].")

    frame.answer({"encryption_key": str(path)}, paint)


def rotate(context: typer.Context, json_wanted: Json = False) -> None:
    """Seal everything that an old key sealed with encryption_key. Can be stopped and run again, beside `onhand serve`.

    Nothing is sealed with an old key when this has ended, unless a process that knows only that one still runs.
    """
    from onhand.app import sealing
    from onhand.app.tokens import tokens_of

    frame = frame_of(context, json_wanted=json_wanted)
    config = frame.config()
    seal = sealing.seal_of(config)
    tokens = tokens_of(config, seal)
    with frame.log() as log, frame.working("Sealing"):
        before = sealing.count_sealed(log, tokens, seal)
        done = sum(sealing.rotate(log, tokens))
        left = sealing.count_sealed(log, tokens, seal)

    def paint(console: "Console") -> None:
        console.print(f"{done} sealed anew: {before.old_bodies} webhook bodies, {before.old_tokens} token files.")
        if config.jetstream is not None and left.old_bodies:
            days = f"{config.retention_days:g} days"
            console.print(f"{left.old_bodies} bodies need the old key; what the stream holds goes within {days}.")
        elif left.old_bodies + left.old_tokens:
            console.print(f"{left.old_bodies + left.old_tokens} were sealed with an old key meanwhile: run this again.")
        elif config.old_encryption_keys:
            console.print("Nothing needs old_encryption_keys any more: take it out of the configuration.")

    document = {"sealed": done, "bodies": left.bodies, "tokens": left.tokens, "left": left.old_bodies + left.old_tokens}
    frame.answer(document, paint)
