"""What the owner of the app and the merchant do to its credentials: rotate a secret, revoke it, uninstall."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from onhand.sandbox.orders_by_hand import Row
from onhand.sandbox.shopify import id_tokens
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world.catalog import Refused


def rotate_secret(sandbox: Sandbox) -> Row:
    """Give the app a second client secret; raises Refused while the last rotation is not ended."""
    secrets = sandbox.secrets
    if secrets.new_client_secret is not None:
        raise Refused("secret_rotates", "the old client secret is not revoked yet; POST /control/revoke_secret does it")
    fresh = f"shpss_{sandbox.random.getrandbits(128):032x}"
    sandbox.secrets = replace(secrets, new_client_secret=fresh)
    return {"client_secret": fresh, "old_client_secret": secrets.client_secret}


def revoke_secret(sandbox: Sandbox) -> Row:
    """Revoke the old client secret, and with it every token it asked for; raises Refused where there is one only."""
    fresh = sandbox.secrets.new_client_secret
    if fresh is None:
        raise Refused("one_secret", "the app has one client secret only; POST /control/rotate_secret gives a new one")
    sandbox.secrets = replace(sandbox.secrets, client_secret=fresh, new_client_secret=None)
    return {"client_secret": fresh}


def void_tokens(sandbox: Sandbox, now: datetime) -> Row:
    """Let every token of the app be void from now on."""
    sandbox.shopify_tokens.void(now)
    return {}


def give_id_token(sandbox: Sandbox, now: datetime) -> Row:
    """Return an ID token of this app and shop, good for a minute."""
    token = id_tokens.issue(
        shop=sandbox.settings.shop,
        client_id=sandbox.secrets.client_id,
        secret=sandbox.secrets.client_secret,
        number=sandbox.random.getrandbits(32),
        now=now,
    )
    return {"id_token": token}
