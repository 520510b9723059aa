"""Tokens that a platform granted or replaced: kept sealed beside the log before they are used."""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from onhand.channels.shopify import Grant
from onhand.config import Config
from onhand.log import Seal
from onhand.ports.errors import DataDamaged
from onhand.store import claim_file
from onhand.store.claims import Release

LOOK_EVERY_S = 0.05
"""How often one process looks whether another one has left the lock."""

RESEAL_WAIT_S = 30.0
"""How long a refresh may hold a file up while its key is replaced."""

_Tokens = TypeVar("_Tokens")


class _Kept(msgspec.Struct):
    follows: str
    tokens: msgspec.Raw


class TokenFolder:
    """One sealed file a shop and channel.

    What is kept follows something of the configuration, such as the refresh token that was first configured: once
    that is another one, because the shop was connected again or to another app, what is kept counts no more.
    """

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._folder = folder
        self._seal = seal

    def keep(self, shop: str, channel: str, follows: str, tokens: object) -> None:
        """Keep tokens durably. Raises OSError where the folder cannot be written: do not use the tokens then."""
        path = self._path(shop, channel)
        kept = _Kept(follows=_mark(follows), tokens=msgspec.Raw(msgspec.json.encode(tokens)))
        self._write(path, self._seal.seal(msgspec.json.encode(kept), _about(path)))

    def restore(self, shop: str, channel: str, follows: str, shape: type[_Tokens]) -> _Tokens | None:
        """Return the tokens that follow what is configured; None where there are none. Raises DataDamaged."""
        path = self._path(shop, channel)
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        opened = self._seal.open(sealed, _about(path))
        try:
            kept = msgspec.json.decode(opened, type=_Kept)
            return msgspec.json.decode(kept.tokens, type=shape) if kept.follows == _mark(follows) else None
        except msgspec.DecodeError as error:
            raise DataDamaged(f"{path}: sealed by us and not readable: {error}; connect the shop again") from error

    def place(self, shop: str, name: str) -> "Place":
        """Return one file of this folder for a channel that need not know of the others."""
        return Place(self, shop, name)

    def forget(self, shop: str) -> None:
        """Remove every kept token of a shop."""
        for path in self._folder.glob(f"{_name(shop)}-*"):
            path.unlink(missing_ok=True)

    @contextmanager
    def alone(self, shop: str, channel: str, wait_s: float) -> Iterator[bool]:
        """Let one thread of one process in at a time; False when nobody left within `wait_s`. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone(self._path(shop, channel), wait_s) as alone:
            yield alone

    def sealed_with(self) -> dict[bytes, int]:
        """Return how many files each key has sealed, by the key's id."""
        return dict(Counter(self._seal.key_id_of(path.read_bytes()) for path in self._files()))

    def reseal(self) -> Iterator[int]:
        """Seal every file that an older key sealed with the newest one; yield after each. Raises DataDamaged, OSError.

        Nobody refreshes tokens meanwhile: what is sealed anew is what is kept.
        """
        for path in self._files():
            with self._alone(path, RESEAL_WAIT_S) as alone:
                sealed = path.read_bytes()
                if alone and self._seal.key_id_of(sealed) != self._seal.key_id:
                    self._write(path, self._seal.seal(self._seal.open(sealed, _about(path)), _about(path)))
                    yield 1

    @contextmanager
    def _alone(self, path: Path, wait_s: float) -> Iterator[bool]:
        release = _claim(path.with_suffix(".lock"), wait_s)
        try:
            yield release is not None
        finally:
            if release is not None:
                release()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.tokens"))

    def _write(self, path: Path, sealed: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name is durable only with the folder
        finally:
            os.close(folder)

    def _path(self, shop: str, channel: str) -> Path:
        return self._folder / f"{_name(shop)}-{channel}.tokens"


class Place:
    """One sealed file of a shop's (`channels.entry.Keeper`)."""

    def __init__(self, folder: TokenFolder, shop: str, name: str) -> None:
        self._folder, self._shop, self._name = folder, shop, name

    def restore(self, follows: str, shape: type[_Tokens]) -> _Tokens | None:
        """Return what is kept, None where there is nothing that follows this. Raises DataDamaged."""
        return self._folder.restore(self._shop, self._name, follows, shape)

    def keep(self, follows: str, kept: object) -> None:
        """Keep it durably in the place of the one before. Raises OSError: do not use it then."""
        self._folder.keep(self._shop, self._name, follows, kept)

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[bool]:
        """Let one thread of one process in at a time; False when nobody left within `wait_s`. Raises OSError."""
        with self._folder.alone(self._shop, self._name, wait_s) as alone:
            yield alone


class ShopifyVault:
    """The grant of one shop, given to one app (`channels.shopify.Vault`): another client id means another app."""

    def __init__(self, folder: TokenFolder, shop: str, client_id: str) -> None:
        self._folder = folder
        self._shop = shop
        self._client_id = client_id

    def read(self) -> Grant | None:
        """Return the grant, None where the shop was never connected by a code. Raises DataDamaged."""
        return self._folder.restore(self._shop, "shopify", self._client_id, Grant)

    def keep(self, grant: Grant) -> None:
        """Keep a grant durably in the place of the one before. Raises OSError: do not use it then."""
        self._folder.keep(self._shop, "shopify", self._client_id, grant)

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[bool]:
        """Let one thread of one process in at a time; False when nobody left within `wait_s`."""
        with self._folder.alone(self._shop, "shopify", wait_s) as alone:
            yield alone


def tokens_of(config: Config, seal: Seal) -> TokenFolder:
    """Return the folder beside the log where tokens lie."""
    return TokenFolder(Path(config.log).parent / "onhand-tokens", seal)


def _claim(path: Path, wait_s: float) -> Release | None:
    gives_up_at_s = time.monotonic() + wait_s
    while (release := claim_file(path)) is None and time.monotonic() < gives_up_at_s:
        time.sleep(LOOK_EVERY_S)
    return release


def _name(shop: str) -> str:
    return hashlib.sha256(shop.encode()).hexdigest()[:16]


def _mark(text: str) -> str:
    return hashlib.sha256(b"configured refresh token " + text.encode()).hexdigest()


def _about(path: Path) -> bytes:
    """Return what the sealed bytes are about: the file's name says whose they are, so no other file can hold them."""
    return f"tokens {path.name}".encode()
