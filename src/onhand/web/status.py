"""The head of the dashboard: one sentence, six figures, and how every lane stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.answers import Health, health
from onhand.domain.traffic import BIN, floor_bin
from onhand.store import Books
from onhand.web.desk import Desk
from onhand.web.lanes import LaneShown, show_lane
from onhand.web.names import many, seconds
from onhand.web.needs import Need, mark_of, read_needs

_HOUR = timedelta(hours=1)
_BAR = 1000
"""The width of the bar under the sentence, in its own units."""


@dataclass(frozen=True, kw_only=True)
class Deliveries:
    """Webhooks since the log began, and what became of them. `per_s` is None until it was seen twice."""

    accepted: int
    duplicates: int
    rejected: int
    waiting: int
    parked: int
    per_s: float | None


@dataclass(frozen=True, kw_only=True)
class Status:
    """How a shop stands at one moment: numbers for programs; words, tones and shares for the page.

    `settling` levels differ or were not compared yet, and no drift is filed for them. `latency_s` runs from a webhook
    to the channel being told, `booked_s` to the new number; None where this process does not measure them.
    """

    shop: str
    as_of: datetime
    items: int
    stock_points: int
    agreeing: int
    settling: int
    drifting: int
    needs_you: int
    needs_mark: str
    deliveries: Deliveries
    latency_s: Mapping[str, float] | None
    booked_s: Mapping[str, float] | None
    unknowns: int
    drifts: int
    problems: int
    oversold: int
    last_audit_at: datetime | None
    lanes: tuple[LaneShown, ...]
    figures: Mapping[str, str]
    tones: Mapping[str, str]
    shares: Mapping[str, tuple[int, int]]


def read_status(desk: Desk, shop: str) -> tuple[Status, list[Need]]:
    """Return how a shop stands now, and what waits for a person there."""
    now, process = desk.clock.now(), desk.health()
    with desk.store.reading() as session:
        counted = health(session, desk.log, shop, now)
        needs = read_needs(session.of(shop), shop)
        items = len(session.of(shop).catalog.items())
        visitors, held = _visitors(session.of(shop), now), _held_words(session.of(shop), now)
    desk.pace.note(now, counted.accepted)
    latency_s, booked_s = quantiles(process, "latency_s"), quantiles(process, "booked_s")
    drifting = min(counted.drifts, counted.stock_points - counted.agreeing)
    settling = counted.stock_points - counted.agreeing - drifting
    per_s = process.get("deliveries_per_s")
    deliveries = Deliveries(
        accepted=counted.accepted,
        duplicates=counted.duplicates,
        rejected=counted.rejected,
        waiting=max(0, counted.waiting),
        parked=counted.parked,
        per_s=float(per_s) if isinstance(per_s, int | float) else desk.pace.per_s(),
    )
    status = Status(
        shop=shop,
        as_of=now,
        items=items,
        stock_points=counted.stock_points,
        agreeing=counted.agreeing,
        settling=settling,
        drifting=drifting,
        needs_you=counted.needs_you,
        needs_mark=mark_of(needs),
        deliveries=deliveries,
        latency_s=latency_s,
        booked_s=booked_s,
        unknowns=counted.unknowns,
        drifts=counted.drifts,
        problems=counted.problems,
        oversold=counted.oversold,
        last_audit_at=counted.last_audit_at,
        lanes=tuple(show_lane(lane) for lane in counted.channels),
        figures=_headline(counted, settling, drifting)
        | _tiles(counted, deliveries, latency_s, booked_s)
        | {"visitors": visitors, "held": held},
        tones=_tones(counted),
        shares=_shares(
            counted.stock_points, {"agreeing": counted.agreeing, "settling": settling, "drifting": drifting}
        ),
    )
    return status, needs


def _visitors(books: Books, now: datetime) -> str:
    """Return who came into each location in the last hour; nothing where no door counts."""
    places = {door.key.location for door in books.traffic.doors() if not door.staff}
    end = floor_bin(now) + BIN
    words = []
    for location in books.catalog.locations():
        if location.location not in places:
            continue
        bins = books.traffic.at(location.location, end - _HOUR, end)
        known = [row.in_people for row in bins if row.in_people is not None]
        words.append(f"{location.name} {sum(known):,}" if known else f"{location.name} not counted")
    return f"Visitors in the last hour: {', '.join(words)}." if words else ""


def _held_words(books: Books, now: datetime) -> str:
    """Return what further tills keep aside; nothing where none was ever granted a hold."""
    granted, held = books.counter("holds"), books.holds.tally(now)
    if not granted:
        return ""
    return f"Further tills: {many(held.holds, 'hold')} of {many(held.units, 'unit')} now, {granted:,} granted so far."


def quantiles(process: Mapping[str, object], name: str) -> dict[str, float] | None:
    """Return the p50 and p99 that a process knows under a name, None where it does not."""
    found = process.get(name)
    if not isinstance(found, Mapping):
        return None
    known = {key: float(value) for key, value in found.items() if isinstance(value, int | float)}
    return known if {"p50", "p99"} <= known.keys() else None


def _headline(counted: Health, settling: int, drifting: int) -> dict[str, str]:
    verb = "agrees" if counted.agreeing == 1 and counted.stock_points == 1 else "agree"
    agree_words = f"of {many(counted.stock_points, 'stock point')} {verb};"
    need_words = "needs you." if counted.needs_you == 1 else "need you."
    under = []
    if settling:
        under.append(f"{settling:,} still settling.")
    if drifting:
        under.append(f"{drifting:,} {'differs' if drifting == 1 else 'differ'}.")
    if counted.last_audit_at is None:
        under.append("Not audited yet.")
    return {
        "agreeing": f"{counted.agreeing:,}",
        "agree_words": agree_words,
        "needs_you": f"{counted.needs_you:,}",
        "need_words": need_words,
        "sentence": f"{counted.agreeing:,} {agree_words} {counted.needs_you:,} {need_words}",
        "under": " ".join(under),
    }


def _tiles(
    counted: Health,
    deliveries: Deliveries,
    latency_s: Mapping[str, float] | None,
    booked_s: Mapping[str, float] | None,
) -> dict[str, str]:
    waiting = f", {deliveries.waiting:,} waiting" if deliveries.waiting else ""
    booked = f", booked after {seconds(booked_s['p99'])}" if booked_s else ""
    return {
        "deliveries": "\u2013" if deliveries.per_s is None else f"{deliveries.per_s:.1f}/s",
        "deliveries_small": f"{deliveries.accepted:,} kept{waiting}",
        "duplicates": f"{deliveries.duplicates:,}",
        "duplicates_small": f"repeats, left out; {deliveries.rejected:,} refused",
        "delay": seconds(latency_s["p99"]) if latency_s else "\u2013",
        "delay_small": f"p99; half within {seconds(latency_s['p50'])}{booked}" if latency_s else "nothing told yet",
        "unknowns": f"{counted.unknowns:,}",
        "unknowns_small": "asked again with the same key" if counted.unknowns else "every write is answered",
        "drifts": f"{counted.drifts:,}",
        "drifts_small": "onhand drift ls" if counted.drifts else "none is open",
        "problems": f"{counted.problems + counted.parked:,}",
        "problems_small": _problem_words(counted),
    }


def _problem_words(counted: Health) -> str:
    if not counted.parked:
        if counted.oversold and not counted.problems:
            return f"{counted.oversold:,} oversold: onhand oversells"
        return "onhand problems ls" if counted.problems else "nothing waits for a person"
    return f"{many(counted.problems, 'problem')}, {many(counted.parked, 'delivery')} parked"


def _tones(counted: Health) -> dict[str, str]:
    return {
        "sentence": "bad" if counted.needs_you else "good",
        "deliveries": "quiet",
        "duplicates": "quiet",
        "delay": "quiet",
        "unknowns": "bad" if counted.unknowns else "quiet",
        "drifts": "bad" if counted.drifts else "quiet",
        "problems": "bad" if counted.problems + counted.parked else "quiet",
    }


def _shares(total: int, parts: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return start and width of each part of the bar. A part that is there at all can be seen."""
    shares: dict[str, tuple[int, int]] = {}
    start = 0
    for name, units in parts.items():
        width = max(4, round(_BAR * units / total)) if units else 0
        width = min(width, _BAR - start)
        shares[name] = (start, width)
        start += width
    return shares
