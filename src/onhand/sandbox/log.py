"""What the platforms of a sandbox sent, and what was asked of them."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

# The log keeps this many deliveries and as many calls; counters go on. A day of the demo is far below.
LOG_ROWS_MAX = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedCall:
    """One API call of the app as a platform saw it; `cost_points` is Shopify's, None elsewhere."""

    platform: str
    operation: str
    started_at: datetime
    ended_at: datetime
    status: int
    outcome: str
    cost_points: float | None
    detail: dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One attempt at a delivery; `status` None means that no answer came in time.

    `order` is the id of the order that the delivery is about, None for everything else.
    """

    platform: str
    topic: str
    delivery_id: str
    event_id: str
    attempt: int
    fault: str | None
    triggered_at: datetime
    sent_at: datetime
    answered_at: datetime
    status: int | None
    order: str | None


@dataclass(kw_only=True)
class Log:
    """The newest deliveries and calls, and counts of all of them."""

    sent: deque[Sent] = field(default_factory=lambda: deque(maxlen=LOG_ROWS_MAX))
    calls: deque[LoggedCall] = field(default_factory=lambda: deque(maxlen=LOG_ROWS_MAX))
    counts: Counter[str] = field(default_factory=Counter)

    def add_call(self, call: LoggedCall) -> None:
        """Keep a call; `counts` then has it by platform, operation and outcome."""
        self.calls.append(call)
        self.counts[f"call {call.platform} {call.operation} {call.outcome}"] += 1

    def add_sent(self, sent: Sent) -> None:
        """Keep an attempt; `counts` then has it by platform and how it ended."""
        self.sent.append(sent)
        ending = "unanswered" if sent.status is None else str(sent.status)
        self.counts[f"delivery {sent.platform} {ending}"] += 1
