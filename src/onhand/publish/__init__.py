"""Publishing: tell each channel what it may sell, and the platform what it has not seen, within their limits.

Levels are published, not commands: what a channel was told is compared with what it should be told, and the gap is
closed, worst oversell risk first. Every write is planned durably, sent without a transaction, and concluded.
"""
