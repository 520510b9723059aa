"""Google Sheets: is the spreadsheet shared with us, and how far behind is it?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError

if TYPE_CHECKING:
    from onhand.app import App

BEHIND = timedelta(minutes=5)
"""A flush comes every few seconds, and waits out a minute of quota at most a few times."""


def check_sheet(app: "App", shop: str, now: datetime) -> Iterator[Check]:
    """Look at the spreadsheet of a shop, where one is configured. Only reads."""
    name = f"google sheet of {shop}"
    try:
        keeper = app.sheet(shop)
        if keeper is None:
            return
        title = keeper.title()
    except ConfigError as error:
        yield fail(name, str(error), "give [google_sheets] the key of a service account, and install what it needs")
        return
    except ChannelUnavailable as error:
        yield warn(name, str(error), "wait a moment, and ask again")
        return
    except ChannelRefused as error:
        yield fail(name, str(error), "share it as Editor with the account that `onhand connect google-sheets` names")
        return
    rows, since = keeper.waiting()
    if since is not None and now - since > BEHIND:
        why = f"{title!r} is behind: {rows} rows wait since {since:%Y-%m-%d %H:%M} UTC"
        yield warn(name, why, "look whether `onhand serve` runs, and what problems the dashboard shows")
    else:
        yield ok(name, f"{title!r} can be read by {keeper.email}; {rows} rows wait")
