"""A third party's server that is away or refuses us is a problem, and left alone for longer each time."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from onhand.app import App, build
from onhand.config import Config, Secret, ShopConfig
from onhand.config.threepl import SftpConfig, ThreeplConfig
from onhand.log import Seal
from onhand.serve.dropping import LONGEST_REST_S, REFUSED, DroppedThere
from tests.support.sftp_server import PASSWORD, USER, SftpServer, sftp_server

SHOP = "tees.myshopify.com"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    with sftp_server(tmp_path) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path, server: SftpServer) -> Iterator[App]:
    there = SftpConfig(
        host="127.0.0.1",
        port=server.port,
        user=USER,
        folder="/outbound",
        known_hosts=server.known_hosts,
        password=Secret.of(PASSWORD),
        every_s=1.0,
    )
    acme = ThreeplConfig(shop=SHOP, name="acme", places={"EAST": "Boston"}, zone=UTC, sftp=there)
    config = Config(
        database=str(tmp_path / "onhand.db"),
        log=str(tmp_path / "log.db"),
        encryption_key=Secret.of(Seal.generate_key()),
        shops=(ShopConfig(domain=SHOP, client_id=Secret.of("id"), client_secret=Secret.of("canary")),),
        threepls=(acme,),
    )
    app = build(config)
    with app.store.writing() as session:
        session.add_shop(SHOP, app.clock.now())
    yield app
    app.close()


def problems(app: App) -> list[str]:
    with app.store.reading() as session:
        return [row.message for row in session.of(SHOP).problems.open() if row.kind == REFUSED]


def test_a_server_that_refuses_is_asked_less_and_less_and_as_before_once_it_does_not(
    app: App, server: SftpServer
) -> None:
    work = DroppedThere(app, app.config.threepls[0], app.log.append)
    server.behaviour.forbids = {"list"}
    rests = []
    for _ in range(9):
        assert work.turn() is False
        rests.append(work.idle_s)
    assert rests[:4] == [60.0, 120.0, 240.0, 480.0]
    assert rests[-1] == LONGEST_REST_S
    (message,) = problems(app)
    assert "cannot be looked at: Permission denied" in message
    server.behaviour.forbids = set()
    work.turn()
    assert work.idle_s == 1.0
    assert problems(app) == []
