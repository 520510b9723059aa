"""Channels: whether we may write to them, how far they were read, and by which rule they sell."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from onhand.domain.selling import SellingRule
from onhand.store.engine import Sql
from onhand.store.json_text import dump, load
from onhand.store.rows import time_of
from onhand.store.times import to_us

Imported = Literal["yes", "no", "unknown"]

REMOVED: Final = "the shop has removed onhand"


class ChannelState(NamedTuple):
    """What was decided about a channel.

    `held_reason` is None unless a run stopped and asks a person. `imported` says whether another app brings its orders
    to Shopify. `cursor_at` is None before its changed orders were first read. `zeros_allowed` is how many listings a
    person has agreed to see go to zero. `removed_at`: when the shop was heard to have removed onhand, None while it
    counts as installed.
    """

    armed: bool
    paused: bool
    held_reason: str | None
    imported: Imported
    cursor_at: datetime | None
    zeros_allowed: int = 0
    removed_at: datetime | None = None

    @property
    def stopped_because(self) -> str | None:
        """Why nothing is written until something is answered, None where nothing is in the way."""
        return REMOVED if self.removed_at is not None else self.held_reason


class Channels:
    """The channels of one shop and their selling rules."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def get(self, channel: str) -> ChannelState:
        """Return what was decided about a channel; nothing is written to one about which nothing was."""
        row = self._sql.row("channel", (self._shop, channel))
        if row is None:
            return ChannelState(armed=False, paused=False, held_reason=None, imported="unknown", cursor_at=None)
        armed, paused, held_reason, imported, _, zeros_allowed, _ = row
        times = {"cursor_at": time_of(row, 4), "removed_at": time_of(row, 6)}
        return ChannelState(bool(armed), bool(paused), held_reason, imported, zeros_allowed=zeros_allowed, **times)

    def meet(self, channel: str, armed: bool) -> None:
        """Begin with a channel as its configuration says; one that was met before stays as people left it."""
        self._sql.run("meet_channel", (self._shop, channel, armed))

    def allow_zeros(self, channel: str, units: int) -> None:
        """Keep how many listings a person has agreed to see go to zero."""
        self._set("allow_zeros", channel, "units", units)

    def bound(self, channel: str, least_units: int, most_units: int | None) -> None:
        """Keep what a listing of a channel can be told at least and at most; None: as much as there is."""
        self._sql.run("ensure_channel", (self._shop, channel))
        row = {"shop": self._shop, "channel": channel, "least_units": least_units, "most_units": most_units}
        self._sql.run("bound_channel", row)

    def keep_at(self, channel: str, locations: Sequence[str], at: datetime) -> None:
        """Keep where a channel has a number of its own each; its offers are computed anew where that is news."""
        row = {"shop": self._shop, "channel": channel, "kept_in": dump(list(locations))}
        if self._sql.row("keep_at", row) is not None:
            self._sql.run("forget_spreads", {"shop": self._shop, "channel": channel})
            self._sql.run("touch_rule", {"shop": self._shop, "channel": channel, "at": to_us(at)})

    def kept_in(self) -> dict[str, tuple[str, ...]]:
        """Return the locations where channels keep a number each, by channel; those with one number are left out."""
        return {channel: tuple(load(places)) for channel, places in self._sql.rows("kept_in", (self._shop,))}

    def arm(self, channel: str, armed: bool) -> None:
        """Allow writing to a channel, or forbid it."""
        self._set("arm", channel, "armed", armed)

    def pause(self, channel: str, paused: bool) -> None:
        """Stop telling offers to a channel for a while, or go on."""
        self._set("pause", channel, "paused", paused)

    def hold(self, channel: str, reason: str | None) -> None:
        """Stop a channel until a person has answered, or go on with None."""
        self._set("hold", channel, "reason", reason)

    def remove(self, channel: str, at: datetime | None) -> None:
        """Keep since when the shop is heard to have removed onhand; None: it has it."""
        self._set("remove_channel", channel, "at", None if at is None else to_us(at))

    def set_imported(self, channel: str, imported: Imported) -> None:
        """Keep whether another app brings this channel's orders to Shopify."""
        self._set("set_imported", channel, "imported", imported)

    def importing(self) -> list[str]:
        """Return the channels whose orders another app brings to the platform, or may."""
        return [channel for (channel,) in self._sql.rows("importing_channels", (self._shop,))]

    def move_cursor(self, channel: str, at: datetime) -> None:
        """Keep up to which time the changed orders of a channel were read."""
        self._set("move_cursor", channel, "at", to_us(at))

    def rules(self) -> list[SellingRule]:
        """Return the selling rules, by channel."""
        return [
            SellingRule(
                channel=channel,
                locations=tuple(load(locations)),
                buffer_units=buffer_units,
                enforced_in=None if enforced_in is None else tuple(load(enforced_in)),
            )
            for channel, locations, buffer_units, enforced_in in self._sql.rows("rules", (self._shop,))
        ]

    def set_rules(self, rules: Iterable[SellingRule], at: datetime) -> None:
        """Replace the selling rules; only those that differ are written, and mark their channel's offers stale."""
        before = {rule.channel: rule for rule in self.rules()}
        after = {rule.channel: rule for rule in rules}
        for channel, rule in after.items():
            if before.get(channel) != rule:
                locations = dump(list(rule.locations))
                enforced_in = None if rule.enforced_in is None else dump(list(rule.enforced_in))
                row = (self._shop, channel, locations, rule.buffer_units, enforced_in, to_us(at))
                self._sql.run("set_rule", row)
        for channel in before.keys() - after.keys():
            self._sql.run("touch_rule", {"shop": self._shop, "channel": channel, "at": to_us(at)})
            self._sql.run("drop_rule", {"shop": self._shop, "channel": channel})

    def _set(self, name: str, channel: str, column: str, value: str | int | None) -> None:
        self._sql.run("ensure_channel", (self._shop, channel))
        self._sql.run(name, {"shop": self._shop, "channel": channel, column: value})
