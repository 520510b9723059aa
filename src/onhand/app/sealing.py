"""The keys that what lies on the disk is sealed with, and replacing one."""

from collections.abc import Iterator
from typing import NamedTuple

from onhand.app.tokens import TokenFolder
from onhand.config import Config
from onhand.log import KeptLog, Seal
from onhand.ports.errors import ConfigError


class Sealed(NamedTuple):
    """How many bodies and token files are sealed with the key in use, and how many with older ones.

    `unknown` are those that no configured key opens; they are among the old ones too.
    """

    bodies: int
    tokens: int
    old_bodies: int
    old_tokens: int
    unknown: int


def seal_of(config: Config) -> Seal:
    """Return the seal that a configuration asks for. Raises ConfigError."""
    if config.encryption_key is None:
        raise ConfigError('encryption_key: missing; `onhand init` makes one, e.g. encryption_key = "file:onhand.key"')
    return Seal([config.encryption_key.reveal(), *(secret.reveal() for secret in config.old_encryption_keys)])


def count_sealed(log: KeptLog, tokens: TokenFolder, seal: Seal) -> Sealed:
    """Return what is sealed with which key."""
    bodies, files = log.sealed_with(), tokens.sealed_with()
    new_bodies, new_files = bodies.pop(seal.key_id, 0), files.pop(seal.key_id, 0)
    unknown = sum(many for held in (bodies, files) for key_id, many in held.items() if not seal.knows(key_id))
    return Sealed(new_bodies, new_files, sum(bodies.values()), sum(files.values()), unknown)


def rotate(log: KeptLog, tokens: TokenFolder) -> Iterator[int]:
    """Seal everything that an older key sealed with the newest one; yield how many after each short step.

    Stopped in between, the next call goes on where this one ended. Raises DataDamaged where a key is missing.
    """
    yield from tokens.reseal()
    yield from log.reseal()
