"""Pictures: how an order or a transfer looked when its channel showed it, and which of two is the newer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Verdict = Literal["newer", "same", "older", "tie"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """How new a picture is.

    `at` is the channel's own time of the last change (whole seconds in Shopify's `updated_at`). `reading` numbers
    our own readings in the order they began; 0 means that the channel sent the picture by itself.
    """

    at: datetime
    reading: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What we keep of the newest picture of a fact: its version, its digest, and the digest of the newest told one.

    `told_digest` is None when the channel has not sent this version by itself: a webhook and a reading of the same
    state differ in what they carry, so they are never compared with each other.
    `known_at` is when what the openings hold of the fact was made out last, None while it was never shown whole;
    `era` the newest one of the shop then (see the store's openings); `holds` says whether they hold any of it.
    """

    version: Version
    digest: str
    told_digest: str | None
    known_at: datetime | None = None
    era: int = 0
    holds: bool = False


def judge(seen: Seen | None, version: Version, digest: str) -> Verdict:
    """Return whether a picture is news beside what was seen; `tie` means that only a reading can tell.

    Of two readings of the same second the one that began later is newer. A webhook of the same second as a picture
    with other content may be older or newer: a tie.
    """
    if seen is None or version.at > seen.version.at:
        return "newer"
    if version.at < seen.version.at:
        return "older"
    if version.reading == 0:
        return "same" if digest in (seen.told_digest, seen.digest) else "tie"
    if version.reading < seen.version.reading:
        return "older"
    return "same" if digest == seen.digest else "newer"
