"""Waiting for a platform's answers a shorter time than in earnest."""

from dataclasses import replace
from typing import Any

from onhand.app.parts import ShopParts


def be_impatient(parts: ShopParts, answers_within_s: float) -> None:
    """Wait for answers a shorter time than in earnest: nobody wants a test to last twenty seconds for each."""
    channels: list[Any] = [parts.shopify, *parts.markets.values()]
    for client in (channel._client for channel in channels):
        client._settings = replace(client._settings, request_timeout_s=answers_within_s)
