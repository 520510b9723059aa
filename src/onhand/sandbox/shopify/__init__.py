"""Shopify's Admin API over the sandbox's world: GraphQL, tokens, bulk files."""
