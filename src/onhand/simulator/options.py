"""What a season is like, drawn from its seed: which faults there are and how often, and how onhand is set."""

import json
import random
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final, get_args

from onhand.channels.threepl.door import FileForm
from onhand.sandbox.faults import ApiFault
from onhand.simulator.network import CALM, Weather
from onhand.simulator.platforms import GOOD_ROADS, Roads

WAYS_OF_WEBHOOKS: Final = ("lost", "repeated", "late", "very_late")
WAYS_OF_CALLS: Final = ("unreachable", "unasked", "unanswered", "cut_short", "slow")
ANSWERS: Final[tuple[ApiFault, ...]] = ("throttle", "error_5xx", "timeout_after_apply")
EVENTS: Final = (
    "crash",
    "crash_inside",
    "power_cut",
    "disk_trouble",
    "clock_jump",
    "lapse",
    "void_tokens",
    "uninstalled",
    "outage",
    "cut_off",
    "door_closed",
    "stale_replay",
    "forged",
    "poison",
)
SINCE: Final[Mapping[str, float]] = {"uninstalled": 0.35}
"""Kinds of fault that came later, each with its share of seeds and drawn apart: older seeds stay what they were."""

FAULTS: Final = (*WAYS_OF_WEBHOOKS, *WAYS_OF_CALLS, *ANSWERS, *EVENTS)
"""Every kind of fault. A season has a random part of them, five at least."""

LEAST_FAULTS: Final = 5
LEAST_DELIVERIES: Final = 200

_SHARES: Final[Mapping[str, tuple[float, float]]] = {
    "lost": (0.03, 0.2),
    "repeated": (0.05, 0.3),
    "late": (0.05, 0.3),
    "very_late": (0.02, 0.1),
    "unreachable": (0.01, 0.05),
    "unasked": (0.01, 0.05),
    "unanswered": (0.01, 0.05),
    "cut_short": (0.01, 0.05),
    "slow": (0.01, 0.1),
    "throttle": (0.01, 0.06),
    "error_5xx": (0.01, 0.06),
    "timeout_after_apply": (0.01, 0.05),
}
"""The least and the most of what may go wrong, of all webhooks or of all calls."""

QUICK_S: Final = (0.0, 0.0, 0.0, 0.1, 0.4, 1.0, 3.0, 10.0)
STEADY_S: Final = (0.0, 0.1, 1.0, 5.0, 30.0, 90.0)
SLOW_S: Final = (0.0, 0.1, 1.0, 30.0, 300.0, 3600.0)
"""Until the next thing happens, in three kinds of shops."""

OPTIONAL_BUSINESS: Final = ("hands", "places", "drafts", "transfers", "returns", "tracking", "tiktok", "goods")

PLATFORMS: Final[Mapping[str, float]] = {
    "woocommerce": 0.2,
    "sheet": 0.05,
    "third_party": 0.15,
    "holds": 0.15,
    "own_site": 0.15,
    "sensors": 0.15,
}
"""What else there may be in a shop, each with its share of seeds, drawn apart: older seeds stay what they were."""

EAGERNESS: Final[Mapping[str, tuple[float, ...]]] = {
    "auditor": (0.15, 0.4, 1.0),
    **dict.fromkeys(("worker", "reader", "publisher", "teller"), (0.3, *[1.0] * 9)),
}
"""Of how many of its turns each kind of work really takes one: others are slow in each season, an auditor in most."""

BURSTS: Final = (1, 2, 3, 5)
"""How much happens in the shop between two turns: in a busy shop works find more at a time; in a slow one nobody waits
for hours until he has his turn.
"""

DROPPED_FORMS: Final[tuple[FileForm | None, ...]] = (None, None, "csv", "edi", "edi")
"""Of a third party's files: what the folder holds that they are laid in, None where they are handed over."""

PAGE_ROWS: Final = (*[None] * 10, 1, 4)
"""Rows a page of what is read of Shopify, so that little is much; None: as many as a question has room for."""

GRACES_S: Final = (5.0, 5.0, 5.0, 1.0, 60.0)
FLUSHES_S: Final = (5.0, 5.0, 1.0, 60.0)
"""How long a gap may stand before it counts, and how long changes for the workbook are gathered."""

