"""How long from a webhook's 200 to the TikTok Shop update on the wire, with platforms that do not throttle.

The demo's day at fifty orders a second, without faults; the sandbox, a process of its own, saw both ends.
"""

from dataclasses import dataclass

from onhand.demo import DemoOptions, run

ORDERS_PER_S = 50.0
SECONDS = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DelayResult:
    """Seconds from the first answered order webhook of a listing to the listing's update; `holds` as in the demo."""

    orders: int
    orders_per_s: float
    deliveries: int
    p50_s: float
    p99_s: float
    parity_differing: int
    holds: bool


def bench_delay() -> DelayResult:
    """Play the day and return the delays. Raises RuntimeError where nothing was told."""
    result = run(
        DemoOptions(headless=True, for_s=SECONDS, orders_per_s=ORDERS_PER_S, faults=False, throttled=False, quiet=True)
    )
    if not result.latency_s:
        raise RuntimeError(f"{result.orders} orders were placed and no listing was updated twice: nothing to measure")
    return DelayResult(
        orders=result.orders,
        orders_per_s=result.orders_per_s,
        deliveries=result.deliveries,
        p50_s=result.latency_s["p50"],
        p99_s=result.latency_s["p99"],
        parity_differing=result.parity.differing,
        holds=result.holds,
    )
