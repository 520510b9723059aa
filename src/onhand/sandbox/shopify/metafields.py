"""What an app keeps about itself at a shop: metafields of its installation, which need no scope and only it can see.

Source: Shopify, "Manage app-owned metafields": `metafieldsSet` with the installation's id as owner, `metafield` of
`currentAppInstallation`; Admin API 2026-10, MetafieldsSetInput.compareDigest: what differs by now is STALE_OBJECT, and
null means that there must be none yet.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Metafield:
    """One value that an app keeps at a shop."""

    id: int
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime

    @property
    def digest(self) -> str:
        """What `compareDigest` shows: the value as a digest."""
        return hashlib.sha256(self.value.encode()).hexdigest()
