"""Parts of the work that one process does at a time: a second one waits, and takes over when the first has ended."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import psycopg

from onhand.ports.errors import ConfigError
from onhand.store.postgres import CONNECT_S, is_postgres, without_password

Release = Callable[[], None]

# The locks of parts among the advisory locks of the database; their second number says which part.
PARTS_LOCK = int.from_bytes(b"part", "big")
# A machine that vanished gives its lock back after some 11 s.
VANISHED = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"


def claim(database: str, part: str) -> Release | None:
    """Keep every other process from a part of the work on a database, until it is released or this process ends.

    None: another process has it. The system, or the server, releases it however a process ends. Raises ConfigError.
    """
    return _claim_at_server(database, part) if is_postgres(database) else claim_beside(f"{database}.{part}")


def claim_beside(path: str) -> Release | None:
    """Lock a file beside another one. None: another process has it. Raises ConfigError."""
    try:
        return claim_file(Path(f"{path}.lock"))
    except OSError as error:
        raise ConfigError(f"{path}.lock cannot be made: {error}; check the folder and its rights") from error


def claim_file(path: Path) -> Release | None:
    """Lock a file, which is made if there is none. None: somebody else has it. Raises OSError.

    The lock is the kernel's: it is free again when its holder dies.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return lambda: os.close(file)


def _claim_at_server(database: str, part: str) -> Release | None:
    """Take a lock that lives as long as a connection of its own."""
    try:
        connection = psycopg.connect(
            database, autocommit=True, connect_timeout=CONNECT_S, options=VANISHED, application_name=f"onhand {part}"
        )
    except psycopg.OperationalError as error:
        raise ConfigError(f"database {without_password(database)} cannot be opened: {error}") from error
    row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (PARTS_LOCK, part)).fetchone()
    if row is None or not row[0]:
        connection.close()
        return None
    return connection.close
