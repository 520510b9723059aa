"""One path from an empty database to the newest tables, walked in transactions that record how far they came."""

from collections.abc import Mapping

from onhand.ports.errors import ConfigError
from onhand.store.statements import load_script

MIGRATIONS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "sqlite": (("schema.sql", "triggers.sql", "statistics.sql"),),
    "postgres": (("schema.sql", "triggers.sql"),),
}
"""The scripts of version 1, 2, ... by engine: what was released is never edited, a change is a new version."""

NEWEST = len(MIGRATIONS["sqlite"])

CREATE_VERSION_TABLE = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)"
RECORD_VERSION = "INSERT INTO schema_version (version) VALUES ({version:d});"
READ_VERSION = "SELECT COALESCE(max(version), 0) FROM schema_version"


def scripts_of(engine: str, version: int) -> str:
    """Return the SQL that makes `version` of the version before it, its record included."""
    scripts = [load_script(engine, name) for name in MIGRATIONS[engine][version - 1]]
    return "\n".join([*scripts, RECORD_VERSION.format(version=version)])


def refuse_newer(version: int, database: str) -> None:
    """Raise ConfigError when a newer onhand has been here: its tables mean things we do not know."""
    if version > NEWEST:
        raise ConfigError(
            f"{database} has tables of version {version}, this onhand knows up to {NEWEST}: "
            "run the newer onhand, or restore a backup made before it ran"
        )
