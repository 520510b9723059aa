"""Secrets at rest: raw bodies and tokens are sealed with AES-256-GCM before they touch the disk."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onhand.ports.errors import ConfigError, DataDamaged

_FORM = b"\x01"
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEAD_BYTES = len(_FORM) + _KEY_ID_BYTES + _SALT_BYTES
_PASSPHRASE_CHARACTERS = 32
# NIST SP 800-38D, 8.3: at most 2**32 random nonces a key. A busy log would reach that within weeks.
_SEALS_A_SUBKEY = 2**30


class Seal:
    """Seals with the first of `keys` and opens with any of them, so that a key can be replaced in use.

    A key is what `generate_key` returns, or a passphrase of at least 32 characters. `about` says what is sealed (a
    row's identity): what was sealed about one thing does not open as another. Raises ConfigError for a weak key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ConfigError("encryption_key: no key is given; `onhand init` makes one")
        derived = [_derive(key) for key in keys]
        self._keys = {_key_id(key): key for key in derived}
        self._newest = derived[0]
        self.key_id = _key_id(derived[0])
        self._ciphers: dict[bytes, AESGCM] = {}
        self._renew()

    @staticmethod
    def generate_key() -> str:
        """Return a new random key as text, for a file or an environment variable."""
        return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode("ascii")

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Return `plain` sealed; 49 bytes longer."""
        if not self._seals_left:
            self._renew()
        self._seals_left -= 1
        nonce = os.urandom(_NONCE_BYTES)
        return self._head + nonce + self._cipher.encrypt(nonce, plain, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """Return what was sealed. Raises DataDamaged when no key fits or a bit differs."""
        if len(sealed) < _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _FORM:
            raise DataDamaged(f"{about!r}: {len(sealed)} bytes that onhand did not seal")
        key = self._keys.get(self.key_id_of(sealed))
        if key is None:
            known = ", ".join(key_id.hex() for key_id in self._keys)
            raise DataDamaged(
                f"{about!r}: sealed with key {self.key_id_of(sealed).hex()}, the configuration has {known}; "
                "name the old key in old_encryption_keys"
            )
        cipher = self._cipher_of(sealed[:_HEAD_BYTES], key)
        try:
            return cipher.decrypt(
                sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES], sealed[_HEAD_BYTES + _NONCE_BYTES :], about
            )
        except InvalidTag as error:
            raise DataDamaged(f"{about!r}: the sealed bytes were changed, or belong to something else") from error

    def knows(self, key_id: bytes) -> bool:
        """Tell whether one of the keys has this id."""
        return key_id in self._keys

    @staticmethod
    def key_id_of(sealed: bytes) -> bytes:
        """Return the id of the key that something was sealed with."""
        return sealed[len(_FORM) : len(_FORM) + _KEY_ID_BYTES]

    def _renew(self) -> None:
        """Take a fresh subkey: random nonces may then start anew."""
        self._head = _FORM + self.key_id + os.urandom(_SALT_BYTES)
        self._cipher = self._cipher_of(self._head, self._newest)
        self._seals_left = _SEALS_A_SUBKEY

    def _cipher_of(self, head: bytes, key: bytes) -> AESGCM:
        cipher = self._ciphers.get(head)
        if cipher is None:
            if len(self._ciphers) >= 64:  # one for each start of a process within the retention time
                self._ciphers.clear()
            cipher = self._ciphers[head] = AESGCM(hmac.digest(key, head, "sha256"))
        return cipher


def _derive(text: str) -> bytes:
    stripped = text.strip()
    try:
        raw = base64.b64decode(stripped.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) == _KEY_BYTES:
        return raw
    if len(stripped) < _PASSPHRASE_CHARACTERS:
        raise ConfigError(
            f"encryption_key: {len(stripped)} characters; a key has {_KEY_BYTES} bytes in base64, a passphrase at "
            f"least {_PASSPHRASE_CHARACTERS} characters; `onhand init` makes a key"
        )
    return hashlib.scrypt(stripped.encode(), salt=b"onhand seal 1", n=2**14, r=8, p=1, dklen=_KEY_BYTES)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"onhand key id" + key).digest()[:_KEY_ID_BYTES]
