"""Overrides from the environment: `ONHAND__SECTION__KEY`, laid over the file before it is read.

`ONHAND__DATABASE` is a key of the file's top, `ONHAND__AUDIT__EVERY_S` one of a section. What stands in the
file once per shop, location or channel is named too: `ONHAND__CHANNEL__SHOPIFY__ARMED`,
`ONHAND__LOCATION__NEW_YORK__AUTHORITY` (upper case, `_` for everything that is no letter or digit). The name may be
left out where there is only one: `ONHAND__SHOP__CLIENT_SECRET`. A channel that the file does not mention is begun by
its first override, and so is the one shop of an installation without a file.
"""

import re
from collections.abc import Mapping

from onhand.config.reader import FromEnvironment, suggest
from onhand.ports.errors import ConfigError

PREFIX = "ONHAND__"
NAMED_BY = {"shop": "domain", "location": "name", "channel": "name", "webhook": "name"}
"""Tables that stand in the file several times, and the key that tells them apart."""

Tables = dict[str, object]


def override(tables: Mapping[str, object], environ: Mapping[str, str]) -> Tables:
    """Return `tables` with every override of `environ` laid over them. Raises ConfigError for one that fits nowhere."""
    merged = _copy(tables)
    # Short names first, so that ONHAND__SHOP__DOMAIN names the shop that longer ones speak of.
    for variable in sorted((name for name in environ if name.startswith(PREFIX)), key=lambda name: name.count("__")):
        words = [word.lower() for word in variable.removeprefix(PREFIX).split("__")]
        if not all(words):
            raise ConfigError(f"{variable}: write ONHAND__SECTION__KEY, such as {PREFIX}AUDIT__EVERY_S")
        _place(merged, words, FromEnvironment(variable, environ[variable]))
    return merged


def slug(name: str) -> str:
    """Return a name as it is written inside a variable, in lower case."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def _copy(tables: Mapping[str, object]) -> Tables:
    copied: Tables = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            copied[key] = dict(value)
        elif isinstance(value, list):
            copied[key] = [dict(row) if isinstance(row, dict) else row for row in value]
        else:
            copied[key] = value
    return copied


def _place(merged: Tables, words: list[str], value: FromEnvironment) -> None:
    section, *rest = words
    if not rest:
        merged[section] = value
    elif section in NAMED_BY:
        _find_row(merged, section, rest[:-1], value.variable)[rest[-1]] = value
    elif len(rest) == 1:
        table = merged.setdefault(section, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{value.variable}: {section} is a single value, not a section with keys")
        table[rest[0]] = value
    else:
        raise ConfigError(f"{value.variable}: write {PREFIX}{section.upper()}__KEY, with one key")


def _find_row(merged: Tables, section: str, name: list[str], variable: str) -> Tables:
    rows = merged.setdefault(section, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{variable}: the file has no [[{section}]] that it could change")
    if len(name) > 1:
        raise ConfigError(f"{variable}: write {PREFIX}{section.upper()}__NAME__KEY")
    if not name:
        return _only_row(rows, section, variable)
    known = [_name_of(row, section) for row in rows]
    found: list[Tables] = [row for row, title in zip(rows, known, strict=True) if slug(title) == name[0]]
    if len(found) > 1:
        raise ConfigError(f"{variable}: {len(found)} of [[{section}]] have this name: set it in the file")
    if not found and section != "channel":
        raise ConfigError(f"{variable}: there is no [[{section}]] of that name{suggest(name[0], map(slug, known))}")
    if not found:
        found = [{"name": name[0]}]
        rows.append(found[0])
    return found[0]


def _only_row(rows: list[Tables], section: str, variable: str) -> Tables:
    if not rows and section == "shop":
        rows.append({})
    if len(rows) != 1:
        raise ConfigError(
            f"{variable}: there are {len(rows)} of [[{section}]]: write {PREFIX}{section.upper()}__NAME__KEY"
        )
    return rows[0]


def _name_of(row: Tables, section: str) -> str:
    name = row.get(NAMED_BY[section], "")
    return name.text if isinstance(name, FromEnvironment) else str(name)
