"""How long it took from a webhook's 200 to the update on the wire, as the sandbox saw both."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import quantiles
from typing import Any

Orders = Sequence[Mapping[str, Any]]


def latency_s(log: Mapping[str, Any], orders: Orders, skus: Mapping[str, str]) -> dict[str, float]:
    """Return {"p50", "p99"} in seconds over the updates of TikTok Shop listings that orders made necessary.

    Each update is counted from the first answered order webhook that touched its SKU since the update before: what
    waits for its place within the channel's limits counts fully. `skus` names the SKU of a listing. Empty where fewer
    than two listings were updated.
    """
    waits = _waits(_answered(log, orders), _updates(log), skus)
    if len(waits) < 2:
        return {}
    cuts = quantiles(waits, n=100, method="inclusive")
    return {"p50": round(cuts[49], 3), "p99": round(cuts[98], 3)}


def _answered(log: Mapping[str, Any], orders: Orders) -> dict[str, list[datetime]]:
    """Return by SKU when webhooks of orders that sold it were answered with 200, oldest first."""
    sold = {str(order["id"]): [line["sku"] for line in order["lines"]] for order in orders}
    answered: dict[str, list[datetime]] = defaultdict(list)
    for sent in log["deliveries"]:
        if sent["status"] == 200:
            for sku in sold.get(sent["order"], ()):
                answered[sku].append(datetime.fromisoformat(sent["answered_at"]))
    return {sku: sorted(moments) for sku, moments in answered.items()}


def _updates(log: Mapping[str, Any]) -> list[tuple[datetime, str]]:
    """Return when which listing was updated, oldest first."""
    updates = []
    for call in log["calls"]:
        if call["platform"] == "tiktok_shop" and "inventory/update" in call["operation"] and call["outcome"] == "done":
            at = datetime.fromisoformat(call["started_at"])
            updates += [(at, str(row["id"])) for row in json.loads(call["detail"]["body"])["skus"]]
    return sorted(updates)


def _waits(
    answered: Mapping[str, list[datetime]], updates: Sequence[tuple[datetime, str]], skus: Mapping[str, str]
) -> list[float]:
    waits: list[float] = []
    left = {sku: list(moments) for sku, moments in answered.items()}
    for at, listing in updates:
        moments = left.get(skus.get(listing, ""), [])
        if moments and moments[0] <= at:
            waits.append((at - moments[0]).total_seconds())
            left[skus[listing]] = [moment for moment in moments if moment > at]
    return waits
