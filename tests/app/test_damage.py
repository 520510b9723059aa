"""A database or a log that is not what it was: refused by name, or gone on with so that nothing is skipped."""

import os
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from onhand.app import App, build
from onhand.config import Config, load_config
from onhand.intake.process import POSITION
from onhand.log import Seal
from onhand.ports.errors import ConfigError, DataDamaged, OnhandError
from tests.log.deliveries import NOON, delivery

SHOP = "tees.myshopify.com"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A shop whose books and log lie in a folder."""
    (tmp_path / "secret").write_text(Seal.generate_key(), encoding="utf-8")
    path = tmp_path / "onhand.toml"
    path.write_text(
        f'database = "onhand.db"\nencryption_key = "file:secret"\n[[shop]]\ndomain = "{SHOP}"\n'
        'client_id = "file:secret"\nclient_secret = "file:secret"\n',
        encoding="utf-8",
    )
    return load_config(path, {})


def work(config: Config, *numbers: int) -> App:
    """Open it, keep some deliveries, book them, and return it open."""
    app = build(config)
    app.log.append([delivery(number) for number in numbers])
    assert app.steps(SHOP).drain_log()
    return app


def forget(*paths: str) -> None:
    """Remove files and what SQLite keeps beside them."""
    for path in paths:
        for suffix in ("", "-wal", "-shm"):
            Path(path + suffix).unlink(missing_ok=True)


def booked(app: App) -> tuple[int, int]:
    """Return how many deliveries are booked, and up to which position."""
    with app.store.reading() as session:
        return sum(session.of(SHOP).deliveries.counts().values()), session.position(POSITION)


def test_c07_a_log_that_was_emptied_begins_behind_what_was_booked_so_that_no_delivery_is_skipped(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    work(config, 1, 2, 3).close()
    forget(config.log)
    app = work(config, 4, 5)
    assert booked(app) == (5, 5)
    app.close()
    assert "begins behind that" in caplog.text
    app = work(config, 5, 6)
    assert booked(app) == (6, 6)
    app.close()


def test_c07_a_log_older_than_what_was_booked_from_it_is_refused_with_both_numbers(config: Config) -> None:
    work(config, 1, 2).close()
    older = Path(config.log).read_bytes()
    work(config, 3, 4, 5).close()
    forget(config.log)
    Path(config.log).write_bytes(older)
    with pytest.raises(
        DataDamaged, match=r"ends at position 2, and the database has booked up to 5: .* move the log away"
    ):
        build(config)


def test_c06_an_emptied_database_is_told_from_a_new_one_by_what_the_log_knows_of_it(config: Config) -> None:
    app = work(config, 1)
    app.log.anchor(SHOP, 12, b"h" * 32, NOON)
    app.close()
    forget(config.database)
    Path(config.database).touch()
    with pytest.raises(
        DataDamaged, match=r"knows nothing of tees.* knows 12 movements .*: restore the database; to begin"
    ):
        build(config)
    forget(config.log, config.database)
    build(config).close()


def flip(path: str) -> None:
    """Turn a bit in every hundredth byte behind the header."""
    content = bytearray(Path(path).read_bytes())
    for place in range(150, len(content), 100):
        content[place] ^= 1
    Path(path).write_bytes(content)


def make_newer(path: str) -> None:
    """Say that a newer onhand has made it."""
    with apsw.Connection(path) as db:
        if db.pragma("application_id"):
            db.pragma("user_version", 99)
        else:
            db.execute("INSERT INTO schema_version (version) VALUES (99)")


def make_a_folder(path: str) -> None:
    """Put a folder in its place."""
    forget(path)
    Path(path).mkdir()


@pytest.mark.parametrize("which", ["database", "log"])
@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda path: os.truncate(path, 5_000), OnhandError),
        (lambda path: Path(path).write_bytes(b"dear friend, " * 999), DataDamaged),
        (lambda path: Path(path).write_bytes(bytes(100) + Path(path).read_bytes()[100:]), DataDamaged),
        (flip, DataDamaged),
        (make_newer, ConfigError),
        (make_a_folder, OnhandError),
    ],
    ids=["cut off", "no database", "head gone", "bits turned", "newer", "a folder"],
)
def test_c06_what_is_damaged_is_refused_by_its_name_and_never_made_anew(
    config: Config, which: str, harm: Callable[[str], object], error: type[OnhandError]
) -> None:
    path = str(getattr(config, which))
    work(config, 1, 2, 3).close()
    harm(path)
    with pytest.raises(error, match=Path(path).name):
        work(config, 4).close()
