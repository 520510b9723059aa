"""API keys beside the address that they are shown to."""

from datetime import datetime, timedelta

from onhand.cli.checks.check import Check, ok, warn
from onhand.config import Config
from onhand.store import Books

IDLE = timedelta(days=90)
"""Who has not asked for so long has probably gone, and the key with him."""


def check_keys(books: Books, config: Config, shop: str, now: datetime) -> Check:
    """Look whether keys and the address fit each other, and whether a key lies about that nobody uses."""
    name = f"API keys of {shop}"
    keys = [key for key in books.api_keys.all() if key.revoked_at is None]
    hosts = " and ".join(config.server.hosts)
    idle = sorted(key.name for key in keys if now - (key.last_used_at or key.made_at) > IDLE)
    if hosts and not keys:
        why = f"there are none, so nobody is heard under {hosts}"
        return warn(name, why, "run `onhand keys make NAME --may holds`, or take hosts out of [server]")
    if idle:
        mend = f"end what nobody needs: `onhand keys revoke {idle[0]}`"
        return warn(name, f"{', '.join(idle)}: not used for {IDLE.days} days", mend)
    if keys and not hosts:
        return ok(name, f"{len(keys)}, heard from this machine only: [server] hosts names where else")
    return ok(name, f"{len(keys)}, heard under {hosts}" if keys else "none, and none is needed: only this machine asks")
