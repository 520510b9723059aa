"""Shopify's plans, as far as an app notices them."""

from typing import NamedTuple


class Plan(NamedTuple):
    """What a shop's plan gives each app at it."""

    bucket_points: float
    restore_points_per_s: float


# Shopify Admin API, "Rate limits" (2026-10): what comes back a second. Bucket sizes were seen on two plans, at twenty
# times that; that the others have the same factor is inferred [I].
PLANS = {
    "standard": Plan(2_000.0, 100.0),
    "advanced": Plan(4_000.0, 200.0),
    "plus": Plan(20_000.0, 1_000.0),
    "enterprise": Plan(40_000.0, 2_000.0),
}
