"""Secrets: where one is kept, and its value only for who asks for it."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from onhand.ports.errors import ConfigError

FORMS = ("env:", "file:")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown: `reference` says where it is kept.

    It is looked up when the configuration is loaded; one that could not be had says so only when it is needed, so
    that `onhand doctor` and `onhand config show` work without it.
    """

    reference: str
    value: str | None = field(repr=False)
    trouble: str = field(default="", repr=False)
    path: Path | None = field(default=None, repr=False)

    @classmethod
    def of(cls, value: str) -> "Secret":
        """Return a secret that a program made itself."""
        return cls(reference="given", value=value)

    def reveal(self) -> str:
        """Return the value. Raises ConfigError where there is none, with where it was looked for."""
        if self.value is None:
            raise ConfigError(self.trouble)
        return self.value

    def readable_by_others(self) -> bool:
        """Return whether the file that keeps it may be read by the group or by everybody."""
        if self.path is None or not self.path.is_file():
            return False
        return bool(self.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def is_reference(text: str) -> bool:
    """Return whether `text` names a place to look at instead of being the value."""
    return text.startswith(FORMS)


def resolve(text: str, *, key: str, where: str, folder: Path, environ: Mapping[str, str]) -> Secret:
    """Return the secret behind `env:NAME` or `file:PATH`; a relative path begins at `folder`.

    `where` and `key` say in messages which setting asks for it.
    """
    form, _, name = text.partition(":")
    if form == "env":
        value = environ.get(name, "").strip()
        trouble = f"{where}: {key}: the environment variable {name} is not set or empty"
        return Secret(reference=text, value=value or None, trouble=trouble)
    path = folder / Path(name).expanduser()
    try:
        value = path.read_text("utf-8").strip()
        trouble = f"{where}: {key}: the file {path} is empty"
    except UnicodeDecodeError:
        value, trouble = "", f"{where}: {key}: the file {path} is not UTF-8 text"
    except OSError as error:
        value, trouble = "", f"{where}: {key}: the file {path} cannot be read: {error.strerror}"
    return Secret(reference=text, value=value or None, trouble=trouble, path=path)
