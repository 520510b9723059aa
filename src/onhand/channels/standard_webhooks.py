"""Is this from whom it claims to be? What senders sign as Standard Webhooks says.

Source: Standard Webhooks 1.0 (headers webhook-id, webhook-timestamp, webhook-signature; HMAC-SHA256 of
`id.timestamp.body`; several signatures in one header, parted by blanks).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol, TypeVar

from onhand.ports.errors import BadSignature, ConfigError

TOLERANCE: Final = timedelta(minutes=5)
"""How far a timestamp may be off: what is older could be a recording (Standard Webhooks, timestamp verification)."""

PREFIX: Final = "whsec_"
MOST_CHARACTERS: Final = 128
_SIGNATURES: Final = 16  # a rotation needs two: more would only cost time


class Signer(Protocol):
    """Who may have signed a message: two keys while a secret is replaced, none where it sends another way."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    @property
    def keys(self) -> tuple[bytes, ...]:
        """What it signs with."""


S = TypeVar("S", bound=Signer)


class Signed(NamedTuple):
    """What a signature covers beside the body: the id of the message, and when it was sent where that is said."""

    message_id: str
    sent_at: datetime | None


def key_of(secret: str, where: str) -> bytes:
    """Return the key behind a secret: base64 behind `whsec_`, else its bytes as they are. Raises ConfigError."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"{where}: a secret that begins with {PREFIX} goes on in base64: copy it again") from None


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message as its header carries it."""
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def find_signer(senders: Iterable[S], verify: Callable[[S], Signed], what: str, section: str) -> tuple[S, Signed]:
    """Return the first of some senders that signed `what`, and what it signed; who has no key is not asked.

    Raises BadSignature with what each said. `section` of the configuration is where a sender gets its secret.
    """
    refusals = []
    for sender in senders:
        if not sender.keys:
            continue
        try:
            return sender, verify(sender)
        except BadSignature as refusal:
            refusals.append(f"{sender.name}: {refusal}")
    raise BadSignature(f"{what}: {'; '.join(refusals) or f'no {section} of this shop has a secret'}")


def verify_standard(headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now: datetime) -> Signed:
    """Return what was signed with one of the keys: two while a secret is replaced. Raises BadSignature."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not 0 < len(message_id) <= MOST_CHARACTERS or not message_id.isprintable() or not message_id.isascii():
        raise BadSignature("the header webhook-id is missing, or is no id: it is not signed as Standard Webhooks says")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise BadSignature("the header webhook-timestamp is missing, or holds no seconds since 1970")
    claimed = headers.get("webhook-signature", "").split(" ", _SIGNATURES)[:_SIGNATURES]
    genuine = False
    for key in keys:  # no early exit: the time must not tell which secret, if any, it was
        wanted = sign(key, message_id, timestamp, body).encode()
        for signature in claimed:
            genuine |= hmac.compare_digest(wanted, signature.encode())
    if not genuine:
        raise BadSignature(f"message {message_id} is signed with none of the {len(keys)} secrets")
    sent_at = datetime.fromtimestamp(min(int(timestamp), 2**37), UTC)
    if abs(sent_at - now) > TOLERANCE:
        raise BadSignature(
            f"message {message_id} was signed at {sent_at:%Y-%m-%d %H:%M:%S} UTC, now it is {now:%Y-%m-%d %H:%M:%S}: "
            f"more than {TOLERANCE.total_seconds():.0f} s apart"
        )
    return Signed(message_id, sent_at)
