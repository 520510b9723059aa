"""What every command shares: the global options, the configuration, the shop, the way to answer."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onhand.ports.errors import ConfigError, OnhandError

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.app import App
    from onhand.config import Config
    from onhand.log import KeptLog
    from onhand.store import Books, Session, Store

DEFAULT_PATH = Path("onhand.toml")

PIPE_COLUMNS = 400
"""In a pipe every row stays on one line, for grep."""

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Paint = Callable[["Console"], None]


class WhichShop(OnhandError):
    """The shop that was named is not configured, or several are and none was named."""


@dataclass
class Frame:
    """The global options of one run. `config_path` is None where neither option nor ONHAND_CONFIG named a file."""

    config_path: Path | None = None
    shop_domain: str | None = None
    verbose: bool = False
    no_color: bool = False
    json: bool = False
    loaded: "Config | None" = None

    def config(self) -> "Config":
        """Return the configuration, read once. Raises ConfigError."""
        if self.loaded is None:
            from onhand.config import load_config

            self.loaded = load_config(self._path(), os.environ)
        return self.loaded

    def shop(self) -> str:
        """Return the shop that this run is about. Raises ConfigError where none is configured, and WhichShop."""
        domains = self.shops()
        if len(domains) > 1:
            raise WhichShop(f"several shops are configured: say --shop {' or --shop '.join(domains)}")
        return domains[0]

    def shops(self) -> list[str]:
        """Return the shop that was named, else all that are configured. Raises ConfigError, and WhichShop."""
        domains = [shop.domain for shop in self.config().shops]
        if not domains:
            raise ConfigError(f"{self.config_name()}: there is no [[shop]]: `onhand init` shows how one is written")
        if self.shop_domain is None:
            return domains
        wanted = self.shop_domain.lower()
        if wanted not in domains:
            raise WhichShop(f"--shop {wanted} is not configured; there are {', '.join(domains)}")
        return [wanted]

    def config_name(self) -> str:
        """Return the file's name for messages."""
        return str(self.config_path or DEFAULT_PATH)

    def answer(self, document: object, paint: Paint) -> None:
        """Print the answer: the document for programs, or what `paint` makes of it for people."""
        if self.json:
            # ASCII only: whatever a SKU carries, neither a terminal nor a stream can stumble over it.
            print(json.dumps(document, indent=2))
        else:
            paint(self.console())

    def console(self, *, stderr: bool = False) -> "Console":
        """Return where people read; colours only on a terminal, and never with NO_COLOR or --no-color."""
        from rich.console import Console

        return Console(
            stderr=stderr,
            no_color=self.no_color or bool(os.environ.get("NO_COLOR")),
            highlight=False,
            markup=False,
            emoji=False,
            width=None if (sys.stderr if stderr else sys.stdout).isatty() else PIPE_COLUMNS,
        )

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that something long goes on: on a terminal only, on standard error."""
        if self.json or not sys.stderr.isatty():
            yield
            return
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=self.console(stderr=True), transient=True) as progress:
            progress.add_task(what, total=None)
            yield

    @contextmanager
    def store(self) -> Iterator["Store"]:
        """Open the database, which must be there already, and close it afterwards. Raises ConfigError."""
        from onhand.store import open_store

        database = self.config().database
        if "://" not in database and not Path(database).is_file():
            raise ConfigError(f"database: there is no {database} yet: `onhand sync` makes it")
        store = open_store(database)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def books(self) -> Iterator["Books"]:
        """Read the books of the shop as of one moment."""
        shop = self.shop()
        with self.session() as session:
            yield session.of(shop)

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """Read what is kept as of one moment; the shop must be known. Raises ConfigError."""
        shop = self.shop()
        with self.store() as store, store.reading() as session:
            if shop not in session.shops():
                raise ConfigError(f"database: nothing is known of {shop} yet: `onhand sync` reads it")
            yield session

    @contextmanager
    def log(self) -> Iterator["KeptLog"]:
        """Open the log, which must be there already, and close it afterwards. Raises ConfigError."""
        from onhand.app.deliveries_log import open_log

        config = self.config()
        if not Path(config.log).is_file():
            raise ConfigError(f"log: there is no {config.log} yet: `onhand sync` makes it")
        log = open_log(config)
        try:
            yield log
        finally:
            log.close()

    @contextmanager
    def app(self) -> Iterator["App"]:
        """Build everything that is configured and close it afterwards. Raises ConfigError."""
        from onhand.app import build

        app = build(self.config())
        try:
            yield app
        finally:
            app.close()

    @contextmanager
    def alone(self, role: str) -> Iterator[None]:
        """Wait until no other process does the work of a role, and keep others from it. Raises ConfigError."""
        from onhand.app.alone import alone

        with alone(self.config(), role):
            yield

    def listen_on(self, port: int | None) -> "Config":
        """Return the configuration with the pages on another port; None: as configured."""
        config = self.config()
        if port is not None:
            server = replace(config.server, listen=config.server.listen._replace(port=port))
            self.loaded = config = replace(config, server=server)
        return config

    def _path(self) -> Path | None:
        if self.config_path is not None:
            return self.config_path
        from onhand.config.environment import PREFIX

        if not DEFAULT_PATH.exists() and any(name.startswith(PREFIX) for name in os.environ):
            return None
        return DEFAULT_PATH


def frame_of(context: typer.Context, *, json_wanted: bool = False) -> Frame:
    """Return the frame of this run; a command's own `--json` counts like the global one."""
    frame: Any = context.obj
    assert isinstance(frame, Frame)
    frame.json = frame.json or json_wanted
    return frame


def now() -> datetime:
    """Return the time of asking; what people read as an age is counted from here."""
    return datetime.now(UTC)
