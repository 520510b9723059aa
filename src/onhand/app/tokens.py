"""Tokens that a platform replaced: kept sealed beside the log before they are used, and found again after a restart."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from onhand.log import Seal
from onhand.ports.errors import DataDamaged


class Pair(NamedTuple):
    """An access token and the refresh token that replaces both; None where the platform gave none."""

    access_token: str
    refresh_token: str | None


class _Kept(msgspec.Struct):
    follows: str
    access_token: str
    refresh_token: str | None


class TokenFolder:
    """One sealed file a shop and channel. Refreshing voids the pair before: losing the new one means connecting anew.

    A kept pair follows the refresh token of the configuration: once somebody configures another one, because the
    shop was connected again, the configuration counts.
    """

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._folder = folder
        self._seal = seal

    def keep(self, shop: str, channel: str, configured: str, pair: Pair) -> None:
        """Keep a pair durably. Raises OSError where the folder cannot be written: do not use the pair then."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(shop, channel)
        kept = _Kept(follows=_mark(configured), access_token=pair.access_token, refresh_token=pair.refresh_token)
        sealed = self._seal.seal(msgspec.json.encode(kept), _about(shop, channel))
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

    def restore(self, shop: str, channel: str, configured: str) -> Pair | None:
        """Return the pair that followed the configured refresh token; None where there is none. Raises DataDamaged."""
        path = self._path(shop, channel)
        if not path.exists():
            return None
        opened = self._seal.open(path.read_bytes(), _about(shop, channel))
        try:
            kept = msgspec.json.decode(opened, type=_Kept)
        except msgspec.DecodeError as error:
            raise DataDamaged(f"{path}: sealed by us and not readable: {error}; connect the shop again") from error
        return Pair(kept.access_token, kept.refresh_token) if kept.follows == _mark(configured) else None

    def _path(self, shop: str, channel: str) -> Path:
        return self._folder / f"{hashlib.sha256(shop.encode()).hexdigest()[:16]}.{channel}"


def _mark(token: str) -> str:
    return hashlib.sha256(b"configured refresh token " + token.encode()).hexdigest()


def _about(shop: str, channel: str) -> bytes:
    return f"tokens of {channel} at {shop}".encode()
