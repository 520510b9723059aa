"""The bench of a first sync: a whole shop from one file, every level opened, and figures that are numbers."""

import json
from pathlib import Path

import pytest

from onhand.bench.sync import bench_sync
from onhand.bench.sync_file import write_sync_file
from onhand.channels.shopify.documents import load
from onhand.ports.errors import ConfigError


def test_a_small_shop_is_synced_whole_from_its_file() -> None:
    result = bench_sync(items=60, locations=3)
    assert (result.levels, result.opened) == (180, 180)
    assert result.seconds > 0
    assert result.peak_mb > 0
    assert result.levels_per_s > 0


def test_a_shop_is_synced_on_postgresql_too_and_never_beside_one_that_is_there(fresh_postgres_dsn: str) -> None:
    result = bench_sync(items=30, locations=2, database=fresh_postgres_dsn)
    assert (result.engine, result.levels, result.opened) == ("postgresql", 60, 60)
    with pytest.raises(ConfigError, match=r"holds tees\.myshopify\.com"):
        bench_sync(items=30, locations=2, database=fresh_postgres_dsn)


def test_the_file_has_the_fields_that_the_census_asks_for(tmp_path: Path) -> None:
    held = write_sync_file(tmp_path / "census.jsonl", 2, 2)
    lines = [json.loads(line) for line in (tmp_path / "census.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (len(lines), held.objects, held.roots) == (8, 8, 2)
    asked = load("census_bulk").text
    assert all(field in asked for line in lines for field in line if field != "__parentId")
