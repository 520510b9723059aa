"""API keys: kept without their secrets, each in its shop."""

from dataclasses import replace

import pytest

from onhand.domain.api_keys import ApiKey, May, Shown, digest_of, read_shown, text_of
from onhand.store import Store
from tests.store.goods import OTHER, SHOP, at

SHOWN = Shown("0123456789ab", "s" * 43)
KEY = ApiKey(
    id=SHOWN.id,
    name="kiosk",
    may=frozenset({May.HOLDS, May.READ}),
    digest=digest_of(SHOWN.secret),
    made_at=at(1),
)


def test_a_key_is_kept_as_it_was_made_and_no_other_shop_has_it(store: Store) -> None:
    with store.writing() as session:
        session.of(SHOP).api_keys.add(KEY)
    with store.reading() as session:
        assert session.of(SHOP).api_keys.get(KEY.id) == KEY
        assert session.of(SHOP).api_keys.all() == [KEY]
        assert session.of(OTHER).api_keys.get(KEY.id) is None
        assert session.of(OTHER).api_keys.all() == []


def test_a_revoked_key_stays_known_and_counts_no_more(store: Store) -> None:
    with store.writing() as session:
        keys = session.of(SHOP).api_keys
        keys.add(KEY)
        keys.revoke(KEY.id, at(2))
        keys.revoke(KEY.id, at(3))
        revoked = keys.get(KEY.id)
        assert revoked == replace(KEY, revoked_at=at(2))
        assert not revoked.is_shown_by(SHOWN)
        keys.add(replace(KEY, id="ba9876543210"))  # the name is free again


def test_the_last_use_only_moves_on(store: Store) -> None:
    with store.writing() as session:
        keys = session.of(SHOP).api_keys
        keys.add(KEY)
        for second in (5, 4):
            keys.note_use(KEY.id, at(second))
        kept = keys.get(KEY.id)
    assert kept is not None
    assert kept.last_used_at == at(5)


def test_only_the_very_secret_counts() -> None:
    assert KEY.is_shown_by(SHOWN)
    assert not KEY.is_shown_by(SHOWN._replace(secret="s" * 42 + "t"))
    assert not KEY.is_shown_by(SHOWN._replace(id="ba9876543210"))
    assert SHOWN.secret not in repr(KEY) + repr(SHOWN)


@pytest.mark.parametrize("text", ["", "onhand", text_of(SHOWN) + "x", text_of(SHOWN)[:-1], text_of(SHOWN) + "\n"])
def test_what_is_no_key_is_not_read_as_one(text: str) -> None:
    assert read_shown(text) is None
    assert read_shown(text_of(SHOWN)) == SHOWN
