"""I12: what a season costs the platforms: points within the bucket, and the same call not over and over."""

from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Final

A_MINUTE_S: Final = 60.0

AGAIN_MOST: Final = 120
"""Same calls within a minute, at most: each of the works asks again on its own, the quickest every half second."""

BY_MISTAKE: Final = 3
BY_MISTAKE_SHARE: Final = 0.02
"""Calls that a bucket may refuse: of a new process, which has not seen it yet, and of works that spend side by side."""


class Budget:
    """Remembers when which call was made."""

    def __init__(self) -> None:
        self._made: defaultdict[tuple[str, bytes], deque[float]] = defaultdict(deque)

    def i12_tried_again_within_bounds(self, path: str, content: bytes, now_s: float) -> list[str]:
        """I12: the same call is not made again and again without a pause."""
        made = self._made[path, content]
        made.append(now_s)
        while made[0] < now_s - A_MINUTE_S:
            made.popleft()
        if len(made) <= AGAIN_MOST:
            return []
        return [f"I12: {path} was called more than {AGAIN_MOST} times within a minute with the same question"]


def i12_points_within_the_bucket(called: Mapping[str, int], injected: int) -> list[str]:
    """I12: what Shopify answers with THROTTLED is what the season made it answer so, but for some at the start.

    `called` counts the sandbox's calls by how they ended, `injected` those of both platforms that were throttled so.
    """
    shopify = {name: count for name, count in called.items() if name.startswith("call shopify ")}
    throttled = sum(count for name, count in shopify.items() if name.endswith(" throttled"))
    most = injected + BY_MISTAKE + int(BY_MISTAKE_SHARE * sum(shopify.values()))
    if throttled <= most:
        return []
    return [f"I12: {throttled} calls were refused by Shopify's bucket, {injected} of them at most by the season"]
