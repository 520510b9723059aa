"""The log in SQLite: kept durably, each once, in order; nothing but the disk can lose a delivery."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import apsw
import pytest

from onhand.log import file, write_ahead
from onhand.log.seal import Seal
from onhand.log.sqlite_log import SqliteLog
from onhand.ports.errors import ConfigError, DataDamaged, LogUnavailable
from tests.log.deliveries import KEY, delivery, open_log
from tests.log.disks import FailingDisk


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = open_log(tmp_path)
    yield log
    log.close()


def test_after_a_restart_everything_is_there_and_repeats_are_still_known(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([delivery(1)])
    log.count_rejected(3)
    log.close()
    log = open_log(tmp_path)
    assert log.append([delivery(1), delivery(2)]) == [False, True]
    assert log.counts() == (2, 1, 3)
    log.close()


def test_a_log_that_was_never_closed_has_lost_nothing(tmp_path: Path) -> None:
    abandoned = open_log(tmp_path)
    abandoned.append([delivery(1), delivery(2)])
    log = open_log(tmp_path)
    assert [logged.delivery for logged in log.read(0, 10)] == [delivery(1), delivery(2)]
    log.close()
    abandoned.close()


def test_neither_a_customers_name_nor_the_body_stands_on_the_disk(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    body = b'{"customer":{"first_name":"Wilhelmina"},"note":"' + b"ring twice " * 300 + b'"}'
    log.append([delivery(1, body=body), delivery(2, body=b'{"email":"wilhelmina@example.com"}')])
    log.checkpoint()
    log.close()
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ilhelmina" not in on_disk
    assert b"ring twice" not in on_disk
    assert b"inventory_levels/update" in on_disk
    assert len(on_disk) < 20 * 2048  # 3,300 bytes that repeat themselves were compressed
    assert (tmp_path / "onhand-log.db").stat().st_mode & 0o077 == 0


def test_refused_deliveries_are_counted_without_making_the_disk_work(log: SqliteLog) -> None:
    log.append([delivery(1)])
    written = wal_bytes(log)
    log.count_rejected(5)
    assert (log.counts().rejected, wal_bytes(log)) == (5, written)
    log.flush()
    assert wal_bytes(log) > written
    assert log.counts() == (1, 0, 5)


def test_bodies_are_sealed_anew_in_steps_that_may_be_stopped_and_then_the_old_key_can_go(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([delivery(number) for number in range(450)])
    log.close()
    path, fresh = tmp_path / "onhand-log.db", Seal.generate_key()
    log = SqliteLog(path, Seal([fresh, KEY]))
    log.append([delivery(450)])
    stopped = log.reseal()
    assert next(stopped) == 200
    assert log.sealed_with() == {Seal([KEY]).key_id: 250, Seal([fresh]).key_id: 201}
    assert list(log.reseal()) == [200, 50]
    assert log.sealed_with() == {Seal([fresh]).key_id: 451}
    log.close()
    log = SqliteLog(path, Seal([fresh]))
    assert [logged.delivery for logged in log.read(0, 1000)] == [delivery(number) for number in range(451)]
    log.close()


def test_a_wrong_key_is_told_apart_from_an_empty_log(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([delivery(1)])
    log.close()
    log = SqliteLog(tmp_path / "onhand-log.db", Seal([Seal.generate_key()]))
    with pytest.raises(DataDamaged, match="old_encryption_keys"):
        log.read(0, 10)
    log.close()


def test_a_full_disk_refuses_what_does_not_fit_and_later_ones_are_kept(log: SqliteLog) -> None:
    log.append([delivery(1)])
    pages = log._writer.pragma("page_count")
    log._writer.pragma("max_page_count", pages + 2)
    log.count_rejected(2)
    with pytest.raises(LogUnavailable, match=r"keeping 2 deliveries failed.*full.*free some"):
        log.append([delivery(2, shop="new.myshopify.com"), delivery(3, body=Random(7).randbytes(300_000))])
    log._writer.pragma("max_page_count", 1_000_000)
    assert log.append([delivery(2, shop="new.myshopify.com"), delivery(4)]) == [True, True]
    assert log.counts() == (3, 0, 2)
    assert [logged.delivery.shop for logged in log.read(1, 10)] == ["new.myshopify.com", "tees.myshopify.com"]


def test_c04_somebody_who_locks_the_file_costs_a_bounded_wait_and_no_delivery(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log._writer.set_busy_timeout(50)
    stranger = apsw.Connection(str(log.path))
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailable, match="locked"):
        log.append([delivery(1)])
    stranger.execute("ROLLBACK")
    stranger.close()
    assert log.append([delivery(1)]) == [True]


def test_c07_a_log_deleted_while_in_use_takes_nothing_more(log: SqliteLog) -> None:
    log.append([delivery(1)])
    log.flush()
    log.path.unlink()
    log.flush()
    with pytest.raises(LogUnavailable, match="deleted or replaced"):
        log.append([delivery(2)])


def test_c05_a_failed_flush_ends_writing_until_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FailingDisk() as disk:
        monkeypatch.setattr(apsw, "Connection", partial(apsw.Connection, vfs="failing-disk"))
        log = open_log(tmp_path)
        log.append([delivery(1)])
        flushes = disk.flushes
        log.append([delivery(2)])
        assert disk.flushes == flushes + 1  # one flush a commit, before append returns
        disk.flush_fails = True
        with pytest.raises(LogUnavailable, match="keeping 1 deliveries failed"):
            log.append([delivery(3)])
        disk.flush_fails = False
        with pytest.raises(LogUnavailable, match=r"a flush to disk failed.*restart onhand"):
            log.append([delivery(4)])
        log.close()
        monkeypatch.undo()
    log = open_log(tmp_path)
    assert log.append([delivery(1), delivery(2), delivery(5)]) == [False, False, True]
    log.close()


def wal_bytes(log: SqliteLog) -> int:
    return log.path.with_name(log.path.name + "-wal").stat().st_size


def test_the_write_ahead_log_is_carried_over_beside_the_writer_and_begins_anew(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = []
    monkeypatch.setattr(log.write_ahead, "_due_above", 100)
    log.write_ahead.on_growth = lambda: due.append(log.write_ahead.pages)
    for start in range(0, 300, 10):
        log.append([delivery(number) for number in range(start, start + 10)])
    assert max(due) == log.write_ahead.pages > 100
    log.checkpoint()
    assert not log.write_ahead.is_due
    grown = wal_bytes(log)
    for start in range(1000, 1100, 10):
        log.append([delivery(number) for number in range(start, start + 10)])
    assert wal_bytes(log) == grown  # written over from its beginning
    assert log.last_position() == 400


def test_without_anybody_to_help_the_writer_bounds_its_own_write_ahead_log(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead, "HARD_PAGES", 200)
    monkeypatch.setattr(log.write_ahead, "_wait_above", 200)
    for start in range(0, 2000, 10):
        log.append([delivery(number) for number in range(start, start + 10)])
    assert wal_bytes(log) < 600 * 2048


def test_c04_a_reader_who_stays_keeps_the_log_growing_but_not_the_writer_waiting(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([delivery(0)])
    reader = apsw.Connection(str(log.path))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM deliveries").fetchall()
    monkeypatch.setattr(write_ahead, "SOFT_PAGES", 50)
    for start in range(10, 300, 10):
        log.append([delivery(number) for number in range(start, start + 10)])
    log.checkpoint()
    assert not log.write_ahead.is_due  # nothing more can be done while the reader stays
    reader.close()
    log.checkpoint()
    assert log.write_ahead.pages == 0


def test_readers_in_other_threads_see_whole_commits_while_the_writer_works(log: SqliteLog) -> None:
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen.append(len(log.read(0, 10_000)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for start in range(0, 400, 20):
        log.append([delivery(number) for number in range(start, start + 20)])
    over.set()
    watcher.join()
    assert seen == sorted(seen)
    assert all(count % 20 == 0 for count in seen)


def test_another_sqlite_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    stranger = apsw.Connection(str(path))
    stranger.execute("CREATE TABLE accounts (name)")
    stranger.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="holds something else"):
        SqliteLog(path, Seal([KEY]))
    assert path.read_bytes() == before


def test_c09_a_log_of_a_newer_onhand_is_refused_with_both_numbers(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log._writer.pragma("user_version", 7)
    log.close()
    with pytest.raises(ConfigError, match="version 7, this onhand knows 1"):
        open_log(tmp_path)


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "onhand-log.db").write_bytes(b"not a database at all " * 500)
    with pytest.raises(DataDamaged, match="backup"):
        open_log(tmp_path)


def test_c08_an_sqlite_with_the_write_ahead_bug_is_refused() -> None:
    file.check_sqlite("3.51.3")
    for version in ("3.40.1", "3.51.2"):
        with pytest.raises(ConfigError, match=version):
            file.check_sqlite(version)


def test_every_commit_is_flushed_to_the_disk(log: SqliteLog) -> None:
    assert log._writer.pragma("synchronous") == 2  # FULL: in WAL mode anything less may lose what was answered
    assert log._writer.pragma("journal_mode") == "wal"
