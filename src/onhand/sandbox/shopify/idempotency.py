"""What became of a mutation that carried an idempotency key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# Shopify API usage, "Implementing idempotency": a key is remembered for 24 hours.
KEY_LIFE = timedelta(hours=24)

Payload = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What the first call under a key asked for and got; `failed` when the platform refused it."""

    mutation: str
    parameters: str
    at: datetime
    payload: Payload
    failed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """Why a key may not be used again, in Shopify's userErrors codes."""

    code: str
    message: str


CONCURRENT = Rejected(
    code="IDEMPOTENCY_CONCURRENT_REQUEST", message="This request is currently in progress, please try again."
)
MISMATCH = Rejected(
    code="IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    message="The same idempotency key cannot be used with different operation parameters.",
)
FAILED = Rejected(
    code="IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    message="A previous request with this idempotency key failed. Retry with a new idempotency key.",
)


class IdempotencyKeys:
    """The keys of one app at one shop: those of calls in progress, and what became of the others."""

    def __init__(self) -> None:
        self._attempts: OrderedDict[str, Attempt] = OrderedDict()
        self._in_progress: dict[str, int] = {}

    def begin(self, key: str, call_id: int) -> bool:
        """Note that a call under `key` came in; False when another one that is not over holds the key."""
        return self._in_progress.setdefault(key, call_id) == call_id

    def end(self, call_id: int) -> None:
        """Note that a call is over, however it went: its keys are free for the next."""
        for key in [key for key, holder in self._in_progress.items() if holder == call_id]:
            del self._in_progress[key]

    def earlier(self, key: str, *, mutation: str, parameters: str, now: datetime) -> Payload | Rejected | None:
        """Return the payload of the same call before, why this one is rejected, or None when it is the first."""
        self._forget(now)
        attempt = self._attempts.get(key)
        if attempt is None:
            return None
        if (attempt.mutation, attempt.parameters) != (mutation, parameters):
            return MISMATCH
        return FAILED if attempt.failed else attempt.payload

    def conclude(self, key: str, attempt: Attempt) -> None:
        """Keep what became of the first call under a key."""
        self._attempts[key] = attempt

    def _forget(self, now: datetime) -> None:
        while self._attempts:
            key, oldest = next(iter(self._attempts.items()))
            if now - oldest.at < KEY_LIFE:
                return
            del self._attempts[key]
