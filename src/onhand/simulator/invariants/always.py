"""What holds at every moment: one small checker an invariant, a sentence for each breach of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from onhand.simulator.invariants.evidence import Evidence

FINAL = frozenset({"applied", "rejected", "stale", "parked"})
OPEN = frozenset({"planned", "sent", "unknown"})
ASKS_MOST = 1_000


def i1_what_was_accepted_is_kept(seen: Evidence, accepted: Collection[str]) -> list[str]:
    """I1: a delivery that was answered with 200 lies in the log."""
    gone = set(accepted) - {name for _, _, name in seen.logged}
    return [f"I1: delivery {name} was answered with 200 and is not in the log" for name in sorted(gone)]


def i2_once(seen: Evidence) -> list[str]:
    """I2: a delivery is logged once, booked once and in order; a movement is booked once."""
    twice = [name for name, times in Counter((channel, name) for _, channel, name in seen.logged).items() if times > 1]
    sentences = [f"I2: delivery {name} is logged twice" for name in twice]
    sentences += [
        f"I2: movement {name} is booked {times} times" for name, times in _repeated(row.id for row in seen.moved)
    ]
    if seen.finished != list(range(1, seen.booked_up_to + 1)):
        sentences.append(f"I2: {len(seen.finished)} deliveries are booked, up to position {seen.booked_up_to}")
    return sentences


def i3_levels_are_the_sum_of_movements(seen: Evidence) -> list[str]:
    """I3: what stands in a bin is what was moved there, and the ledger has no hole."""
    folded: Counter[tuple[str, str, str]] = Counter()
    for row in seen.moved:
        folded[row.item, *row.source] -= row.units
        folded[row.item, *row.target] += row.units
    differing = [key for key in {*folded, *seen.levels} if folded[key] != seen.levels.get(key, 0)]
    sentences = [
        f"I3: {key} holds {seen.levels.get(key, 0)}, moved there were {folded[key]}" for key in sorted(differing)
    ]
    if [row.sequence for row in seen.moved] != list(range(1, len(seen.moved) + 1)):
        sentences.append("I3: the ledger has a hole in its sequence")
    return sentences


def i4_units_neither_appear_nor_vanish(seen: Evidence) -> list[str]:
    """I4: all bins of an item, those outside among them, sum to zero."""
    sums: Counter[str] = Counter()
    for (item, _, _), units in seen.levels.items():
        sums[item] += units
    return [f"I4: the bins of item {item} sum to {units}" for item, units in sorted(sums.items()) if units]


def i6_outcomes_are_final(seen: Evidence, before: Mapping[str, str]) -> list[str]:
    """I6: an outcome is one of those there are, and one that is final stays."""
    sentences = [
        f"I6: write {write.key} is {write.status!r}" for write in seen.writes if write.status not in FINAL | OPEN
    ]
    now = {write.key: write.status for write in seen.writes}
    sentences += [
        f"I6: write {key} was {status} and is {now.get(key)}"
        for key, status in before.items()
        if status in FINAL and now.get(key) != status
    ]
    return sentences


def i10_newer_stays(
    seen: Evidence, pictures: Mapping[str, tuple[int, int]], observed: Mapping[tuple[str, ...], int]
) -> list[str]:
    """I10: a picture or an observation is never replaced by an older one."""
    sentences = [
        f"I10: picture {cause} went back from {before} to {seen.pictures[cause]}"
        for cause, before in pictures.items()
        if cause in seen.pictures and seen.pictures[cause][0] < before[0]
    ]
    sentences += [
        f"I10: the observation of {key} went back from {before} to {seen.observed[key]}"
        for key, before in observed.items()
        if key in seen.observed and seen.observed[key] < before
    ]
    return sentences


def i11_nobody_elses_books(seen: Evidence, first: str) -> list[str]:
    """I11: nothing is written to the books of another shop."""
    return [] if seen.bystander == first else ["I11: the books of a shop have changed to which nothing happened"]


def i13_bounded(seen: Evidence) -> list[str]:
    """I13: what waits stays few."""
    return [f"I13: {seen.asks} pictures are asked for, {ASKS_MOST} at most"] if seen.asks > ASKS_MOST else []


def i15_adoptions_say_why(seen: Evidence) -> list[str]:
    """I15: whatever was adopted has a cause, its evidence, and the movement that can be taken back."""
    return [
        f"I15: drift {number} was adopted without a cause, evidence or movement"
        for number, cause, evidence, note in seen.adopted
        if not (cause and evidence and note)
    ]


def i16_no_secrets(seen: Evidence, secrets: Collection[str], said: Collection[str]) -> list[str]:
    """I16: no secret stands in anything that a person may read."""
    leaks = [words for words in (*seen.words, *said) if any(secret in words for secret in secrets)]
    return [f"I16: a secret stands in {words[:40]!r}…" for words in leaks]


def _repeated(names: Iterable[str]) -> list[tuple[str, int]]:
    return [(name, times) for name, times in Counter(names).items() if times > 1]
