"""How a shop's topics are subscribed to, the times in which one of them did not come, and when each came last."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from onhand.ports.subscriptions import SubscriptionState, TopicState
from onhand.store.engine import Sql
from onhand.store.rows import time_of
from onhand.store.times import from_us, to_us

DAY_US = 86_400_000_000
RHYTHM_DAYS = 14
"""Two weeks hold two of every weekday: a shop that rests on Sundays is not called silent on one."""


class Seen(NamedTuple):
    """How a topic was subscribed to at `seen_at`; `right_at` is the last time it was right, None where it never was."""

    topic: str
    state: SubscriptionState
    seen_at: datetime
    right_at: datetime | None


class Lapse(NamedTuple):
    """A time in which a topic did not come, from `since_at` on. `mended_at` is None while it still does not come.

    `whole` says that only reading everything can find what was missed.
    """

    topic: str
    state: SubscriptionState
    since_at: datetime
    found_at: datetime
    whole: bool
    mended_at: datetime | None


class Rhythm(NamedTuple):
    """How a topic came in the last two weeks, on so many `days`; `silence` was the longest time without it."""

    topic: str
    deliveries: int
    days: int
    last_at: datetime
    silence: timedelta


class Subscriptions:
    """The subscriptions of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def seen(self, channel: str) -> list[Seen]:
        """Return how every topic of a channel was subscribed to when it was last looked at."""
        return [
            Seen(row[0], row[1], from_us(row[2]), time_of(row, 3))
            for row in self._sql.rows("subscription_states", (self._shop, channel))
        ]

    def keep(self, channel: str, state: TopicState, seen_at: datetime) -> None:
        """Keep how a topic was found; where it is right, everything that it told until then has come."""
        seen_us = to_us(seen_at)
        row = (self._shop, channel, state.topic, state.state, seen_us, seen_us if state.is_right else None)
        self._sql.run("keep_subscription_state", row)

    def lapse(self, channel: str, state: TopicState, since_at: datetime, found_at: datetime) -> None:
        """Begin a lapse of a topic; one that is not made good yet goes on."""
        self._sql.run("reopen_lapse", {"shop": self._shop, "channel": channel, "topic": state.topic})
        row = (self._shop, channel, state.topic, to_us(since_at), to_us(found_at), state.state, state.whole)
        self._sql.run("open_lapse", row)

    def open_lapses(self, channel: str) -> list[Lapse]:
        """Return the lapses that are not made good yet, longest first."""
        return [
            Lapse(row[0], row[1], from_us(row[2]), from_us(row[3]), bool(row[4]), time_of(row, 5))
            for row in self._sql.rows("open_lapses", (self._shop, channel))
        ]

    def count_lapses(self, channel: str, since_at: datetime) -> int:
        """Return how many lapses were found since a time."""
        row = self._sql.row("lapses_since", (self._shop, channel, to_us(since_at)))
        assert row is not None
        return int(row[0])

    def mend_lapses(self, channel: str, at: datetime) -> None:
        """End every lapse: from here on all topics come again."""
        self._sql.run("mend_lapses", {"shop": self._shop, "channel": channel, "at": to_us(at)})

    def fill_lapses(self, channel: str, lapses: Sequence[Lapse], at: datetime) -> None:
        """Call lapses made good that had ended before a reading began; not those that go on, or have ended anew since.

        Which had ended is known by what they looked like then, and not by the time: a clock may be set.
        """
        whose = {"shop": self._shop, "channel": channel, "at": to_us(at)}
        over = [(lapse, lapse.mended_at) for lapse in lapses if lapse.mended_at is not None]
        self._sql.run_many(
            "fill_lapse",
            [
                {**whose, "topic": lapse.topic, "since_at": to_us(lapse.since_at), "mended_at": to_us(mended_at)}
                for lapse, mended_at in over
            ],
        )


class Arrivals:
    """When deliveries came to one shop, topic by topic."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def note(self, channel: str, topic: str, received_at: Iterable[datetime]) -> None:
        """Count deliveries of a topic, and measure the times between them."""
        row = self._sql.row("last_arrival", (self._shop, channel, topic))
        before: int | None = row[0] if row else None
        days: dict[int, list[int]] = {}
        for at in sorted(to_us(moment) for moment in received_at):
            silence = max(0, at - before) if before is not None else 0
            of_day = days.setdefault(at // DAY_US, [0, at, 0])
            of_day[0] += 1
            of_day[1] = at
            of_day[2] = max(of_day[2], silence)
            before = max(at, before or at)
        self._sql.run_many(
            "note_arrivals", [(self._shop, channel, topic, day, *counted) for day, counted in sorted(days.items())]
        )

    def rhythms(self, channel: str, now: datetime) -> list[Rhythm]:
        """Return how each topic came in the last two weeks; one that did not come at all is left out."""
        day = to_us(now) // DAY_US - RHYTHM_DAYS
        return [
            Rhythm(topic, int(deliveries), days, from_us(last_at), timedelta(microseconds=int(silence)))
            for topic, deliveries, days, last_at, silence in self._sql.rows("rhythms", (self._shop, channel, day))
        ]

    def newest(self, channel: str) -> dict[str, datetime]:
        """Return when each topic came last."""
        return {topic: from_us(last) for topic, last in self._sql.rows("newest_arrivals", (self._shop, channel))}

    def forget(self, now: datetime) -> None:
        """Drop days that no rhythm reaches back to, but the newest of each topic."""
        self._sql.run("forget_arrivals", {"shop": self._shop, "day": to_us(now) // DAY_US - 2 * RHYTHM_DAYS})
