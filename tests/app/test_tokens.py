"""Tokens that a platform replaced survive a restart, sealed, and give way to a new connection."""

from pathlib import Path

import pytest

from onhand.app.tokens import TokenFolder
from onhand.channels.tiktok_shop import Tokens
from onhand.log import Seal
from onhand.ports.errors import DataDamaged

SHOP, CHANNEL = "tees.myshopify.com", "tiktok_shop"
KEY = Seal.generate_key()


def pair(access: str, refresh: str) -> Tokens:
    return Tokens(access_token=access, refresh_token=refresh)


def folder(path: Path, key: str = KEY) -> TokenFolder:
    return TokenFolder(path / "tokens", Seal([key]))


def test_a_replaced_pair_is_found_again_after_a_restart(tmp_path: Path) -> None:
    folder(tmp_path).keep(SHOP, CHANNEL, "configured", pair("access-1", "refresh-1"))
    folder(tmp_path).keep(SHOP, CHANNEL, "configured", pair("access-2", "refresh-2"))
    assert folder(tmp_path).restore(SHOP, CHANNEL, "configured", Tokens) == pair("access-2", "refresh-2")


def test_a_newly_configured_token_counts_more_than_a_kept_pair(tmp_path: Path) -> None:
    folder(tmp_path).keep(SHOP, CHANNEL, "configured", pair("access-1", "refresh-1"))
    assert folder(tmp_path).restore(SHOP, CHANNEL, "connected again", Tokens) is None


def test_no_token_lies_readable_on_the_disk_and_only_the_owner_may_open_the_file(tmp_path: Path) -> None:
    folder(tmp_path).keep(SHOP, CHANNEL, "configured", pair("access-1", "refresh-1"))
    (path,) = (tmp_path / "tokens").iterdir()
    assert b"access-1" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_a_pair_of_another_shop_or_under_another_key_is_not_taken(tmp_path: Path) -> None:
    folder(tmp_path).keep(SHOP, CHANNEL, "configured", pair("access-1", "refresh-1"))
    assert folder(tmp_path).restore("caps.myshopify.com", CHANNEL, "configured", Tokens) is None
    with pytest.raises(DataDamaged, match="old_encryption_keys"):
        folder(tmp_path, Seal.generate_key()).restore(SHOP, CHANNEL, "configured", Tokens)


def test_a_replaced_key_seals_every_kept_pair_anew_and_the_old_one_may_go(tmp_path: Path) -> None:
    fresh = Seal.generate_key()
    for shop in (SHOP, "caps.myshopify.com"):
        folder(tmp_path).keep(shop, CHANNEL, "configured", pair("access-1", "refresh-1"))
    rotating = TokenFolder(tmp_path / "tokens", Seal([fresh, KEY]))
    assert next(rotating.reseal()) == 1  # stopped after the first
    assert sorted(rotating.sealed_with().values()) == [1, 1]
    assert list(rotating.reseal()) == [1]
    assert rotating.sealed_with() == {Seal([fresh]).key_id: 2}
    assert folder(tmp_path, fresh).restore(SHOP, CHANNEL, "configured", Tokens) == pair("access-1", "refresh-1")


def test_a_file_put_in_the_place_of_another_shops_does_not_open(tmp_path: Path) -> None:
    held = folder(tmp_path)
    held.keep(SHOP, CHANNEL, "configured", pair("access-1", "refresh-1"))
    (of_tees,) = (tmp_path / "tokens").glob("*.tokens")
    held.keep("caps.myshopify.com", CHANNEL, "configured", pair("access-2", "refresh-2"))
    (of_caps,) = set((tmp_path / "tokens").glob("*.tokens")) - {of_tees}
    of_tees.write_bytes(of_caps.read_bytes())
    with pytest.raises(DataDamaged, match="belong to something else"):
        held.restore(SHOP, CHANNEL, "configured", Tokens)
