"""How long it took from a webhook's 200 to the update on the wire, as the sandbox saw both."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import quantiles
from typing import Any, NamedTuple

Orders = Sequence[Mapping[str, Any]]


def latency_s(log: Mapping[str, Any], truth: Mapping[str, Any], location: str) -> dict[str, float]:
    """Return {"p50", "p99"} in seconds over the updates of TikTok Shop listings that sales elsewhere made necessary.

    Those are the sales from `location`, which TikTok Shop sells from too, on other channels. Each update is counted
    from the first answered `orders/create` of its SKU since the update before: what waits for its place within the
    channel's limits counts fully. Empty where fewer than two listings were updated.
    """
    orders = [order for order in truth["orders"] if location in order.get("locations", ())]
    skus = {str(row["sku_id"]): str(row["sku"]) for row in truth["tiktok_shop"]}
    waits = _waits(_answered(log, orders), _updates(log), skus)
    if len(waits) < 2:
        return {}
    cuts = quantiles(waits, n=100, method="inclusive")
    return {"p50": round(cuts[49], 3), "p99": round(cuts[98], 3)}


class _Touch(NamedTuple):
    """A sale of a SKU: when its webhook was triggered, and when we answered it with 200."""

    triggered_at: datetime
    answered_at: datetime


def _answered(log: Mapping[str, Any], orders: Orders) -> dict[str, list[_Touch]]:
    """Return by SKU the sales whose first webhook was answered with 200, first answered first."""
    sold = {str(order["id"]): [line["sku"] for line in order["lines"]] for order in orders}
    touches: dict[str, list[_Touch]] = defaultdict(list)
    for sent in sorted(log["deliveries"], key=lambda row: str(row["answered_at"])):
        if sent["status"] == 200 and sent["topic"] == "orders/create":
            touch = _Touch(*(datetime.fromisoformat(sent[name]) for name in ("triggered_at", "answered_at")))
            for sku in sold.pop(sent["order"], ()):
                touches[sku].append(touch)
    return touches


def _updates(log: Mapping[str, Any]) -> list[tuple[datetime, str]]:
    """Return when which listing was updated, oldest first."""
    updates = []
    for call in log["calls"]:
        if call["platform"] == "tiktok_shop" and "inventory/update" in call["operation"] and call["outcome"] == "done":
            at = datetime.fromisoformat(call["started_at"])
            updates += [(at, str(row["id"])) for row in json.loads(call["detail"]["body"])["skus"]]
    return sorted(updates)


def _waits(
    touches: Mapping[str, list[_Touch]], updates: Sequence[tuple[datetime, str]], skus: Mapping[str, str]
) -> list[float]:
    """Return how long updates were waited for, in seconds.

    A sale that an update came between its trigger and our answer was known from its level's webhook already: it is
    left out, because nothing waited for it.
    """
    waits: list[float] = []
    left = dict(touches)
    for at, listing in updates:
        due = left.get(skus.get(listing, ""), [])
        answered = [touch for touch in due if touch.answered_at <= at]
        if answered:
            waits.append((at - answered[0].answered_at).total_seconds())
        if due:
            left[skus[listing]] = [touch for touch in due if touch.triggered_at > at]
    return waits
