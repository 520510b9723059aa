"""Who shows an API key: whether it counts, what it opens, and how often wrong ones may be tried."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request

from onhand.domain.api_keys import ApiKey, May, Shown, read_shown
from onhand.ports.clock import Clock
from onhand.ports.errors import StoreUnavailable
from onhand.store import Store
from onhand.web.problem import STATUS_TITLES, Refused, Trouble

logger = logging.getLogger(__name__)

WRONG_AT_ONCE = 20
WRONG_EVERY = timedelta(seconds=3)
"""So many wrong keys an address may show at once, and then one in this time: each costs us a look into the database."""

MOST_PEERS = 1_024
NOTED_EVERY = timedelta(minutes=1)
"""When a key was used is kept to the minute: reading shall not mean writing each time."""

SCHEME = "Bearer"
IN_SCOPE = "onhand.key"
"""Where the guard leaves the key that a request has shown."""

MAKE_ONE = "`onhand keys make NAME --may holds` makes one; it is sent as the header Authorization: Bearer KEY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """Whoever has shown a key that counts, and of which shop it is."""

    shop: str
    key: ApiKey

    def may(self, any_of: Iterable[May]) -> bool:
        """Tell whether the key lets him do one of some things."""
        return not self.key.may.isdisjoint(any_of)


def bearer_of(request: Request) -> Bearer | None:
    """Return who has shown a key with a request; None: somebody of this machine who needs none."""
    found = request.scope.get(IN_SCOPE)
    return found if isinstance(found, Bearer) else None


def key_wanted(detail: str) -> Refused:
    """Return the refusal of a request without a key that counts."""
    headers = {"www-authenticate": f'{SCHEME} realm="onhand"'}
    return Refused(Trouble(status=401, title=STATUS_TITLES[401], detail=detail, headers=headers))


class Keys:
    """The keys of some shops, as the web asks for them. Safe to share between threads."""

    def __init__(self, store: Store, shops: Iterable[str], clock: Clock) -> None:
        self._store, self._shops, self._clock = store, tuple(shops), clock
        self._wrong = _WrongKeys()
        self._noted: dict[str, datetime] = {}

    def judge(self, text: str, peer: str) -> Bearer:
        """Return who shows a key. Raises Refused: 401 for one that does not count, 429 after too many of them."""
        now = self._clock.now()
        shown = read_shown(text)
        if shown is None or shown.id not in self._noted:  # a key that was right before is never shut out by others
            self._wrong.refuse_many(peer, now)
        bearer = None if shown is None else self._find(shown)
        if bearer is None:
            self._wrong.note(peer, now)
            raise key_wanted(f"this key does not count (revoked, or mistyped); {MAKE_ONE}")
        self._note_use(bearer, now)
        return bearer

    def still_counts(self, bearer: Bearer) -> bool:
        """Tell whether a key that counted has not been revoked since."""
        with self._store.reading() as session:
            key = session.of(bearer.shop).api_keys.get(bearer.key.id)
        return key is not None and key.revoked_at is None

    def _find(self, shown: Shown) -> Bearer | None:
        with self._store.reading() as session:
            known = session.shops()
            for shop in self._shops:
                key = session.of(shop).api_keys.get(shown.id) if shop in known else None
                if key is not None and key.is_shown_by(shown):
                    return Bearer(shop=shop, key=key)
        return None

    def _note_use(self, bearer: Bearer, now: datetime) -> None:
        before = self._noted.get(bearer.key.id)
        if before is not None and now - before < NOTED_EVERY:
            return
        self._noted[bearer.key.id] = now
        try:
            with self._store.writing() as session:
                session.of(bearer.shop).api_keys.note_use(bearer.key.id, now)
        except StoreUnavailable as trouble:  # what is asked may be read though nothing can be written
            logger.warning("when the key %s was used is not kept: %s", bearer.key.name, trouble)


class _WrongKeys:
    """How many wrong keys each address has shown lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worn_off_at: OrderedDict[str, datetime] = OrderedDict()

    def refuse_many(self, peer: str, now: datetime) -> None:
        """Raise Refused where an address has shown too many."""
        with self._lock:
            worn_off_at = self._worn_off_at.get(peer, now)
        wait = worn_off_at - now - WRONG_EVERY * (WRONG_AT_ONCE - 1)
        if wait > timedelta():
            headers = {"retry-after": str(int(wait.total_seconds()) + 1)}
            detail = f"{peer} has shown {WRONG_AT_ONCE} wrong keys: ask again in {headers['retry-after']} s"
            raise Refused(Trouble(status=429, title=STATUS_TITLES[429], detail=detail, headers=headers))

    def note(self, peer: str, now: datetime) -> None:
        """Count one more; addresses that have been quiet for longest are forgotten first."""
        with self._lock:
            worn_off_at = max(self._worn_off_at.pop(peer, now), now) + WRONG_EVERY
            self._worn_off_at[peer] = worn_off_at
            if len(self._worn_off_at) > MOST_PEERS:
                self._worn_off_at.popitem(last=False)
        if worn_off_at - now > WRONG_EVERY * (WRONG_AT_ONCE - 1):
            logger.warning("%s has shown %d wrong API keys and is heard every %s", peer, WRONG_AT_ONCE, WRONG_EVERY)
