"""An entry of the table of channels: how a marketplace is named, read from a configuration, and connected."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import httpx

from onhand.ports.channel import Marketplace
from onhand.ports.errors import ConfigError
from onhand.ports.options import Options

T = TypeVar("T")


class Keeper(Protocol):
    """Keeps one thing sealed on this machine: tokens that were replaced, or what was learned of a shop.

    What is kept follows something of the configuration: once that is another one, what is kept counts no more.
    """

    def restore(self, follows: str, shape: type[T]) -> T | None:
        """Return what is kept, None where there is nothing that follows this. Raises DataDamaged."""

    def keep(self, follows: str, kept: object) -> None:
        """Keep it durably in the place of the one before. Raises OSError: do not use it then."""

    def alone(self, wait_s: float) -> AbstractContextManager[bool]:
        """Let one thread of one process in at a time; False when nobody left within `wait_s`. Raises OSError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """What of the machine and of the shop a channel may use.

    `shop` is its domain, `locations` has ids by name (empty before the first reading), `pool` the ids of those that the
    channel sells from, in the order configured. `now` is the only clock, `monotonic_s` and `sleep` measure and pass
    seconds. `tokens`, `learned` and `paces` are places to keep something in.
    """

    shop: str
    locations: Mapping[str, str]
    pool: tuple[str, ...]
    http: httpx.Client
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    sleep: Callable[[float], None]
    tokens: Keeper
    learned: Keeper
    paces: Keeper

    @property
    def default_location(self) -> str:
        """The location of what nothing else places: the first of the pool; nothing before the first reading."""
        return self.pool[0] if self.pool else ""

    def ids_of(self, names: Mapping[str, str], where: str) -> dict[str, str]:
        """Return location ids in the place of names; `where` says in messages who names them.

        Raises ConfigError for a name that the shop does not have, once its locations are known.
        """
        unknown = [name for name in names.values() if self.locations and name not in self.locations]
        if unknown:
            known = ", ".join(sorted(self.locations))
            raise ConfigError(f"{where}: no location {unknown[0]!r}; there are {known}")
        return {key: self.locations[name] for key, name in names.items() if name in self.locations}


class Account(Protocol):
    """A shop's account at a marketplace, as it is configured."""

    def connect(self, setup: Setup) -> Marketplace:
        """Return the channel that speaks with it. Raises ConfigError for a secret that is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One marketplace. `label` is its name as people write it.

    `read` takes `keys` from its section of the configuration: an account, or None where nothing of them is given.
    `needs` are those without which there is no account; `example` are lines for a commented configuration.
    """

    label: str
    keys: tuple[str, ...]
    needs: tuple[str, ...]
    example: str
    read: Callable[[Options], Account | None]


def refuse_half(options: Options, entry_keys: tuple[str, ...], needs: tuple[str, ...], label: str) -> None:
    """Refuse a section that gives some of a channel's keys but not all that it needs. Raises ConfigError."""
    given = options.has(*entry_keys)
    missing = [key for key in needs if key not in options.has(*needs)]
    if given and missing:
        options.refuse(missing[0], f"is missing: {given[0]} is given, and {label} needs both")
