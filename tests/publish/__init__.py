"""Publishing: what is planned, what becomes of it, and what guards it. No network: outcomes are given."""
