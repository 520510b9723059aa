"""API keys: who else may ask, as they are kept; of no key its secret."""

from datetime import datetime

from onhand.domain.api_keys import ApiKey, May
from onhand.store.engine import Sql
from onhand.store.json_text import dump, load
from onhand.store.rows import time_of
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us


class ApiKeys:
    """The API keys of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        row = {"id": key.id, "name": key.name, "may": dump(sorted(key.may)), "digest": key.digest}
        self._sql.run("add_api_key", {"shop": self._shop, **row, "made_at": to_us(key.made_at)})

    def get(self, id_: str) -> ApiKey | None:
        """Return the key of a public half, a revoked one too; None where there is none."""
        row = self._sql.row("one_api_key", (self._shop, id_))
        return _read(row) if row else None

    def all(self) -> list[ApiKey]:
        """Return every key, oldest first, those that were revoked too."""
        return [_read(row) for row in self._sql.rows("api_keys", (self._shop,))]

    def revoke(self, id_: str, at: datetime) -> None:
        """Have a key count no more."""
        self._sql.run("revoke_api_key", {"shop": self._shop, "id": id_, "at": to_us(at)})

    def note_use(self, id_: str, at: datetime) -> None:
        """Keep when a key was last used; an earlier time changes nothing."""
        self._sql.run("note_api_key_use", {"shop": self._shop, "id": id_, "at": to_us(at)})


def _read(row: Row) -> ApiKey:
    id_, name, may, digest, made_at, _, _ = row
    return ApiKey(
        id=id_,
        name=name,
        may=frozenset(May(word) for word in load(may)),
        digest=digest,
        made_at=from_us(made_at),
        last_used_at=time_of(row, 5),
        revoked_at=time_of(row, 6),
    )
