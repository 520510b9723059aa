"""Shopify's own clients, as published, against the sandbox."""
