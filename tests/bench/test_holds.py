"""The bench of holds: the last unit on both engines with workers of several processes, and figures that are figures."""

from pathlib import Path

import pytest

from onhand.bench.holds import Sizes, bench_holds
from onhand.bench.holds_trials import Trials, try_last_units
from onhand.ports.errors import ConfigError
from tests.support.postgres import PostgresServer

WORKERS, TRIALS = 64, 8


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_last_unit_goes_to_exactly_one_of_many_workers_every_time(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str
) -> None:
    database = str(tmp_path / "onhand.db")
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        database = server.fresh_database()
    found = try_last_units(database, "last.myshopify.com", WORKERS, TRIALS)
    assert found == Trials(workers=WORKERS, trials=TRIALS, with_one_grant=TRIALS, with_none=0, with_several=0)


def test_a_small_run_gives_every_figure() -> None:
    result = bench_holds(Sizes(workers=4, trials=2, items=20, holds=100, runs=1))
    assert result.sqlite_last_units.with_one_grant == 2
    assert result.sqlite.items_holds_per_s > 0
    assert result.sqlite.hot_p50_ms <= result.sqlite.hot_p99_ms
    assert result.sqlite_http.items_holds_per_s > 0
    assert result.sqlite_http.hot_p50_ms <= result.sqlite_http.hot_p99_ms
    assert result.neveroversell_last_units is None
    assert (result.postgresql, result.neveroversell, result.ratio_hot) == (None, None, None)


def test_a_peer_needs_a_postgresql() -> None:
    with pytest.raises(ConfigError, match="PostgreSQL"):
        bench_holds(peers=True)
    with pytest.raises(ConfigError, match="postgresql://"):
        bench_holds(database="onhand.db")
