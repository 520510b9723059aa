"""Flows from a signed webhook to what every channel is told: nothing here is pretended but the platforms."""
