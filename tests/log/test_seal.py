"""Seal: what lies on the disk says nothing without the key."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.log import seal as module
from onhand.log.seal import Seal
from onhand.ports.errors import ConfigError, DataDamaged

OLD, NEW = Seal.generate_key(), Seal.generate_key()


@given(st.binary(max_size=3000), st.binary(max_size=50))
def test_what_was_sealed_opens_again_and_shows_nothing(plain: bytes, about: bytes) -> None:
    seal = Seal([OLD])
    sealed = seal.seal(plain, about)
    assert seal.open(sealed, about) == plain
    assert len(plain) < 8 or plain not in sealed


def test_the_same_body_never_looks_the_same_twice() -> None:
    seal = Seal([OLD])
    assert len({seal.seal(b"one tee, size M", b"a") for _ in range(100)}) == 100


def test_a_restarted_process_opens_what_the_last_one_sealed() -> None:
    assert Seal([OLD]).open(Seal([OLD]).seal(b"tee", b"a"), b"a") == b"tee"


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    before = Seal([OLD]).seal(b"tee", b"a")
    rotated = Seal([NEW, OLD])
    assert rotated.open(before, b"a") == b"tee"
    after = rotated.seal(b"tee", b"a")
    assert Seal([NEW]).open(after, b"a") == b"tee"
    assert Seal.key_id_of(after) == rotated.key_id != Seal.key_id_of(before)


def test_without_the_old_key_the_message_names_the_missing_one() -> None:
    before = Seal([OLD]).seal(b"tee", b"a")
    with pytest.raises(DataDamaged, match=Seal([OLD]).key_id.hex()):
        Seal([NEW]).open(before, b"a")


@given(st.integers(min_value=0))
def test_c06_a_single_changed_bit_is_found(place: int) -> None:
    sealed = bytearray(Seal([OLD]).seal(b"twelve tees", b"a"))
    place %= len(sealed) * 8
    sealed[place // 8] ^= 1 << (place % 8)
    with pytest.raises(DataDamaged):
        Seal([OLD]).open(bytes(sealed), b"a")


def test_a_body_sealed_for_one_delivery_does_not_open_as_another() -> None:
    with pytest.raises(DataDamaged, match="belong to something else"):
        Seal([OLD]).open(Seal([OLD]).seal(b"tee", b"delivery 1"), b"delivery 2")


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"{}" * 40])
def test_what_we_did_not_seal_is_named_as_such(rubbish: bytes) -> None:
    with pytest.raises(DataDamaged):
        Seal([OLD]).open(rubbish, b"a")


def test_both_alphabets_of_base64_are_the_same_key() -> None:
    raw = b"\xfb\xff" * 16
    urlsafe, standard = base64.urlsafe_b64encode(raw).decode(), base64.b64encode(raw).decode()
    assert urlsafe != standard
    assert Seal([standard]).open(Seal([urlsafe]).seal(b"tee", b"a"), b"a") == b"tee"


def test_a_long_passphrase_is_a_key_and_a_short_one_is_refused() -> None:
    phrase = "correct horse battery staple, and then some"
    assert Seal([phrase]).open(Seal([f" {phrase}\n"]).seal(b"tee", b"a"), b"a") == b"tee"
    with pytest.raises(ConfigError, match=r"10 characters.*32"):
        Seal(["too short!"])
    with pytest.raises(ConfigError, match="onhand init"):
        Seal([])


def test_a_subkey_is_renewed_before_its_nonces_wear_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SEALS_A_SUBKEY", 3)
    seal = Seal([OLD])
    sealed = [seal.seal(b"tee", b"a") for _ in range(10)]
    assert len({body[:21] for body in sealed}) == 4
    assert [Seal([OLD]).open(body, b"a") for body in sealed] == [b"tee"] * 10
