"""The watch over secrets and shoppers sees what it is there for: see tests/support/canaries.py."""

import logging
from pathlib import Path

import psycopg
import pytest

from onhand.sandbox.state import Settings, draw_secrets, first_tokens, utc_now
from onhand.sandbox.world import people
from tests.conftest import WATCH
from tests.support.canaries import Watch, leaks, leaks_in_files, told
from tests.support.postgres import PostgresServer


def secrets_of_a_sandbox() -> list[str]:
    import random

    rng = random.Random(7)
    held = draw_secrets(rng)
    tokens = first_tokens(Settings(), held, rng, utc_now())
    pair = tokens.offline(("read_products",), held.client_secret, utc_now(), expiring=True)
    tiktok = (held.tiktok_app_secret, held.tiktok_access_token, held.tiktok_refresh_token, held.tiktok_auth_code)
    return [held.client_secret, held.shopify_access_token, pair.access_token, str(pair.refresh_token), *tiktok]


@pytest.mark.parametrize("secret", secrets_of_a_sandbox())
def test_every_secret_of_a_sandbox_is_recognised(secret: str) -> None:
    assert len(leaks(f"the call with {secret} failed")) == 1


@pytest.mark.parametrize("secret", [*secrets_of_a_sandbox(), people.email(7), people.address(7)["phone"], "a canary"])
def test_every_secret_and_shopper_is_found_in_a_file(tmp_path: Path, secret: str) -> None:
    path = tmp_path / "onhand.db"
    path.write_bytes(b"ROW_ shpat_ @example.com\x00\xff" * 100 + secret.encode() + b"\x00" * 100)
    found = list(leaks_in_files(tmp_path))
    path.unlink()  # the run's own watch must not find it
    assert found


@pytest.mark.parametrize("secret", ["shpss_planted", people.email(7), "a canary"])
def test_every_secret_and_shopper_is_found_in_a_row_of_postgresql(postgres: PostgresServer, secret: str) -> None:
    before = len(postgres.leaks)
    dsn = postgres.fresh_database()
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE bare (note text)")
        connection.execute("CREATE TABLE words (id int, note text)")
        connection.execute("CREATE TABLE bodies (body bytea)")
        connection.execute("INSERT INTO words VALUES (1, 'level 12'), (2, %s)", (f"order for {secret}!",))
        connection.execute("INSERT INTO bodies VALUES (%s)", (b"\x00\xff" * 5000 + secret.encode(),))
    postgres.drop_database(dsn)
    found = postgres.leaks[before:]
    del postgres.leaks[before:]  # the run's own watch must not find it
    assert [row.partition(":")[0].rpartition(".")[2] for row in found] == ["bodies", "words"]


def test_every_shopper_of_a_sandbox_is_recognised() -> None:
    for number in range(1, 400):
        address = people.address(number)
        for words in (people.email(number), address["address1"], address["phone"]):
            assert leaks(f"order for {words}!"), words


def test_what_anybody_may_read_is_not_taken_for_a_secret() -> None:
    assert leaks("tees.myshopify.com: 12 at Boston, the token shpat_\u2026 is sealed; mail to shop@example.com") == []


def test_a_record_of_any_thread_is_heard_with_its_traceback() -> None:
    watch, logger = Watch(), logging.getLogger("onhand.test")
    logger.addHandler(watch)
    logger.propagate = False  # the run's own watch must not hear this
    try:
        logger.warning("the token %s was refused", "shpat_planted")
        try:
            int("shpss_planted")
        except ValueError:
            logger.exception("nothing to see here")
        logger.warning("tees are sold out")
    finally:
        logger.propagate = True
        logger.removeHandler(watch)
    assert ["shpat_planted" in watch.found[0], "shpss_planted" in watch.found[1], len(watch.found)] == [True, True, 2]
    assert told(watch.found).startswith("2 places")


def test_a_file_that_onhand_writes_is_looked_through_and_a_secret_of_the_configuration_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "secrets").write_text("shpss_planted")
    (folder / "onhand.db").write_bytes(b"\x00\xff level 12")
    assert list(leaks_in_files(tmp_path)) == []
    (folder / "onhand.db-wal").write_bytes(b"\x00\xff shopper7@example.com")
    (found,) = leaks_in_files(tmp_path)
    (folder / "onhand.db-wal").unlink()  # the run's own watch must not find it
    assert "onhand.db-wal" in found
    assert "shopper7@" in found


def test_the_run_is_watched() -> None:
    assert WATCH in logging.getLogger("onhand").handlers
    assert logging.getLogger("onhand.channels.shopify").isEnabledFor(logging.DEBUG)
