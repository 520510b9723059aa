"""sync, serve: reading a shop for the first time, and running."""

import logging
import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from onhand.cli.frame import Frame, Json, frame_of
from onhand.cli.logs import own

if TYPE_CHECKING:
    from rich.console import Console


class Role(StrEnum):
    """What a process does; `all` is the default of one machine."""

    ALL = "all"
    INGRESS = "ingress"
    WORKER = "worker"
    PUBLISHER = "publisher"
    WEB = "web"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("sync", rich_help_panel="Run")(sync)
    app.command("serve", rich_help_panel="Run")(serve)


def sync(context: typer.Context, json_wanted: Json = False) -> None:
    """Read catalog, locations and levels of a shop for the first time, or again. Writes nothing to any channel."""
    from onhand import answers

    frame = frame_of(context, json_wanted=json_wanted)
    shop = frame.shop()
    with frame.app() as app, frame.working(f"Reading {shop}"):
        synced = app.sync(shop)

    def paint(console: "Console") -> None:
        console.print(
            f"{shop}: {synced.items} items, {synced.locations} locations, {synced.levels} levels "
            f"({synced.opened} opened), {synced.listings} listings, in {synced.seconds:.1f} s"
        )
        if synced.problems:
            console.print(f"{synced.problems} problems need you: `onhand problems ls`")

    frame.answer({"shop": shop, **answers.as_json(synced)}, paint)


def _refuse_one_of_several(frame: Frame) -> None:
    """Stop before anything starts where one of several shops was named: every process serves all of them."""
    served = frame.shops()
    if len(served) < len(frame.config().shops):
        raise typer.BadParameter(
            f"serve runs every configured shop, not only {served[0]}: for one alone give a configuration of its own"
        )


def serve(
    context: typer.Context,
    role: Annotated[Role, typer.Option("--role", help="What this process does.")] = Role.ALL,
    port: Annotated[
        int | None, typer.Option("--port", metavar="P", min=0, max=65535, help="The port of the pages; 0: any free.")
    ] = None,
    json_wanted: Json = False,
) -> None:
    """Run until SIGTERM or Ctrl-C. Nothing is written to a channel until it is armed.

    Where another process does the same work already, this one stands by and takes over when that has ended.
    With --json the first line on standard output is one document with every address.
    """
    import json

    from onhand.serve import serve as run

    frame = frame_of(context, json_wanted=json_wanted)
    if not frame.verbose:
        own(logging.INFO)
    frame.listen_on(port)
    _refuse_one_of_several(frame)

    def ready(addresses: Mapping[str, object]) -> None:
        if frame.json:
            print(json.dumps(dict(addresses)), flush=True)
            return
        for name, address in addresses.items():
            print(f"{name}: {address}", flush=True)

    with frame.alone(role.value), frame.app() as app:
        if not run(app, role.value, ready):
            _leave()  # closing would pull the files from under who is left behind
    _leave()


def _leave() -> NoReturn:
    """End the process with 0, now: a thread that waits for a platform's answer would be waited for at a usual end.

    All that must be kept is on the disk by now, and a power cut would end it no less abruptly.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
