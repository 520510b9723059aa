"""The bench of the workbook: a stretch of a day, on its whole way."""

from onhand.bench.sheets import FLUSH_EVERY_S, bench_sheets


def test_changes_reach_the_sheet_within_a_flush_and_the_quota_is_kept() -> None:
    result = bench_sheets(changes=40, items=150)
    assert result.differing == 0
    assert result.rows == 150 * 6
    assert (result.ats_rows, result.ats_differing) == (150 * 3, 0)
    assert result.refused == 0
    assert result.writes_a_minute_max <= 60
    assert result.reads_a_minute_max <= 60
    assert result.write_bytes_max < 2_000_000
    assert result.behind_s["max"] <= FLUSH_EVERY_S + 60
    assert result.bulk_s <= 65
