"""How a channel reads its own part of a configuration, whatever file or program that comes from."""

from typing import NoReturn, Protocol


class Secret(Protocol):
    """A value that is shown to nobody, and may be missing until it is needed."""

    def reveal(self) -> str:
        """Return the value. Raises ConfigError where there is none, with where it was looked for."""


class Options(Protocol):
    """The keys of one section. Each is asked for once: what nobody asked for is refused as a mistake."""

    def has(self, *keys: str) -> list[str]:
        """Return which of `keys` are given, without reading them."""

    def text(self, key: str, default: str | None = None) -> str | None:
        """Return a text that is not empty, or `default`."""

    def secret(self, key: str) -> Secret | None:
        """Return a secret, None where it is not given. One in plain text is refused."""

    def identifier(self, key: str) -> Secret | None:
        """Return a value that is no secret by itself but often kept with secrets: plain text is fine."""

    def url(self, key: str) -> str | None:
        """Return an http or https address without a slash at its end, or None."""

    def called_url(self, key: str) -> str | None:
        """Return an address that secrets are sent to, or None: https, or http where it does not leave this machine."""

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        """Return a number from `least` to `most`."""

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        """Return one of a few words."""

    def words(self, key: str) -> tuple[str, ...] | None:
        """Return a list of different texts, or None where the key is not given."""

    def table_of_words(self, key: str) -> dict[str, str]:
        """Return a table from text to text, empty where the key is not given."""

    def refuse(self, key: str, trouble: str) -> NoReturn:
        """Raise ConfigError for a key: where it stands, which it is, and what would be right."""
