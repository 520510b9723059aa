"""The ingest bench measures what it says, and finds a delivery that was answered and not kept."""

from pathlib import Path

import pytest

from onhand.bench.ingest import PACE_PER_S, _check, _Kept, _Run, bench_ingest
from onhand.bench.ingest_requests import BODY_BYTES, signed_requests


def test_a_short_run_accepts_behind_the_disk_idle_and_busy(tmp_path: Path) -> None:
    result = bench_ingest(runs=1, seconds=0.6, folder=tmp_path)
    assert result.accepted > 0
    assert result.ratio > 0
    assert result.busy_ratio > 0
    assert 0 < result.fsync_p50_ms <= result.fsync_p99_ms
    assert 0 < result.paced_per_s < 1.2 * PACE_PER_S  # as fast as asked, or as the machine can
    assert result.booked_per_s > 0
    assert list(tmp_path.iterdir()) == []


def test_an_answered_delivery_that_is_not_in_the_log_fails_the_bench() -> None:
    runs = [_Run(per_s=1, p50_s=1, p99_s=1, accepted=7), _Run(per_s=1, p50_s=1, p99_s=1, accepted=3)]
    _check(_Kept(kept=10, last_position=10, booked=None), runs)
    with pytest.raises(RuntimeError, match="10 deliveries heard 200, 10 were committed, the log ends at 9"):
        _check(_Kept(kept=10, last_position=9, booked=None), runs)


def test_every_body_has_the_size_of_shopifys_sample_and_each_lap_is_news() -> None:
    levels = [[1_000_001, 101, 5], [2_000_000_002, 99_999, 0]]
    requests = signed_requests("s.myshopify.com", "secret", levels, 6, first_lap=3)
    bodies = [after.removeprefix("\r\n\r\n") for _, after in requests]
    assert {len(body.encode()) for body in bodies} == {BODY_BYTES}
    assert len(set(bodies)) == 6
    assert [('"available":5' in body, '"available":4' in body) for body in bodies[::2]] == [
        (False, True),
        (True, False),
        (False, True),
    ]