TOKEN_LIVES_S: Final = (7 * 86_400, 7 * 86_400, 7 * 86_400, 1200, 4 * 3600)
"""How long TikTok Shop's tokens live: a week, as they do, or so short that they expire while a season lasts."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """One season. `events_share` is how likely one of the events is at each tick; `batch` how many deliveries onhand
    books at once. `works_meanwhile`: other works take turns while one waits for an answer. `eagerness`: of how many of
    its turns each kind of work takes one, all where it is not named; `burst`: how many things happen between turns.
    """

    seed: int
    faults: tuple[str, ...] = ()
    weather: Weather = CALM
    roads: Roads = GOOD_ROADS
    answers: Mapping[ApiFault, float] = field(default_factory=dict)
    events_share: float = 0.0
    business: tuple[str, ...] = OPTIONAL_BUSINESS
    platforms: tuple[str, ...] = ()
    dropped_form: FileForm | None = None
    tiktok_token_life_s: int = 7 * 86_400
    gaps_s: tuple[float, ...] = STEADY_S
    works_meanwhile: float = 0.0
    eagerness: Mapping[str, float] = field(default_factory=dict)
    burst: int = 1
    ahead_s: float = 0.0
    batch: int = 400
    audit_every_s: float = 3600.0
    poll_every_s: float = 60.0
    bucket_points: float | None = None
    page_rows: int | None = None
    grace_s: float = 5.0
    flush_every_s: float = 5.0

    @property
    def events(self) -> tuple[str, ...]:
        """The kinds of events of this season."""
        return tuple(fault for fault in self.faults if fault in EVENTS)

    def text(self) -> str:
        """Return everything in one line."""
        return json.dumps(asdict(self))


def draw(seed: int) -> Options:
    """Return the options of a season."""
    rng = random.Random(f"options {seed}")
    # Some more than must be met: a rare one may not happen in a season.
    older = [fault for fault in FAULTS if fault not in SINCE]
    faults = rng.sample(older, rng.randint(LEAST_FAULTS + 3, len(older)))
    faults += [fault for fault, share in SINCE.items() if _is_drawn(fault, seed, share)]
    shares = {name: round(rng.uniform(*_SHARES[name]), 3) for name in _SHARES if name in faults}
    options = Options(
        seed=seed,
        faults=tuple(fault for fault in FAULTS if fault in faults),
        weather=Weather(**{name: shares.get(name, 0.0) for name in WAYS_OF_WEBHOOKS}),
        roads=Roads(**{name: shares.get(name, 0.0) for name in WAYS_OF_CALLS}),
        answers={name: shares[name] for name in get_args(ApiFault) if name in shares},
        events_share=round(rng.uniform(0.02, 0.1), 3),
        business=tuple(name for name in OPTIONAL_BUSINESS if rng.random() < 0.7),
        platforms=tuple(
            name for name, share in PLATFORMS.items() if _is_drawn(name, seed, share) and _fits(name, faults)
        ),
        dropped_form=random.Random(f"folder {seed}").choice(DROPPED_FORMS),
        tiktok_token_life_s=random.Random(f"tokens {seed}").choice(TOKEN_LIVES_S),
        gaps_s=rng.choice((QUICK_S, QUICK_S, STEADY_S, STEADY_S, SLOW_S)),
        works_meanwhile=rng.choice((0.0, 0.05, 0.2)),
        eagerness={kind: random.Random(f"{kind} {seed}").choice(shares) for kind, shares in EAGERNESS.items()},
        burst=random.Random(f"burst {seed}").choice(BURSTS),
        ahead_s=rng.choice((0.0, 0.0, -4.0, 4.0)),
        batch=rng.choice((1, 3, 10, 400)),
        audit_every_s=rng.choice((900.0, 3600.0, 14_400.0)),
        poll_every_s=rng.choice((20.0, 60.0, 300.0)),
        bucket_points=rng.choice((None, 2000.0, 4000.0)),
        grace_s=random.Random(f"grace {seed}").choice(GRACES_S),
        flush_every_s=random.Random(f"flush {seed}").choice(FLUSHES_S),
        page_rows=random.Random(f"pages {seed}").choice(PAGE_ROWS),
    )
    return _fitted(options)


def _fitted(options: Options) -> Options:
    """Return options that leave each work its turn in a slow shop, and a sweep the time to read what it has found."""
    burst = 1 if options.gaps_s == SLOW_S else options.burst
    poll_every_s = max(60.0, options.poll_every_s) if options.page_rows == 1 else options.poll_every_s
    return replace(options, burst=burst, poll_every_s=poll_every_s)


def _is_drawn(name: str, seed: int, share: float) -> bool:
    return random.Random(f"{name} {seed}").random() < share


def _fits(platform: str, faults: Collection[str]) -> bool:
    """Whether a platform goes with some faults: a count that seems to be of tomorrow is a person's to look at."""
    return not (platform in ("third_party", "sensors") and "clock_jump" in faults)
