"""Announcements: what listeners of ours are told, the newest number of each item and channel."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from onhand.domain.catalog import match_key
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.times import from_us, from_us_or_none, to_us


class Announcement(NamedTuple):
    """A number that a listener is to be told, or was. `due_at` None: it was given up, or taken.

    `sequence` grows with every number that the item had on that channel. `offered` False: it has none there any more,
    because it was removed, or nobody counts it, or its listing is gone; `units` are 0 then.
    """

    webhook: str
    channel: str
    item: str
    sku: str | None
    units: int
    offered: bool
    sequence: int
    computed_at: datetime
    delivered: bool
    attempts: int
    due_at: datetime | None
    trouble: str | None


class Announcements:
    """The announcements of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def note(
        self, webhook: str, channels: Sequence[str], skus: Sequence[str] | None, since: datetime, now: datetime
    ) -> None:
        """Note numbers that were computed since a time and differ from what a listener was last told.

        One that was not taken yet is replaced by the newer one, and waits as long as it had to.
        """
        row = {"shop": self._shop, "webhook": webhook, "channels": texts(channels), "since": to_us(since)}
        keys = [key for sku in skus or () if (key := match_key(sku))]
        self._sql.run("announce", {**row, "every_sku": int(skus is None), "skus": texts(keys), "now": to_us(now)})

    def withdraw(self, webhook: str, channels: Sequence[str], now: datetime) -> None:
        """Note what a listener was told of and channels have no number for any more: it would go on selling it."""
        row = {"shop": self._shop, "webhook": webhook, "channels": texts(channels), "now": to_us(now)}
        self._sql.run("withdraw_announcements", row)

    def due(self, webhook: str, now: datetime, limit: int) -> list[Announcement]:
        """Return what may be told now, oldest number first."""
        row = {"shop": self._shop, "webhook": webhook, "now": to_us(now), "limit": limit}
        return [_read(found) for found in self._sql.rows("due_announcements", row)]

    def all(self, limit: int) -> list[Announcement]:
        """Return what was not taken, and then what was, newest first."""
        return [_read(found) for found in self._sql.rows("announcements", {"shop": self._shop, "limit": limit})]

    def conclude(self, row: Announcement, *, delivered: bool, due_at: datetime | None, trouble: str | None) -> None:
        """Write down what became of a telling; a newer number that came meanwhile is left alone."""
        due_us = None if due_at is None else to_us(due_at)
        key = {"shop": self._shop, "webhook": row.webhook, "channel": row.channel, "item": row.item}
        more = {"sequence": row.sequence, "delivered": int(delivered), "due_at": due_us, "trouble": trouble}
        self._sql.run("conclude_announcement", {**key, **more})

    def stop(self, webhook: str, because: str) -> None:
        """Tell a listener nothing more, until somebody asks for it again."""
        self._sql.run("stop_webhook", {"shop": self._shop, "webhook": webhook, "because": because})
        self._sql.run("give_announcements_up", {"shop": self._shop, "webhook": webhook, "because": because})

    def stopped(self) -> dict[str, str]:
        """Return why listeners are told nothing any more, by name."""
        return dict(self._sql.rows("stopped_webhooks", (self._shop,)))

    def replay(self, webhook: str, *, everything: bool, now: datetime) -> int:
        """Have told again what was not taken (or `everything`); return how much that is."""
        self._sql.run("go_on_with_webhook", (self._shop, webhook))
        row = {"shop": self._shop, "webhook": webhook, "everything": int(everything), "now": to_us(now)}
        return len(self._sql.rows("replay_announcements", row))


def _read(row: tuple[object, ...]) -> Announcement:
    webhook, channel, item, sku, units, offered, sequence, computed_us, delivered, attempts, due_us, trouble = row
    return Announcement(
        webhook=str(webhook),
        channel=str(channel),
        item=str(item),
        sku=None if sku is None else str(sku),
        units=int(str(units)),
        offered=bool(offered),
        sequence=int(str(sequence)),
        computed_at=from_us(int(str(computed_us))),
        delivered=bool(delivered),
        attempts=int(str(attempts)),
        due_at=from_us_or_none(None if due_us is None else int(str(due_us))),
        trouble=None if trouble is None else str(trouble),
    )
