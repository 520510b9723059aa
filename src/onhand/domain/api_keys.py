"""API keys: what a till, a site or a program on another machine shows instead of being on this one."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

_TEXT = re.compile(r"onhand_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class May(StrEnum):
    """What a key lets its bearer do."""

    HOLDS = "holds"
    READ = "read"


class Shown(NamedTuple):
    """A key as its bearer shows it, taken apart: the public half that finds it, and the secret one."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Shown(id={self.id!r})"


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """A key as it is kept: of its secret only a digest. `last_used_at`, `revoked_at` None: not yet."""

    id: str
    name: str
    may: frozenset[May]
    digest: str
    made_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_shown_by(self, shown: Shown) -> bool:
        """Tell whether this key is the one that is shown and still counts; takes as long for a near miss."""
        same = hmac.compare_digest(self.digest.encode(), digest_of(shown.secret).encode())
        return same and self.id == shown.id and self.revoked_at is None


def digest_of(secret: str) -> str:
    """Return what is kept of a secret.

    It is drawn from 256 bits, so nobody finds it by trying: a slow hash, which a password needs, would only slow us.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def text_of(shown: Shown) -> str:
    """Return a key as it is written into the settings of a till."""
    return f"onhand_{shown.id}_{shown.secret}"


def read_shown(text: str) -> Shown | None:
    """Return what a text shows, None where it cannot be a key of ours."""
    found = _TEXT.fullmatch(text)
    return None if found is None else Shown(*found.groups())
