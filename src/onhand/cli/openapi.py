"""openapi: the JSON API as a document."""

import json
from typing import TYPE_CHECKING

import typer

from onhand.cli.frame import Json, frame_of

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("openapi", rich_help_panel="Set up")(openapi)


def openapi(context: typer.Context, json_wanted: Json = False) -> None:
    """Print the OpenAPI 3.1 document of the JSON API, the one that `onhand serve` answers at /openapi.json."""
    from onhand.web.server import describe_api

    document = describe_api()

    def paint(_console: "Console") -> None:
        print(json.dumps(document, indent=2))

    frame_of(context, json_wanted=json_wanted).answer(document, paint)
