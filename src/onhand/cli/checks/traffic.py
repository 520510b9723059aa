"""Sensors at doors: does each still count, and since when does one not?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from onhand.app.traffic import silent_doors
from onhand.cli.checks.check import Check, ok, warn
from onhand.config import Config
from onhand.domain.traffic import BIN
from onhand.store import Books


def check_traffic(books: Books, config: Config, shop: str, now: datetime) -> Iterator[Check]:
    """Look at each sender of counts of a shop. Asks no sensor and no broker."""
    configs = config.traffics_of(shop)
    silent = {door.key for door in silent_doors(books, configs, now)}
    names = {row.location: row.name for row in books.catalog.locations()}
    for sender in configs:
        name = f"sensors of {sender.name}"
        doors = [door for door in books.traffic.doors() if door.key.source == sender.name]
        if not doors:
            mend = "send a count; docs/foot-traffic.md shows one. `onhand inbox ls --status parked` shows those refused"
            yield warn(name, "have not counted anybody yet", mend)
        for door in doors:
            place = names.get(door.key.location, door.key.location)
            last_at = door.last_at + BIN
            if door.key in silent:
                since = f"{door.key.door} at {place} is silent since {last_at:%Y-%m-%d %H:%M} UTC"
                patience = timedelta(seconds=sender.silent_after_s)
                yield warn(name, since, f"look at its power and network: more than {patience} without a count")
            else:
                staff = ", used by staff only" if door.staff else ""
                yield ok(name, f"{door.key.door} at {place} has counted until {last_at:%Y-%m-%d %H:%M} UTC{staff}")
