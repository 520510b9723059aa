"""Top-level GraphQL errors in Shopify's codes."""

from __future__ import annotations

from graphql import GraphQLError


def refuse(code: str, message: str, **details: object) -> GraphQLError:
    """Return an error with Shopify's `code` in its extensions; `details` go there too."""
    return GraphQLError(message, extensions={"code": code, **details})


def unknown_to_the_sandbox(type_name: str, field: str) -> GraphQLError:
    """Return the error for a field that Shopify has and this world cannot know: better loud than null."""
    return refuse(
        "SANDBOX_UNKNOWN_FIELD",
        f"the sandbox does not know {type_name}.{field}: Shopify has it, this world holds nothing to answer it with",
    )
