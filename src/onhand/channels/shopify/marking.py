"""The mark that onhand leaves at a shop: a metafield of its own installation, compared before it is replaced.

Sources: Shopify, "Manage app-owned metafields" (they need no scope, and no other app and no merchant sees them); Admin
API 2026-10, metafieldsSet: with `compareDigest` it replaces only what was seen, and null only where there is none.
"""

from typing import Final, NamedTuple

from onhand.channels.shopify.answers import acts
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.ports.errors import ChannelRefused

NAMESPACE: Final = "onhand"
KEY: Final = "copy_at_work"
_STALE: Final = "STALE_OBJECT"


class SeenMark(NamedTuple):
    """What stands at the shop. `value` and `digest` None: nothing yet. `owner` is whose it is: the installation."""

    owner: str
    value: str | None
    digest: str | None


def read_mark(client: GraphqlClient) -> SeenMark:
    """Return the mark. Raises ChannelUnavailable, ChannelRefused."""
    asked = {"namespace": NAMESPACE, "key": KEY}
    installation = client.ask(load("mark"), asked, acts.Marked, Lane.WRITE).data.current_app_installation
    held = installation.metafield
    if held is None:
        return SeenMark(installation.id, None, None)
    return SeenMark(installation.id, held.value, held.compare_digest)


def replace_mark(client: GraphqlClient, seen: SeenMark, value: str) -> bool:
    """Replace what was seen; False where something else stands there by now. Raises ChannelUnavailable, ChannelRefused.

    ChannelUnavailable leaves open whether it was replaced.
    """
    row = {
        "ownerId": seen.owner,
        "namespace": NAMESPACE,
        "key": KEY,
        "type": "single_line_text_field",
        "value": value,
        "compareDigest": seen.digest,
    }
    errors = client.ask(load("replace_mark"), {"metafields": [row]}, acts.MarkReplaced, Lane.WRITE).data
    found = errors.metafields_set.user_errors
    if any(error.code != _STALE for error in found):
        said = "; ".join(f"{error.code} {error.message}" for error in found)
        raise ChannelRefused(f"shopify keeps no mark of onhand's: {said}")
    return not found
