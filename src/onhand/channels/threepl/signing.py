"""Is this from ShipHero? It sends the base64 HMAC of the raw body.

Source: developer.shiphero.com, webhook verification.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from onhand.channels.standard_webhooks import MOST_CHARACTERS, Signed
from onhand.ports.errors import BadSignature


def verify_shiphero(headers: Mapping[str, str], body: bytes, keys: Sequence[bytes]) -> Signed:
    """Return what ShipHero signed; its message id is not covered by it. Raises BadSignature."""
    claimed = headers.get("x-shiphero-hmac-sha256", "").encode()
    genuine = False
    for key in keys:
        wanted = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest())
        genuine |= hmac.compare_digest(wanted, claimed)
    if not genuine:
        raise BadSignature(f"the body is signed with none of the {len(keys)} secrets")
    message_id = headers.get("x-shiphero-message-id", "")
    if not 0 < len(message_id) <= MOST_CHARACTERS or not message_id.isprintable() or not message_id.isascii():
        message_id = hashlib.sha256(body).hexdigest()
    return Signed(message_id, None)
