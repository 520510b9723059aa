"""Reading one table of the configuration: every value is checked, and remembered with where it came from."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

from onhand.config.model import Listen, Setting
from onhand.config.secret import Secret, is_reference, resolve
from onhand.ports.errors import ConfigError

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


class FromEnvironment(NamedTuple):
    """A value that an environment variable gave, still as text."""

    variable: str
    text: str


Table = Mapping[str, object]


@dataclass(frozen=True)
class Source:
    """Where the tables came from, and what was read of them so far."""

    label: str
    folder: Path
    environ: Mapping[str, str]
    settings: list[Setting] = field(default_factory=list)
    secrets: list[tuple[str, Secret]] = field(default_factory=list)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?`, or the known words where none is near; nothing where none is known."""
    known = sorted(known)
    if not known:
        return ""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"


class Section:
    """One table. Ask for each key once, then call `finish`, which refuses every key that nobody asked for."""

    def __init__(self, source: Source, name: str, table: Table) -> None:
        self._source, self._name, self._table = source, name, table
        self._asked: list[str] = []

    def has(self, *keys: str) -> list[str]:
        """Return which of `keys` are given, without reading them."""
        return [key for key in keys if key in self._table]

    def claim(self, key: str) -> object:
        """Return what stands under a key that holds tables, or None; they are read elsewhere."""
        return self._take(key)

    def text(self, key: str, default: str | None = None) -> str | None:
        """Return a text that is not empty, or `default`."""
        value = self._take(key)
        if value is None:
            self._note(key, default, "default")
            return default
        text = self._plain_text(key, value)
        self._note(key, text, self._origin(value))
        return text

    def needed_text(self, key: str, right: str) -> str:
        """Return a text that must be there; `right` says what would be right."""
        return self.text(key) or self.missing(key, right)

    def identity(self, key: str, right: str) -> str:
        """Return the text that names this table among its kind, without noting it: it stands in every other key."""
        value = self._take(key)
        return self._plain_text(key, value) if value is not None else self.missing(key, right)

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        """Return one of a few words."""
        text = self.text(key, default) or default
        if text not in choices:
            self.refuse(key, f"must be one of {', '.join(choices)}, got {text!r}{suggest(text, choices)}")
        return text

    def encoding(self, key: str) -> str:
        """Return the name of an encoding of text, UTF-8 where nothing is said."""
        name = self.text(key, "utf-8") or "utf-8"
        try:
            b"\0\0\0\0".decode(name)  # of no bytes Python looks no encoding up
        except (LookupError, ValueError):
            self.refuse(key, f'must be an encoding of text such as "utf-8" or "latin-1", got {name!r}')
        return name

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"must be true or false, got {value!r}")
        return value

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        """Return a number from `least` to `most`."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.refuse(key, f"must be a number from {least:g} to {most:g}, got {value!r}")
        return float(value)

    def units(self, key: str, default: int) -> int:
        """Return a whole number of units, 0 or more."""
        value = self._value(key, default)
        # A million is past every quantity that a channel takes (TikTok Shop: 99,999).
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
            self.refuse(key, f"must be a whole number of units from 0 to 1000000, got {value!r}")
        return value

    def words(self, key: str) -> tuple[str, ...] | None:
        """Return a list of different texts, or None where the key is not given."""
        value = self._take(key)
        if value is None:
            self._note(key, None, "default")
            return None
        listed = self._listed(key, value)
        if not isinstance(listed, list) or not all(isinstance(word, str) and word.strip() for word in listed):
            self.refuse(key, f'must be a list of names such as ["Boston"], got {listed!r}')
        repeated = sorted({word for word in listed if listed.count(word) > 1})
        if repeated:
            self.refuse(key, f"names {repeated[0]!r} twice: leave one out")
        self._note(key, listed, self._origin(value))
        return tuple(listed)

    def table_of_words(self, key: str) -> dict[str, str]:
        """Return a table from text to text, empty where the key is not given."""
        value = self._value(key, {})
        right = isinstance(value, Mapping) and all(
            isinstance(name, str) and isinstance(word, str) and word.strip() for name, word in value.items()
        )
        if not isinstance(value, Mapping) or not right:
            self.refuse(key, f'must be a table such as {{ "7068517275539719942" = "Boston" }}, got {value!r}')
        return dict(value)

    def listen(self, key: str, default: Listen) -> Listen:
        """Return a host and a port written `127.0.0.1:8000` or `[::1]:8000`."""
        text = self.text(key, str(default)) or str(default)
        host, _, port = text.rpartition(":")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not host or not port.isdecimal() or not 0 <= int(port) <= 65535 or "/" in host:
            self.refuse(key, f'must be "HOST:PORT" such as "{default}", got {text!r}')
        return Listen(host, int(port))

    def host_names(self, key: str) -> tuple[str, ...]:
        """Return names and addresses of hosts, without ports, in lower case; none of them is this machine itself."""
        names = tuple(name.lower() for name in self.words(key) or ())
        for name in names:
            if not _HOST.fullmatch(name):
                self.refuse(key, f'names {name!r}: write hosts without scheme and port, such as ["stock.example.com"]')
            if Listen(name, 0).is_loopback:
                self.refuse(key, f"names {name!r}: this machine itself needs no key, leave it out")
        return names

    def url(self, key: str) -> str | None:
        """Return an http or https address without a slash at its end, or None."""
        text = self.text(key)
        if text is None:
            return None
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            self.refuse(key, f"must be an address such as https://example.com, got {text!r}")
        if parts.username is not None:
            self.refuse(key, "carries a name or a password: take them out of the address")
        return text.rstrip("/")

    def called_url(self, key: str) -> str | None:
        """Return an address that secrets are sent to, or None: https, or http where it does not leave this machine."""
        url = self.url(key)
        if url is not None and url.startswith("http:") and not Listen(urlsplit(url).hostname or "", 0).is_loopback:
            self.refuse(key, f"must begin with https://, for secrets are sent there; got {url!r}")
        return url

    def secret(self, key: str) -> Secret | None:
        """Return what `env:NAME` or `file:PATH` refers to, or None. A secret in plain text is refused."""
        return self._secret(key, plain_is_fine=False)

    def secrets(self, key: str) -> tuple[Secret, ...]:
        """Return what a list of `env:NAME` and `file:PATH` refers to, empty where the key is not given."""
        references = self.words(key) or ()
        secrets = []
        for place, text in enumerate(references):
            if not is_reference(text):
                self.refuse(key, 'names a secret in plain text: write "env:NAME" or "file:PATH" for each')
            secrets.append(self._resolved(f"{self._dotted(key)}[{place}]", text))
        return tuple(secrets)

    def identifier(self, key: str) -> Secret | None:
        """Return a value that is no secret by itself but often kept with secrets: plain text is fine."""
        return self._secret(key, plain_is_fine=True)

    def finish(self) -> None:
        """Refuse keys that nobody asked for. Raises ConfigError with what was probably meant."""
        for key in self._table:
            if key not in self._asked:
                self.refuse(key, f"is not a key that onhand knows{suggest(key, self._asked)}")

    def missing(self, key: str, right: str) -> NoReturn:
        """Raise ConfigError for a key that is not there, and point at one that was probably meant to be it."""
        near = difflib.get_close_matches(key, [given for given in self._table if given not in self._asked], n=1)
        meant = f" ({near[0]} is not a key that onhand knows)" if near else ""
        self.refuse(key, f"is missing{meant}: {right}")

    def refuse(self, key: str, trouble: str) -> NoReturn:
        """Raise ConfigError for a key: where it stands, which it is, and what would be right."""
        value = self._table.get(key)
        where = value.variable if isinstance(value, FromEnvironment) else self._source.label
        raise ConfigError(f"{where}: {self._dotted(key)} {trouble}")

    def _secret(self, key: str, *, plain_is_fine: bool) -> Secret | None:
        value = self._take(key)
        if value is None:
            self._note(key, None, "default")
            return None
        text = self._plain_text(key, value, show=False)
        if is_reference(text):
            secret = self._resolved(self._dotted(key), text)
        elif isinstance(value, FromEnvironment):
            secret = Secret(reference=f"env:{value.variable}", value=text)
        elif plain_is_fine:
            secret = Secret(reference=text, value=text)
        else:
            self.refuse(
                key,
                "is written in plain text: keep a secret out of this file. Put it into an environment variable and "
                f'write {key} = "env:NAME", or into a file that only you can read and write {key} = "file:PATH"',
            )
        if not is_reference(text):
            self._source.secrets.append((self._dotted(key), secret))
        shown = secret.reference if secret.value is not None else f"{secret.reference} (not found)"
        self._note(key, shown, self._origin(value))
        return secret

    def _resolved(self, dotted: str, reference: str) -> Secret:
        source = self._source
        secret = resolve(reference, key=dotted, where=source.label, folder=source.folder, environ=source.environ)
        source.secrets.append((dotted, secret))
        return secret

    def _take(self, key: str) -> object:
        self._asked.append(key)
        return self._table.get(key)

    def _value(self, key: str, default: object) -> object:
        """Return the value of a key that is not text, in TOML's types, and note it."""
        value = self._take(key)
        if value is None:
            self._note(key, default, "default")
            return default
        parsed = self._parsed(key, value) if isinstance(value, FromEnvironment) else value
        self._note(key, parsed, self._origin(value))
        return parsed

    def _parsed(self, key: str, value: FromEnvironment) -> object:
        try:
            return tomllib.loads(f"value = {value.text}")["value"]
        except tomllib.TOMLDecodeError:
            self.refuse(
                key, f"cannot be read from {value.text!r}: write it as in the file, for instance true, 5 or 0.5"
            )

    def _listed(self, key: str, value: object) -> object:
        if not isinstance(value, FromEnvironment):
            return value
        if value.text.lstrip().startswith("["):
            return self._parsed(key, value)
        return [word.strip() for word in value.text.split(",")]

    def _plain_text(self, key: str, value: object, *, show: bool = True) -> str:
        text = value.text if isinstance(value, FromEnvironment) else value
        if not isinstance(text, str) or not text.strip():
            got = f", got {text!r}" if show else ""
            self.refuse(key, f"must be a text in quotes that is not empty{got}")
        return text.strip()

    def _origin(self, value: object) -> str:
        return value.variable if isinstance(value, FromEnvironment) else self._source.label

    def _dotted(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _note(self, key: str, value: object, origin: str) -> None:
        self._source.settings.append(Setting(self._dotted(key), _shown(value), origin))


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_shown(word)}" for name, word in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(word) for word in value) + "]"
    return hide_password(str(value))


def hide_password(address: str) -> str:
    """Return a database address without its password, whichever way it is written into it."""
    hidden = re.sub(r"(://[^/@:\s]*:)[^@/\s]*@", r"\1…@", address)
    return re.sub(r"(?i)(\bpassword=)[^&\s]+", r"\1…", hidden)
