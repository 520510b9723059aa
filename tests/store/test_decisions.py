"""What was decided about drifts, and levels that do not add up, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from onhand.domain.drift import Observation
from onhand.domain.stock import LevelKey, State
from onhand.store import Intent, IntentRow, Store
from onhand.store.doubts import Doubt
from onhand.store.fixes import Fix
from tests.store.goods import SHOP

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
TEE, CAP = LevelKey("1", "10"), LevelKey("2", "10")
WRITTEN = Fix(
    id=0,
    drift=7,
    key=TEE,
    way="write",
    before={State.AVAILABLE: 3, State.DAMAGED: 0},
    after={State.AVAILABLE: 5, State.DAMAGED: 1},
    actor="Anna",
    reason="counted",
    run="fix-1",
    made_at=NOW,
)


def test_decisions_are_kept_in_their_order_and_numbered(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        first = books.fixes.record(WRITTEN)
        second = books.fixes.record(replace(WRITTEN, drift=8, key=CAP, way="adopt", undoes=first))
        assert books.fixes.rows(7) == [replace(WRITTEN, id=first)]
        assert [(row.id, row.undoes) for row in books.fixes.rows()] == [(first, None), (second, first)]


def test_what_was_taken_back_is_left_alone_until_the_level_agrees_again(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        first = books.fixes.record(WRITTEN)
        assert books.fixes.left_alone([TEE, CAP]) == set()
        books.fixes.record(replace(WRITTEN, undoes=first))
        assert books.fixes.left_alone([TEE, CAP]) == {TEE}
        later = NOW + timedelta(minutes=5)
        seen = Observation(
            source="shopify", item="1", location="10", units={State.AVAILABLE: 3}, observed_at=later, reading=1
        )
        books.observations.put(seen, later)
        assert books.fixes.left_alone([TEE]) == {TEE}
        books.observations.agree([TEE], later)
        assert books.fixes.left_alone([TEE]) == set()


def test_the_writes_of_a_run_are_those_whose_keys_begin_with_its_name(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for key in ("fix-1/setting/1", "fix-1/setting/2", "fix-10/setting/1", "fix-2/setting/1"):
            books.intents.plan(
                Intent(
                    key=key,
                    channel="shopify",
                    kind="setting",
                    body=b"{}",
                    rows=(IntentRow(None, "1", "10", {"available": 5}),),
                    planned_at=NOW,
                )
            )
        assert [row.key for row in books.intents.of_run("fix-1")] == ["fix-1/setting/1", "fix-1/setting/2"]
        assert books.intents.of_run("fix-3") == []


def test_a_doubt_keeps_its_beginning_and_goes_when_the_level_adds_up(store: Store) -> None:
    doubt = Doubt(TEE, told_units=8, summed_units=5, since_at=NOW, due_at=NOW, tries=1, reading=4)
    with store.writing() as session:
        books = session.of(SHOP)
        books.doubts.put(doubt)
        later = doubt._replace(told_units=9, since_at=NOW + timedelta(days=1), due_at=None, tries=2, reading=5)
        books.doubts.put(later)
        assert books.doubts.all() == {TEE: later._replace(since_at=NOW)}
        books.doubts.forget([TEE, CAP])
        assert books.doubts.all() == {}


def test_levels_at_a_location_are_counted(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        before = books.catalog.count_levels_at("10")
        books.catalog.put_level_ids({LevelKey("901", "10"): "a", LevelKey("902", "10"): "b"}, NOW)
        assert books.catalog.count_levels_at("10") == before + 2
