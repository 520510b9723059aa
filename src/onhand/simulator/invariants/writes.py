"""What is written to the platforms, seen on its way: it was kept before, and a key has one meaning for ever."""

from collections.abc import Mapping

import msgspec

from onhand.simulator.invariants.evidence import Write

UNITS_MOST = 1_000_000_000


class Seen(msgspec.Struct):
    """A GraphQL call, as far as it matters here."""

    query: str
    variables: dict[str, object] = {}


class Writes:
    """Remembers what every idempotency key stood for, and what the platform carried out under it."""

    def __init__(self) -> None:
        self._meaning: dict[str, bytes] = {}
        self.carried_out: set[str] = set()

    def i5_kept_before_it_is_sent(self, call: Seen, done: bool, kept: Mapping[str, Write]) -> list[str]:
        """I5: a write to Shopify's levels has a durable intent with these parameters, and its key no others."""
        key = call.variables.get("key")
        if not isinstance(key, str):
            return []
        meaning = msgspec.json.encode(call.variables, order="sorted")
        if done:
            self.carried_out.add(key)
        sentences = []
        if self._meaning.setdefault(key, meaning) != meaning:
            sentences.append(f"I5: key {key} stands for two sets of parameters")
        intent = kept.get(key)
        if intent is None:
            return [*sentences, f"I5: write {key} was sent and never kept"]
        planned = msgspec.json.encode(msgspec.json.decode(intent.body)["variables"], order="sorted")
        if planned != meaning:
            sentences.append(f"I5: write {key} was sent with other parameters than those kept")
        return sentences

    def i6_applied_means_carried_out(self, kept: Mapping[str, Write]) -> list[str]:
        """I6: what counts as applied was carried out by the platform, which knows."""
        return [
            f"I6: write {write.key} counts as applied, and Shopify has not carried it out"
            for write in kept.values()
            if write.kind == "telling" and write.status == "applied" and write.key not in self.carried_out
        ]


def i5_number_kept_before_it_is_told(request: bytes, kept: Mapping[str, Write]) -> list[str]:
    """I5: a number told to a channel stands in a durable intent, to the byte."""
    wanted = any(
        request in write.body for write in kept.values() if write.kind == "offer" and write.status != "planned"
    )
    return [] if wanted else [f"I5: {request[:80]!r} was told and never kept"]


def i7_never_more_than_there_is(told: Mapping[str, int], free: Mapping[str, int]) -> list[str]:
    """I7: a listing is never told more than the books have free where it ships from, nor less than nothing."""
    return [
        f"I7: listing {listing} was told {units}, the books have {free.get(listing, 0)} free"
        for listing, units in told.items()
        if not 0 <= units <= min(UNITS_MOST, max(0, free.get(listing, 0)))
    ]
