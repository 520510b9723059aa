"""Giving back: what onhand has put aside for a buffer goes on sale again, read first and told at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from time import monotonic, sleep
from typing import NamedTuple

from onhand.app.parts import ShopParts
from onhand.app.steps import Steps
from onhand.config import ONLINE_STORE
from onhand.domain.selling import SellingRule
from onhand.domain.stock import LevelKey
from onhand.ports.channel import Parcel, Problem
from onhand.ports.errors import ChannelUnavailable, ConfigError
from onhand.publish import buffers
from onhand.publish.buffers import Returned
from onhand.publish.guard import teller_gate
from onhand.store import Books, Intent, Store

WITHIN_S = 60.0
"""How long it may take to tell. What is not told by then is told by `onhand serve`: it is booked."""

AGAIN_S = 0.5

BUFFER_NOWHERE = "buffer not enforced"
BUFFER_LEFT = "buffer left aside"


class GivenBack(NamedTuple):
    """What became of each share, and how many levels the platform has not been told of yet."""

    rows: tuple[Returned, ...]
    untold: int


def check_buffer(books: Books, parts: ShopParts, rules: Sequence[SellingRule], now: datetime) -> None:
    """Tell a person where a buffer should be enforced and cannot, or where units still stand aside for none."""
    channel = parts.channel_configs.get(ONLINE_STORE)
    wanted = channel is not None and channel.enforce_buffer
    enforced = any(rule.enforced_in for rule in rules)
    aside_units = sum(books.aside.all().values())
    problems = {
        BUFFER_NOWHERE: (
            wanted and not enforced,
            f"{ONLINE_STORE}: its buffer cannot be enforced, because every location it sells from serves a till",
            'name the locations that have tills: [[channel]] name = "shopify_pos", locations = ["…"]',
        ),
        BUFFER_LEFT: (
            aside_units > 0 and not enforced,
            f"{aside_units} units that onhand put aside for {ONLINE_STORE} still stand in safety_stock",
            "`onhand buffers release` puts them on sale again",
        ),
    }
    for kind, (there, message, next_step) in problems.items():
        if there:
            books.problems.raise_(Problem(kind, ONLINE_STORE, message, next_step), now)
        else:
            books.problems.settle(kind, ONLINE_STORE, now)


def give_back(steps: Steps, store: Store, run: str) -> GivenBack:
    """Return everything that was put aside. `run` names this and is never used again.

    Raises ConfigError where the buffer is still enforced, or nothing may be written; ChannelUnavailable where the
    levels cannot be read.
    """
    with store.reading() as session:
        books = session.of(steps.shop)
        keys = list(books.aside.all())
        _check(books)
    if keys and not steps.read_levels(keys):
        raise ChannelUnavailable("shopify did not show the levels: nothing was moved; try again in a moment")
    rows = steps.release_buffers()
    ends_at, number = monotonic() + WITHIN_S, 0
    while (untold := _untold(store, steps.shop, keys)) and monotonic() < ends_at:
        number += 1
        for intent in steps.open_writes() or steps.plan_tellings(
            max(1, steps.parts.shopify.ready()), f"{run}-{number}"
        ):
            _send(steps, intent)
        sleep(AGAIN_S if _untold(store, steps.shop, keys) else 0.0)
    return GivenBack(tuple(rows), untold)


def _check(books: Books) -> None:
    rule = next((rule for rule in books.channels.rules() if rule.enforced_in), None)
    if rule is not None:
        raise ConfigError(
            f"channel[{rule.channel}].enforce_buffer is true: what goes back would be put aside again; "
            "set it to false first, and start `onhand serve` anew where it runs"
        )
    way = teller_gate(books, buffers.PLATFORM)
    if not way.open:
        raise ConfigError(f"the units cannot go back: {way.reason}")


def _send(steps: Steps, intent: Intent) -> None:
    platform, parcel = steps.parts.shopify, Parcel(key=intent.key, channel=intent.channel, body=intent.body)
    steps.conclude_write(intent, platform.send(parcel) if intent.sent_at is None else platform.send_again(parcel))


def _untold(store: Store, shop: str, keys: Collection[LevelKey]) -> int:
    with store.reading() as session:
        return len(session.of(shop).owed.units(keys))
