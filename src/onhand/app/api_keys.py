"""Making and revoking API keys."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime

from onhand.domain.api_keys import ApiKey, May, Shown, digest_of, text_of
from onhand.ports.errors import OnhandError
from onhand.store import Books

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_ID_BYTES = 6
_SECRET_BYTES = 32


class NoKey(OnhandError):
    """A key that cannot be made, or that there is not."""


def make_key(books: Books, name: str, may: Iterable[May], now: datetime) -> tuple[ApiKey, str]:
    """Keep a new key of a shop and return it with its text, which is known to nobody afterwards. Raises NoKey."""
    if not _NAME.fullmatch(name):
        raise NoKey(f"a key has a name of up to 40 small letters, digits, dots, dashes, such as kiosk-2; got {name!r}")
    if any(key.name == name and key.revoked_at is None for key in books.api_keys.all()):
        raise NoKey(f"there is a key {name!r} already: `onhand keys revoke {name}` ends it, or choose another name")
    shown = Shown(secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES))
    key = ApiKey(id=shown.id, name=name, may=frozenset(may), digest=digest_of(shown.secret), made_at=now)
    books.api_keys.add(key)
    return key, text_of(shown)


def revoke_key(books: Books, name: str, now: datetime) -> ApiKey:
    """Have the key of a name count no more, from the next request on. Raises NoKey."""
    living = {key.name: key for key in books.api_keys.all() if key.revoked_at is None}
    if name not in living:
        raise NoKey(f"there is no key {name!r}; there are {', '.join(sorted(living)) or 'none'}")
    books.api_keys.revoke(living[name].id, now)
    return living[name]
