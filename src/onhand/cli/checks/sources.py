"""The clouds that webhooks come through: is the queue reached, are Google's keys had?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError

if TYPE_CHECKING:
    from onhand.app import App

BACKLOG = 1_000
"""Messages that wait; a process that keeps up has far fewer."""


def check_sources(app: "App") -> Iterator[Check]:
    """Look at every queue and at Google's keys. Only reads, and takes no message."""
    from onhand.app.sources import build_intakes

    try:
        intakes = build_intakes(app.config)
    except ConfigError as error:
        yield fail("queues", str(error), "until then nothing that is sent through Amazon arrives")
        return
    for intake in intakes:
        name = f"queue of {', '.join(intake.shops)}"
        try:
            waiting, hidden = intake.queue.backlog()
        except (ChannelRefused, ChannelUnavailable) as error:
            yield fail(name, str(error), "mend what the message names")
            continue
        why = f"{intake.queue.name}: about {waiting} messages wait, {hidden} are being kept"
        yield warn(name, why, "let `onhand serve` run, and see what it says") if waiting > BACKLOG else ok(name, why)
    for shop, parts in app.shops.items():
        if parts.pubsub is None:
            continue
        try:
            count = parts.pubsub.count_keys()
        except ChannelUnavailable as error:
            yield fail(f"Google's keys for {shop}", str(error), "see whether this machine reaches the address")
            continue
        yield ok(f"Google's keys for {shop}", f"{count} public keys are had, so pushes can be proven")
