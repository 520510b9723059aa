"""The newest picture of every fact, and the open units of orders that have no location yet."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from onhand.domain.pictures import Seen, Version
from onhand.domain.stock import LevelKey
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.times import from_us, to_us

SURE_AFTER_S = 30.0
"""A reading that was concluded so long after the second that it shows began when that second was over: no answer is
waited for longer than 20 s."""


class Pictures:
    """What was seen of orders, transfers and returns."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def seen(self, cause: str) -> Seen | None:
        """Return what is kept of the newest picture of a fact, or None where there was none."""
        row = self._sql.row("picture", (self._shop, cause))
        if row is None:
            return None
        version_at, reading, digest, told_digest, known_at, era, holds = row
        return Seen(
            version=Version(at=from_us(version_at), reading=reading),
            digest=digest,
            told_digest=told_digest,
            known_at=None if known_at is None else from_us(known_at),
            era=era,
            holds=bool(holds),
        )

    def remember(
        self,
        cause: str,
        channel: str,
        version: Version,
        digest: str,
        *,
        told: bool,
        recorded_at: datetime,
        closed: bool = False,
        made_by: str | None = None,
        name: str | None = None,
        known_at: datetime | None = None,
        holds: bool = False,
    ) -> None:
        """Keep a picture as the newest of its fact; the caller has judged that it is.

        `told` means that the channel sent it by itself. A reading of the same version leaves the digest of what was
        told, a reading of another version clears it. `made_by` is the app that made an order, `name` what people call
        the fact; None leaves either as it was. `known_at` is when the fact was as shown, None while it was never shown
        whole; `holds` whether openings hold any of it.
        """
        self._sql.run(
            "remember_picture",
            (
                self._shop,
                cause,
                channel,
                to_us(version.at),
                version.reading,
                digest,
                digest if told else None,
                closed,
                made_by,
                name,
                to_us(recorded_at),
                None if known_at is None else to_us(known_at),
                holds,
            ),
        )

    def versions(self, causes: Iterable[str]) -> dict[str, Version]:
        """Return how new the newest pictures of some facts are; facts never seen are left out."""
        rows = self._sql.rows("picture_versions", (self._shop, texts(causes)))
        return {cause: Version(at=from_us(at), reading=reading) for cause, at, reading in rows}

    def confirm(self, cause: str, reading: int, recorded_at: datetime) -> None:
        """Keep that a reading showed the newest picture of a fact once more."""
        row = {"shop": self._shop, "cause": cause, "reading": reading, "recorded_at": to_us(recorded_at)}
        self._sql.run("confirm_picture", row)

    def told_before(self, cause: str, moment: datetime) -> bool:
        """Return whether the newest picture of a fact was told, not read, and is kept since before a moment."""
        wanted = {"shop": self._shop, "cause": cause, "moment": to_us(moment)}
        return self._sql.row("picture_told_before", wanted) is not None

    def doubtful(self, causes: Iterable[str], items: Iterable[str]) -> list[str]:
        """Return the facts whose newest picture was read so soon that its second may not have been over.

        One that was told and not read is among them where the fact has moved one of `items`.
        """
        sure_after_us = int(SURE_AFTER_S * 1_000_000)
        wanted = {"shop": self._shop, "causes": texts(causes), "items": texts(items), "sure_after": sure_after_us}
        return [cause for (cause,) in self._sql.rows("doubtful_pictures", wanted)]

    def still_open(self, prefix: str) -> list[str]:
        """Return the facts whose name begins with `prefix` and of which more is to come."""
        return [
            cause
            for (cause,) in self._sql.rows(
                "open_pictures", {"shop": self._shop, "closed": False, "prefix": prefix, "beyond": prefix + "\uffff"}
            )
        ]

    def set_unplaced(self, cause: str, units: Mapping[str, int], at: datetime) -> None:
        """Replace the open units of a fact whose location is not known, by item; items left out have none."""
        before = self.unplaced_by_item(cause)
        changed = [
            (self._shop, cause, item, units.get(item, 0), to_us(at))
            for item in sorted({*before, *units})
            if units.get(item, 0) != before.get(item, 0)
        ]
        if changed:
            self._sql.run_many("set_unplaced", changed)

    def unplaced_units(self, items: Iterable[str]) -> dict[str, int]:
        """Return open units without a location by item; items without any are left out."""
        return dict(self._sql.rows("unplaced_of_items", (self._shop, texts(items))))

    def unplaced_by_item(self, cause: str) -> dict[str, int]:
        """Return open units of a fact that have no location, by item."""
        return dict(self._sql.rows("unplaced_of_cause", (self._shop, cause)))

    def unplaced_of(self, item: str) -> dict[str, int]:
        """Return open units of an item without a location, by cause."""
        return dict(self._sql.rows("unplaced_by_cause", (self._shop, item)))

    def pass_over(self, cause: str, channel: str, items: Collection[str]) -> None:
        """Keep which items of an order from elsewhere nobody counts, in the place of those that it was before."""
        self._sql.run("forget_passed_over", (self._shop, cause))
        self._sql.run_many("pass_over", [(self._shop, cause, item, channel) for item in sorted(items)])

    def passed_over(self, cause: str) -> set[str]:
        """Return the items of an order that nobody counted when it was booked."""
        return {item for (item,) in self._sql.rows("passed_over_of_cause", (self._shop, cause))}

    def passing_over(self, item: str) -> list[tuple[str, str]]:
        """Return the channel and the name of every order in which an item was passed over."""
        return [(channel, cause) for channel, cause in self._sql.rows("passed_over_of_item", (self._shop, item))]

    def makers(self, causes: Iterable[str]) -> dict[str, str]:
        """Return which app made an order, by cause; orders that the platform itself made are left out."""
        return dict(self._sql.rows("makers", (self._shop, texts(causes))))

    def names(self, causes: Iterable[str]) -> dict[str, str]:
        """Return what people call some facts, by cause; facts whose name nobody said are left out."""
        return dict(self._sql.rows("names", (self._shop, texts(causes))))

    def unclaimed_items(self, cause: str) -> frozenset[str]:
        """Return the items of an order that has claimed no stock of theirs at the platform."""
        return frozenset(item for (item,) in self._sql.rows("unclaimed_items", (self._shop, cause)))

    def set_unclaimed(self, cause: str, item: str) -> None:
        """Keep that an order has claimed no stock of an item at the platform."""
        self._sql.run("set_unclaimed", (self._shop, cause, item))

    def causes_at(self, key: LevelKey, after: datetime, limit: int) -> list[str]:
        """Return what has moved units of a level and was booked after a time, newest first."""
        found = {"shop": self._shop, "item": key.item, "location": key.location, "after": to_us(after), "limit": limit}
        return [cause for cause, _ in self._sql.rows("causes_at_level", found)]

    def reservations_of(self, items: Iterable[str]) -> list[str]:
        """Return the causes of drafts for which units of some items were reserved once."""
        return [cause for (cause,) in self._sql.rows("reservations_of_items", (self._shop, texts(items)))]

    def unplaced(self) -> list[tuple[str, str, int]]:
        """Return every (cause, item, units) that has no location yet."""
        return [(cause, item, units) for cause, item, units in self._sql.rows("unplaced", (self._shop,))]

    def held_units(self, channel: str, items: Iterable[str]) -> dict[str, int]:
        """Return units in state reserved that a channel's orders hold, by item; items without any are left out."""
        return dict(self._sql.rows("held_units", (self._shop, channel, texts(items))))

    def forget_unplaced(self, item: str) -> None:
        """Forget the open units without a location of an item that is not counted any more."""
        self._sql.run("forget_unplaced", (self._shop, item))
